//! What people may type after `dumpview alloc`.

use crate::commands::log::LogArgs;
use clap::{Args, ValueEnum};
use dumpview_model::alloc::By;

/// Flags of `alloc`.
#[derive(Args, Debug, Clone, Default)]
#[command(
    after_help = "Examples:\n  GODEBUG=allocfreetrace=1 app 2>&1 | dumpview alloc -\n  \
                  dumpview alloc trace.log --by stack --top 5"
)]
pub struct AllocArgs {
    /// The input.
    #[command(flatten)]
    pub log: LogArgs,

    /// Sum up by this only.
    #[arg(long, value_name = "WHAT")]
    pub by: Option<ByArg>,

    /// How many rows to show; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub top: usize,

    /// Comma-separated values: one line a type, size or stack (--by; types when left out).
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// What `--by` sums up by.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByArg {
    /// The type.
    Type,
    /// The size class.
    Size,
    /// The stack that allocated.
    Stack,
}

impl ByArg {
    /// The model's.
    pub const fn by(self) -> By {
        match self {
            Self::Type => By::Type,
            Self::Size => By::Size,
            Self::Stack => By::Stack,
        }
    }
}
