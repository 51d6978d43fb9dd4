//! What people may type after `dumpview gc`.

use crate::commands::log::LogArgs;
use clap::Args;
use std::path::PathBuf;

/// Flags of `gc`.
#[derive(Args, Debug, Clone, Default)]
#[command(
    after_help = "Examples:\n  GODEBUG=gctrace=1 ./app 2>&1 | dumpview gc -\n  dumpview gc --follow /var/log/app.log\n  \
                  dumpview gc app.log --since 10m --json\n  dumpview gc before.log --compare after.log\n\n\
                  With `-`, what else comes through the pipe is passed on to stderr as it comes (not with -q). On a terminal it is drawn live, and the rest is on \
                  the screen Text. The input ends at its end or at Ctrl-C; then the summary is printed. Exit status: 0 summed up, 1 no collector \
                  line in it, 3 unreadable, 4 summed up, but lines are missing or could not be read."
)]
pub struct GcArgs {
    /// The input.
    #[command(flatten)]
    pub log: LogArgs,

    /// Comma-separated values, one line a cycle, as the cycles come.
    #[arg(long, conflicts_with_all = ["json", "compare"])]
    pub csv: bool,

    /// Hold it against another run: what differs, and whether that is more than chance.
    #[arg(long, value_name = "OTHER", conflicts_with = "follow")]
    pub compare: Option<PathBuf>,
}

impl GcArgs {
    /// Whether the whole of an input is to be looked at while it comes.
    pub fn is_live(&self) -> bool {
        let whole = self.log.since.is_none() && self.log.until.is_none();
        let plain = !self.csv && self.compare.is_none();
        whole && plain && (self.log.is_stdin() || self.log.follow)
    }
}
