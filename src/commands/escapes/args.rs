//! What people may type after `dumpview escapes`.

use crate::flags::one_of;
use clap::Args;
use dumpview_model::escape::GroupBy;
use std::path::PathBuf;

/// Flags of `escapes`.
#[derive(Args, Debug, Clone, Default)]
pub struct EscapesFlags {
    /// Count decisions by this.
    #[arg(long, value_name = "WHAT", value_parser = one_of::<GroupBy>())]
    pub by: Option<GroupBy>,

    /// Only decisions that match: `heap=true and reason=interface and function~Encode`; `=`, `!=`, `~` (contains), `!~`,
    /// `>`, `<`, `>=`, `<=`, joined by `and`, `or`, `not` and brackets; a bare word is looked for in every text.
    #[arg(long, value_name = "CONDITIONS")]
    pub filter: Option<String>,

    /// Show each decision with its line of source from this directory, and its flow.
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,

    /// How many findings or groups to show; 0 for all.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,

    /// SARIF 2.1.0, for code review tools.
    #[arg(long, conflicts_with_all = ["json", "csv", "github"])]
    pub sarif: bool,

    /// GitHub workflow commands: each finding as a warning at its line.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub github: bool,

    /// Show what appeared and what went since this older output; findings are matched when lines moved.
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,

    /// With --diff: exit status 1 when something new is on the heap.
    #[arg(long, requires = "diff")]
    pub fail_on_new: bool,

    /// A file that says in which functions how much may be on the heap; exit status 1 when one has more.
    #[arg(long, value_name = "FILE", conflicts_with = "diff")]
    pub budget: Option<PathBuf>,

    /// A heap or allocs profile, as it is or written with debug=1: ranks the sites by the bytes allocated at them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["diff", "budget"])]
    pub alloc: Option<PathBuf>,
}
