//! What the binary says of itself and of a few inputs, word for word, in `tests/recorded/`.
//!
//! Other tests compare the JSON of a verb with what is known about its input. People read its text, its help, its man
//! page, and press Tab: that is compared here, so that no word of it changes unseen. The list of verbs is the binary's own:
//! a verb without a recorded answer fails. After a change that is meant, `INSTA_UPDATE=always cargo test --test recorded`
//! writes the files anew, and their difference is reviewed like code.

#[cfg(test)]
#[path = "support/questions.rs"]
mod questions;
#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::questions::QUESTIONS;
    use crate::run::{Call, run};
    use crate::samples::{self, corpus};
    use rayon::prelude::*;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::time::SystemTime;

    /// The verbs that `--help` lists, but for `help` itself.
    fn verbs() -> Vec<String> {
        let help = run(["--help"]).out;
        let (_, list) = help
            .split_once("\nA core, and the executable it is of:\n")
            .expect("a list of verbs");
        let (list, _) = list.split_once("\nInputs:\n").expect("the end of the list");
        let verbs: Vec<String> = list
            .lines()
            // A line that begins further right goes on with the one before it.
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .filter(|verb| verb != "help")
            .collect();
        assert!(verbs.len() > 10, "{verbs:?}");
        verbs
    }

    /// A folder that looks like the corpus to the questions. Its sources are older than every core, whatever times a checkout
    /// gave the files: `list` says when a source is the younger one.
    fn folder() -> &'static Path {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        FOLDER.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded");
            let _ = fs::remove_dir_all(&folder);
            let sources = folder.join("programs/crash");
            fs::create_dir_all(&sources).expect("scratch folder");
            for path in samples::all("programs/crash") {
                let copy = sources.join(samples::name(&path));
                fs::copy(&path, &copy).expect("a source");
                let file = File::options().write(true).open(&copy).expect("a source");
                file.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
            }
            for part in ["escapes", "fixtures", "logs", "pprof", "timeline"] {
                symlink(corpus(part), folder.join(part)).expect("a link");
            }
            folder
        })
    }

    /// What a person sees who asks this.
    fn shown(args: &[&str]) -> String {
        let ran = Call::new(args).folder(folder()).run();
        let quoted: Vec<String> = args
            .iter()
            .map(|arg| {
                if arg.contains(' ') {
                    format!("'{arg}'")
                } else {
                    (*arg).to_owned()
                }
            })
            .collect();
        let mut text = format!("$ dumpview {}\n{}", quoted.join(" "), ran.out);
        if !ran.err.is_empty() {
            let _ = write!(text, "-- stderr\n{}", ran.err);
        }
        if ran.status != 0 {
            let _ = writeln!(text, "-- status {}", ran.status);
        }
        text
    }

    /// Compares each text with the file of its name in `tests/recorded/FOLDER/`, and the files with the names: none may
    /// be left of a question that nobody asks any more.
    fn compare(folder: &str, texts: Vec<(String, String)>) {
        let mut settings = insta::Settings::clone_current();
        let directory = format!("recorded/{folder}");
        settings.set_snapshot_path(&directory);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let names: BTreeSet<String> = texts.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names.len(), texts.len(), "every name once");
        settings.bind(|| {
            for (name, text) in texts {
                insta::assert_snapshot!(name, text);
            }
        });
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        for entry in fs::read_dir(tests.join(&directory)).expect("recorded answers") {
            let file = entry.expect("an entry").file_name();
            let name = file.to_string_lossy();
            if let Some(name) = name.strip_suffix(".snap") {
                assert!(
                    names.contains(name),
                    "{directory}/{name}.snap belongs to no question"
                );
            }
        }
    }

    #[test]
    fn every_verb_has_a_recorded_answer() {
        let asked: BTreeSet<&str> = QUESTIONS.iter().map(|(_, args)| args[0]).collect();
        let missing: Vec<String> = verbs()
            .into_iter()
            .filter(|verb| !asked.contains(verb.as_str()))
            .collect();
        assert_eq!(missing, [""; 0], "add a question to QUESTIONS for each");
    }

    #[test]
    fn answers_read_as_recorded() {
        let texts: Vec<(String, String)> = QUESTIONS
            .par_iter()
            .map(|(name, args)| ((*name).to_owned(), shown(args)))
            .collect();
        compare("answers", texts);
    }

    #[test]
    fn help_reads_as_recorded() {
        let mut texts = vec![
            ("dumpview".to_owned(), shown(&["--help"])),
            ("dumpview.short".to_owned(), shown(&["-h"])),
        ];
        for verb in verbs() {
            texts.push((format!("{verb}.short"), shown(&[&verb, "-h"])));
            let long = shown(&[&verb, "--help"]);
            texts.push((verb, long));
        }
        compare("help", texts);
    }

    #[test]
    fn man_pages_and_completions_read_as_recorded() {
        let mut texts = vec![("dumpview.1".to_owned(), shown(&["man"]))];
        for verb in verbs() {
            texts.push((format!("dumpview-{verb}.1"), shown(&["man", &verb])));
        }
        for shell in ["bash", "zsh", "fish"] {
            texts.push((shell.to_owned(), shown(&["--completions", shell])));
        }
        compare("made", texts);
    }
}
