//! Lines of a source file, the one that is meant in the middle.

use crate::canvas::Canvas;
use crate::data::frames::Source;
use dumpview_view::line::{Line, Role};

/// Draws it, scrolled by so many lines.
pub fn draw(canvas: &mut Canvas<'_>, source: &Source, scroll: i32) {
    canvas.rule(0, &source.title, false);
    let mut top = 1;
    if let Some(warning) = &source.warning {
        let warning = Line::new(Role::Warning, warning.clone());
        for line in warning.wrapped(usize::from(canvas.width()), 0) {
            canvas.line(top, &line);
            top += 1;
        }
    }
    let rows = i32::from(canvas.height().saturating_sub(top));
    let marked = i32::try_from(source.marked.saturating_sub(source.first)).unwrap_or(0);
    let last = i32::try_from(source.lines.len()).unwrap_or(0) - rows;
    let from = (marked - rows / 2 + scroll).clamp(0, last.max(0));
    let from = usize::try_from(from).unwrap_or(0);
    for (row, index) in (top..canvas.height()).zip(from..source.lines.len()) {
        let number = source.first + u32::try_from(index).unwrap_or(0);
        let here = number == source.marked;
        let mark = if here {
            canvas.theme().glyphs.mark
        } else {
            " "
        };
        let text = source
            .lines
            .get(index)
            .map(|text| text.replace('\t', "    "))
            .unwrap_or_default();
        let role = if here { Role::Heading } else { Role::Plain };
        let number = if source.instructions {
            " ".to_owned()
        } else {
            format!("{number:>5}  ")
        };
        let line = Line::new(Role::Alarm, mark)
            .and(Role::Dim, number)
            .and(role, text);
        canvas.line(row, &line);
    }
}
