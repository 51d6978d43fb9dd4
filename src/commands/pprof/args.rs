//! What may be typed behind `dumpview pprof`: the flags of `go tool pprof`, each once, with one dash or two.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use dumpview_model::profile::Options;

/// Flags.
#[derive(Clone, Debug, Default)]
pub struct PprofFlags {
    /// Options of reports.
    pub options: Options,
    /// What a row costs itself was asked for by name, not only left as it is.
    pub flat: bool,
    /// Profiles that are subtracted.
    pub base: Vec<String>,
    /// Profiles that are subtracted, and that shares are of.
    pub diff_base: Vec<String>,
    /// Names are not looked for, not even those that a text profile has.
    pub no_symbols: bool,
    /// Frames stay that the profile itself says are not worth showing.
    pub all_frames: bool,
    /// A comment more.
    pub add_comment: Option<String>,
    /// The file that the report goes to.
    pub output: Option<String>,
    /// Lines of pprof's prompt.
    pub script: Vec<String>,
}

/// What kind of value a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// One word.
    Value(&'static str),
    /// None, or `=true` or `=false`.
    Switch,
}

/// Where a flag stands in help.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    Value,
    Filter,
    Rows,
    Show,
    Input,
}

impl Heading {
    const fn words(self) -> &'static str {
        match self {
            Self::Value => "Values",
            Self::Filter => "Filters",
            Self::Rows => "Rows",
            Self::Show => "How it is shown",
            Self::Input => "Inputs",
        }
    }
}

struct Flag {
    name: &'static str,
    takes: Takes,
    heading: Heading,
    help: &'static str,
}

const fn value(
    name: &'static str,
    takes: &'static str,
    heading: Heading,
    help: &'static str,
) -> Flag {
    Flag {
        name,
        takes: Takes::Value(takes),
        heading,
        help,
    }
}

const fn switch(name: &'static str, heading: Heading, help: &'static str) -> Flag {
    Flag {
        name,
        takes: Takes::Switch,
        heading,
        help,
    }
}

/// All flags; those that [`Options`] has are set there.
const FLAGS: &[Flag] = &[
    value(
        "sample_index",
        "TYPE",
        Heading::Value,
        "Which value: its name, or its number from 0",
    ),
    switch(
        "inuse_space",
        Heading::Value,
        "Same as -sample_index=inuse_space",
    ),
    switch(
        "inuse_objects",
        Heading::Value,
        "Same as -sample_index=inuse_objects",
    ),
    switch(
        "alloc_space",
        Heading::Value,
        "Same as -sample_index=alloc_space",
    ),
    switch(
        "alloc_objects",
        Heading::Value,
        "Same as -sample_index=alloc_objects",
    ),
    switch("total_delay", Heading::Value, "Same as -sample_index=delay"),
    switch(
        "contentions",
        Heading::Value,
        "Same as -sample_index=contentions",
    ),
    switch(
        "mean_delay",
        Heading::Value,
        "Same as -mean -sample_index=delay",
    ),
    switch(
        "mean",
        Heading::Value,
        "Divide by the first value, which is the count",
    ),
    value(
        "unit",
        "UNIT",
        Heading::Value,
        "Print in this unit; `auto` for one that suits each value",
    ),
    value(
        "divide_by",
        "N",
        Heading::Value,
        "Divide all values by this",
    ),
    switch(
        "relative_percentages",
        Heading::Value,
        "Shares of what filters leave, not of all",
    ),
    value(
        "focus",
        "REGEX",
        Heading::Filter,
        "Only samples that go through a match",
    ),
    value(
        "ignore",
        "REGEX",
        Heading::Filter,
        "No samples that go through a match",
    ),
    value("hide", "REGEX", Heading::Filter, "Hide what matches"),
    value("show", "REGEX", Heading::Filter, "Hide what does not match"),
    value(
        "show_from",
        "REGEX",
        Heading::Filter,
        "Cut off what stands above the outermost match",
    ),
    value(
        "prune_from",
        "REGEX",
        Heading::Filter,
        "Cut off what the innermost match calls",
    ),
    value(
        "tagfocus",
        "LABEL",
        Heading::Filter,
        "Only samples with such labels: `key=regex`, `regex`, `key=1kb:64kb`",
    ),
    value(
        "tagignore",
        "LABEL",
        Heading::Filter,
        "No samples with such labels",
    ),
    value(
        "tagshow",
        "REGEX",
        Heading::Filter,
        "Only labels of such names",
    ),
    value(
        "taghide",
        "REGEX",
        Heading::Filter,
        "No labels of such names",
    ),
    value(
        "tagroot",
        "KEYS",
        Heading::Filter,
        "Values of these labels as outermost frames",
    ),
    value(
        "tagleaf",
        "KEYS",
        Heading::Filter,
        "Values of these labels as innermost frames",
    ),
    switch(
        "drop_negative",
        Heading::Filter,
        "Hide what gave more than it took",
    ),
    switch(
        "noinlines",
        Heading::Rows,
        "Inlined functions count as their caller",
    ),
    switch("functions", Heading::Rows, "A row is a function"),
    switch(
        "filefunctions",
        Heading::Rows,
        "A row is a function in a file",
    ),
    switch("files", Heading::Rows, "A row is a file"),
    switch("lines", Heading::Rows, "A row is a line"),
    switch("addresses", Heading::Rows, "A row is an address"),
    switch("showcolumns", Heading::Rows, "Lines have columns"),
    switch("flat", Heading::Rows, "Order by what a row costs itself"),
    switch(
        "cum",
        Heading::Rows,
        "Order by what it costs with all that it calls",
    ),
    value(
        "nodecount",
        "N",
        Heading::Rows,
        "At most so many rows; 0 for all",
    ),
    value(
        "nodefraction",
        "F",
        Heading::Rows,
        "Hide rows below this share of the total [0.005]",
    ),
    value(
        "edgefraction",
        "F",
        Heading::Rows,
        "Hide calls below it [0.001]",
    ),
    switch(
        "trim",
        Heading::Rows,
        "Heed these three; -trim=false shows everything",
    ),
    switch(
        "call_tree",
        Heading::Rows,
        "A tree of contexts, for dot and callgrind",
    ),
    switch(
        "compact_labels",
        Heading::Show,
        "Leave out the lines about the profile",
    ),
    value(
        "source_path",
        "DIRS",
        Heading::Show,
        "Where sources are looked for, and above there; between colons",
    ),
    value(
        "trim_path",
        "PATHS",
        Heading::Show,
        "Prefixes of source paths to cut off; between colons",
    ),
    switch(
        "intel_syntax",
        Heading::Show,
        "Instructions as Intel writes them",
    ),
    value(
        "base",
        "FILE",
        Heading::Input,
        "Subtract this profile; may be repeated",
    ),
    value(
        "diff_base",
        "FILE",
        Heading::Input,
        "Subtract this profile, shares are of it; may be repeated",
    ),
    switch(
        "normalize",
        Heading::Input,
        "Scale the profile to the base before",
    ),
    value(
        "symbolize",
        "HOW",
        Heading::Input,
        "`none`: no names but those of the profile's own records",
    ),
    switch(
        "all_frames",
        Heading::Input,
        "Keep frames that the profile says are not worth showing",
    ),
    value("add_comment", "TEXT", Heading::Input, "A comment more"),
];

/// The flag's name among all flags: one that every verb takes is called the same but for a dash.
fn id(name: &'static str) -> &'static str {
    match name {
        "source_path" => "pprof.source_path",
        name => name,
    }
}

impl Args for PprofFlags {
    fn augment_args(command: Command) -> Command {
        let flags = FLAGS.iter().map(|flag| {
            let arg = Arg::new(id(flag.name))
                .long(flag.name)
                .help(flag.help)
                .help_heading(flag.heading.words())
                .hide_possible_values(true)
                .allow_hyphen_values(true);
            match flag.takes {
                Takes::Value(name) => arg.value_name(name).action(ArgAction::Append),
                Takes::Switch => arg
                    .value_name("BOOL")
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true")
                    .hide_default_value(true)
                    .action(ArgAction::Append),
            }
        });
        command
            .args(flags)
            .arg(
                Arg::new(id("output"))
                    .short('o')
                    .long("output")
                    .value_name("FILE")
                    .action(ArgAction::Set)
                    .help_heading(Heading::Show.words())
                    .help("Write the report to a file"),
            )
            .arg(
                Arg::new(id("exec"))
                    .short('x')
                    .long("exec")
                    .value_name("LINE")
                    .action(ArgAction::Append)
                    .help_heading(Heading::Show.words())
                    .help(
                        "A line of pprof's prompt, as `top10 -cum`, `focus=json`; may be repeated",
                    ),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Switches of which one only can be on.
const CHOICES: [&[&str]; 2] = [
    &["flat", "cum"],
    &["functions", "filefunctions", "files", "lines", "addresses"],
];

fn is_on(value: &str) -> bool {
    let value = value.to_lowercase();
    !matches!(value.as_str(), "false" | "f" | "no" | "n" | "0")
}

fn wrong(why: &str) -> clap::Error {
    let why = format!("{why}\n\nhint: dumpview pprof --help says what each flag does");
    clap::Error::raw(clap::error::ErrorKind::ValueValidation, why)
}

impl FromArgMatches for PprofFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let all = |name: &'static str| -> Vec<String> {
            let values = matches.try_get_many::<String>(id(name)).ok().flatten();
            values.into_iter().flatten().cloned().collect()
        };
        for choices in CHOICES {
            let is_on = |name: &&'static str| all(name).pop().is_some_and(|value| is_on(&value));
            let mut on = choices.iter().copied().filter(is_on);
            if let (Some(one), Some(other)) = (on.next(), on.next()) {
                return Err(wrong(&format!("-{one} and -{other}: only one of them")));
            }
        }
        let mut chosen: Vec<&str> = Vec::new();
        for flag in FLAGS {
            let Some(value) = all(flag.name).pop() else {
                continue;
            };
            let is_on = is_on(&value);
            match flag.name {
                "base" | "diff_base" => {}
                "symbolize" => {
                    self.no_symbols = value.split(':').any(|how| matches!(how, "none" | "no"));
                }
                "all_frames" => self.all_frames = is_on,
                "add_comment" => self.add_comment = Some(value).filter(|text| !text.is_empty()),
                "inuse_space" | "inuse_objects" | "alloc_space" | "alloc_objects"
                | "contentions" | "total_delay" | "mean_delay" => {
                    if is_on {
                        chosen.push(flag.name);
                    }
                }
                "flat" if is_on => {
                    self.flat = true;
                    self.options.cum = false;
                }
                "flat" | "cum" | "functions" | "filefunctions" | "files" | "lines"
                | "addresses"
                    if !is_on => {}
                name => self.options.set(name, &value).map_err(|why| wrong(&why))?,
            }
        }
        for name in chosen {
            let kind = if name.ends_with("_delay") {
                "delay"
            } else {
                name
            };
            if self.options.sample_index.is_empty() {
                kind.clone_into(&mut self.options.sample_index);
            }
            self.options.mean |= name == "mean_delay";
        }
        let files = |name: &'static str| {
            let mut files = all(name);
            files.retain(|file| !file.is_empty());
            files
        };
        self.base = files("base");
        self.diff_base = files("diff_base");
        self.script = all("exec");
        self.output = all("output").pop();
        if !self.base.is_empty() && !self.diff_base.is_empty() {
            return Err(wrong("-base and -diff_base flags cannot both be specified"));
        }
        if self.options.normalize && self.base.is_empty() && self.diff_base.is_empty() {
            return Err(wrong("must have base profile to normalize by"));
        }
        Ok(())
    }
}
