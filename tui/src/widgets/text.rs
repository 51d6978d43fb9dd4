//! Text in cells of a fixed width.

use dumpview_view::line::split_at_width;
use dumpview_view::safe::safe;
use dumpview_view::table::Align;
use unicode_width::UnicodeWidthStr;

/// Filled up with blanks to a width.
pub fn padded(text: &str, width: usize, align: Align) -> String {
    let blanks = " ".repeat(width.saturating_sub(text.width()));
    match align {
        Align::Left => format!("{text}{blanks}"),
        Align::Right => format!("{blanks}{text}"),
    }
}

/// Filled up with blanks, or cut with a mark, to a width. Of a path the end says more than the beginning.
pub fn fit(text: &str, width: usize, align: Align) -> String {
    let text = safe(text);
    if text.width() <= width {
        return padded(&text, width, align);
    }
    if text.starts_with('/') && !text.contains(' ') {
        let mut tail = text.as_ref();
        while tail.width() >= width.max(2) {
            let mut rest = tail.chars();
            rest.next();
            tail = rest.as_str();
        }
        return padded(&format!("…{tail}"), width, Align::Left);
    }
    let (head, _) = split_at_width(&text, width.saturating_sub(1).max(1));
    padded(&format!("{head}…"), width, Align::Left)
}
