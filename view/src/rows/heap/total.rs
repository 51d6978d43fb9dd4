//! Objects that have something in common.

use super::{bytes_or_null, share};
use crate::column::{Cell, Column, Row, Unit};
use crate::schema::Documented;
use dumpview_model::heap::HeapTotal;
use std::borrow::Cow;

impl Documented for HeapTotal {
    const ALL: &'static str = "Objects by what they have in common, the largest retained size first.";
    const ABOUT: &'static str = "Objects that have something in common: a type, a package, a root.";
}

impl Row for HeapTotal {
    const KEY: &'static str = "rows";
    const ONE: &'static str = "heap-total";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "retained_bytes",
            "retained",
            Unit::Bytes,
            |t: &Self| bytes_or_null(t.retained_bytes),
            "bytes that go if all of them go; null of garbage, which keeps nothing alive",
        )
        .or_null(),
        Column::new(
            "share",
            "of all",
            Unit::Share,
            |t: &Self| share(t.retained_bytes.unwrap_or(t.bytes), t.of),
            "retained bytes of all live ones; of garbage, its bytes of all garbage",
        )
        .or_null(),
        Column::new(
            "bytes",
            "own",
            Unit::Bytes,
            |t| Cell::Count(t.bytes),
            "bytes of their slots",
        ),
        Column::new(
            "objects",
            "objects",
            Unit::Count,
            |t| Cell::Count(t.objects),
            "how many there are",
        ),
        Column::new(
            "key",
            "what",
            Unit::Text,
            |t| Cell::Text(Cow::Borrowed(&t.key)),
            "what they have in common",
        ),
    ];
}
