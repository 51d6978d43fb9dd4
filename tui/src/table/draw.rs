//! A table as it is drawn.
//!
//! ```text
//!    COUNT*  STATE          WAITING  WHERE         AT           ← the order goes by the column with a mark
//!        8  chan receive     9.0 s  main.worker   work.go:12
//! *      1  running                 main.pick     main.go:41   ← a mark of the screen
//! ```

use super::Table;
use crate::canvas::Canvas;
use crate::geometry::{Area, cells};
use crate::theme::Glyphs;
use crate::widgets::bar;
use crate::widgets::text::fit;
use dumpview_view::column::{Column, Row, Shown, Unit};
use dumpview_view::line::{Line, Role};
use dumpview_view::safe::safe;
use dumpview_view::table::Align;
use unicode_width::UnicodeWidthStr;

/// Blanks between columns.
const GAP: usize = 2;
/// The screen's mark stands before the first column.
const GUTTER: usize = 2;
/// A column of words is not made narrower than that.
const NARROWEST: usize = 10;
/// Nor is one wider, but for the last.
const WIDEST: usize = 60;

/// Cells of the number beside a bar: `100.0%`.
const NUMBER: usize = 6;

/// Cells of the bar beside a share, on a narrow terminal and on a wide one.
const BARS: (usize, usize) = (6, 12);
const WIDE: u16 = 110;

/// Where the columns stood in the last frame.
pub(super) struct Layout<R: Row> {
    columns: Vec<Placed<R>>,
    /// How many of them always are.
    always: usize,
    heading: Area,
}

/// A column and the width it wants, which only grows while one pages, so that nothing jumps.
pub(super) struct Placed<R: Row> {
    column: &'static Column<R>,
    natural: usize,
    /// The widest of what stood in it.
    content: usize,
    /// What it has in the last frame.
    width: usize,
    /// Its first cell in the last frame.
    left: usize,
    shown: bool,
}

/// The columns that people see on a narrow terminal.
pub(super) fn first<R: Row>(
    named: &'static [&'static str],
    hidden: &'static [&'static str],
) -> Vec<&'static Column<R>> {
    let wanted = |column: &&Column<R>| {
        let shown = if named.is_empty() {
            column.shown == Shown::Always
        } else {
            named.contains(&column.name)
        };
        shown && !hidden.contains(&column.name)
    };
    let mut columns: Vec<&'static Column<R>> = R::COLUMNS.iter().filter(wanted).collect();
    columns.sort_by_key(|column| named.iter().position(|name| *name == column.name));
    columns
}

impl<R: Row> Default for Layout<R> {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            always: 0,
            heading: Area::default(),
        }
    }
}

impl<R: Row> Layout<R> {
    pub(super) fn columns(&self) -> Vec<&'static Column<R>> {
        let shown = self.columns.iter().filter(|placed| placed.shown);
        shown.map(|placed| placed.column).collect()
    }

    pub(super) fn heading_at(&self, column: u16, row: u16) -> Option<&'static Column<R>> {
        if !self.heading.contains(column, row) {
            return None;
        }
        let at = usize::from(column - self.heading.x);
        let hit = |placed: &&Placed<R>| {
            placed.shown && (placed.left..placed.left + placed.width + GAP).contains(&at)
        };
        self.columns.iter().find(hit).map(|placed| placed.column)
    }

    /// All columns, those that always are first, then those that people see in text, then the others.
    fn begin(&mut self, table: &Table<R>) {
        let first = first(table.columns, table.hidden);
        let is_first = |column: &&Column<R>| first.iter().any(|other| other.name == column.name);
        let mut others: Vec<&'static Column<R>> = R::COLUMNS
            .iter()
            .filter(|column| !is_first(column) && !table.hidden.contains(&column.name))
            .collect();
        others.sort_by_key(|column| column.shown == Shown::Asked);
        self.always = first.len();
        let all = first.into_iter().chain(others);
        self.columns = all
            .map(|column| Placed {
                column,
                natural: 0,
                content: 0,
                width: 0,
                left: 0,
                shown: false,
            })
            .collect();
    }

    /// Cells of the bar beside a share.
    const fn bar_width(width: usize) -> usize {
        if width >= WIDE as usize {
            BARS.1
        } else {
            BARS.0
        }
    }

    /// Columns for rows in a width: first those that always are, then as many others as there is room for.
    fn fit(&mut self, table: &Table<R>, rows: &[R], width: usize) {
        if self.columns.is_empty() {
            self.begin(table);
        }
        let always = self.always;
        let mut used = GUTTER;
        for (index, placed) in self.columns.iter_mut().enumerate() {
            let widest = rows
                .iter()
                .map(|row| safe(&placed.column.text(row)).width());
            let widest = widest.max().unwrap_or(0).min(WIDEST);
            let widest = match placed.column.unit {
                Unit::Share if widest > 0 => widest.max(NUMBER) + 1 + Self::bar_width(width),
                _ => widest,
            };
            placed.shown = index < always;
            placed.content = placed.content.max(widest);
            // A column in which nothing stands is not worth its room. Every heading has room for the mark of the order.
            if placed.shown || widest > 1 {
                let title = heading(placed.column).width() + 1;
                placed.natural = placed.natural.max(widest).max(title);
            }
            placed.width = placed.natural;
            if placed.shown {
                used += placed.width + GAP;
            }
        }
        // Names are not cut for the sake of a column in which nothing stands.
        for placed in self.columns.iter_mut().take(always) {
            let is_empty = placed.content <= 1 && !rows.is_empty();
            if used > width + GAP && is_empty && table.sort.by != Some(placed.column.name) {
                placed.shown = false;
                used -= placed.width + GAP;
                placed.width = 0;
            }
        }
        // Nor for the sake of a bar, which is as short then as it takes.
        for placed in self.columns.iter_mut().take(always) {
            let over = used.saturating_sub(width + GAP);
            if placed.shown && placed.column.unit == Unit::Share {
                let least = NUMBER.max(heading(placed.column).width() + 1);
                let cut = over.min(placed.width.saturating_sub(least));
                used -= cut;
                placed.width -= cut;
            }
        }
        while used > width + GAP {
            let words = self.columns.iter_mut().take(always);
            let words = words.filter(|c| is_words(c.column) && c.width > NARROWEST);
            let Some(widest) = words.max_by_key(|placed| placed.width) else {
                break;
            };
            widest.width -= 1;
            used -= 1;
        }
        for placed in self.columns.iter_mut().skip(always) {
            if placed.width > 0 && used + placed.width <= width {
                placed.shown = true;
                used += placed.width + GAP;
            }
        }
        let mut left = GUTTER;
        for placed in self.columns.iter_mut().filter(|placed| placed.shown) {
            placed.left = left;
            left += placed.width + GAP;
        }
    }
}

const fn is_words<R>(column: &Column<R>) -> bool {
    matches!(column.unit, Unit::Text | Unit::Tree)
}

/// How a column looks where the screen does not say.
const fn role(unit: Unit) -> Role {
    match unit {
        Unit::Id | Unit::Count | Unit::Bytes => Role::Number,
        Unit::Address | Unit::Nanos | Unit::Millis | Unit::UnixNanos => Role::Dim,
        _ => Role::Plain,
    }
}

/// A share as a number and a bar.
fn draw_share(line: &mut Line, share: Option<f64>, text: &str, width: usize, glyphs: &Glyphs) {
    let bar = width.saturating_sub(NUMBER + 1);
    if bar == 0 {
        line.push(Role::Plain, fit(text, width, Align::Right));
        return;
    }
    // Beside a bar there is no room for words.
    let text = text.replace("less than ", "<");
    line.push(Role::Plain, fit(&text, NUMBER, Align::Right));
    line.push(Role::Plain, " ");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a picture of a share"
    )]
    let part = (share.unwrap_or(0.0).clamp(0.0, 1.0) * 1e6) as u64;
    let drawn = bar::share(glyphs, part, 1_000_000, cells(bar), Role::Series(0));
    let blanks = bar.saturating_sub(drawn.width());
    line.spans.extend(drawn.spans);
    line.push(Role::Plain, " ".repeat(blanks));
}

/// What stands above a column. One without a title of its own is named as in JSON, but its cells say their units.
fn heading<R>(column: &Column<R>) -> String {
    let title = if column.title == column.name {
        let units = ["_ns", "_mib", "_percent"];
        let bare = units.iter().find_map(|unit| column.name.strip_suffix(unit));
        bare.unwrap_or(column.name).replace('_', " ")
    } else {
        column.title.to_owned()
    };
    title.to_uppercase()
}

/// What a screen says about the look of its rows.
pub(super) struct Look<'s, R> {
    /// A mark before the row, and how it looks.
    pub mark: &'s dyn Fn(&R) -> Option<(char, Role)>,
    /// How a column looks.
    pub role: &'s dyn Fn(&'static str, &R) -> Option<Role>,
}

impl<R: Row + Send> Table<R> {
    /// Draws headings and the visible rows.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, look: &Look<'_, R>) {
        let height = canvas.height().saturating_sub(1);
        let window = self.list.window(usize::from(height));
        let rows: Vec<R> = window.clone().filter_map(|place| self.at(place)).collect();
        let mut layout = self.layout.borrow_mut();
        layout.fit(self, &rows, usize::from(canvas.width()));
        layout.heading = canvas.rows(0, 1).area();
        let last = layout.columns.iter().rposition(|placed| placed.shown);
        let width = |index: usize, placed: &Placed<R>| {
            let room = usize::from(canvas.width()).saturating_sub(placed.left);
            let ragged = Some(index) == last && is_words(placed.column);
            if ragged { room } else { placed.width }
        };
        let shown: Vec<(&Placed<R>, usize)> = layout
            .columns
            .iter()
            .enumerate()
            .filter(|(_, placed)| placed.shown)
            .map(|(index, placed)| (placed, width(index, placed)))
            .collect();
        let mut headings = " ".repeat(GUTTER);
        for (placed, width) in &shown {
            let sorted = self.sort.by == Some(placed.column.name);
            let mark = if sorted { "*" } else { "" };
            let title = format!("{}{mark}", heading(placed.column));
            // That of a share stands over its number, not over the bar beside it.
            if placed.column.unit == Unit::Share && title.width() <= NUMBER {
                let number = fit(&title, NUMBER, Align::Right);
                headings.push_str(&fit(&number, *width, Align::Left));
            } else {
                headings.push_str(&fit(&title, *width, placed.column.unit.align()));
            }
            headings.push_str(&" ".repeat(GAP));
        }
        canvas.line(0, &Line::new(Role::Dim, headings.trim_end().to_owned()));
        let glyphs = &canvas.theme().glyphs;
        let line = |row: &R| {
            let (mark, role_of_mark) = (look.mark)(row).unwrap_or((' ', Role::Plain));
            let mut line = Line::new(role_of_mark, format!("{mark:<GUTTER$}"));
            for (placed, width) in &shown {
                let column = placed.column;
                let role = (look.role)(column.name, row).unwrap_or(role(column.unit));
                let cell = column.text(row);
                if column.unit == Unit::Share {
                    draw_share(&mut line, (column.get)(row).number(), &cell, *width, glyphs);
                } else {
                    line.push(role, fit(&cell, *width, column.unit.align()));
                }
                // Behind the last one there may be no room for it.
                line.push(Role::Plain, " ".repeat(GAP));
            }
            line.spans.pop();
            line
        };
        let lines: Vec<Line> = rows.iter().map(line).collect();
        self.list.draw(&mut canvas.rows(1, height), true, |place| {
            let index = place.checked_sub(window.start);
            let line = index.and_then(|index| lines.get(index));
            line.cloned().unwrap_or_default()
        });
    }
}
