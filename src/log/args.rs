//! What may be typed behind a verb on logs.

use crate::flags::{LogFlags, TableFlags};
use clap::Args;

/// Flags of a verb on logs.
#[derive(Args, Debug, Clone, Default)]
pub struct LogArgs<Own: Args> {
    /// How the log is read.
    #[command(flatten)]
    pub log: LogFlags,

    /// Its own.
    #[command(flatten)]
    pub own: Own,

    /// Which rows.
    #[command(flatten)]
    pub table: TableFlags,
}
