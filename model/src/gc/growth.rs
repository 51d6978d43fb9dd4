//! Whether the live heap rises like a leak.
//!
//! A leak shows as minima of live-after-GC that go on rising, at a rate that does not fade. So the series is cut
//! into windows of equal time, their minima are compared one by one, and the slope is a Theil–Sen one. All of it is judged over
//! time and not over cycles: a heap that grows steadily is collected at twice the size each time, so that half of its time
//! may lie between the last two cycles. What speaks against a leak is said with it: a cache that fills looks the
//! same until it is full.

use crate::stats::{Bucket, theil_sen};
use crate::units::plural;

/// What live heap does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Too few cycles or too little time to say.
    Unknown,
    /// It has no trend: it changes by less than a fifth, or up and down.
    Flat,
    /// It rose, and then stayed.
    Risen,
    /// It falls.
    Falling,
    /// It rises, but falls back in between.
    Rising,
    /// Its minima rise and go on rising: the shape of a leak.
    Leak,
}

impl Shape {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Flat => "flat",
            Self::Risen => "risen",
            Self::Falling => "falling",
            Self::Rising => "rising",
            Self::Leak => "leak",
        }
    }
}

/// How sure that is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Confidence {
    /// Something speaks against it, or there is little to go by.
    Low,
    /// Nothing speaks against it.
    Medium,
    /// Nothing does, in a long series.
    High,
}

impl Confidence {
    /// The word in JSON and text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The verdict on a series of live heap sizes.
#[derive(Clone, PartialEq, Debug)]
pub struct Growth {
    /// What it does.
    pub shape: Shape,
    /// How sure that is.
    pub confidence: Confidence,
    /// MiB a second, robustly.
    pub slope: f64,
    /// Of pairs of points, how many more rise than fall (−1 to 1).
    pub tau: f64,
    /// Minima of the windows, in MiB, in order of time.
    pub minima: Vec<u64>,
    /// What speaks against a leak.
    pub against: Vec<String>,
}

/// Fewer cycles say nothing.
pub(super) const FEWEST: u64 = 8;
/// So many MiB more are told of though nothing is known of their shape.
pub(super) const WORTH_A_WORD: u64 = 16;
const WINDOWS: usize = 8;
/// Changes below this many MiB say nothing: the numbers are whole MiB.
const NOTABLE: f64 = 4.0;
/// Growth at less than this share of its rate over all has faded.
const FADED: f64 = 0.25;
/// Growth at less than this share of it slows down: a heap that fills up looks so.
const SLOWER: f64 = 0.67;
/// From fewer cycles in the last third of the time nobody knows that it stays.
const STAYED: usize = 4;
/// Of a heap that stood for more than this share of the time nobody knows whether it goes on rising.
const MOSTLY: f64 = 0.6;

impl Growth {
    fn unknown(why: &str) -> Self {
        Self {
            shape: Shape::Unknown,
            confidence: Confidence::Low,
            slope: 0.0,
            tau: 0.0,
            minima: Vec::new(),
            against: vec![why.to_owned()],
        }
    }

    /// Of releases that print no time.
    pub(super) fn without_time() -> Self {
        Self::unknown("this release prints no times")
    }

    /// Judges a series whose times are nanoseconds, of `cycles` cycles.
    #[expect(clippy::cast_precision_loss, reason = "for a slope")]
    pub(super) fn judge(buckets: &[Bucket], cycles: u64) -> Self {
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
            return Self::unknown("no cycles");
        };
        let seconds = last.to.saturating_sub(first.from) as f64 / 1e9;
        if cycles < FEWEST {
            return Self::unknown("fewer than 8 cycles");
        }
        if seconds < 1.0 {
            return Self::unknown("less than a second of time");
        }
        // The start of a program is growth: its first tenth is left out.
        let span = last.to - first.from;
        let begin = first.from + span / 10;
        let points: Vec<(f64, f64)> = buckets
            .iter()
            .filter(|bucket| bucket.from >= begin)
            .map(|bucket| (bucket.to as f64 / 1e9, bucket.min as f64))
            .collect();
        let Some(trend) = theil_sen(&points) else {
            return Self::unknown("too few points after the first tenth of the time");
        };
        let windows = windows(buckets, begin, last.to);
        let start = windows.first().map_or(0.0, |(_, least)| *least as f64);
        let end = windows.last().map_or(0.0, |(_, least)| *least as f64);
        let change = end - start;
        let notable = (start.max(1.0) * 0.2).max(NOTABLE);
        let steps = windows.iter().zip(windows.iter().skip(1));
        let falling_steps = steps.clone().filter(|((_, a), (_, b))| b < a).count();
        let pace = Pace::of(&windows, &points);
        let mut against = Vec::new();
        let shape = if change <= -notable && trend.tau <= -0.25 {
            Shape::Falling
        } else if change < notable || trend.tau < 0.25 && falling_steps > 0 {
            Shape::Flat
        } else if falling_steps > 1 || trend.tau < 0.5 && falling_steps > 0 {
            Shape::Rising
        } else if pace.late < FADED && pace.late_points < STAYED {
            // A slice that append doubles stands still between two steps.
            against.push(format!(
                "only {} in the last third of the time: whether it stays cannot be told",
                plural(pace.late_points as u64, "cycle")
            ));
            Shape::Unknown
        } else if pace.late < FADED {
            Shape::Risen
        } else if trend.tau < 0.25 {
            // A saw whose teeth are as long as a stretch of time shows rising minima by where it was cut.
            against.push("it swings by more than its minima rise".to_owned());
            Shape::Unknown
        } else if pace.stood > MOSTLY {
            against.push("it rose in one stretch of the time only".to_owned());
            Shape::Unknown
        } else {
            Shape::Leak
        };
        let minima: Vec<u64> = windows.iter().map(|(_, least)| *least).collect();
        if cycles < 30 {
            against.push(format!("only {cycles} cycles"));
        }
        if seconds < 60.0 {
            against.push(format!(
                "only {seconds:.0} s: a program that still warms up grows too"
            ));
        }
        if falling_steps > 0 {
            against.push(format!(
                "live heap fell back between {falling_steps} of {} stretches of time",
                minima.len().saturating_sub(1)
            ));
        }
        if change >= notable && pace.late < SLOWER && pace.late_points >= STAYED {
            against.push(if pace.late < FADED {
                "growth fades in the last third of the time".to_owned()
            } else {
                "growth slows down in the last third of the time".to_owned()
            });
        }
        let confidence = match (against.len(), cycles >= 100 && trend.tau.abs() >= 0.8) {
            (0, true) => Confidence::High,
            (0, false) => Confidence::Medium,
            _ => Confidence::Low,
        };
        Self {
            shape,
            confidence,
            slope: trend.slope,
            tau: trend.tau,
            minima,
            against,
        }
    }
}

/// The least live heap in each of equal stretches of time, with the time of that bucket in seconds; stretches without a
/// cycle are left out. A heap that grows steadily doubles from cycle to cycle, so that of few cycles most are early.
#[expect(clippy::cast_precision_loss, reason = "for a slope")]
fn windows(buckets: &[Bucket], begin: u64, end: u64) -> Vec<(f64, u64)> {
    let width = (end.saturating_sub(begin) / WINDOWS as u64).max(1);
    let mut windows = [None::<(f64, u64)>; WINDOWS];
    for bucket in buckets.iter().filter(|bucket| bucket.from >= begin) {
        let index = usize::try_from((bucket.from - begin) / width)
            .unwrap_or(usize::MAX)
            .min(WINDOWS - 1);
        if let Some(slot) = windows.get_mut(index)
            && slot.is_none_or(|(_, least)| bucket.min < least)
        {
            *slot = Some((bucket.to as f64 / 1e9, bucket.min));
        }
    }
    windows.into_iter().flatten().collect()
}

/// How growth is spread over the time, whatever the number of cycles in each part of it.
struct Pace {
    /// The rate in the last third of the time, as a share of the rate over all of it.
    late: f64,
    /// Points in that third.
    late_points: usize,
    /// The share of the time in which the least heap rose by less than a quarter of that rate.
    stood: f64,
}

impl Pace {
    #[expect(clippy::cast_precision_loss, reason = "for a slope")]
    fn of(windows: &[(f64, u64)], points: &[(f64, f64)]) -> Self {
        let unknown = Self {
            late: 1.0,
            late_points: points.len(),
            stood: 0.0,
        };
        let (Some((from, low)), Some((to, high))) = (windows.first(), windows.last()) else {
            return unknown;
        };
        let rate = (*high as f64 - *low as f64) / (to - from);
        if !rate.is_finite() || rate <= 0.0 {
            return unknown;
        }
        let steps = windows.iter().zip(windows.iter().skip(1));
        let slow = steps.filter(|((t0, a), (t1, b))| {
            let step = (*b as f64 - *a as f64) / (t1 - t0);
            step < rate * FADED
        });
        let stood: f64 = slow.map(|((t0, _), (t1, _))| t1 - t0).sum();
        Self {
            late: late_rate(points).map_or(1.0, |late| late / rate),
            late_points: late_third(points).map_or(0, |(_, split)| points.len() - split),
            stood: stood / (to - from),
        }
    }
}

/// When the last third of the time begins, and at which point.
fn late_third(points: &[(f64, f64)]) -> Option<(f64, usize)> {
    let ((first, _), (last, _)) = (points.first()?, points.last()?);
    let since = last - (last - first) / 3.0;
    Some((since, points.partition_point(|(time, _)| *time < since)))
}

/// The slope in the last third of the time. Of few points there, from where the line to them was at its beginning.
fn late_rate(points: &[(f64, f64)]) -> Option<f64> {
    const ENOUGH: usize = 6;
    let (last, end) = points.last()?;
    let (since, split) = late_third(points)?;
    let late = points.get(split..)?;
    if late.len() >= ENOUGH {
        return theil_sen(late).map(|trend| trend.slope);
    }
    let (t0, before) = points.get(split.checked_sub(1)?)?;
    let (t1, after) = late.first()?;
    let at = before + (after - before) * (since - t0) / (t1 - t0);
    Some((end - at) / (last - since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Series;

    fn judge(live: impl Fn(u64) -> u64, cycles: u64) -> Growth {
        let mut series = Series::default();
        for i in 0..cycles {
            series.add(i * 1_000_000_000, live(i));
        }
        Growth::judge(series.buckets(), cycles)
    }

    #[test]
    fn shapes_are_told_apart() {
        let noise = |i: u64| (i * 7919) % 5;
        assert_eq!(judge(|i| 50 + i + noise(i), 300).shape, Shape::Leak);
        assert_eq!(judge(|i| 50 + noise(i), 300).shape, Shape::Flat);
        assert_eq!(judge(|i| 400 - i, 300).shape, Shape::Falling);
        assert_eq!(judge(|i| 50 + i.min(150), 300).shape, Shape::Risen);
        assert_eq!(judge(|i| 50 + i % 90, 300).shape, Shape::Flat);
        assert_eq!(judge(|i| 50 + i, 7).shape, Shape::Unknown);
    }

    #[test]
    fn a_long_clear_leak_is_said_with_confidence() {
        let growth = judge(|i| 50 + i, 300);
        assert_eq!(growth.confidence, Confidence::High);
        assert!((growth.slope - 1.0).abs() < 0.01);
        assert!(growth.against.is_empty());
        assert_eq!(judge(|i| 50 + 10 * i, 20).confidence, Confidence::Low);
    }
}
