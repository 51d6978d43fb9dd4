//! A place in the dominator tree.

use super::share;
use crate::column::{Cell, Column, Row, Unit, count, text, tree};
use crate::schema::Documented;
use dumpview_model::heap::{HeapBranch, HeapPlace};
use std::borrow::Cow;

/// Beyond so many levels the indent says how deep it is in a number.
const DEEPEST: usize = 12;

/// The place with its depth drawn.
fn indented(branch: &HeapBranch) -> Cell<'_> {
    let indent = "  ".repeat(branch.depth.min(DEEPEST));
    let deeper = match branch.depth {
        0..=DEEPEST => String::new(),
        depth => format!("({depth}) "),
    };
    let title = branch.place.title();
    let title = match branch.folded {
        0 => title,
        _ => branch.place.name.clone(),
    };
    tree(&branch.place, format!("{indent}{deeper}{title}"))
}

impl Documented for HeapBranch {
    const ALL: &'static str = "The dominator tree, depth first, the largest first among its equals.";
    const ABOUT: &'static str = "A place in the dominator tree: without it all below it goes.";
}

impl Row for HeapBranch {
    const KEY: &'static str = "tree";
    const ONE: &'static str = "heap-branch";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "retained_bytes",
            "retained",
            Unit::Bytes,
            |b| Cell::Count(b.retained_bytes),
            "bytes that go when it goes",
        ),
        Column::new(
            "share",
            "of all",
            Unit::Share,
            |b: &Self| share(b.retained_bytes, b.of),
            "those of all live bytes",
        )
        .or_null(),
        Column::new(
            "bytes",
            "own",
            Unit::Bytes,
            |b| Cell::Count(b.bytes),
            "bytes of its slot; 0 of a root",
        ),
        Column::new(
            "children",
            "below",
            Unit::Count,
            |b| Cell::Count(b.children),
            "how many places it immediately dominates",
        ),
        Column::new("place", "place", Unit::Tree, indented, "what it is").of::<HeapPlace>(),
        Column::more(
            "depth",
            Unit::Count,
            |b| Cell::Count(b.depth as u64),
            "how deep below the place that was asked for",
        ),
        Column::more(
            "folded",
            Unit::Count,
            |b| Cell::Count(b.folded),
            "how many places the line stands for that are too small to list; 0 for a line of its own",
        ),
        Column::more(
            "addr",
            Unit::Address,
            |b: &Self| b.place.addr.map_or(Cell::Absent, |a| Cell::Address(a.0)),
            "address of an object's first byte",
        ),
        Column::more(
            "type",
            Unit::Text,
            |b: &Self| text(b.place.ty.as_deref()),
            "what an object is",
        )
        .or_null(),
        Column::more(
            "goroutine",
            Unit::Id,
            |b| count(b.place.goroutine),
            "id of the goroutine that a root belongs to",
        ),
        Column::more(
            "name",
            Unit::Text,
            |b| Cell::Text(Cow::Borrowed(&b.place.name)),
            "its name, as the heap verbs take it",
        ),
    ];
}
