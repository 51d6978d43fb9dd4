//! What an export is: a format of another tool, and what it has of a core or a log.

use crate::answer::Failure;
use crate::case::core::Case;
use crate::flags::LogFlags;
use clap::Args;
use dumpview_view::document::Incomplete;
use std::io::{self, Write};
use std::path::Path;

/// What may be asked of an export.
#[derive(Args, Debug, Clone, Default)]
pub struct ExportFlags {
    /// What to write: `folded` (stacks for flame graphs), `pprof` (a profile for `go tool pprof`), `dot` (what stands around an
    /// object, for graphviz), `hprof` (the heap, for Eclipse MAT and VisualVM), `core` (a copy of the core in
    /// which everything that the program stored is zeroed, so that it can leave the house).
    #[arg(long, value_name = "FORMAT", required = true)]
    pub to: String,

    /// Into which file. A pipe is a file too: `-o /dev/stdout`.
    #[arg(short, long, value_name = "FILE", required = true)]
    pub output: String,

    /// Even when that file exists: it is overwritten.
    #[arg(long)]
    pub force: bool,

    /// Which profile. Of `pprof`: heap, allocs, mutex, block, goroutine, threadcreate (what `/debug/pprof/NAME` would have answered when
    /// the process died), retained (who keeps the heap, by dominators; so when left out), types (what it consists of). Of
    /// `folded`: goroutine (so when left out), retained.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Around which place `dot` draws: an address, a package variable, `goroutine 7`, an expression.
    #[arg(long, value_name = "PLACE")]
    pub around: Option<String>,

    /// Who waits for whom, in place of a part of the heap: goroutines, what they wait for, who could end it. Of `dot`.
    #[arg(long, conflicts_with = "around")]
    pub waits: bool,

    /// How many places `dot` draws.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub most: usize,

    /// What `core` does not zero: package variables and types whose name matches this regular expression; may be repeated.
    #[arg(long, value_name = "REGEX")]
    pub keep: Vec<String>,

    /// The runtime's own goroutines and calls too.
    #[arg(long)]
    pub system: bool,

    /// Which dump of a log with several, by number; the one of the last crash, or the last one, when left out.
    #[arg(long, value_name = "N")]
    pub dump: Option<usize>,

    /// How a log is read.
    #[command(flatten)]
    pub log: LogFlags,
}

/// Writes a file.
type Writes<'w> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'w>;

/// What is written once everything that it needs was read.
pub struct Written<'w> {
    /// Writes it.
    pub write: Writes<'w>,
    /// What people should know of it, a line each.
    pub notes: Vec<String>,
}

impl<'w> Written<'w> {
    /// Of which there is nothing to know.
    pub fn new(write: impl Fn(&mut dyn Write) -> io::Result<()> + 'w) -> Self {
        Self {
            write: Box::new(write),
            notes: Vec::new(),
        }
    }
}

/// A format of another tool.
pub trait Export {
    /// As `--to` takes it.
    const NAME: &'static str;

    /// What it has of a core.
    ///
    /// # Errors
    ///
    /// When the core has nothing of that.
    fn of_core<'w>(case: &'w Case<'_>, flags: &ExportFlags) -> Result<Written<'w>, Failure>;

    /// What it has of a log, and what is missing.
    ///
    /// # Errors
    ///
    /// When the log has nothing of that, or cannot be read.
    fn of_log(
        path: &Path,
        flags: &ExportFlags,
    ) -> Result<(Written<'static>, Vec<Incomplete>), Failure>;
}

type OfCore = for<'w> fn(&'w Case<'_>, &ExportFlags) -> Result<Written<'w>, Failure>;
type OfLog = fn(&Path, &ExportFlags) -> Result<(Written<'static>, Vec<Incomplete>), Failure>;

/// An export with its type erased, as the table has it.
pub struct Entry {
    /// As `--to` takes it.
    pub name: &'static str,
    /// What it has of a core.
    pub core: OfCore,
    /// What it has of a log.
    pub log: OfLog,
}

/// The entry of an export.
pub const fn entry<E: Export>() -> Entry {
    Entry {
        name: E::NAME,
        core: E::of_core,
        log: E::of_log,
    }
}
