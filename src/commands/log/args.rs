//! Flags that every verb on a log takes.

use clap::Args;
use std::path::PathBuf;

/// A log, and how it is read.
#[derive(Args, Debug, Clone, Default)]
pub struct LogArgs {
    /// The log, plain or compressed (`-` for stdin).
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Go on as the file grows, across rotation, like `tail -F`.
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
