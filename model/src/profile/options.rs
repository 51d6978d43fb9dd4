//! What may be asked of a profile, by the names that `go tool pprof` has for it (internal/driver/config.go).

use crate::word::named;
use crate::words;

words! {
    /// What a row stands for.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Granularity {
        /// A function.
        Functions = "functions" "Aggregate at the function level",
        /// A function in a file.
        FileFunctions = "filefunctions" "Aggregate at the function level, with the file where it was defined",
        /// A file.
        Files = "files" "Aggregate at the file level",
        /// A line.
        Lines = "lines" "Aggregate at the source code line level",
        /// An address.
        Addresses = "addresses" "Aggregate at the address level",
    }
}

/// Options of a report.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// Which type of value: its number or its name; empty for the profile's own choice.
    pub sample_index: String,
    /// Divide by the first value, which is the count.
    pub mean: bool,
    /// Sort by what is spent in a function and all that it calls.
    pub cum: bool,
    /// What a row stands for; the report's own choice when none.
    pub granularity: Option<Granularity>,
    /// Attribute inlined functions to their first caller that is not.
    pub noinlines: bool,
    /// Keep columns of lines.
    pub showcolumns: bool,
    /// At most so many nodes; -1 for the report's own choice, 0 for all.
    pub nodecount: i64,
    /// Hide nodes below this share of the total.
    pub nodefraction: f64,
    /// Hide edges below it.
    pub edgefraction: f64,
    /// Whether those three count.
    pub trim: bool,
    /// Only samples that go through a match.
    pub focus: String,
    /// No samples that do.
    pub ignore: String,
    /// Cut off what matches is called by a match, and all below it.
    pub prune_from: String,
    /// Hide what matches.
    pub hide: String,
    /// Hide what does not.
    pub show: String,
    /// Cut off what stands above the outermost match.
    pub show_from: String,
    /// Only samples with such labels.
    pub tagfocus: String,
    /// None with such.
    pub tagignore: String,
    /// Only labels of such names.
    pub tagshow: String,
    /// None of such names.
    pub taghide: String,
    /// Labels whose values become outermost frames.
    pub tagroot: String,
    /// Labels whose values become innermost frames.
    pub tagleaf: String,
    /// The unit to print in; `minimum` for one that suits all, `auto` for one that suits each.
    pub unit: String,
    /// Divide every value by this.
    pub divide_by: f64,
    /// Shares of what is left after filters rather than of all.
    pub relative_percentages: bool,
    /// Leave out the lines about the profile.
    pub compact_labels: bool,
    /// Drop nodes with negative values.
    pub drop_negative: bool,
    /// A tree of contexts in place of a graph, for dot and callgrind.
    pub call_tree: bool,
    /// Where sources are looked for; folders between colons.
    pub source_path: String,
    /// Prefixes of paths that are cut off; between colons.
    pub trim_path: String,
    /// Scale the profile to the base before it is subtracted.
    pub normalize: bool,
    /// Instructions as Intel writes them.
    pub intel_syntax: bool,
}

impl Default for Options {
    fn default() -> Self {
        let none = String::new;
        Self {
            sample_index: none(),
            mean: false,
            cum: false,
            granularity: None,
            noinlines: false,
            showcolumns: false,
            nodecount: -1,
            nodefraction: 0.005,
            edgefraction: 0.001,
            trim: true,
            focus: none(),
            ignore: none(),
            prune_from: none(),
            hide: none(),
            show: none(),
            show_from: none(),
            tagfocus: none(),
            tagignore: none(),
            tagshow: none(),
            taghide: none(),
            tagroot: none(),
            tagleaf: none(),
            unit: "minimum".to_owned(),
            divide_by: 1.0,
            relative_percentages: false,
            compact_labels: false,
            drop_negative: false,
            call_tree: false,
            source_path: none(),
            trim_path: none(),
            normalize: false,
            intel_syntax: false,
        }
    }
}

/// Where the value of an option is.
enum Slot<'o> {
    Text(&'o mut String),
    Bool(&'o mut bool),
    Count(&'o mut i64),
    Float(&'o mut f64),
    Sort(&'o mut bool),
    Granularity(&'o mut Option<Granularity>),
}

impl Options {
    /// Names of options that have a value of their own, in the order of pprof.
    pub const NAMES: &'static [&'static str] = &[
        "call_tree",
        "relative_percentages",
        "unit",
        "compact_labels",
        "source_path",
        "trim_path",
        "intel_syntax",
        "mean",
        "sample_index",
        "divide_by",
        "normalize",
        "sort",
        "tagroot",
        "tagleaf",
        "drop_negative",
        "nodecount",
        "nodefraction",
        "edgefraction",
        "trim",
        "focus",
        "ignore",
        "prune_from",
        "hide",
        "show",
        "show_from",
        "tagfocus",
        "tagignore",
        "tagshow",
        "taghide",
        "noinlines",
        "showcolumns",
        "granularity",
    ];

    /// Those of them that say which samples and frames numbers are of; the others say how they are told.
    const SELECTING: &'static [&'static str] = &[
        "focus",
        "ignore",
        "prune_from",
        "hide",
        "show",
        "show_from",
        "tagfocus",
        "tagignore",
        "tagroot",
        "tagleaf",
        "noinlines",
        "showcolumns",
        "granularity",
        "relative_percentages",
        "normalize",
    ];

    /// Those that make other numbers of the same samples.
    const COUNTING: &'static [&'static str] = &["mean", "divide_by", "drop_negative"];

    fn changed(&self, names: &[&str]) -> Vec<String> {
        let usual = Self::default();
        let changed = names
            .iter()
            .filter(|name| self.get(name) != usual.get(name));
        changed
            .map(|name| format!("{name}={}", self.get(name)))
            .collect()
    }

    /// What of a profile is looked at, where it is not all: as it is typed, `focus=main`.
    pub fn selecting(&self) -> Vec<String> {
        self.changed(Self::SELECTING)
    }

    /// What is counted otherwise than the profile does.
    pub fn counting(&self) -> Vec<String> {
        self.changed(Self::COUNTING)
    }

    /// The same selection, whole and counted as the profile does: what a screen shows, which has room for everything.
    pub fn on_a_screen(&self) -> Self {
        let usual = Self::default();
        Self {
            nodecount: 0,
            nodefraction: 0.0,
            edgefraction: 0.0,
            trim: usual.trim,
            mean: usual.mean,
            divide_by: usual.divide_by,
            drop_negative: usual.drop_negative,
            ..self.clone()
        }
    }

    fn slot(&mut self, name: &str) -> Option<Slot<'_>> {
        Some(match name {
            "call_tree" => Slot::Bool(&mut self.call_tree),
            "relative_percentages" => Slot::Bool(&mut self.relative_percentages),
            "unit" => Slot::Text(&mut self.unit),
            "compact_labels" => Slot::Bool(&mut self.compact_labels),
            "source_path" => Slot::Text(&mut self.source_path),
            "trim_path" => Slot::Text(&mut self.trim_path),
            "intel_syntax" => Slot::Bool(&mut self.intel_syntax),
            "mean" => Slot::Bool(&mut self.mean),
            "sample_index" => Slot::Text(&mut self.sample_index),
            "divide_by" => Slot::Float(&mut self.divide_by),
            "normalize" => Slot::Bool(&mut self.normalize),
            "sort" => Slot::Sort(&mut self.cum),
            "tagroot" => Slot::Text(&mut self.tagroot),
            "tagleaf" => Slot::Text(&mut self.tagleaf),
            "drop_negative" => Slot::Bool(&mut self.drop_negative),
            "nodecount" => Slot::Count(&mut self.nodecount),
            "nodefraction" => Slot::Float(&mut self.nodefraction),
            "edgefraction" => Slot::Float(&mut self.edgefraction),
            "trim" => Slot::Bool(&mut self.trim),
            "focus" => Slot::Text(&mut self.focus),
            "ignore" => Slot::Text(&mut self.ignore),
            "prune_from" => Slot::Text(&mut self.prune_from),
            "hide" => Slot::Text(&mut self.hide),
            "show" => Slot::Text(&mut self.show),
            "show_from" => Slot::Text(&mut self.show_from),
            "tagfocus" => Slot::Text(&mut self.tagfocus),
            "tagignore" => Slot::Text(&mut self.tagignore),
            "tagshow" => Slot::Text(&mut self.tagshow),
            "taghide" => Slot::Text(&mut self.taghide),
            "noinlines" => Slot::Bool(&mut self.noinlines),
            "showcolumns" => Slot::Bool(&mut self.showcolumns),
            "granularity" => Slot::Granularity(&mut self.granularity),
            _ => return None,
        })
    }

    /// Whether a name may stand without a value: an option that is on or off, or one of the values of `sort` and
    /// `granularity`.
    pub fn is_switch(name: &str) -> bool {
        matches!(name, "flat" | "cum")
            || named::<Granularity>(name).is_some()
            || matches!(Self::default().slot(name), Some(Slot::Bool(_)))
    }

    /// Whether it is the name of an option, or of a value of one.
    pub fn is_option(name: &str) -> bool {
        Self::is_switch(name) || Self::NAMES.contains(&name)
    }

    /// Sets an option as it was typed.
    ///
    /// # Errors
    ///
    /// When there is none of that name, or it has no such value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = || format!("{name}: {value}: no such value");
        match self.slot(name) {
            Some(Slot::Text(slot)) => value.clone_into(slot),
            Some(Slot::Bool(slot)) => *slot = switch(value).ok_or_else(wrong)?,
            Some(Slot::Count(slot)) => *slot = value.parse().map_err(|_| wrong())?,
            Some(Slot::Float(slot)) => *slot = value.parse().map_err(|_| wrong())?,
            Some(Slot::Sort(slot)) => match value {
                "cum" => *slot = true,
                "flat" => *slot = false,
                _ => return Err(wrong()),
            },
            Some(Slot::Granularity(slot)) => *slot = Some(named(value).ok_or_else(wrong)?),
            None if !Self::is_switch(name) => return Err(format!("{name}: no such option")),
            // What is off is not set to something else by that (internal/driver/config.go:configure).
            None if switch(value) != Some(true) => return Err(wrong()),
            None if matches!(name, "flat" | "cum") => self.cum = name == "cum",
            None => self.granularity = named(name),
        }
        Ok(())
    }

    /// The value of an option as it is set.
    pub fn get(&self, name: &str) -> String {
        match self.clone().slot(name) {
            Some(Slot::Text(slot)) => slot.clone(),
            Some(Slot::Bool(slot)) => slot.to_string(),
            Some(Slot::Count(slot)) => slot.to_string(),
            Some(Slot::Float(slot)) => slot.to_string(),
            Some(Slot::Sort(cum)) => (if *cum { "cum" } else { "flat" }).to_owned(),
            Some(Slot::Granularity(slot)) => {
                slot.map_or(String::new(), |known| known.as_str().to_owned())
            }
            None => String::new(),
        }
    }
}

/// On or off, in any of pprof's words (internal/driver/commands.go:stringToBool).
fn switch(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_can_be_set_and_says_what_it_is() {
        let mut options = Options::default();
        for name in Options::NAMES {
            let value = match *name {
                "sort" => "cum",
                "granularity" => "lines",
                "nodecount" => "7",
                "divide_by" | "nodefraction" | "edgefraction" => "0.25",
                name if Options::is_switch(name) => "true",
                _ => "x",
            };
            options.set(name, value).unwrap();
            assert_eq!(options.get(name), value, "{name}");
        }
        options.set("flat", "").unwrap();
        options.set("files", "1").unwrap();
        assert!(!options.cum);
        assert_eq!(options.granularity, Some(Granularity::Files));
        assert!(options.set("nonsense", "1").is_err());
        assert!(options.set("trim", "perhaps").is_err());
        assert!(options.set("nodecount", "many").is_err());
    }
}
