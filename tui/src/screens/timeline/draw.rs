//! The timeline as it is drawn: lanes, axis, cursor, what is at the cursor.

use super::TimelineScreen;
use crate::canvas::Canvas;
use crate::geometry::cells;
use crate::widgets::axis::{self, Axis};
use crate::widgets::chart;
use dumpview_model::timeline::Lane;
use dumpview_model::units::grouped;
use dumpview_view::line::{Line, Role};

/// Columns for the names of rows.
const NAMES: u16 = 22;

impl TimelineScreen {
    /// All of the screen.
    pub(super) fn draw_all(&self, canvas: &mut Canvas<'_>) {
        let Some(data) = &self.data else {
            let line = match &self.failed {
                Some(why) => Line::new(Role::Alarm, why.clone()),
                None => Line::new(Role::Dim, "putting everything on one axis…"),
            };
            canvas.line(0, &line);
            return;
        };
        if self.rows.is_empty() {
            canvas.line(
                0,
                &Line::new(Role::Dim, "nothing in the input says when it happened"),
            );
            return;
        }
        let (width, height) = (canvas.width(), canvas.height());
        let plot_width = width.saturating_sub(NAMES);
        let mut top = self.draw_rows(canvas, plot_width);
        axis::times(
            &mut canvas.rows(top, 1).columns(NAMES, plot_width),
            self.window,
        );
        self.draw_cursor(&mut canvas.rows(0, top), NAMES, plot_width);
        top += 1;
        let wall = self
            .wall(self.cursor)
            .map_or_else(String::new, |wall| format!("  {wall}"));
        let here = Line::new(Role::Heading, format!(" {}{wall}", Self::time(self.cursor)));
        canvas.line(top, &here);
        top += 1;
        if let Some(figures) = self.figures() {
            for line in figures.wrapped(usize::from(width), 2) {
                canvas.line(top, &line);
                top += 1;
            }
        }
        for note in data.timeline.notes.iter().take(2) {
            for line in Line::new(Role::Dim, note.clone())
                .wrapped(usize::from(width), 2)
                .iter()
                .take(2)
            {
                canvas.line(top, line);
                top += 1;
            }
        }
        let lane = self.lane.map_or("events", Lane::as_str);
        canvas.rule(
            top,
            &format!(
                "{lane} of this window: {}",
                grouped(self.listed.len() as u64)
            ),
            true,
        );
        let rest = height.saturating_sub(top + 1);
        self.list
            .draw(&mut canvas.rows(top + 1, rest), true, |row| {
                self.at(row).map(Self::row).unwrap_or_default()
            });
    }

    /// The rows of the chart; gives the row below them.
    fn draw_rows(&self, canvas: &mut Canvas<'_>, plot_width: u16) -> u16 {
        let height = canvas.height();
        // The heap gets rows of its own where there is room.
        let rows = cells(self.rows.len());
        let tall = match height {
            0..18 => 1,
            18..30 => 3,
            30..45 => 5,
            _ => 8,
        };
        let mut top = 0;
        let plot_height = rows
            + if self.rows.iter().any(|row| row.name == "heap") {
                tall - 1
            } else {
                0
            };
        let mut plot = canvas.columns(NAMES, plot_width);
        let plot_area = plot.rows(0, plot_height).area();
        self.plot.set(plot_area);
        for row in &self.rows {
            let own = if row.name == "heap" { tall } else { 1 };
            let columns = chart::reduce(row.points.iter().copied(), self.window, plot_width);
            let most = columns
                .iter()
                .flatten()
                .map(|(_, high)| *high)
                .max()
                .unwrap_or(0)
                .max(1);
            let chosen = self.lane == Some(row.lane);
            let name = if chosen { Role::Heading } else { Role::Plain };
            let value = if row.lane == Lane::Gc || row.most > 1 {
                (row.unit)(most)
            } else {
                String::new()
            };
            // What has several rows has an axis of its own.
            let axis = Axis::of_bytes(most, own);
            let label = Line::new(name, format!(" {:<9} ", row.name));
            if own > 1 {
                canvas.line(top, &label);
                let mut left = canvas.rows(top, own);
                axis.draw(&mut left.columns(NAMES - 11, 11), row.unit);
            } else {
                canvas.line(top, &label.and(Role::Dim, format!("{value:>10}")));
            }
            let mut cells = canvas.rows(top, own);
            let mut cells = cells.columns(NAMES, plot_width);
            if row.name == "heap" {
                let curve = chart::connected(&columns);
                for (column, value) in (0..plot_width).zip(curve) {
                    if let Some(value) = value {
                        chart::stack(&mut cells, column, &[(value, row.role)], axis.top);
                    }
                }
            } else {
                chart::spark(&mut cells, 0, &columns, most, row.role);
            }
            top += own;
        }
        top
    }

    fn draw_cursor(&self, canvas: &mut Canvas<'_>, left: u16, width: u16) {
        let selected = canvas.theme().selected(true);
        let Some(at) = self
            .window
            .column(self.cursor.clamp(self.window.from, self.window.to), width)
        else {
            return;
        };
        let mark = self
            .mark
            .map(|mark| mark.clamp(self.window.from, self.window.to));
        let other = mark
            .and_then(|mark| self.window.column(mark, width))
            .unwrap_or(at);
        for row in 0..canvas.height() {
            canvas.style_cells(left + at.min(other), row, at.abs_diff(other) + 1, selected);
        }
    }
}
