//! Curves over the axis, in plain text. A column is a stretch of time, so that quiet times are as wide as they were.

use super::Report;
use crate::times::offset;
use dumpview_model::timeline::{Bounds, Lane, Series};
use dumpview_model::units::bytes;
use dumpview_model::units::grouped;
use dumpview_view::chart::{self, Column, Glyphs, WIDTH};
use dumpview_view::{Role, Text, styled};
use std::io;

/// Fewer points are as well read in the list below.
const LEAST: usize = 8;

/// Draws the heap with its goal, and the goroutines that waited for a P, as far as there are.
pub(super) fn write(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let timeline = &report.timeline;
    let Some(extent) = timeline.extent().map(|whole| match report.range {
        Some(range) => whole.and(range).unwrap_or(whole),
        None => whole,
    }) else {
        return Ok(());
    };
    let glyphs = Glyphs::of_locale();
    let heap = timeline.series(Series::Heap);
    if heap.len() >= LEAST && (report.shows(Lane::Gc) || report.shows(Lane::Memory)) {
        let goals = last_in(&timeline.series(Series::HeapGoal), extent);
        let mut columns = columns(&heap, extent);
        for (column, goal) in columns.iter_mut().zip(goals) {
            column.mark = goal;
        }
        let title = format!(
            "heap over time   {} least   {} most   {} goal",
            glyphs.full, glyphs.light, glyphs.line
        );
        draw(&title, &columns, &bytes, extent, &glyphs, out)?;
    }
    let runnable = timeline.series(Series::Runnable);
    if runnable.len() >= LEAST
        && report.shows(Lane::Sched)
        && runnable.iter().any(|(_, count)| *count > 0)
    {
        let title = "goroutines that could run and did not, at each sample";
        draw(
            title,
            &columns(&runnable, extent),
            &grouped,
            extent,
            &glyphs,
            out,
        )?;
    }
    Ok(())
}

fn draw(
    title: &str,
    columns: &[Column],
    label: &dyn Fn(u64) -> String,
    extent: Bounds,
    glyphs: &Glyphs,
    out: &mut Text<'_>,
) -> io::Result<()> {
    out.line(styled(Role::Heading, title))?;
    let end = |ns: i64| offset(Bounds::exact(ns / 1_000_000 * 1_000_000));
    let ends = (end(extent.lo), end(extent.hi));
    chart::area(out, glyphs, columns, label, (&ends.0, &ends.1))?;
    out.line("")
}

/// Which column a time falls into; `None` outside of the extent.
fn column(at: i64, extent: Bounds) -> Option<usize> {
    let from = i128::from(at) - i128::from(extent.lo);
    let all = i128::from(extent.hi) - i128::from(extent.lo);
    let index = from * i128::try_from(WIDTH).ok()? / all.max(1);
    let index = usize::try_from(index).ok()?;
    (at <= extent.hi).then_some(index.min(WIDTH - 1))
}

/// The least and the most in each stretch; a stretch without points goes on with the last one.
fn columns(points: &[(i64, u64)], extent: Bounds) -> Vec<Column> {
    let mut columns: Vec<Option<Column>> = vec![None; WIDTH];
    let mut lasts = vec![None; WIDTH];
    for (at, value) in points {
        let Some(index) = column(*at, extent) else {
            continue;
        };
        if let (Some(column), Some(last)) = (columns.get_mut(index), lasts.get_mut(index)) {
            let column = column.get_or_insert(Column {
                low: *value,
                high: *value,
                mark: None,
            });
            column.low = column.low.min(*value);
            column.high = column.high.max(*value);
            *last = Some(*value);
        }
    }
    let mut last = 0;
    columns
        .into_iter()
        .zip(lasts)
        .map(|(column, own)| {
            last = own.unwrap_or(last);
            column.unwrap_or(Column {
                low: last,
                high: last,
                mark: None,
            })
        })
        .collect()
}

/// The last value in each stretch, or before it.
fn last_in(points: &[(i64, u64)], extent: Bounds) -> Vec<Option<u64>> {
    let mut lasts = vec![None; WIDTH];
    for (at, value) in points {
        let slot = column(*at, extent).and_then(|index| lasts.get_mut(index));
        if let Some(slot) = slot {
            *slot = Some(*value);
        }
    }
    let mut last = None;
    for slot in &mut lasts {
        last = slot.or(last);
        *slot = last;
    }
    lasts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_times_go_on_with_what_was() {
        let extent = Bounds { lo: 0, hi: 640 };
        let columns = columns(&[(0, 5), (5, 9), (630, 2), (900, 7)], extent);
        assert_eq!((columns[0].low, columns[0].high), (5, 9));
        assert_eq!((columns[30].low, columns[30].high), (9, 9));
        assert_eq!(columns[63].high, 2);
        assert_eq!(last_in(&[(320, 4)], extent)[31..33], [None, Some(4)]);
    }
}
