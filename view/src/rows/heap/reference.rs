//! A reference from or to an object.

use super::bytes_or_null;
use crate::column::{Cell, Column, Row, Unit, text, tree};
use crate::schema::Documented;
use dumpview_model::heap::{HeapPlace, HeapReference};

impl Documented for HeapReference {
    const ALL: &'static str = "References to and from the object: incoming ones first, the largest first.";
    const ABOUT: &'static str = "A reference.";
}

impl Row for HeapReference {
    const KEY: &'static str = "references";
    const ONE: &'static str = "heap-reference";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "direction",
            "",
            Unit::Text,
            |r| Cell::Word(r.direction.as_str()),
            "`in`: something refers to the object; `out`: the object refers to something",
        ),
        Column::new(
            "field",
            "by",
            Unit::Text,
            |r: &Self| text(r.field.as_deref()),
            "the field, element, entry or variable that holds the pointer; null where it is not known",
        )
        .or_null(),
        Column::new(
            "retained_bytes",
            "retained",
            Unit::Bytes,
            |r: &Self| bytes_or_null(r.retained_bytes),
            "bytes that go when the other end goes; null of garbage",
        )
        .or_null(),
        Column::new(
            "bytes",
            "own",
            Unit::Bytes,
            |r| Cell::Count(r.bytes),
            "bytes of the other end's slot; 0 of a root",
        ),
        Column::new(
            "place",
            "other end",
            Unit::Tree,
            |r: &Self| tree(&r.place, r.place.title()),
            "the other end",
        )
        .of::<HeapPlace>(),
        Column::more(
            "addr",
            Unit::Address,
            |r: &Self| r.place.addr.map_or(Cell::Absent, |a| Cell::Address(a.0)),
            "the other end's address",
        ),
        Column::more(
            "type",
            Unit::Text,
            |r: &Self| text(r.place.ty.as_deref()),
            "what an object at the other end is",
        )
        .or_null(),
    ];
}
