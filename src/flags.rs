//! Flags that several verbs share. A verb's own flags stand beside the verb.

use crate::answer::Failure;
use crate::words::is_stdin;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use dumpview_model::word::{Word, named};
use dumpview_parsers::log::LogReader;
use dumpview_view::choice::{Choice, Words};
use dumpview_view::column::Row;
use regex::bytes::Regex;
use std::path::{Path, PathBuf};

/// Flags that every verb takes.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// One JSON document instead of text.
    #[arg(long, global = true)]
    pub json: bool,

    /// Comma-separated values: the rows of the answer's table, as they come.
    #[arg(long, global = true, conflicts_with = "json")]
    pub csv: bool,

    /// The text as Markdown, to paste into an issue.
    #[arg(long, global = true, conflicts_with_all = ["json", "csv", "html"])]
    pub markdown: bool,

    /// The text as a page of HTML that stands alone.
    #[arg(long, global = true, conflicts_with_all = ["json", "csv"])]
    pub html: bool,

    /// Text even on a terminal.
    #[arg(long, global = true)]
    pub plain: bool,

    /// Long answers on a terminal without a pager (PAGER, else less).
    #[arg(long, global = true)]
    pub no_pager: bool,

    /// Leave the mouse to the terminal: no clicks and wheel on the screens.
    #[arg(long, global = true)]
    pub no_mouse: bool,

    /// When to colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,

    /// Say nothing but the answer.
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more: sources of layouts, what was compared.
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Use the executable even when its build id is not the one in the core.
    #[arg(long, global = true)]
    pub ignore_build_id: bool,

    /// Debug information that was taken out of the executable or a library of it (objcopy --only-keep-debug), where it does
    /// not lie beside that, in .debug there, under /usr/lib/debug or in a folder .build-id; may be repeated.
    #[arg(long, global = true, value_name = "FILE")]
    pub debug: Vec<PathBuf>,

    /// Neither use nor keep what is learnt of a heap: it is in a file under the user's cache directory otherwise.
    #[arg(long, global = true)]
    pub no_cache: bool,

    /// The most memory to take, as 512M or 2G: three quarters of what the machine has otherwise, and 1G for inputs below
    /// 1 GiB. Beyond a quarter of it no more of a log is read; beyond it the program ends and says so.
    #[arg(long, global = true, value_name = "SIZE", value_parser = crate::memory::size)]
    pub memory: Option<u64>,

    /// Look for source files elsewhere: replaces the prefix FROM of paths by TO; may be repeated.
    #[arg(long, global = true, value_name = "FROM=TO")]
    pub source_path: Vec<String>,
}

/// Takes one of a set of names.
pub fn one_of<T: Word>() -> impl TypedValueParser<Value = T> {
    let known = T::ALL.iter();
    let known = known.map(|word| PossibleValue::new(word.as_str()).help(word.about()));
    PossibleValuesParser::new(known).try_map(|name| named(&name).ok_or("no such name"))
}

/// For verbs that take no flags of their own.
#[derive(Args, Debug, Clone, Copy, Default)]
pub struct NoFlags {}

/// When to colour output.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which rows and columns of a table are wanted, in which order.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "The table")]
pub struct TableFlags {
    /// These columns, in this order.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Vec<String>,

    /// By this column; `-NAME` for the largest first.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub sort: Option<String>,

    /// Only rows that match: `pause_ns>1ms and not forced=true`; `=`, `!=`, `~` (contains), `!~`, `>`, `<`, `>=`, `<=`,
    /// joined by `and`, `or`, `not` and brackets; a bare word is looked for in every text.
    #[arg(long, value_name = "CONDITIONS")]
    pub filter: Option<String>,

    /// At most this many rows; 0 for all.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
}

/// Why there is no answer where no row meets the filter.
pub fn no_match<R: Row>(_: &Choice<R>) -> Failure {
    Failure::no_answer(format!("no {} matches --filter", R::ONE))
}

impl TableFlags {
    /// Whether it asks for nothing that a report does not show.
    pub const fn asks_nothing(&self) -> bool {
        self.columns.is_empty()
            && self.sort.is_none()
            && self.filter.is_none()
            && self.top.is_none()
    }

    /// The choice, for rows of this type.
    ///
    /// # Errors
    ///
    /// When a column does not exist or the filter cannot be understood.
    pub fn choice<R: Row>(&self) -> Result<Choice<R>, Failure> {
        Choice::new(&Words {
            columns: &self.columns,
            sort: self.sort.as_deref(),
            filter: self.filter.as_deref(),
            top: self.top,
        })
        .map_err(not_understood)
    }
}

/// Why conditions were not understood, with what they are made of.
pub fn not_understood(why: String) -> Failure {
    let mut failure = Failure::usage(why);
    if !failure.has_hint() {
        failure.hint("NAME=VALUE, also != ~ !~ > < >= <=, joined by and, or, not and brackets");
    }
    failure
}

/// Which frame, and how far to follow values.
#[derive(Args, Debug, Clone, Default)]
pub struct FrameFlags {
    /// Goroutine id; the one that crashed when left out.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Frame number as `bt` shows it; the first user frame when left out.
    #[arg(short, long, value_name = "N")]
    pub frame: Option<usize>,

    /// Value limits.
    #[command(flatten)]
    pub values: ValueFlags,
}

/// Which frame, how far to follow values, and whether to say what they keep.
#[derive(Args, Debug, Clone, Default)]
pub struct RetainedFlags {
    /// Which frame.
    #[command(flatten)]
    pub frame: FrameFlags,

    /// What each of them keeps on the heap: what would go if its pointers were cut.
    #[arg(long)]
    pub retained: bool,
}

/// How far values are followed.
#[derive(Args, Debug, Clone, Copy)]
pub struct ValueFlags {
    /// How many levels of structs, pointers and containers are opened.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub depth: u32,

    /// How many elements of a container, and bytes of a string, are shown.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_len: u64,
}

impl Default for ValueFlags {
    fn default() -> Self {
        Self {
            depth: 4,
            max_len: 64,
        }
    }
}

/// How a log is read.
#[derive(Args, Debug, Clone, Default)]
pub struct LogFlags {
    /// Go on as the file grows, across rotation, like `tail -F`. Lines that come meanwhile, or through a pipe, and have no time of
    /// their own get that at which they came.
    #[arg(long)]
    pub follow: bool,

    /// What to take off the front of every line, when it is not recognised: a regular expression.
    #[arg(long, value_name = "REGEX")]
    pub strip_prefix: Option<String>,

    /// From then on: `90s` or `2m` after the process started, or a time of day or date as the log has it.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,

    /// Until then, in the same words.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

impl LogFlags {
    /// What a log is to be read with.
    ///
    /// # Errors
    ///
    /// When `--strip-prefix` is no regular expression.
    pub fn reader(&self) -> Result<LogReader, Failure> {
        let Some(pattern) = &self.strip_prefix else {
            return Ok(LogReader::new());
        };
        let pattern = Regex::new(&format!("^(?:{pattern})"))
            .map_err(|error| no_pattern("--strip-prefix", &error))?;
        let strip = move |line: &[u8]| pattern.find(line).map_or(0, |found| found.end());
        Ok(LogReader::new().with_strip(Box::new(strip)))
    }

    /// Whether all of a log is wanted, as it comes: then the screens can show it.
    pub fn is_live(&self, file: &Path) -> bool {
        self.since.is_none() && self.until.is_none() && (is_stdin(file) || self.follow)
    }
}

/// Why a regular expression is none, in a line.
pub fn no_pattern(what: &str, error: &regex::Error) -> Failure {
    let text = error.to_string();
    let why = text.lines().last().unwrap_or_default();
    let why = why.strip_prefix("error: ").unwrap_or(why);
    Failure::usage(format!(
        "{what}: no regular expression: {why}\n\nhint: a backslash before ( ) [ ] {{ }} . * + ? takes them as they are"
    ))
}
