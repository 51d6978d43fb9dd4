//! What people may type after `dumpview memstats`.

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

    /// Comma-separated values: one line a snapshot.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}
