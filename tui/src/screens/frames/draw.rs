//! The panes as they are drawn.

use super::nodes::Node;
use super::{FramesScreen, Pane};
use crate::canvas::Canvas;
use crate::data::frames::Frames;
use crate::data::goroutines::short_place;
use crate::geometry::cells;
use crate::widgets::source;
use crate::widgets::text::fit;
use dumpview_model::units::plural;
use dumpview_view::line::{Line, Role};
use dumpview_view::table::Align;
use unicode_width::UnicodeWidthStr;

/// As much of a place as there is room for behind a name, with a blank before it: file and line, the line, nothing. The file
/// stands above the source too.
fn place_beside(place: &str, room: usize) -> String {
    let line = place.rfind(':').and_then(|colon| place.get(colon..));
    let forms = [Some(place), line].into_iter().flatten();
    let mut fitting = forms.filter(|form| form.width() < room);
    fitting
        .next()
        .map_or_else(String::new, |form| format!(" {form}"))
}

impl FramesScreen {
    pub(super) fn draw_frames(&self, canvas: &mut Canvas<'_>, data: &Frames) {
        let width = usize::from(canvas.width());
        let title = format!("goroutine {} [{}]", data.goroutine, data.state);
        canvas.rule(0, &title, self.pane == Pane::Frames);
        let mut below = Vec::new();
        if let Some(why) = &data.incomplete {
            below.push(Line::new(Role::Warning, format!("incomplete: {why}")));
        }
        if let Some(creator) = &data.creator {
            below.push(Line::new(Role::Dim, format!("created by {creator}")));
        }
        let hidden = data.calls.len() - self.visible.len();
        if hidden > 0 {
            below.push(Line::new(
                Role::Dim,
                format!(
                    "{} of the runtime folded (a)",
                    plural(hidden as u64, "frame")
                ),
            ));
        }
        let below: Vec<Line> = below
            .iter()
            .flat_map(|line| line.wrapped(width, 2))
            .take(6)
            .collect();
        let rows = canvas.height().saturating_sub(cells(below.len()) + 1);
        let focused = self.pane == Pane::Frames;
        let row = |row: usize| -> Line {
            let index = self.visible.get(row).copied().unwrap_or(0);
            let Some(call) = data.calls.get(index) else {
                return Line::default();
            };
            let place = short_place(&call.place);
            let marks = match (call.inlined, call.doubt) {
                (_, Some(doubt)) => format!(" [by {doubt}]"),
                (true, None) => " [inlined]".to_owned(),
                _ => String::new(),
            };
            let name = dumpview_view::safe::safe(&call.function);
            let text = format!("{name}({})", dumpview_view::safe::safe(&call.arguments));
            let room = width.saturating_sub(5);
            // Of a name nothing is cut for the sake of a mark that does not say that it may be wrong.
            let marks = match call.doubt {
                None if name.width() + marks.len() > room => String::new(),
                _ => marks,
            };
            let room = room.saturating_sub(marks.len());
            let place = place_beside(place, room.saturating_sub(name.width()));
            let beside = room.saturating_sub(place.width());
            let role = if call.runtime { Role::Dim } else { Role::Name };
            // Arguments give way to the name and the place.
            let whole = if text.width() <= beside {
                text
            } else {
                name.into_owned()
            };
            let name = fit(&whole, beside.max(8), Align::Left);
            Line::new(Role::Dim, format!("{index:>4} "))
                .and(role, name)
                .and(Role::Dim, marks)
                .and(Role::Plain, place)
        };
        self.list.draw(&mut canvas.rows(1, rows), focused, row);
        for (row, line) in (rows + 1..).zip(&below) {
            canvas.line(row, line);
        }
    }

    pub(super) fn draw_variables(&self, canvas: &mut Canvas<'_>, data: &Frames) {
        let frame = self.frame();
        let call = frame.and_then(|frame| data.calls.get(frame));
        let title = call.map_or_else(String::new, |call| {
            format!("variables of {}", call.function)
        });
        canvas.rule(0, &title, self.pane == Pane::Variables);
        if self.variables_of != frame {
            canvas.line(1, &Line::new(Role::Dim, "reading…"));
            return;
        }
        let width = usize::from(canvas.width());
        let note = self.note.as_ref().map_or_else(Vec::new, |note| {
            Line::new(Role::Dim, note.clone()).wrapped(width, 0)
        });
        let height = canvas.height();
        for (row, line) in (1..height).zip(&note) {
            canvas.line(row, line);
        }
        if note.is_empty() && self.variables.rows().is_empty() {
            canvas.line(1, &Line::new(Role::Dim, "no variables are in scope here"));
        }
        let top = 1 + cells(note.len());
        let mut rows = canvas.rows(top, height.saturating_sub(top));
        self.variables
            .draw(&mut rows, self.pane == Pane::Variables, Node::line);
    }

    pub(super) fn draw_source(&self, canvas: &mut Canvas<'_>) {
        self.source_seen.set(canvas.area());
        let shown = self
            .source
            .as_ref()
            .filter(|source| Some(source.frame) == self.frame());
        let Some(shown) = shown else {
            canvas.rule(0, "source", false);
            return;
        };
        source::draw(canvas, shown, self.scroll);
    }
}
