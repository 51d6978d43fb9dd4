//! The dominator tree as a picture in which width is bytes: its pieces, and what they stand for.

use super::share;
use crate::canvas::Canvas;
use crate::data::heap::{Picture, PicturePiece};
use crate::keys::Action;
use crate::screen::Effect;
use crate::widgets::icicle::{Icicle, Piece};
use dumpview_model::units::{bytes, plural};
use dumpview_view::line::{Line, Role};

/// A picture that was drawn.
pub(super) struct Drawn {
    icicle: Icicle,
    data: Picture,
}

/// What a click on the picture means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clicked {
    /// It met no piece, or one that is under the cursor now.
    Moved,
    /// It met the piece under the cursor.
    Again,
}

impl Drawn {
    pub(super) fn of(data: Picture) -> Self {
        let pieces = data.pieces.iter().map(|piece| Piece {
            depth: piece.depth,
            size: piece.retained_bytes,
            label: format!("{} {}", piece.name, bytes(piece.retained_bytes)),
            role: Role::Series(series(&piece.name)),
        });
        let icicle = Icicle::of(pieces);
        Self { icicle, data }
    }

    /// The piece of the cursor.
    pub(super) fn piece(&self) -> Option<&PicturePiece> {
        self.data.pieces.get(self.icicle.selected()?)
    }

    /// Whether less than the whole is shown.
    pub(super) fn is_zoomed(&self) -> bool {
        self.icicle.is_zoomed()
    }

    /// Keys of the picture; none for those that it does not know.
    pub(super) fn act(&mut self, action: Action) -> Option<Vec<Effect>> {
        if self.icicle.act(action) {
            return Some(Vec::new());
        }
        match action {
            Action::Enter if self.icicle.zoom_in() => Some(Vec::new()),
            Action::Enter => Some(vec![Effect::Say(
                "this has the whole width already; o goes there".to_owned(),
            )]),
            Action::Back if self.icicle.zoom_out() => Some(Vec::new()),
            Action::Object => Some(match self.piece().and_then(|piece| piece.go.clone()) {
                Some(target) => vec![Effect::Go(target)],
                None => vec![Effect::Say("this stands for several places".to_owned())],
            }),
            Action::Keeps => Some(vec![Effect::Say("i shows the tree".to_owned())]),
            _ => None,
        }
    }

    /// Puts the cursor where was clicked.
    pub(super) fn click(&mut self, column: u16, row: u16) -> Clicked {
        match self.icicle.piece_at(column, row) {
            Some(piece) if self.icicle.selected() == Some(piece) => Clicked::Again,
            Some(piece) => {
                self.icicle.select(piece);
                Clicked::Moved
            }
            None => Clicked::Moved,
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>) {
        if let Some(piece) = self.piece() {
            let text = format!(
                "  keeps {} ({} of all)",
                bytes(piece.retained_bytes),
                share(piece.retained_bytes, self.data.live)
            );
            let mut line = Line::new(Role::Name, piece.name.clone()).and(Role::Plain, text);
            if piece.objects > 0 {
                let objects = plural(piece.objects, "object");
                line.push(
                    Role::Plain,
                    format!("; {objects} of {}", bytes(piece.bytes)),
                );
            }
            canvas.line(0, &line);
        }
        let height = canvas.height().saturating_sub(1);
        self.icicle.draw(&mut canvas.rows(1, height));
    }
}

/// What is called the same looks alike.
fn series(name: &str) -> u8 {
    let sum = name.bytes().fold(7u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    u8::try_from(sum % 7).unwrap_or(0)
}
