//! What people may type after `dumpview memstats`.

use crate::commands::log::LogArgs;
use clap::Args;
use std::path::PathBuf;

/// Flags of `memstats`.
#[derive(Args, Debug, Clone, Default)]
#[command(
    after_help = "Examples:\n  curl -s localhost:6060/debug/vars | dumpview memstats -\n  \
                  dumpview memstats heap-1.txt heap-2.txt     (from /debug/pprof/heap?debug=1: what changed)\n  \
                  dumpview memstats app.log                   (Alloc = 5 MiB, alloc=5242880, %+v, JSON, …)\n  \
                  gops memstats 4711 | dumpview memstats -"
)]
pub struct MemstatsArgs {
    /// Logs, profiles, expvar documents, plain or compressed (`-` for stdin). Several are read as one series, in the
    /// order given.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// What to take off the front of every line, when it is not recognised: a regular expression.
    #[arg(long, value_name = "REGEX")]
    pub strip_prefix: Option<String>,

    /// From then on: a time of day or date as the log has it.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,

    /// Until then, in the same words.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,

    /// Comma-separated values: one line a snapshot.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

impl MemstatsArgs {
    /// Each input as the other verbs on logs have theirs.
    pub fn logs(&self) -> impl Iterator<Item = LogArgs> + '_ {
        self.files.iter().map(|file| LogArgs {
            file: file.clone(),
            follow: false,
            strip_prefix: self.strip_prefix.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
        })
    }
}
