//! Equal texts.

use crate::column::{Cell, Column, Row, Unit};
use crate::schema::Documented;
use dumpview_model::heap::HeapText;
use std::borrow::Cow;

impl Documented for HeapText {
    const ALL: &'static str = "Texts that several objects hold, the most wasteful first.";
    const ABOUT: &'static str = "A text that several objects hold.";
}

impl Row for HeapText {
    const KEY: &'static str = "texts";
    const ONE: &'static str = "heap-text";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "wasted_bytes",
            "wasted",
            Unit::Bytes,
            |t| Cell::Count(t.wasted_bytes),
            "bytes of all but one of the objects",
        ),
        Column::new(
            "copies",
            "copies",
            Unit::Count,
            |t| Cell::Count(t.copies),
            "how many objects hold it",
        ),
        Column::new(
            "len",
            "length",
            Unit::Bytes,
            |t| Cell::Count(t.len),
            "bytes of the text",
        ),
        Column::more(
            "bytes",
            Unit::Bytes,
            |t| Cell::Count(t.bytes),
            "bytes of the objects' slots",
        ),
        Column::new(
            "example",
            "one of them",
            Unit::Address,
            |t| Cell::Address(t.example.0),
            "address of one of the objects",
        ),
        Column::new(
            "text",
            "text",
            Unit::Text,
            |t| Cell::Text(Cow::Borrowed(&t.text)),
            "the text, its first 64 bytes",
        ),
    ];
}
