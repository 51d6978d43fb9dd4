//! A list of any length: rows are made for the visible window only.

use crate::canvas::Canvas;
use crate::data::text::Direction;
use crate::geometry::Area;
use crate::keys::Action;
use dumpview_view::line::Line;
use std::cell::Cell;
use std::ops::Range;

/// The cursor of a list and the window it is seen through.
///
/// How many rows are visible is known only where it is drawn, so the last frame leaves that here for paging and for the
/// mouse.
#[derive(Clone, Debug, Default)]
pub struct ListState {
    selected: usize,
    len: usize,
    top: Cell<usize>,
    seen: Cell<Area>,
}

impl ListState {
    /// Rows there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// No rows.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The row of the cursor; `None` without rows.
    pub const fn selected(&self) -> Option<usize> {
        if self.len == 0 {
            None
        } else {
            Some(self.selected)
        }
    }

    /// There are now that many rows; the cursor stays on its row or on the last.
    pub fn set_len(&mut self, len: usize) {
        self.len = len;
        self.selected = self.selected.min(len.saturating_sub(1));
    }

    /// Moves the cursor to a row.
    pub fn select(&mut self, row: usize) {
        self.selected = row.min(self.len.saturating_sub(1));
    }

    /// Moves the cursor; false when the action is none of a list.
    pub fn act(&mut self, action: Action) -> bool {
        let page = usize::from(self.seen.get().height).max(2) - 1;
        let row = match action {
            Action::Up => self.selected.saturating_sub(1),
            Action::Down => self.selected.saturating_add(1),
            Action::PageUp => self.selected.saturating_sub(page),
            Action::PageDown => self.selected.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => usize::MAX,
            _ => return false,
        };
        self.select(row);
        true
    }

    /// Moves the cursor by rows.
    pub fn step(&mut self, rows: i16) {
        let by = usize::from(rows.unsigned_abs());
        self.select(if rows < 0 {
            self.selected.saturating_sub(by)
        } else {
            self.selected.saturating_add(by)
        });
    }

    /// Whether a cell is in the list's window.
    pub fn contains(&self, column: u16, row: u16) -> bool {
        self.seen.get().contains(column, row)
    }

    /// The row that stands on a cell.
    pub fn row_at(&self, column: u16, row: u16) -> Option<usize> {
        let seen = self.seen.get();
        let index = self.top.get() + usize::from(row.checked_sub(seen.y)?);
        (seen.contains(column, row) && index < self.len).then_some(index)
    }

    /// The rows that are visible in so many. The cursor's row is kept in view, two rows from the edges where there is room.
    pub fn window(&self, height: usize) -> Range<usize> {
        let margin = 2.min(height.saturating_sub(1) / 2);
        let highest = self.selected.saturating_sub(margin);
        let lowest = (self.selected + margin + 1).saturating_sub(height);
        let last = self.len.saturating_sub(height);
        let top = self.top.get().max(lowest).min(highest).min(last);
        self.top.set(top);
        top..self.len.min(top + height)
    }

    /// Moves the cursor to the next row that `holds` what is looked for, once around; false when there is none.
    pub fn find(&mut self, direction: Direction, holds: impl FnMut(&usize) -> bool) -> bool {
        let found = around(self.len, self.selected, direction).find(holds);
        if let Some(row) = found {
            self.select(row);
        }
        found.is_some()
    }

    /// Draws the visible rows.
    pub fn draw(&self, canvas: &mut Canvas<'_>, focused: bool, mut row: impl FnMut(usize) -> Line) {
        self.seen.set(canvas.area());
        let window = self.window(usize::from(canvas.height()));
        for (line, index) in (0u16..).zip(window) {
            canvas.line(line, &row(index));
            if index == self.selected {
                let style = canvas.theme().selected(focused);
                canvas.style_row(line, style);
            }
        }
    }
}

/// All rows once, beginning after `from`, which comes last.
pub fn around(len: usize, from: usize, direction: Direction) -> impl Iterator<Item = usize> {
    (1..=len).map(move |step| match direction {
        Direction::Forwards => (from + step) % len,
        Direction::Backwards => (from + len - step % len) % len,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Colors, Theme, UNICODE};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    #[test]
    fn only_the_visible_rows_of_a_million_are_made() {
        let theme = Theme {
            colors: Colors::None,
            glyphs: UNICODE,
            background: None,
        };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 10));
        let mut list = ListState::default();
        list.set_len(1_000_000);
        list.select(500_000);
        let mut made = Vec::new();
        list.draw(&mut Canvas::new(&mut buffer, &theme), true, |row| {
            made.push(row);
            Line::plain(row.to_string())
        });
        assert_eq!(made.len(), 10);
        assert!(made.contains(&500_000));
        list.act(Action::PageUp);
        assert_eq!(list.selected(), Some(499_991));
        list.act(Action::Bottom);
        assert_eq!(list.selected(), Some(999_999));
        list.set_len(3);
        assert_eq!(list.selected(), Some(2));
        list.set_len(0);
        assert_eq!(list.selected(), None);
    }

    #[test]
    fn clicks_find_their_row() {
        let theme = Theme {
            colors: Colors::None,
            glyphs: UNICODE,
            background: None,
        };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 10));
        let mut list = ListState::default();
        list.set_len(100);
        list.select(50);
        let mut canvas = Canvas::new(&mut buffer, &theme);
        list.draw(&mut canvas.rows(2, 8), true, |row| {
            Line::plain(row.to_string())
        });
        let first = list.row_at(0, 2).unwrap();
        assert_eq!(list.row_at(5, 4), Some(first + 2));
        assert_eq!(list.row_at(0, 1), None);
    }
}
