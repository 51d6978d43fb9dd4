//! Figures of the pauses that the runtime remembers.

use super::Pause;

/// What the pauses were like, in nanoseconds. Quantiles are of the nearest rank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PauseFigures {
    /// How many are remembered: at most 256.
    pub count: usize,
    /// Their sum.
    pub total: u64,
    /// The middle one.
    pub p50: u64,
    /// The one that 99 of 100 do not exceed.
    pub p99: u64,
    /// The longest.
    pub longest: Pause,
    /// The newest.
    pub newest: Pause,
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
        total: sorted.iter().fold(0, |sum, ns| sum.saturating_add(*ns)),
        p50: rank(50)?,
        p99: rank(99)?,
        longest: *longest,
        newest,
    })
}
