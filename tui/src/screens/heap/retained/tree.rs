//! The dominator tree as lines, each with its bytes, its share as a bar, and the place.

use super::share;
use crate::canvas::Canvas;
use crate::widgets::bar;
use crate::widgets::tree::{Children, Tree};
use dumpview_model::heap::HeapBranch;
use dumpview_model::units::bytes;
use dumpview_view::line::{Line, Role};

pub(super) fn draw(tree: &Tree<HeapBranch>, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let wide = canvas.width() >= 100;
    let width = if wide { 16 } else { 8 };
    let heading = columns(
        ["RETAINED", "OF ALL", "OWN"],
        Line::plain(" ".repeat(usize::from(width))),
    );
    canvas.line(0, &heading.and(Role::Dim, "PLACE"));
    let height = canvas.height().saturating_sub(1);
    let mut below = canvas.rows(1, height);
    tree.list.draw(&mut below, true, |row| {
        let Some((depth, node)) = tree.rows().get(row) else {
            return Line::default();
        };
        let Some(branch) = tree.get(*node) else {
            return Line::default();
        };
        let mut share = bar::share(
            &theme.glyphs,
            branch.retained_bytes,
            branch.of,
            width,
            Role::Series(0),
        );
        let blanks = usize::from(width).saturating_sub(share.width());
        share.push(Role::Plain, " ".repeat(blanks));
        let kept = bytes(branch.retained_bytes);
        let line = columns([&kept, &of_all(branch), &own(branch)], share);
        let indent = "  ".repeat((*depth).min(DRAWN));
        let mark = tree.mark(*node, &theme.glyphs);
        let is_asked = tree.children(*node) == Some(&Children::Asked);
        line.and(Role::Dim, format!("{indent}{mark} "))
            .and(role(branch), title(branch))
            .and(Role::Dim, if is_asked { "  …" } else { "" })
    });
}

/// The same as lines of text.
pub(super) fn lines(tree: &Tree<HeapBranch>) -> impl Iterator<Item = String> + '_ {
    tree.rows().iter().filter_map(|(depth, node)| {
        let branch = tree.get(*node)?;
        let kept = bytes(branch.retained_bytes);
        let indent = "  ".repeat(*depth);
        Some(format!(
            "{kept:>10}  {:>6}  {indent}{}",
            of_all(branch),
            title(branch)
        ))
    })
}

/// Levels whose depth is drawn as an indent.
const DRAWN: usize = 20;

/// What stands before a place.
fn columns([kept, share, own]: [&str; 3], bar: Line) -> Line {
    let mut line = Line::new(Role::Number, format!("{kept:>10}"));
    line.push(Role::Plain, format!("  {share:>6} "));
    line.spans.extend(bar.spans);
    line.and(Role::Dim, format!(" {own:>9}  "))
}

fn of_all(branch: &HeapBranch) -> String {
    share(branch.retained_bytes, branch.of)
}

fn own(branch: &HeapBranch) -> String {
    match (branch.folded, branch.bytes) {
        (0, own) if own > 0 => bytes(own),
        _ => String::new(),
    }
}

/// Lines that stand for several have their number before their type.
pub(super) fn title(branch: &HeapBranch) -> String {
    match branch.folded {
        0 => branch.place.title(),
        _ => branch.place.name.clone(),
    }
}

const fn role(branch: &HeapBranch) -> Role {
    match (branch.folded, branch.place.addr) {
        (0, Some(_)) => Role::Type,
        (0, None) => Role::Name,
        _ => Role::Dim,
    }
}
