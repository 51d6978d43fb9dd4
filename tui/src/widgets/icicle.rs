//! A tree as a picture: a row a level, and a piece as wide as it is large. For heaps width is bytes, for profiles time.
//!
//! ```text
//! |all of it ---------------------------------------------------------------|
//! |main.registry ------------------------------------|goroutine 7 ----|runti|
//! |[]*main.Session backing -----------------|map[stri|[]byte ------|
//! ```
//!
//! Pieces are told apart by the mark at their left edge, not by colour alone; what is narrower than a cell is not drawn.

use crate::canvas::Canvas;
use crate::geometry::{Area, cells};
use crate::keys::Action;
use crate::widgets::text::fit;
use dumpview_view::line::Role;
use dumpview_view::table::Align;
use ratatui::style::Modifier;
use std::cell::Cell;
use std::ops::Range;

/// A piece, before it is known where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// How many levels above it.
    pub depth: usize,
    /// How large it is, in the unit of the picture.
    pub size: u64,
    /// What stands in it.
    pub label: String,
    /// How it looks.
    pub role: Role,
}

#[derive(Clone, Debug)]
struct Placed {
    piece: Piece,
    /// Where it begins, in the unit of the picture.
    start: u64,
    parent: Option<usize>,
}

/// The picture, and the piece of the cursor.
#[derive(Clone, Debug, Default)]
pub struct Icicle {
    pieces: Vec<Placed>,
    selected: usize,
    /// The piece that is as wide as the picture now.
    focus: usize,
    /// Those that were before.
    way_back: Vec<usize>,
    /// The level at the top of what is seen.
    top: Cell<usize>,
    seen: Cell<Area>,
}

impl Icicle {
    /// Of pieces, depth first, of which the first is the whole.
    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut placed: Vec<Placed> = Vec::new();
        // The way down to the last piece: its index, and where its next child begins.
        let mut way: Vec<(usize, u64)> = Vec::new();
        for piece in pieces {
            way.truncate(piece.depth);
            let (parent, start) = match way.last_mut() {
                Some((parent, next)) => {
                    let start = *next;
                    *next = next.saturating_add(piece.size);
                    (Some(*parent), start)
                }
                None => (None, 0),
            };
            // A piece whose parent is missing stands nowhere.
            if parent.is_none() && !placed.is_empty() {
                continue;
            }
            way.push((placed.len(), start));
            placed.push(Placed {
                piece,
                start,
                parent,
            });
        }
        Self {
            pieces: placed,
            ..Self::default()
        }
    }

    /// The piece of the cursor gets the whole width; false when it has it already.
    pub fn zoom_in(&mut self) -> bool {
        if self.focus == self.selected {
            return false;
        }
        self.way_back.push(self.focus);
        self.focus = self.selected;
        true
    }

    /// Back to what had the whole width before; false when that was everything.
    pub fn zoom_out(&mut self) -> bool {
        let before = self.way_back.pop();
        self.focus = before.unwrap_or(0);
        before.is_some()
    }

    /// Whether something else than everything has the whole width.
    pub const fn is_zoomed(&self) -> bool {
        self.focus != 0
    }

    /// The piece of the cursor, by its place among those that were given.
    pub const fn selected(&self) -> Option<usize> {
        if self.pieces.is_empty() {
            None
        } else {
            Some(self.selected)
        }
    }

    /// Moves the cursor to a piece.
    pub fn select(&mut self, index: usize) {
        self.selected = index.min(self.pieces.len().saturating_sub(1));
    }

    /// The cells of a piece in a width; none of one outside what is seen.
    fn cells_of(&self, placed: &Placed, width: u16) -> Range<u16> {
        let Some(focus) = self.pieces.get(self.focus) else {
            return 0..0;
        };
        let end = focus.start.saturating_add(focus.piece.size);
        if placed.piece.depth < focus.piece.depth || placed.start >= end {
            return 0..0;
        }
        let at = |place: u64| {
            let offset = place.saturating_sub(focus.start);
            let column =
                u128::from(offset) * u128::from(width) / u128::from(focus.piece.size.max(1));
            cells(usize::try_from(column).unwrap_or(usize::MAX)).min(width)
        };
        at(placed.start)..at(placed.start.saturating_add(placed.piece.size))
    }

    /// Gives every piece a look.
    pub fn paint(&mut self, role: impl Fn(usize) -> Role) {
        for (index, placed) in self.pieces.iter_mut().enumerate() {
            placed.piece.role = role(index);
        }
    }

    /// Whether a piece has cells within what has the whole width.
    pub fn is_seen(&self, index: usize) -> bool {
        let width = self.seen.get().width.max(1);
        let placed = self.pieces.get(index);
        placed.is_some_and(|placed| !self.cells_of(placed, width).is_empty())
    }

    /// Moves the cursor over what is seen; false when the action is none of a picture.
    pub fn act(&mut self, action: Action) -> bool {
        let Some(now) = self.pieces.get(self.selected) else {
            return false;
        };
        let depth = now.piece.depth;
        let this: &Self = self;
        let indexed = || this.pieces.iter().enumerate();
        let on_level = |wanted: usize| {
            indexed().filter(move |(index, p)| p.piece.depth == wanted && this.is_seen(*index))
        };
        let to = match action {
            Action::Up => now.parent.filter(|_| this.selected != this.focus),
            Action::Down => on_level(depth + 1)
                .filter(|(_, p)| p.parent == Some(this.selected))
                .max_by_key(|(index, p)| (p.piece.size, std::cmp::Reverse(*index)))
                .map(|(index, _)| index),
            Action::Left => on_level(depth)
                .filter(|(_, p)| p.start < now.start)
                .max_by_key(|(_, p)| p.start)
                .map(|(index, _)| index),
            Action::Right => on_level(depth)
                .filter(|(_, p)| p.start > now.start)
                .min_by_key(|(_, p)| p.start)
                .map(|(index, _)| index),
            Action::Top => Some(this.focus),
            Action::Bottom => indexed()
                .filter(|(index, _)| this.is_seen(*index))
                .max_by_key(|(index, p)| (p.piece.depth, std::cmp::Reverse(*index)))
                .map(|(index, _)| index),
            _ => return false,
        };
        if let Some(to) = to {
            self.selected = to;
        }
        true
    }

    /// The piece on a cell.
    pub fn piece_at(&self, column: u16, row: u16) -> Option<usize> {
        let seen = self.seen.get();
        if !seen.contains(column, row) {
            return None;
        }
        let depth = self.top.get() + usize::from(row - seen.y);
        let column = column - seen.x;
        let hit = |placed: &Placed| {
            placed.piece.depth == depth && self.cells_of(placed, seen.width).contains(&column)
        };
        self.pieces.iter().position(hit)
    }

    /// Draws it.
    pub fn draw(&self, canvas: &mut Canvas<'_>) {
        self.seen.set(canvas.area());
        let (width, height) = (canvas.width(), usize::from(canvas.height()));
        let depth = self
            .pieces
            .get(self.selected)
            .map_or(0, |placed| placed.piece.depth);
        let focus = self.pieces.get(self.focus);
        let highest = focus.map_or(0, |placed| placed.piece.depth);
        let lowest = (depth + 2).saturating_sub(height);
        let top = self.top.get().max(lowest).min(depth);
        // As many levels above it as there is room for, but none that is outside.
        let top = if depth - highest.min(depth) < height {
            highest
        } else {
            top.max(highest)
        };
        self.top.set(top);
        let glyphs = canvas.theme().glyphs;
        for (index, placed) in self.pieces.iter().enumerate() {
            let Some(row) = placed.piece.depth.checked_sub(self.top.get()) else {
                continue;
            };
            let columns = self.cells_of(placed, width);
            if row >= height || columns.is_empty() {
                continue;
            }
            let row = cells(row);
            let room = columns.end - columns.start;
            let style = canvas.theme().style(placed.piece.role);
            canvas.cell(columns.start, row, style, glyphs.edge);
            let text = fit(
                &placed.piece.label,
                usize::from(room).saturating_sub(1),
                Align::Left,
            );
            let label = placed.piece.label.as_str();
            let shown = if room > 1 { text.trim_end() } else { "" };
            let mut piece = canvas.columns(columns.start + 1, room.saturating_sub(1));
            let end = piece.text(0, row, style, shown);
            // What is left of its width is drawn, too: the width is what is to be seen.
            if usize::from(room) > label.len() {
                for column in end + u16::from(end > 0)..room.saturating_sub(1) {
                    piece.cell(column, row, style, glyphs.horizontal);
                }
            }
            if index == self.selected {
                let style = canvas.theme().selected(true).add_modifier(Modifier::BOLD);
                canvas.style_cells(columns.start, row, room, style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{ASCII, Colors, Theme};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn piece(depth: usize, size: u64, label: &str) -> Piece {
        Piece {
            depth,
            size,
            label: label.to_owned(),
            role: Role::Plain,
        }
    }

    fn drawn(icicle: &Icicle, width: u16, height: u16) -> Vec<String> {
        let theme = Theme {
            colors: Colors::None,
            glyphs: ASCII,
            background: None,
        };
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        icicle.draw(&mut Canvas::new(&mut buffer, &theme));
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        (0..height).map(row).collect()
    }

    #[test]
    fn width_is_size_and_the_cursor_goes_over_what_is_seen() {
        let mut icicle = Icicle::of([
            piece(0, 40, "all"),
            piece(1, 20, "a"),
            piece(2, 10, "a.x"),
            piece(1, 10, "b"),
            piece(1, 0, "nothing"),
            piece(2, 0, "below nothing"),
        ]);
        assert_eq!(
            drawn(&icicle, 20, 3),
            [
                "|all ---------------",
                "|a -------|b --     ",
                "|a.x               "
            ]
            .map(|line| format!("{line:<20}"))
        );
        assert!(icicle.act(Action::Down));
        assert_eq!(icicle.selected(), Some(1), "the largest below");
        icicle.act(Action::Right);
        assert_eq!(icicle.selected(), Some(3));
        icicle.act(Action::Right);
        assert_eq!(icicle.selected(), Some(3), "what has no width is passed by");
        icicle.act(Action::Left);
        icicle.act(Action::Down);
        assert_eq!(icicle.selected(), Some(2));
        icicle.act(Action::Up);
        icicle.act(Action::Up);
        assert_eq!(icicle.selected(), Some(0));
        assert_eq!(icicle.piece_at(12, 1), Some(3));
        assert!(!icicle.act(Action::Enter));
        icicle.act(Action::Down);
        assert!(icicle.zoom_in());
        assert_eq!(
            drawn(&icicle, 20, 2),
            ["|a -----------------", "|a.x -----          "]
        );
        icicle.act(Action::Up);
        assert_eq!(icicle.selected(), Some(1), "nothing is seen above it");
        assert!(!icicle.zoom_in());
        assert!(icicle.zoom_out());
        assert!(!icicle.zoom_out());
    }

    #[test]
    fn a_cursor_below_the_edge_scrolls() {
        let mut icicle = Icicle::of((0..9).map(|depth| piece(depth, 9, &depth.to_string())));
        drawn(&icicle, 4, 3);
        icicle.act(Action::Bottom);
        let rows = drawn(&icicle, 4, 3);
        assert!(rows.iter().any(|row| row.starts_with("|8")), "{rows:?}");
        drawn(&Icicle::default(), 3, 3);
    }
}
