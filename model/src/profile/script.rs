//! Lines as they are typed at pprof's prompt (internal/driver/interactive.go).

use super::{Command, Options};
use crate::word::named;
use dumpview_parsers::pprof::Profile;

/// What a line asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// An option was set, or nothing was asked.
    Done,
    /// A report.
    Report {
        /// Which.
        command: Command,
        /// The pattern of functions, for those that take one.
        pattern: Option<String>,
        /// Options, with those of the line.
        options: Box<Options>,
        /// The file that it goes to.
        output: Option<String>,
    },
    /// Options and what they are.
    Options(Vec<(&'static str, String)>),
    /// No more lines.
    Quit,
}

/// Options that stay from line to line.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    options: Options,
    types: Vec<String>,
}

impl Session {
    /// Begins with the options of the command line.
    pub fn new(profile: &Profile, options: &Options) -> Self {
        let types = profile.sample_types.iter().map(|of| of.kind.clone());
        Self {
            options: Options {
                compact_labels: true,
                ..options.clone()
            },
            types: types.collect(),
        }
    }

    /// Options as they are now.
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Makes them others.
    pub fn set_options(&mut self, options: Options) {
        self.options = options;
    }

    /// Understands a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn line(&mut self, line: &str) -> Result<Step, String> {
        let line = line.trim();
        for line in self.expanded(line) {
            let step = self.one(&line)?;
            if step != Step::Done {
                return Ok(step);
            }
        }
        Ok(Step::Done)
    }

    /// Short forms: the name of a type of value, with `total_` or `mean_` before it; a colon for no filters.
    fn expanded(&self, line: &str) -> Vec<String> {
        if line == ":" {
            let filters = ["focus", "ignore", "hide", "tagfocus", "tagignore"];
            return filters.map(|name| format!("{name}=")).to_vec();
        }
        for kind in &self.types {
            let set = format!("sample_index={kind}");
            let before = line.strip_suffix(kind.as_str());
            match before {
                Some("") => return vec![set],
                Some("total_") => return vec!["mean=0".to_owned(), set],
                Some("mean_") => return vec!["mean=1".to_owned(), set],
                _ => {}
            }
        }
        vec![line.to_owned()]
    }

    fn one(&mut self, line: &str) -> Result<Step, String> {
        let (name, value) = match line.split_once('=') {
            // What is behind `//:` is a comment.
            Some((name, value)) => {
                let value = value.rsplit_once("//:").map_or(value, |(value, _)| value);
                (name.trim(), Some(value.trim()))
            }
            None => (line, None),
        };
        if Options::is_option(name) {
            if value.is_none() && !Options::is_switch(name) {
                return Err(format!("please specify a value, e.g. {name}=<val>"));
            }
            let value = value.unwrap_or_default();
            if name == "sample_index" {
                self.check_type(value)?;
            }
            self.options.set(name, value)?;
            return Ok(Step::Done);
        }
        let mut words = line.split_whitespace();
        match words.next() {
            None => Ok(Step::Done),
            Some("q" | "quit" | "exit") => Ok(Step::Quit),
            Some("o" | "options") => {
                let all = Options::NAMES.iter();
                Ok(Step::Options(
                    all.map(|name| (*name, self.options.get(name))).collect(),
                ))
            }
            Some(first) => self.command(first, &words.collect::<Vec<_>>()),
        }
    }

    fn check_type(&self, name: &str) -> Result<(), String> {
        let short = name.strip_prefix("inuse_").unwrap_or(name);
        let is_known = |kind: &String| kind == name || kind == short;
        let is_index = name
            .parse::<usize>()
            .is_ok_and(|index| index < self.types.len());
        if name.is_empty() || is_index || self.types.iter().any(is_known) {
            return Ok(());
        }
        let all = self.types.join(" ");
        Err(format!("sample_index {name:?} must be one of: [{all}]"))
    }

    fn command(&self, first: &str, words: &[&str]) -> Result<Step, String> {
        let mut options = self.options.clone();
        let name = first.trim_end_matches(|c: char| c.is_ascii_digit());
        let (command, count) = match named::<Command>(first) {
            Some(command) => (Some(command), ""),
            None => (
                named::<Command>(name),
                first.get(name.len()..).unwrap_or_default(),
            ),
        };
        let Some(command) = command else {
            return Err(if Options::is_option(first) {
                format!("did you mean: {first}=<val>")
            } else {
                format!("unrecognized command: {first:?}")
            });
        };
        let mut words = std::iter::once(count)
            .filter(|count| !count.is_empty())
            .chain(words.iter().copied());
        let pattern = if command.takes_pattern() {
            let word = words.next();
            Some(word.ok_or_else(|| format!("command {name} requires an argument"))?)
        } else {
            None
        };
        let (mut focus, mut ignore) = (Vec::new(), Vec::new());
        let mut output = None;
        while let Some(word) = words.next() {
            if let Ok(count) = word.parse::<i32>() {
                options.nodecount = i64::from(count);
            } else if let Some(file) = word.strip_prefix('>') {
                let file = if file.is_empty() {
                    words.next()
                } else {
                    Some(file)
                };
                let file = file.ok_or("unexpected end of line after >")?;
                output = Some(file.to_owned());
            } else if matches!(word, "-cum" | "--cum") {
                options.cum = true;
            } else if let Some(pattern) = word.strip_prefix('-') {
                ignore.push(pattern);
            } else {
                focus.push(word);
            }
        }
        let (to_focus, to_ignore) = if command == Command::Tags {
            (&mut options.tagfocus, &mut options.tagignore)
        } else {
            (&mut options.focus, &mut options.ignore)
        };
        for (to, words) in [(to_focus, focus), (to_ignore, ignore)] {
            if !words.is_empty() {
                *to = words.join("|");
            }
        }
        if options.nodecount == -1 && matches!(command, Command::Top | Command::Text) {
            options.nodecount = 10;
        }
        Ok(Step::Report {
            command,
            pattern: pattern.map(str::to_owned),
            options: Box::new(options),
            output,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dumpview_parsers::pprof::ValueType;

    fn session() -> Session {
        let profile = Profile {
            sample_types: vec![
                ValueType::new("inuse_objects", "count"),
                ValueType::new("inuse_space", "bytes"),
            ],
            ..Profile::default()
        };
        Session::new(&profile, &Options::default())
    }

    fn report(session: &mut Session, line: &str) -> (Command, Option<String>, Options) {
        match session.line(line).unwrap() {
            Step::Report {
                command,
                pattern,
                options,
                ..
            } => (command, pattern, *options),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_are_understood_as_at_pprofs_prompt() {
        let mut session = session();
        let (command, _, options) = report(&mut session, "top10 -cum compress -runtime");
        assert_eq!(command, Command::Top);
        assert_eq!((options.nodecount, options.cum), (10, true));
        assert_eq!(
            (options.focus.as_str(), options.ignore.as_str()),
            ("compress", "runtime")
        );
        // What a line sets for itself is gone with it.
        let (_, _, options) = report(&mut session, "tree 5");
        assert_eq!((options.nodecount, options.focus.as_str()), (5, ""));
        assert_eq!(
            session.line("focus = json //: a comment").unwrap(),
            Step::Done
        );
        let (_, _, options) = report(&mut session, "top");
        assert_eq!((options.nodecount, options.focus.as_str()), (10, "json"));
        session.line(":").unwrap();
        let (_, pattern, options) = report(&mut session, "list main\\.");
        assert_eq!(
            (pattern.as_deref(), options.focus.as_str()),
            (Some("main\\."), "")
        );
        session.line("mean_inuse_space").unwrap();
        let (_, _, options) = report(&mut session, "peek x");
        assert!(options.mean);
        assert_eq!(options.sample_index, "inuse_space");
        session.line("lines").unwrap();
        assert_eq!(
            report(&mut session, "top").2.granularity,
            Some(super::super::Granularity::Lines)
        );
    }

    #[test]
    fn what_is_wrong_says_so() {
        let mut session = session();
        for (line, why) in [
            ("focus", "please specify a value, e.g. focus=<val>"),
            ("frobnicate", "unrecognized command: \"frobnicate\""),
            ("list", "command list requires an argument"),
            ("top >", "unexpected end of line after >"),
            (
                "sample_index=cpu",
                "sample_index \"cpu\" must be one of: [inuse_objects inuse_space]",
            ),
        ] {
            assert_eq!(session.line(line).unwrap_err(), why);
        }
        assert_eq!(session.line("quit").unwrap(), Step::Quit);
        assert!(matches!(session.line("o").unwrap(), Step::Options(_)));
    }
}
