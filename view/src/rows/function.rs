//! A function of the program's own tables.

use crate::column::{Cell, Column, Row};
use crate::columns;
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
    const COLUMNS: &'static [Column<Self>] = columns! {
        name: "name" Text, |f| Cell::Text(Cow::Borrowed(&f.name)), "its name, as the linker has it";
        entry: Address, |f| Cell::Address(f.entry), "its first instruction";
        size: Bytes, |f| Cell::Count(f.size), "bytes of code";
        file: Text, |f| Cell::Text(Cow::Borrowed(&f.file)), "where it is declared";
        line: Id, |f| Cell::Count(u64::from(f.line)), "where it is declared";
    };
}
