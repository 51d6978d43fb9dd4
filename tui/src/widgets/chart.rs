//! Charts of values over time: reduced to least and greatest per column first, so that no spike is lost and the cost
//! does not grow with the data.

use crate::canvas::Canvas;
use crate::geometry::cells;
use dumpview_view::line::Role;
use ratatui::style::Style;

/// A value, or several neighbouring ones, at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// When, in the unit of the axis.
    pub at: i64,
    /// The least.
    pub low: u64,
    /// The greatest.
    pub high: u64,
}

impl Point {
    /// Of one value.
    pub const fn new(at: i64, value: u64) -> Self {
        Self {
            at,
            low: value,
            high: value,
        }
    }
}

/// The part of an axis that is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// Its beginning.
    pub from: i64,
    /// Its end; after the beginning.
    pub to: i64,
}

impl Window {
    /// How long it is, at least one.
    pub fn length(self) -> i128 {
        (i128::from(self.to) - i128::from(self.from)).max(1)
    }

    /// The column in which a moment stands, of `width`; `None` outside.
    pub fn column(self, at: i64, width: u16) -> Option<u16> {
        if width == 0 || at < self.from || at > self.to {
            return None;
        }
        let offset = i128::from(at) - i128::from(self.from);
        let column = offset * i128::from(width) / (self.length() + 1);
        u16::try_from(column)
            .ok()
            .map(|column| column.min(width - 1))
    }

    /// The moment at the middle of a column.
    pub fn moment(self, column: u16, width: u16) -> i64 {
        let offset = self.length() * (2 * i128::from(column) + 1) / (2 * i128::from(width.max(1)));
        i64::try_from(i128::from(self.from) + offset).unwrap_or(self.to)
    }
}

/// Least and greatest value in each of `width` columns.
pub fn reduce(
    points: impl IntoIterator<Item = Point>,
    window: Window,
    width: u16,
) -> Vec<Option<(u64, u64)>> {
    let mut columns = vec![None; usize::from(width)];
    for point in points {
        let Some(slot) = window
            .column(point.at, width)
            .and_then(|column| columns.get_mut(usize::from(column)))
        else {
            continue;
        };
        let (low, high) = slot.unwrap_or((point.low, point.high));
        *slot = Some((low.min(point.low), high.max(point.high)));
    }
    columns
}

/// A connected curve: between two columns that have values, what lies on the way from the least of the one to the
/// greatest of the next. So a heap that a collection cut down and that then grew is the ramp that it was.
pub fn connected(columns: &[Option<(u64, u64)>]) -> Vec<Option<u64>> {
    let mut out: Vec<Option<u64>> = columns
        .iter()
        .map(|value| value.map(|(_, high)| high))
        .collect();
    let known = columns.iter().enumerate();
    let known: Vec<(usize, (u64, u64))> = known
        .filter_map(|(at, value)| Some((at, (*value)?)))
        .collect();
    for pair in known.windows(2) {
        let [(from, (low, _)), (to, (_, high))] = pair else {
            continue;
        };
        let (low, high) = (i128::from(*low), i128::from(*high));
        let steps = (to - from) as i128;
        for (step, slot) in (1i128..).zip(out.iter_mut().take(*to).skip(from + 1)) {
            let value = low + (high - low) * step / steps.max(1);
            *slot = u64::try_from(value).ok();
        }
    }
    out
}

/// Eighths of cells that a value takes, of `height` cells for `most`; what is there is never nothing.
fn eighths(value: u64, most: u64, height: u16) -> u16 {
    let all = u128::from(height) * 8;
    let part = u128::from(value.min(most)) * all / u128::from(most.max(1));
    cells(usize::try_from(part).unwrap_or(usize::MAX)).max(u16::from(value > 0))
}

/// Draws one column from the bottom up, values stacked on each other.
pub fn stack(canvas: &mut Canvas<'_>, column: u16, values: &[(u64, Role)], most: u64) {
    let height = canvas.height();
    let glyphs = canvas.theme().glyphs;
    let mut sum = 0u64;
    let mut drawn = 0;
    for (value, role) in values {
        sum = sum.saturating_add(*value);
        let end = eighths(sum, most, height);
        let style = canvas.theme().style(*role);
        // The cell in which the part below ends shows both: what is above it is its background.
        let shared = drawn / 8;
        if drawn % 8 > 0
            && end >= (shared + 1) * 8
            && let (Some(row), Some(color)) = (height.checked_sub(shared + 1), style.fg)
        {
            canvas.style_cells(column, row, 1, Style::new().bg(color));
        }
        let (first, last) = (drawn.div_ceil(8), end.div_ceil(8));
        for cell in first..last {
            let filled = (end - cell * 8).min(8);
            let symbol = usize::from(filled)
                .checked_sub(1)
                .and_then(|i| glyphs.below.get(i));
            let Some(row) = height.checked_sub(cell + 1) else {
                break;
            };
            canvas.cell(column, row, style, symbol.copied().unwrap_or_default());
        }
        drawn = end.max(drawn);
    }
}

/// The row, from the top, in which a value stands; `None` when it is over `most`.
pub fn row_of(value: u64, most: u64, height: u16) -> Option<u16> {
    let eighths = eighths(value, most, height);
    (value <= most && height > 0)
        .then(|| (height - 1).saturating_sub(eighths.saturating_sub(1) / 8))
}

/// One row of a value over time, as blocks of eight heights.
pub fn spark(
    canvas: &mut Canvas<'_>,
    row: u16,
    columns: &[Option<(u64, u64)>],
    most: u64,
    role: Role,
) {
    let style = canvas.theme().style(role);
    let glyphs = canvas.theme().glyphs;
    for (column, value) in (0..canvas.width()).zip(columns) {
        let Some((_, high)) = value else { continue };
        let height = eighths(*high, most, 1).max(1);
        let symbol = glyphs.below.get(usize::from(height - 1)).copied();
        canvas.cell(column, row, style, symbol.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spike_is_lost_however_narrow_the_chart() {
        let points = (0..100_000).map(|at| Point::new(at, if at == 77_777 { 9_000 } else { 1 }));
        let window = Window {
            from: 0,
            to: 99_999,
        };
        let columns = reduce(points, window, 10);
        assert_eq!(
            columns.iter().flatten().map(|(_, high)| *high).max(),
            Some(9_000)
        );
        assert_eq!(columns[7], Some((1, 9_000)));
        assert!(columns.iter().all(Option::is_some));
    }

    #[test]
    fn moments_and_columns_agree() {
        let window = Window {
            from: -50,
            to: 1_000_000,
        };
        for column in 0..80 {
            assert_eq!(window.column(window.moment(column, 80), 80), Some(column));
        }
        assert_eq!(window.column(-51, 80), None);
        assert_eq!(window.column(1_000_000, 80), Some(79));
        let point = Window { from: 5, to: 5 };
        assert_eq!(point.column(5, 80), Some(0));
        let all = Window {
            from: i64::MIN,
            to: i64::MAX,
        };
        assert_eq!(all.column(i64::MAX, 80), Some(79));
    }

    #[test]
    fn what_lies_between_two_values_is_drawn_as_a_ramp() {
        let columns = [None, Some((2, 10)), None, None, Some((4, 8)), None];
        let drawn = connected(&columns);
        assert_eq!(drawn, [None, Some(10), Some(4), Some(6), Some(8), None]);
    }

    #[test]
    fn rows_go_from_the_top() {
        assert_eq!(row_of(100, 100, 10), Some(0));
        assert_eq!(row_of(1, 100, 10), Some(9));
        assert_eq!(row_of(101, 100, 10), None);
    }
}
