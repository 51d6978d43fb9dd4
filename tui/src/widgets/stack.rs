//! The stack of a goroutine in a pane of its own.

use crate::canvas::Canvas;
use crate::data::frames::{Call, Frames};
use dumpview_model::units::plural;
use dumpview_view::line::{Line, Role};

/// Draws it: the runtime's innermost calls as a number, each other call with its place below it.
pub fn draw(canvas: &mut Canvas<'_>, frames: &Frames) {
    let title = format!("goroutine {} [{}]", frames.goroutine, frames.state);
    canvas.rule(0, &title, false);
    let folded = frames.first.min(frames.calls.len());
    let mut lines = Vec::new();
    if folded > 0 {
        let calls = plural(folded as u64, "call");
        lines.push(Line::new(Role::Dim, format!("  … {calls} of the runtime")));
    }
    let calls = frames.calls.iter().skip(folded);
    lines.extend(calls.flat_map(|call: &Call| {
        [
            Line::new(Role::Name, format!("  {}", call.function)),
            Line::new(Role::Dim, format!("      {}", call.place)),
        ]
    }));
    if let Some(why) = &frames.incomplete {
        lines.push(Line::new(Role::Warning, format!("  incomplete: {why}")));
    }
    if let Some(creator) = &frames.creator {
        lines.push(Line::new(Role::Dim, format!("  created by {creator}")));
    }
    for (row, line) in (1..canvas.height()).zip(&lines) {
        canvas.line(row, line);
    }
}
