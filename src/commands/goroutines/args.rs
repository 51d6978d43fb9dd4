//! Flags of `goroutines` on the command line; those that an `-x` script has too are [`GoroutinesFlags`].

use crate::cli::{CoreInput, GoroutinesFlags};
use clap::Args;
use std::path::PathBuf;

/// What to read, and how to answer.
#[derive(Args, Debug, Clone)]
pub struct GoroutinesArgs {
    /// A core (and its executable), or a log with a crash, a goroutine dump or race reports (`-` for stdin).
    #[command(flatten)]
    pub input: CoreInput,

    /// How.
    #[command(flatten)]
    pub flags: GoroutinesFlags,

    /// Which dump of a log with several, by number; the one of the last crash, or the last one, when left out.
    #[arg(long, value_name = "N")]
    pub dump: Option<usize>,

    /// What changed since OLD, an earlier dump or core of the same process: appeared, gone, stayed.
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,

    /// What to take off the front of every line of a log, when it is not recognised: a regular expression.
    #[arg(long, value_name = "REGEX")]
    pub strip_prefix: Option<String>,
}
