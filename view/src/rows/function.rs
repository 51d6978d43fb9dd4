//! A function of the program's own tables.

use crate::column::{Cell, Column, Row, Unit};
use crate::schema::Documented;
use std::borrow::Cow;

/// A function.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionRow {
    /// Its name, as the linker has it.
    pub name: String,
    /// Its first instruction.
    pub entry: u64,
    /// Bytes of code.
    pub size: u64,
    /// Where it is declared.
    pub file: String,
    /// Where it is declared.
    pub line: u32,
}

impl Documented for FunctionRow {
    const ALL: &'static str = "Functions in order of their names.";
    const ABOUT: &'static str = "A function of the program's own tables.";
}

impl Row for FunctionRow {
    const KEY: &'static str = "functions";
    const ONE: &'static str = "function";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "name",
            "name",
            Unit::Text,
            |f| Cell::Text(Cow::Borrowed(&f.name)),
            "its name, as the linker has it",
        ),
        Column::more(
            "entry",
            Unit::Address,
            |f| Cell::Address(f.entry),
            "its first instruction",
        ),
        Column::more(
            "size",
            Unit::Bytes,
            |f| Cell::Count(f.size),
            "bytes of code",
        ),
        Column::more(
            "file",
            Unit::Text,
            |f| Cell::Text(Cow::Borrowed(&f.file)),
            "where it is declared",
        ),
        Column::more(
            "line",
            Unit::Id,
            |f| Cell::Count(u64::from(f.line)),
            "where it is declared",
        ),
    ];
}
