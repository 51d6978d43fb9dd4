//! `memstats`: where the memory is, from MemStats in any form.

use super::log::LogArgs;
use crate::answer::{Exit, Failure};
use crate::cli::Common;
use clap::Args;
use std::io::{self, Write};

/// Flags of `memstats`.
#[derive(Args, Debug, Clone, Default)]
pub struct MemstatsArgs {
    /// The input.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &MemstatsArgs,
    _common: &Common,
    _out: &mut dyn Write,
    _complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    Err(Failure::unreadable(format!(
        "{}: not read yet",
        args.log.file.display()
    )))
}
