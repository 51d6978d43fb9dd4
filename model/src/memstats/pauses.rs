//! Figures of the pauses that the runtime remembers.

use super::Pause;
use schemars::JsonSchema;
use serde::Serialize;

/// The pauses that the runtime remembers: at most 256. Quantiles are of the nearest rank.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "pauses")]
pub struct PauseFigures {
    /// How many there are.
    pub count: usize,
    /// Their sum, in nanoseconds.
    pub total_ns: u64,
    /// The median, in nanoseconds.
    pub p50_ns: u64,
    /// The 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// The longest, in nanoseconds.
    pub max_ns: u64,
    /// When the longest ended, in nanoseconds since 1970; 0 when that was not printed.
    pub max_end_unix_ns: u64,
    /// The newest, in nanoseconds.
    pub last_ns: u64,
    /// When the newest ended, in nanoseconds since 1970; 0 when that was not printed.
    pub last_end_unix_ns: u64,
}

/// Figures of pauses whose newest is last; nothing when there are none.
pub fn figures(pauses: &[Pause]) -> Option<PauseFigures> {
    let newest = *pauses.last()?;
    let mut sorted: Vec<u64> = pauses.iter().map(|pause| pause.ns).collect();
    sorted.sort_unstable();
    let rank = |percent: usize| {
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    };
    // The latest of equals.
    let longest = pauses.iter().max_by_key(|pause| pause.ns)?;
    Some(PauseFigures {
        count: pauses.len(),
        total_ns: sorted.iter().fold(0, |sum, ns| sum.saturating_add(*ns)),
        p50_ns: rank(50)?,
        p99_ns: rank(99)?,
        max_ns: longest.ns,
        max_end_unix_ns: longest.end_unix_ns,
        last_ns: newest.ns,
        last_end_unix_ns: newest.end_unix_ns,
    })
}
