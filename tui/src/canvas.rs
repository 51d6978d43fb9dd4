//! Where screens draw: a part of the terminal, with the theme at hand.
//!
//! Everything that is drawn goes through [`Canvas::text`], which escapes it: no string of a dump reaches the terminal
//! any other way.

use crate::geometry::{Area, cells};
use crate::theme::Theme;
use dumpview_view::line::{Line, Role};
use dumpview_view::safe::safe;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// A part of the screen. Coordinates are its own, from its top left; nothing is drawn outside it.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Area,
    theme: &'a Theme,
}

impl From<Area> for Rect {
    fn from(area: Area) -> Self {
        Self::new(area.x, area.y, area.width, area.height)
    }
}

/// Text for a terminal that shows nothing but ASCII: what has a likeness there by that, the rest by number.
fn in_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '…' => out.push('~'),
            '→' => out.push_str("->"),
            '←' => out.push_str("<-"),
            '×' => out.push('x'),
            '±' => out.push_str("+-"),
            'µ' => out.push('u'),
            c if c.is_ascii() => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}

impl<'a> Canvas<'a> {
    /// All of a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        let area = Area {
            x: buffer.area.x,
            y: buffer.area.y,
            width: buffer.area.width,
            height: buffer.area.height,
        };
        Self {
            buffer,
            area,
            theme,
        }
    }

    /// Where it is on the screen.
    pub const fn area(&self) -> Area {
        self.area
    }

    /// Columns.
    pub const fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub const fn height(&self) -> u16 {
        self.area.height
    }

    /// How things look.
    pub const fn theme(&self) -> &'a Theme {
        self.theme
    }

    /// Rows from `top` on, at most `height` of them.
    pub fn rows(&mut self, top: u16, height: u16) -> Canvas<'_> {
        let area = self.area.rows(top, height);
        self.part(area)
    }

    /// Columns from `left` on, at most `width` of them.
    pub fn columns(&mut self, left: u16, width: u16) -> Canvas<'_> {
        let area = self.area.columns(left, width);
        self.part(area)
    }

    fn part(&mut self, area: Area) -> Canvas<'_> {
        Canvas {
            buffer: self.buffer,
            area,
            theme: self.theme,
        }
    }

    /// Text from a cell on; what does not fit is cut with a mark. Gives the column after it.
    pub fn text(&mut self, column: u16, row: u16, style: Style, text: &str) -> u16 {
        if row >= self.area.height || column >= self.area.width {
            return column;
        }
        let text = safe(text);
        let text = if self.theme.is_ascii() && !text.is_ascii() {
            Cow::Owned(in_ascii(&text))
        } else {
            text
        };
        let room = self.area.width - column;
        let (x, y) = (self.area.x + column, self.area.y + row);
        let (end, _) = self
            .buffer
            .set_stringn(x, y, &text, usize::from(room), style);
        if text.width() > usize::from(room) {
            let last = x + room - 1;
            self.buffer
                .set_stringn(last, y, self.theme.glyphs.cut, 1, style);
            return self.area.width;
        }
        end - self.area.x
    }

    /// A line on a row, from a column on.
    pub fn line_at(&mut self, column: u16, row: u16, line: &Line) -> u16 {
        line.spans.iter().fold(column, |column, span| {
            self.text(column, row, self.theme.style(span.role), &span.text)
        })
    }

    /// A line on a row.
    pub fn line(&mut self, row: u16, line: &Line) -> u16 {
        self.line_at(0, row, line)
    }

    /// A line from a row on, broken where it is too long; gives the row after it.
    pub fn wrapped(&mut self, row: u16, line: &Line) -> u16 {
        let lines = line.wrapped(usize::from(self.area.width), 2);
        for (row, line) in (row..).zip(&lines) {
            self.line(row, line);
        }
        row.saturating_add(cells(lines.len()))
    }

    /// Patches the style of a row.
    pub fn style_row(&mut self, row: u16, style: Style) {
        self.buffer.set_style(self.area.rows(row, 1).into(), style);
    }

    /// Patches the style of some cells of a row.
    pub fn style_cells(&mut self, column: u16, row: u16, width: u16, style: Style) {
        let area = self.area.rows(row, 1).columns(column, width);
        self.buffer.set_style(area.into(), style);
    }

    /// One cell.
    pub fn cell(&mut self, column: u16, row: u16, style: Style, symbol: &str) {
        if column < self.area.width && row < self.area.height {
            let (x, y) = (self.area.x + column, self.area.y + row);
            self.buffer.set_stringn(x, y, symbol, 1, style);
        }
    }

    /// A line across a row, with a title in it.
    pub fn rule(&mut self, row: u16, title: &str, focused: bool) {
        let dim = self.theme.style(Role::Dim);
        let horizontal = self.theme.glyphs.horizontal;
        for column in 0..self.area.width {
            self.cell(column, row, dim, horizontal);
        }
        if !title.is_empty() {
            let role = if focused { Role::Heading } else { Role::Dim };
            let style = self.theme.style(role);
            self.text(2, row, style, &format!(" {title} "));
        }
    }

    /// A line down a column.
    pub fn divider(&mut self, column: u16) {
        let dim = self.theme.style(Role::Dim);
        let vertical = self.theme.glyphs.vertical;
        for row in 0..self.area.height {
            self.cell(column, row, dim, vertical);
        }
    }
}
