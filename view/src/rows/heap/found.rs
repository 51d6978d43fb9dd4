//! An object that was looked for.

use super::bytes_or_null;
use crate::column::{Cell, Column, Row, Unit, tree};
use crate::schema::Documented;
use dumpview_model::heap::HeapFound;
use dumpview_model::value::Value;
use dumpview_model::value::text::Style;
use std::borrow::Cow;

/// The value on one line.
fn value(found: &HeapFound) -> Cell<'_> {
    match &found.value {
        Some(value) => {
            let style = Style {
                len: 4,
                string: 32,
                ..Style::default()
            };
            tree(value, style.line(value))
        }
        None => Cell::Null,
    }
}

impl Documented for HeapFound {
    const ALL: &'static str = "Objects in the order of their addresses.";
    const ABOUT: &'static str = "An object.";
}

impl Row for HeapFound {
    const KEY: &'static str = "objects";
    const ONE: &'static str = "heap-object";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "addr",
            "address",
            Unit::Address,
            |f| Cell::Address(f.addr.0),
            "its first byte",
        ),
        Column::new(
            "retained_bytes",
            "retained",
            Unit::Bytes,
            |f: &Self| bytes_or_null(f.retained_bytes),
            "bytes that go when it goes; null of garbage",
        )
        .or_null(),
        Column::new(
            "bytes",
            "own",
            Unit::Bytes,
            |f| Cell::Count(f.bytes),
            "bytes of its slot",
        ),
        Column::more(
            "type",
            Unit::Text,
            |f| Cell::Text(Cow::Borrowed(&f.ty)),
            "what it is",
        ),
        Column::new("value", "value", Unit::Tree, value, "its value; null of a part that has none")
            .of::<Option<Value>>(),
    ];
}
