//! A finding, as lists of them are filtered.

use crate::column::{Cell, Column, Row};
use crate::columns;
use dumpview_model::finding::Finding;
use std::borrow::Cow;

impl Row for Finding {
    const KEY: &'static str = "findings";
    const ONE: &'static str = "finding";
    const COLUMNS: &'static [Column<Self>] = columns! {
        severity: "severity" Text, |f| Cell::Word(f.severity.name()), "how much it matters: info, warning, critical";
        id: "id" Text, |f| Cell::Word(f.id), "a name that scripts can rely on";
        text: "text" Text, |f| Cell::Text(Cow::Borrowed(&f.text)), "the finding in words";
    };
}
