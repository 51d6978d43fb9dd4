//! What people may type after `dumpview sched`.

use crate::commands::log::LogArgs;
use clap::Args;

/// Flags of `sched`.
#[derive(Args, Debug, Clone, Default)]
#[command(
    after_help = "Examples:\n  GODEBUG=schedtrace=1000 ./app 2>&1 | dumpview sched -\n  dumpview sched app.log --since 2m\n  \
                  GODEBUG=schedtrace=1000,scheddetail=1 ./app 2>sched.txt; dumpview sched sched.txt --at 3s\n\n\
                  With `-`, what else comes through the pipe is passed on to stderr as it comes (not with -q). Exit \
                  status: 0 summed up, 1 no scheduler line in it, 3 unreadable, 4 summed up, but lines could not be read."
)]
pub struct SchedArgs {
    /// The input.
    #[command(flatten)]
    pub log: LogArgs,

    /// Comma-separated values, one line a sample, as the samples come.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,

    /// Show the sample of this time after the first (300ms, 2s) in full: Ps, threads, goroutines.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["csv", "follow"])]
    pub at: Option<String>,
}

impl SchedArgs {
    /// Whether the whole of an input is to be looked at while it comes.
    pub fn is_live(&self) -> bool {
        let whole = self.log.since.is_none() && self.log.until.is_none();
        let plain = !self.csv && self.at.is_none();
        whole && plain && (self.log.is_stdin() || self.log.follow)
    }
}
