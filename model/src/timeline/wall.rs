//! When a process started, by the wall clock: from lines that carry both a stamp and a time since the start.
//!
//! A line written at process time `p` carries the stamp `s` of the moment when the log machinery saw it, cut to the
//! stamp's resolution `r`:
//!
//! ```text
//! s <= start + p + delay < s + r          delay >= 0, not known
//! ```
//!
//! So `start < s + r - p` for every line, and the line that was seen with the least delay gives the sharpest bound.
//! The lower bound takes that line to have had none: delays of a write to a pipe are microseconds, and a line that
//! was held up longer than all others are is held up in every line's favour. Lines without a process time of
//! their own, between two that have one, bound it too: they were written after one and before the other.

use super::Bounds;
use dumpview_parsers::log::Stamp;

/// Which wall clock stamps were read from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Zone {
    /// With a zone: comparable everywhere.
    Utc,
    /// Without one; taken as UTC, which may be hours off.
    Unwritten,
    /// Without a year either.
    NoYear,
    /// Since the machine booted.
    Boot,
}

impl Zone {
    /// The zone and reading of a stamp.
    pub fn of(stamp: Stamp) -> (Self, i64) {
        match stamp {
            Stamp::Utc(ns) => (Self::Utc, ns),
            Stamp::Local(ns) => (Self::Unwritten, ns),
            Stamp::Yearless(ns) => (Self::NoYear, ns),
            Stamp::Boot(ns) => (Self::Boot, ns),
        }
    }
}

/// What is known of the start so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallFit {
    zone: Option<Zone>,
    /// Least `s - p`, with how much the `p` of that line was cut by.
    least: Option<(i64, i64)>,
    /// The same for lines that were only written after a known time.
    least_after: Option<i64>,
    /// Greatest `s - p` of lines that were only written before a known time.
    greatest_before: Option<i64>,
    /// The stamp of the last line without a process time.
    pending: Option<i64>,
    /// The last process time.
    last: Option<i64>,
    resolution: Resolution,
    lines: u64,
}

/// The finest digit that any stamp used.
#[derive(Clone, Copy, Debug)]
struct Resolution(i64);

impl Default for Resolution {
    fn default() -> Self {
        Self(1_000_000_000)
    }
}

/// How finely time is written: whole seconds, or with 3, 6, 7 or 9 digits behind the point.
const STEPS: [i64; 5] = [1_000_000_000, 1_000_000, 1_000, 100, 1];

impl Resolution {
    fn see(&mut self, stamp: i64) {
        let fits = |step: &&i64| **step <= self.0 && stamp % **step == 0;
        self.0 = STEPS.iter().find(fits).copied().unwrap_or(1);
    }
}

impl WallFit {
    /// A line with a stamp, written at `written` by the process's clock.
    pub fn timed(&mut self, stamp: Stamp, written: Bounds) {
        let Some(at) = self.accept(stamp) else {
            return;
        };
        let difference = at.saturating_sub(written.lo);
        let cut = written.hi.saturating_sub(written.lo);
        if self.least.is_none_or(|(least, _)| difference < least) {
            self.least = Some((difference, cut));
        }
        self.lines += 1;
    }

    /// A process time passed, whether or not its line has a stamp.
    pub fn passed(&mut self, written: Bounds) {
        if let Some(at) = self.pending.take() {
            let before = at.saturating_sub(written.hi);
            self.greatest_before = Some(self.greatest_before.map_or(before, |g| g.max(before)));
        }
        self.last = Some(written.lo);
    }

    /// A line with a stamp and no time of its own.
    pub fn untimed(&mut self, stamp: Stamp) {
        let Some(at) = self.accept(stamp) else {
            return;
        };
        self.pending = Some(at);
        if let Some(last) = self.last {
            let after = at.saturating_sub(last);
            self.least_after = Some(self.least_after.map_or(after, |least| least.min(after)));
        }
        self.lines += 1;
    }

    /// Stamps of another kind than the first are not mixed in.
    fn accept(&mut self, stamp: Stamp) -> Option<i64> {
        let (zone, at) = Zone::of(stamp);
        if *self.zone.get_or_insert(zone) != zone {
            return None;
        }
        self.resolution.see(at);
        Some(at)
    }

    /// When the process started, and on which clock; `None` when no line tells.
    pub fn start(&self) -> Option<(Zone, Bounds)> {
        let zone = self.zone?;
        let step = self.resolution.0;
        let direct = self.least.map(|(least, cut)| Bounds {
            lo: least.saturating_sub(cut),
            hi: least.saturating_add(step),
        });
        let between = self.least_after.zip(self.greatest_before);
        let order = between.map(|(after, before)| {
            // Written out of order, the two contradict each other: then the truth is somewhere between.
            Bounds::between(before, after.saturating_add(step))
        });
        let bounds = match (direct, order) {
            (Some(direct), Some(order)) => direct.and(order).unwrap_or(direct),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => return None,
        };
        Some((zone, bounds))
    }

    /// Which clock the stamps are of; `None` when there was none.
    pub fn zone(&self) -> Option<Zone> {
        self.zone
    }

    /// When a line with this stamp was written, on the stamp's clock: whole seconds are a second wide.
    pub fn within(&self, stamp: Stamp) -> Bounds {
        let (zone, at) = Zone::of(stamp);
        let step = if self.zone == Some(zone) {
            self.resolution.0
        } else {
            1
        };
        Bounds {
            lo: at,
            hi: at.saturating_add(step - 1),
        }
    }

    /// How many stamped lines were heard.
    pub fn lines(&self) -> u64 {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn fine_stamps_give_the_start_to_what_the_trace_printed() {
        let mut fit = WallFit::default();
        for at in [10_000_123, 20_000_456, 31_000_777] {
            let printed = at / 1_000_000 * 1_000_000;
            let written = Bounds {
                lo: printed,
                hi: printed + 999_999,
            };
            fit.timed(Stamp::Utc(1_700_000_000 * SECOND + at), written);
        }
        let (zone, start) = fit.start().unwrap();
        assert_eq!(zone, Zone::Utc);
        assert!(start.lo <= 1_700_000_000 * SECOND && 1_700_000_000 * SECOND <= start.hi);
        assert!(start.plus_minus() < 1_000_000, "{start:?}");
    }

    #[test]
    fn nothing_stamped_tells_nothing() {
        let mut fit = WallFit::default();
        fit.passed(Bounds::exact(5));
        assert_eq!(fit.start(), None);
    }

    proptest! {
        /// Lines with delays that vary, of which one is written at once: the true start is within the bounds.
        #[test]
        fn the_truth_is_within_the_bounds(
            start in 1_600_000_000 * SECOND..1_800_000_000 * SECOND,
            lines in proptest::collection::vec((0i64..100 * SECOND, 0i64..SECOND), 1..40),
            step in prop_oneof![Just(1i64), Just(100), Just(1_000), Just(1_000_000), Just(SECOND)],
            prompt in 0usize..40,
        ) {
            let mut fit = WallFit::default();
            let prompt = prompt % lines.len();
            for (index, (at, delay)) in lines.iter().enumerate() {
                let delay = if index == prompt { 0 } else { *delay };
                let seen = start + at + delay;
                let printed = at / 1_000_000 * 1_000_000;
                let written = Bounds { lo: printed, hi: printed + 999_999 };
                fit.timed(Stamp::Utc(seen / step * step), written);
            }
            let (_, bounds) = fit.start().unwrap();
            prop_assert!(bounds.lo <= start && start <= bounds.hi, "{bounds:?} {start}");
        }
    }
}
