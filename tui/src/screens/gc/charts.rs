//! The charts: heap, phases, pauses.

use super::Gc;
use crate::canvas::Canvas;
use crate::data::collections::Collector;
use crate::geometry::cells;
use crate::widgets::axis::{self, Axis};
use crate::widgets::bar;
use crate::widgets::chart::{self, Point, Window};
use dumpview_model::gc::{Cycle, Process};
use dumpview_model::stats::Series;
use dumpview_model::units::{duration, grouped};
use dumpview_view::line::{Line, Role};

/// A series as points of a chart.
fn points(series: &Series) -> impl Iterator<Item = Point> {
    series.buckets().iter().map(|bucket| Point {
        at: i64::try_from(bucket.from).unwrap_or(i64::MAX),
        low: bucket.min,
        high: bucket.max,
    })
}

/// The time that a series covers.
fn window(series: &Series) -> Window {
    let end = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
    let buckets = series.buckets();
    Window {
        from: buckets.first().map_or(0, |bucket| end(bucket.from)),
        to: buckets.last().map_or(1, |bucket| end(bucket.to)),
    }
}

fn greatest(series: &Series) -> u64 {
    series
        .buckets()
        .iter()
        .map(|bucket| bucket.max)
        .max()
        .unwrap_or(0)
}

impl Gc {
    pub(super) fn draw_heap(canvas: &mut Canvas<'_>, run: &Process, selected: Option<&Cycle>) {
        let series = &run.series;
        canvas.rule(0, "heap in MiB: live, collected, goal (-)", false);
        let height = canvas.height().saturating_sub(2);
        let most = greatest(&series.peak).max(greatest(&series.goal)).max(1);
        let axis = Axis::of(most, height);
        let (most, left) = (axis.top, axis.width(grouped));
        axis.draw(&mut canvas.rows(1, height).columns(0, left), grouped);
        let time = window(&series.peak);
        let width = canvas.width().saturating_sub(left);
        let peak = chart::reduce(points(&series.peak), time, width);
        let live = chart::reduce(points(&series.live), time, width);
        let goal = chart::reduce(points(&series.goal), time, width);
        let mut plot = canvas.rows(1, height);
        let mut plot = plot.columns(left, width);
        let mark = plot.theme().glyphs.horizontal;
        // After a collection what it left is live, and from there the heap grows to the next peak.
        let cycles: Vec<Option<(u64, u64)>> = peak
            .iter()
            .zip(&live)
            .map(|(peak, live)| {
                let (_, high) = (*peak)?;
                Some((live.map_or(high, |(low, _)| low.min(high)), high))
            })
            .collect();
        let total = chart::connected(&cycles);
        let mut left_live = 0;
        for column in 0..width {
            let at = |columns: &[Option<(u64, u64)>]| {
                columns.get(usize::from(column)).copied().flatten()
            };
            left_live = at(&cycles).map_or(left_live, |(low, _)| low);
            let high = total.get(usize::from(column)).copied().flatten();
            let high = high.unwrap_or(0);
            let low = left_live.min(high);
            chart::stack(
                &mut plot,
                column,
                &[(low, Role::Series(0)), (high - low, Role::Series(5))],
                most,
            );
            if let Some(row) = at(&goal).and_then(|(_, goal)| chart::row_of(goal, most, height)) {
                let style = plot.theme().style(Role::Warning);
                plot.cell(column, row, style, mark);
            }
        }
        let at = selected.and_then(|cycle| i64::try_from(cycle.start()?.0).ok());
        if let Some(column) = at.and_then(|at| time.column(at, width)) {
            let style = plot.theme().selected(true);
            for row in 0..height {
                plot.style_cells(column, row, 1, style);
            }
        }
        axis::times(&mut canvas.rows(height + 1, 1).columns(left, width), time);
    }

    pub(super) fn draw_phases(canvas: &mut Canvas<'_>, run: &Process, selected: Option<&Cycle>) {
        canvas.rule(
            0,
            "wall time of the last cycles: marking, world stopped",
            false,
        );
        let height = canvas.height().saturating_sub(2);
        let width = usize::from(canvas.width());
        let shown: Vec<&Cycle> = run
            .recent
            .iter()
            .rev()
            .take(width.saturating_sub(12))
            .collect();
        let longest = shown
            .iter()
            .map(|cycle| cycle.wall().0)
            .max()
            .unwrap_or(1)
            .max(1);
        let axis = Axis::of(longest, height);
        let (most, left) = (axis.top, axis.width(duration));
        axis.draw(&mut canvas.rows(1, height).columns(0, left), duration);
        let mut plot = canvas.rows(1, height);
        let mut plot = plot.columns(left, cells(width));
        // Few cycles have broad bars.
        let broad = (plot.width() / cells(shown.len().max(1))).clamp(1, 8);
        let mut names = Vec::new();
        for (number, cycle) in (0..).zip(shown.iter().rev()) {
            let first = number * broad;
            names.push((first, cycle.number().to_string()));
            let stopped = cycle.pause().0;
            let rest = cycle.wall().0.saturating_sub(stopped);
            let chosen = selected.is_some_and(|selected| selected.place == cycle.place);
            let role = if chosen {
                Role::Series(2)
            } else {
                Role::Series(1)
            };
            for column in first..first + broad {
                let parts = [(rest, role), (stopped, Role::Series(3))];
                chart::stack(&mut plot, column, &parts, most);
            }
        }
        let foot = height + 1;
        canvas.line(foot, &Line::new(Role::Dim, "cycle"));
        let mut foot = canvas.rows(foot, 1);
        axis::labels(&mut foot.columns(left.max(6), cells(width)), &names);
    }

    pub(super) fn draw_pauses(canvas: &mut Canvas<'_>, run: &Process) {
        let pause = &run.times.pause;
        canvas.rule(0, "how long the world stood still", false);
        let rows = u64::from(canvas.height().saturating_sub(2)).max(1);
        let (Some(min), Some(max)) = (pause.min(), pause.max()) else {
            return;
        };
        // Buckets double: pauses spread over orders of magnitude.
        let mut edges = vec![min.max(1_000)];
        while edges.last().is_some_and(|edge| *edge <= max) && (edges.len() as u64) < 40 {
            let next = edges.last().map_or(max, |edge| edge.saturating_mul(2));
            edges.push(next);
        }
        let mut counts: Vec<(u64, u64, u64)> = edges
            .windows(2)
            .enumerate()
            .filter_map(|(index, pair)| match pair {
                [from, to] => Some((
                    *from,
                    *to,
                    pause.between(if index == 0 { 0 } else { *from }, *to),
                )),
                _ => None,
            })
            .collect();
        while counts.len() as u64 > rows {
            let Some((from, to, count)) = counts
                .get(1)
                .copied()
                .zip(counts.first().copied())
                .map(|(b, a)| (a.0, b.1, a.2 + b.2))
            else {
                break;
            };
            counts.remove(0);
            if let Some(first) = counts.first_mut() {
                *first = (from, to, count);
            }
        }
        let most = counts.iter().map(|(_, _, count)| *count).max().unwrap_or(1);
        for (row, (_, to, count)) in (1..).zip(&counts) {
            let line = Line::new(Role::Plain, format!(" under {:>9} ", duration(*to)))
                .and(Role::Number, format!("{:>8} ", grouped(*count)));
            let column = canvas.line(row, &line);
            let room = canvas.width().saturating_sub(column);
            let bar = bar::share(&canvas.theme().glyphs, *count, most, room, Role::Series(3));
            canvas.line_at(column, row, &bar);
        }
        let quantile = |q| {
            pause
                .quantile(q)
                .map_or_else(|| "?".to_owned(), |q| duration(q.value))
        };
        let foot = format!(
            " median {}, 99% {}, longest {}",
            quantile(0.5),
            quantile(0.99),
            duration(max)
        );
        canvas.line(
            canvas.height().saturating_sub(1),
            &Line::new(Role::Dim, foot),
        );
    }

    pub(super) fn draw_other(canvas: &mut Canvas<'_>, top: u16, data: &Collector) {
        if data.other.is_empty() {
            return;
        }
        canvas.rule(
            top,
            "the application's last lines (all of them: Text)",
            false,
        );
        let rows = canvas.height().saturating_sub(top + 1);
        let skip = data.other.len().saturating_sub(usize::from(rows));
        for (row, text) in (top + 1..).zip(data.other.iter().skip(skip)) {
            canvas.line(row, &Line::new(Role::Dim, format!("  {text}")));
        }
    }
}
