//! What a profile answers: it is brought into the form that was asked for, once, and then read by whichever report.
//!
//! The order is that of `go tool pprof` (internal/driver/driver.go:generateRawReport), on which numbers depend: frames made of
//! labels, the total, filters, what places are told apart by.
//!
//! | file | in charge of |
//! |---|---|
//! | `header` | the lines above a report |
//! | `top` | rows of nodes |
//! | `tree` | nodes between those who call them and those whom they call |
//! | `list` | lines of functions, to be printed beside their source |
//! | `addresses` | what addresses cost, to be printed beside their instructions |
//! | `traces`, `tags`, `raw` | samples one by one, their labels, everything |
//! | `dot`, `callgrind`, `folded`, `topproto` | files of other tools |

mod addresses;
mod callgrind;
mod dot;
mod folded;
mod header;
mod list;
mod raw;
mod tags;
mod top;
mod topproto;
mod traces;
mod tree;

pub use addresses::AddressCost;
pub use list::{Listed, ListedLine, Routine};
pub use tags::{TagKey, TagValueRow};
pub use top::{Inlined, Row, Summary};
pub use traces::{Trace, TraceFrame};
pub use tree::{Link, TreeRow};

use super::combine::BASE;
use super::frames::{self, Apart, Names as NamePatterns};
use super::graph::{Calls, Graph, Limits, Names, Order, Shape, Trimmed};
use super::labels::{self, Selector, Units};
use super::measure::{percentage, scale, scaled_label, whole};
use super::options::{Granularity, Options};
use crate::words;
use dumpview_parsers::pprof::{Profile, SampleRef, TagValue};
use regex::Regex;

words! {
    /// A report.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Command {
        /// Nodes by what they cost.
        Top = "top" "Top entries in text form",
        /// The same.
        Text = "text" "Top entries in text form",
        /// The graph of calls as text.
        Tree = "tree" "A text rendering of the call graph",
        /// Who calls a function and whom it calls.
        Peek = "peek" "Callers and callees of functions matching a pattern",
        /// Source with what its lines cost.
        List = "list" "Annotated source of functions matching a pattern",
        /// Instructions with what they cost.
        Disasm = "disasm" "Annotated instructions of functions matching a pattern",
        /// Source and instructions with what they cost, as a page.
        Weblist = "weblist" "Annotated source and instructions of functions matching a pattern, as HTML",
        /// Samples one by one.
        Traces = "traces" "All samples in text form",
        /// Labels.
        Tags = "tags" "All labels",
        /// Everything as text.
        Raw = "raw" "The raw profile as text",
        /// Comments.
        Comments = "comments" "All comments",
        /// The graph for graphviz.
        Dot = "dot" "The graph in the format of graphviz",
        /// The graph for kcachegrind.
        Callgrind = "callgrind" "The graph in the format of callgrind",
        /// The profile itself.
        Proto = "proto" "The profile as protocol buffers",
        /// Nodes as a profile.
        TopProto = "topproto" "Top entries as protocol buffers",
        /// The tree of calls.
        Flame = "flame" "The tree of calls, as flame graphs show it",
        /// The same as a picture.
        Svg = "svg" "A flame graph as SVG",
        /// The same with what matters and the functions.
        Html = "html" "One page: what matters, the flame graph, the functions",
        /// The same for speedscope.
        Speedscope = "speedscope" "Stacks for speedscope.app",
        /// Stacks in one line each.
        Folded = "folded" "Stacks in one line each, for flame graphs",
    }
}

impl Command {
    /// Whether it takes a pattern of functions.
    pub const fn takes_pattern(self) -> bool {
        matches!(self, Self::Peek | Self::List | Self::Disasm | Self::Weblist)
    }

    /// What it needs differently from what was asked for (internal/driver/driver.go:applyCommandOverrides).
    fn overridden(self, mut options: Options) -> Options {
        let mut trim = options.trim;
        match self {
            Self::Peek => trim = false,
            // An address has one place, so that what it cost with all that it called is counted once. What is inlined there the
            // executable tells.
            Self::Disasm | Self::Weblist => {
                trim = false;
                options.granularity = Some(Granularity::Addresses);
                options.noinlines = true;
            }
            Self::List => {
                trim = false;
                options.granularity = Some(Granularity::Lines);
            }
            Self::Top | Self::Text | Self::TopProto if options.nodecount == -1 => {
                options.nodecount = 0;
            }
            _ if options.nodecount == -1 => options.nodecount = 80,
            _ => {}
        }
        if matches!(self, Self::Proto | Self::Raw | Self::Callgrind) {
            trim = false;
            options.granularity = Some(Granularity::Addresses);
        }
        if !trim {
            options.nodecount = 0;
            options.nodefraction = 0.0;
            options.edgefraction = 0.0;
        }
        options
    }
}

/// Why there is no report.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Wrong {
    /// An option cannot be understood.
    #[error("{0}")]
    Option(String),
    /// Nothing matches.
    #[error("no matches found for regexp: {0}")]
    NoMatch(String),
    /// There are no values in it.
    #[error("the profile has no types of values")]
    NoTypes,
}

/// A profile in the form in which it was asked for.
#[derive(Clone, Debug)]
pub struct Report {
    /// The profile, filtered.
    pub profile: Profile,
    /// Options, with what the command changes.
    pub options: Options,
    /// The sum of all values, which shares are of.
    pub total: i64,
    /// Which value counts.
    pub index: usize,
    /// Its name: `mean_` before it where means are shown.
    pub sample_type: String,
    /// Its unit in the profile.
    pub sample_unit: String,
    /// The unit that values are printed in.
    pub output_unit: String,
    /// Filters that were asked for, as a report names them.
    pub filters: Vec<String>,
    /// What was asked for and found nothing, and the like.
    pub warnings: Vec<String>,
    command: Command,
    units: Units,
    names: Names,
}

impl Report {
    /// Brings a profile into the form that a report needs.
    ///
    /// # Errors
    ///
    /// When an option cannot be understood, or the profile has no values.
    pub fn new(mut profile: Profile, command: Command, options: &Options) -> Result<Self, Wrong> {
        let options = command.overridden(options.clone());
        let units = Units::of(&profile);
        let mut warnings = Vec::new();
        for (key, used, others) in &units.mixed {
            let others = others.join(", ");
            warnings.push(format!(
                "For tag {key} used unit {used}, also encountered unit(s) {others}"
            ));
        }
        let mut nothing = |matched: bool, name: &str| {
            if !matched {
                warnings.push(format!("{name} expression matched no samples"));
            }
        };
        let (root, leaf) = labels::as_frames(
            &mut profile,
            &options.tagroot,
            &options.tagleaf,
            &options.unit,
        );
        nothing(options.tagroot.is_empty() || root, "TagRoot");
        nothing(options.tagleaf.is_empty() || leaf, "TagLeaf");
        let filter = Filter::new(&options)?;
        if options.relative_percentages {
            filter.apply(&mut profile, &units, &mut nothing);
        }
        let index = sample_index(&profile, &options.sample_index)?;
        let of = profile.sample_types.get(index).ok_or(Wrong::NoTypes)?;
        let mean = if options.mean { "mean_" } else { "" };
        let (sample_type, sample_unit) = (format!("{mean}{}", of.kind), of.unit.clone());
        if options.divide_by == 0.0 {
            return Err(Wrong::Option(
                "divide_by: nothing is divided by 0".to_owned(),
            ));
        }
        let total = total(&profile, index, options.mean);
        if !options.relative_percentages {
            filter.apply(&mut profile, &units, &mut nothing);
        }
        frames_apart(&mut profile, &options);
        let ranges = filter.ranges.iter();
        warnings.extend(ranges.map(|of| format!("{of} is a range of numbers, not a pattern")));
        Ok(Self {
            total,
            index,
            sample_type,
            sample_unit,
            output_unit: options.unit.clone(),
            filters: filters(&options),
            warnings,
            command,
            units,
            names: Names::default(),
            options,
            profile,
        })
    }

    /// A value of a sample and, where means are shown, what it is divided by.
    fn values(&self, sample: SampleRef<'_>) -> (i64, i64) {
        let value = sample.values.get(self.index).copied().unwrap_or(0);
        let div = sample.values.first().copied().unwrap_or(0);
        (value, if self.options.mean { div } else { 0 })
    }

    /// A value as it is printed.
    pub fn value(&self, value: i64) -> String {
        let value = divided(value, 1.0 / self.options.divide_by);
        scaled_label(value, &self.sample_unit, &self.output_unit)
    }

    /// A value, or a point where there is none.
    pub fn value_or_dot(&self, value: i64) -> String {
        if value == 0 {
            ".".to_owned()
        } else {
            self.value(value)
        }
    }

    /// A share of the total, in six columns.
    pub fn percent(&self, value: i64) -> String {
        percentage(value, self.total)
    }

    /// What a node is called.
    pub fn name(&self, key: &super::graph::Key) -> String {
        key.printable(&self.names)
    }

    fn shape(&self) -> Shape<'_> {
        let tree = matches!(self.command, Command::Dot | Command::Callgrind);
        let bytes = self.profile.texts.find("bytes");
        let unit = bytes.map_or("", |key| self.units.get(key));
        let output = self.output_unit.as_str();
        Shape {
            value: self.index,
            mean: self.options.mean,
            objects: matches!(
                self.command,
                Command::Raw | Command::List | Command::Disasm | Command::Callgrind
            ),
            drop_negative: self.options.drop_negative,
            tree: self.options.call_tree && tree,
            calls: match self.command {
                Command::Top | Command::Text | Command::Html => Calls::OfInlined,
                Command::TopProto | Command::List | Command::Disasm | Command::Weblist => {
                    Calls::None
                }
                _ => Calls::All,
            },
            tags: (self.command == Command::Dot).then_some((unit, output)),
        }
    }

    /// The graph, without what is not worth showing.
    pub fn graph(&mut self) -> Trimmed {
        let limits = Limits {
            node_fraction: self.options.nodefraction,
            edge_fraction: self.options.edgefraction,
            node_count: self.options.nodecount,
            order: match self.command {
                Command::Dot => Order::Entropy,
                _ if self.options.cum => Order::Cum,
                _ => Order::Flat,
            },
        };
        let trimmed = self.with_parts(|profile, names, shape, paths| {
            super::graph::trimmed(profile, names, shape, paths, &limits)
        });
        self.select_unit(&trimmed.graph);
        trimmed
    }

    /// The whole graph, unsorted.
    fn whole_graph(&mut self) -> Graph {
        self.with_parts(|profile, names, shape, paths| {
            super::graph::made(profile, names, shape, paths)
        })
    }

    fn with_parts<R>(
        &mut self,
        make: impl FnOnce(&mut Profile, &mut Names, &Shape<'_>, (&str, &str)) -> R,
    ) -> R {
        let mut profile = std::mem::take(&mut self.profile);
        let mut names = std::mem::take(&mut self.names);
        // Labels went with the profile.
        let unit = profile.texts.find("bytes");
        let unit = unit.map_or(String::new(), |key| self.units.get(key).to_owned());
        let mut shape = self.shape();
        shape.tags = shape.tags.map(|(_, output)| (unit.as_str(), output));
        let paths = (
            self.options.trim_path.as_str(),
            self.options.source_path.as_str(),
        );
        let made = make(&mut profile, &mut names, &shape, paths);
        self.profile = profile;
        self.names = names;
        made
    }

    /// Chooses a unit that suits the least and the greatest value (internal/report/report.go:selectOutputUnit).
    fn select_unit(&mut self, graph: &Graph) {
        if self.output_unit != "minimum" || graph.shown.is_empty() {
            return;
        }
        let mut least = 0i64;
        for (_, node) in graph.iter() {
            let mut value = node.flat_value().wrapping_abs();
            if value == 0 {
                value = node.cum_value().wrapping_abs();
            }
            if value > 0 && (least == 0 || value < least) {
                least = value;
            }
        }
        if least == 0 {
            least = self.total;
        }
        let ratio = 1.0 / self.options.divide_by;
        let (least, most) = (divided(least, ratio), divided(self.total, ratio));
        let auto = |value: i64| scale(value, &self.sample_unit, "minimum").1.into_owned();
        let mut unit = auto(least);
        if unit != auto(most)
            && least.wrapping_mul(100) < most
            && self.command != Command::Callgrind
        {
            unit = auto(least.wrapping_mul(100));
        }
        self.output_unit = if unit.is_empty() {
            self.sample_unit.clone()
        } else {
            unit
        };
    }
}

/// Looks at what an option says before anything is asked of a profile by it.
///
/// # Errors
///
/// When a pattern is none.
pub fn checked(options: &Options) -> Result<(), Wrong> {
    Filter::new(options).map(drop)
}

/// A value times a ratio that is one or none of pprof's.
#[expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "as pprof computes"
)]
fn divided(value: i64, ratio: f64) -> i64 {
    if ratio > 0.0 && ratio != 1.0 {
        whole(value as f64 * ratio)
    } else {
        value
    }
}

/// Which value is meant (profile/index.go).
pub fn sample_index(profile: &Profile, name: &str) -> Result<usize, Wrong> {
    let types = &profile.sample_types;
    let last = types.len().checked_sub(1).ok_or(Wrong::NoTypes)?;
    let named = |name: &str| types.iter().position(|of| of.kind == name);
    if name.is_empty() {
        let shown = profile.default_sample_type.as_deref();
        return Ok(shown.and_then(named).unwrap_or(last));
    }
    if let Ok(index) = name.parse::<i64>() {
        let index = usize::try_from(index).ok().filter(|index| *index <= last);
        return index.ok_or_else(|| {
            Wrong::Option(format!(
                "sample_index {name} is outside the range [0..{last}]"
            ))
        });
    }
    let short = name.strip_prefix("inuse_").unwrap_or(name);
    let place = types
        .iter()
        .position(|of| of.kind == name || of.kind == short);
    place.ok_or_else(|| {
        let all: Vec<&str> = types.iter().map(|of| of.kind.as_str()).collect();
        let all = all.join(" ");
        Wrong::Option(format!("sample_index {name:?} must be one of: [{all}]"))
    })
}

/// Whether a sample is one of the base.
fn is_base(sample: SampleRef<'_>, profile: &Profile) -> bool {
    let texts = &profile.texts;
    sample.tags.iter().any(|tag| match tag.value {
        TagValue::Text(text) => texts.text(tag.key) == BASE && texts.text(text) == "true",
        TagValue::Number(..) => false,
    })
}

/// The sum of absolute values; only of the base where there is one.
fn total(profile: &Profile, index: usize, mean: bool) -> i64 {
    let has_base = profile.texts.find(BASE).is_some();
    let (mut all, mut of_base) = ((0i64, 0i64), (0i64, 0i64));
    for sample in profile.samples.iter() {
        let value = sample.values.get(index).copied().unwrap_or(0);
        let div = sample.values.first().copied().filter(|_| mean).unwrap_or(0);
        let add = |sum: &mut (i64, i64)| {
            sum.0 = sum.0.wrapping_add(value.wrapping_abs());
            sum.1 = sum.1.wrapping_add(div);
        };
        add(&mut all);
        if has_base && is_base(sample, profile) {
            add(&mut of_base);
        }
    }
    let (total, div) = if of_base.0 > 0 { of_base } else { all };
    super::graph::mean(total, div)
}

fn frames_apart(profile: &mut Profile, options: &Options) {
    let inlines = !options.noinlines;
    let (functions, files, lines, addresses) = match options.granularity {
        Some(Granularity::Addresses) if inlines => return,
        Some(Granularity::Addresses) => (true, true, true, true),
        Some(Granularity::Lines) => (true, true, true, false),
        Some(Granularity::Files) => (false, true, false, false),
        Some(Granularity::FileFunctions) => (true, true, false, false),
        Some(Granularity::Functions) | None => (true, false, false, false),
    };
    let apart = Apart {
        inlines,
        functions,
        files,
        lines,
        columns: options.showcolumns,
        addresses,
    };
    frames::aggregate(profile, apart);
}

/// Filters as a report names them.
fn filters(options: &Options) -> Vec<String> {
    let named = [
        ("focus", &options.focus),
        ("ignore", &options.ignore),
        ("hide", &options.hide),
        ("show", &options.show),
        ("show_from", &options.show_from),
        ("tagfocus", &options.tagfocus),
        ("tagignore", &options.tagignore),
        ("tagshow", &options.tagshow),
        ("taghide", &options.taghide),
    ];
    let set = named.iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| format!("{name}={value}")).collect()
}

/// Everything that leaves out samples, frames and labels.
struct Filter {
    names: NamePatterns,
    show_from: Option<Regex>,
    tagfocus: Option<Selector>,
    tagignore: Option<Selector>,
    tagshow: Option<Regex>,
    taghide: Option<Regex>,
    prune_from: Option<Regex>,
    /// What asks for labels by a range.
    ranges: Vec<String>,
}

/// Reads a pattern.
///
/// # Errors
///
/// When it is none.
pub fn pattern(name: &str, text: &str) -> Result<Regex, Wrong> {
    Regex::new(text).map_err(|error| wrong_pattern(name, &error))
}

fn wrong_pattern(name: &str, error: &regex::Error) -> Wrong {
    // Its last line says what is wrong; those before show where, which is not told on one line.
    let error = error.to_string();
    let why = error.lines().last().unwrap_or_default();
    let why = why.strip_prefix("error: ").unwrap_or(why);
    Wrong::Option(format!("parsing {name} regexp: {why}"))
}

impl Filter {
    fn new(options: &Options) -> Result<Self, Wrong> {
        let optional = |name: &str, text: &str| {
            let text = Some(text).filter(|text| !text.is_empty());
            text.map(|text| pattern(name, text)).transpose()
        };
        let selector = |name: &str, text: &str| {
            let text = Some(text).filter(|text| !text.is_empty());
            text.map(|text| Selector::parse(text).map_err(|error| wrong_pattern(name, &error)))
                .transpose()
        };
        let tagfocus = selector("tagfocus", &options.tagfocus)?;
        let tagignore = selector("tagignore", &options.tagignore)?;
        let ranges = [
            ("tagfocus", &options.tagfocus, &tagfocus),
            ("tagignore", &options.tagignore, &tagignore),
        ];
        let ranges = ranges.into_iter().filter_map(|(name, text, of)| {
            let is_range = of.as_ref().is_some_and(Selector::is_range);
            is_range.then(|| format!("{name}={text}"))
        });
        let ranges = ranges.collect();
        Ok(Self {
            names: NamePatterns {
                focus: optional("focus", &options.focus)?,
                ignore: optional("ignore", &options.ignore)?,
                hide: optional("hide", &options.hide)?,
                show: optional("show", &options.show)?,
            },
            show_from: optional("show_from", &options.show_from)?,
            ranges,
            tagfocus,
            tagignore,
            tagshow: optional("tagshow", &options.tagshow)?,
            taghide: optional("taghide", &options.taghide)?,
            prune_from: optional("prune_from", &options.prune_from)?,
        })
    }

    fn apply(&self, profile: &mut Profile, units: &Units, nothing: &mut impl FnMut(bool, &str)) {
        let names = &self.names;
        let found = frames::by_name(profile, names);
        nothing(names.focus.is_none() || found.focus, "Focus");
        nothing(names.ignore.is_none() || found.ignore, "Ignore");
        nothing(names.hide.is_none() || found.hide, "Hide");
        nothing(names.show.is_none() || found.show, "Show");
        if let Some(pattern) = &self.show_from {
            nothing(frames::show_from(profile, pattern), "ShowFrom");
        }
        let (focus, ignore) = (self.tagfocus.as_ref(), self.tagignore.as_ref());
        let found = labels::by_tag(profile, focus, ignore, units);
        nothing(focus.is_none() || found.0, "TagFocus");
        nothing(ignore.is_none() || found.1, "TagIgnore");
        let (show, hide) = (self.tagshow.as_ref(), self.taghide.as_ref());
        let found = labels::by_tag_name(profile, show, hide);
        nothing(show.is_none() || found.0, "TagShow");
        nothing(hide.is_none() || found.1, "TagHide");
        if let Some(pattern) = &self.prune_from {
            frames::prune_from(profile, pattern);
        }
    }
}
