//! Axes of charts: round steps, labels with units that have room beside each other, at least three where there is any.

use super::chart::{Window, row_of};
use crate::canvas::Canvas;
use crate::geometry::cells;
use dumpview_view::line::{Line, Role};
use unicode_width::UnicodeWidthStr;

/// The step of an axis of nanoseconds in so many columns: 1, 2 or 5 and zeros, round minutes and hours from a minute on;
/// labels have room beside each other.
fn time_step(window: Window, width: u16) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    const CLOCK: [u64; 12] = [
        60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
    ];
    // A label with its mark, and two blanks behind it.
    let has_room = |step: &u64| {
        let ends = [window.from, window.to].map(|at| moment(at, *step).width() + 3);
        let label = ends.into_iter().max().unwrap_or(0) as i128;
        i128::from(*step) * i128::from(width.max(1)) >= window.length() * label
    };
    let decimal = (0..11).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)));
    let below_a_minute = decimal.filter(|step| *step < 60 * SECOND);
    let clock = CLOCK.map(|seconds| seconds * SECOND);
    // Days and more, as often as it takes.
    let days = (1..38).map(|power| (86_400 * SECOND).saturating_mul(1 << power));
    below_a_minute
        .chain(clock)
        .chain(days)
        .find(has_room)
        .unwrap_or(u64::MAX)
}

/// The moments of an axis at which there are labels.
fn time_ticks(window: Window, step: u64) -> impl Iterator<Item = i64> {
    let step = i128::from(step.max(1));
    let (from, to) = (i128::from(window.from), i128::from(window.to));
    let first = from.div_euclid(step) + i128::from(from.rem_euclid(step) > 0);
    (first..=to.div_euclid(step)).filter_map(move |n| i64::try_from(n * step).ok())
}

/// Draws an axis of nanoseconds on the first row, each label behind a mark at its moment.
pub fn times(canvas: &mut Canvas<'_>, window: Window) {
    let width = canvas.width();
    let step = time_step(window, width);
    let vertical = canvas.theme().glyphs.vertical;
    for at in time_ticks(window, step) {
        let Some(column) = window.column(at, width) else {
            continue;
        };
        let label = format!("{vertical}{}", moment(at, step));
        if usize::from(width.saturating_sub(column)) >= label.width() {
            canvas.line_at(column, 0, &Line::new(Role::Dim, label));
        }
    }
}

/// A moment on the axis, as exact as its steps need it.
fn moment(at: i64, step: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    let sign = if at < 0 { "-" } else { "" };
    let ns = at.unsigned_abs();
    let seconds = ns / SECOND;
    if step >= 60 * SECOND {
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        return format!("{sign}{hours}:{minutes:02}:{:02}", seconds % 60);
    }
    let decimals = (0..9u32).find(|n| step.is_multiple_of(SECOND / 10u64.pow(*n)));
    let decimals = decimals.unwrap_or(9);
    let fraction = ns % SECOND / 10u64.pow(9 - decimals);
    if decimals == 0 {
        return format!("{sign}{seconds} s");
    }
    let digits = decimals as usize;
    format!("{sign}{seconds}.{fraction:0digits$} s")
}

/// Draws labels below the columns that they are about, on the first row: all that have room, the first and the last before
/// those between.
pub fn labels(canvas: &mut Canvas<'_>, labels: &[(u16, String)]) {
    let width = canvas.width();
    let mut taken: Vec<(u16, u16)> = Vec::new();
    let ends = labels
        .iter()
        .take(1)
        .chain(labels.iter().skip(1).next_back());
    let middle = labels.get(labels.len() / 2);
    for (column, label) in ends.chain(middle).chain(labels) {
        let wide = cells(label.width());
        let from = (*column).min(width.saturating_sub(wide));
        let to = from.saturating_add(wide);
        // A blank stands between two of them.
        if to > width
            || taken
                .iter()
                .any(|(start, end)| from <= *end && *start <= to)
        {
            continue;
        }
        taken.push((from, to));
        canvas.line_at(from, 0, &Line::new(Role::Dim, label.clone()));
    }
}

/// An axis of values from nothing, in round steps: 1, 2 or 5 and zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    /// Its greatest value.
    pub top: u64,
    step: u64,
}

impl Axis {
    /// One on which `most` has room, of so many rows: two to five steps, as little beyond `most` as they allow.
    pub fn of(most: u64, height: u16) -> Self {
        let steps = u64::from(height / 2).clamp(2, 5);
        let powers = (0..20).filter_map(|power| 10u64.checked_pow(power));
        let candidates = powers.flat_map(|ten| [1u64, 2, 5].map(|digit| digit.checked_mul(ten)));
        let axes = candidates.flatten().filter_map(|step| {
            let count = most.div_ceil(step).max(2);
            let top = count.checked_mul(step)?;
            (count <= steps).then_some(Self { top, step })
        });
        let best = axes.min_by_key(|axis| (axis.top, u64::MAX - axis.step));
        // Beyond the largest step that there is.
        best.unwrap_or(Self {
            top: most.max(1),
            step: most.max(1),
        })
    }

    /// The same of bytes: in steps of 1, 2, 5 and so on of a unit, and of the halves that people know (512 MiB).
    pub fn of_bytes(most: u64, height: u16) -> Self {
        let steps = u64::from(height / 2).clamp(2, 5);
        let units = (0..6).map(|power| 1u64 << (10 * power));
        let digits = [1u64, 2, 5, 10, 20, 50, 100, 200, 512];
        let candidates = units.flat_map(|unit| digits.map(|digit| digit.saturating_mul(unit)));
        let axes = candidates.filter_map(|step| {
            let count = most.div_ceil(step).max(2);
            let top = count.checked_mul(step)?;
            (count <= steps).then_some(Self { top, step })
        });
        let best = axes.min_by_key(|axis| (axis.top, u64::MAX - axis.step));
        best.unwrap_or_else(|| Self::of(most, height))
    }

    /// The labels, from the bottom.
    fn ticks(self) -> impl Iterator<Item = u64> {
        (0..=self.top / self.step).map(move |n| n * self.step)
    }

    /// Columns that the labels take.
    pub fn width(self, unit: impl Fn(u64) -> String) -> u16 {
        let widths = self.ticks().map(|tick| unit(tick).width());
        cells(widths.max().unwrap_or(0)) + 1
    }

    /// Draws the labels, each at the row in which its value stands.
    pub fn draw(self, canvas: &mut Canvas<'_>, unit: impl Fn(u64) -> String) {
        let height = canvas.height();
        let room = usize::from(canvas.width().saturating_sub(1));
        for tick in self.ticks() {
            if let Some(row) = row_of(tick, self.top, height) {
                let text = format!("{:>room$}", unit(tick));
                canvas.line(row, &Line::new(Role::Dim, text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_steps_and_three_labels_at_least() {
        for most in (2..5_000).chain([999_999_999, u64::MAX / 7]) {
            for height in [3, 8, 40] {
                let axis = Axis::of(most, height);
                assert!(
                    axis.top >= most && axis.top / 5 * 2 <= most,
                    "{most}: {axis:?}"
                );
                assert!((3..=6).contains(&axis.ticks().count()), "{most}: {axis:?}");
                let digits = axis.step.to_string();
                assert!(matches!(digits.trim_end_matches('0'), "1" | "2" | "5"));
            }
        }
        for most in [1, 1_300 << 20, 5 << 30, 700 << 10, 3 << 50] {
            for height in [3, 8, 40] {
                let axis = Axis::of_bytes(most, height);
                assert!(axis.top >= most, "{most}: {axis:?}");
                assert!((3..=6).contains(&axis.ticks().count()), "{most}: {axis:?}");
            }
        }
        assert_eq!(Axis::of_bytes(1_300 << 20, 8).step, 512 << 20);
        assert_eq!(Axis::of(0, 8).top, 2);
        assert_eq!(Axis::of(1, 8).ticks().collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn times_have_round_steps_and_three_labels_at_least() {
        const SECOND: i64 = 1_000_000_000;
        for (from, to) in [
            (0, 3),
            (10_473_000, 405_650_000),
            (-5 * SECOND, 50 * SECOND),
            (7, 3600 * SECOND),
            (0, 30 * 86_400 * SECOND),
        ] {
            let window = Window { from, to };
            for width in [60, 99, 180] {
                let step = time_step(window, width);
                let ticks: Vec<i64> = time_ticks(window, step).collect();
                assert!(
                    ticks
                        .iter()
                        .all(|at| at % i64::try_from(step).unwrap() == 0)
                );
                assert!(ticks.first().unwrap() >= &from && ticks.last().unwrap() <= &to);
                assert!(
                    (3..=24).contains(&ticks.len()),
                    "{from} {to} {width} {ticks:?}"
                );
            }
        }
        let window = Window {
            from: 10_473_000,
            to: 405_650_000,
        };
        assert_eq!(time_step(window, 180), 20_000_000);
    }
}
