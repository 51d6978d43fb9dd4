//! An OS thread of a core.

use crate::column::{Cell, Column, Row, Unit, count, text, tree};
use dumpview_model::frame::Frame;
use dumpview_model::value::Address;
use std::borrow::Cow;

/// An OS thread.
pub struct ThreadRow {
    /// Its id, as the kernel counts.
    pub tid: i32,
    /// The goroutine that it ran.
    pub goroutine: Option<u64>,
    /// Where it was.
    pub pc: Option<Address>,
    /// Its stack pointer.
    pub sp: Option<Address>,
    /// The function in which it was.
    pub function: Option<String>,
    /// The runtime's M.
    pub m: Option<Address>,
    /// It wrote the core.
    pub dumping: bool,
    /// Its whole stack, innermost first.
    pub frames: Vec<Frame>,
}

fn address<'r>(addr: Option<Address>) -> Cell<'r> {
    addr.map_or(Cell::Null, |addr| Cell::Address(addr.0))
}

impl Row for ThreadRow {
    const KEY: &'static str = "threads";
    const ONE: &'static str = "thread";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "tid",
            "thread",
            Unit::Id,
            |t| Cell::Signed(i64::from(t.tid)),
            "its id, as the kernel counts",
        ),
        Column::new(
            "goroutine",
            "goroutine",
            Unit::Id,
            |t| t.goroutine.map_or(Cell::Null, |id| count(Some(id))),
            "the goroutine that it ran",
        ),
        Column::new("pc", "pc", Unit::Address, |t| address(t.pc), "where it was"),
        Column::more("sp", Unit::Address, |t| address(t.sp), "its stack pointer"),
        Column::new(
            "function",
            "function",
            Unit::Text,
            |t| text(t.function.as_deref()),
            "the function in which it was",
        ),
        Column::more("m", Unit::Address, |t| address(t.m), "the M of the runtime"),
        Column::new(
            "dumping",
            "wrote the core",
            Unit::Flag,
            |t| Cell::Flag(t.dumping),
            "it wrote the core",
        ),
        Column::more(
            "frames",
            Unit::Tree,
            |t| tree(&t.frames, Cow::Owned(format!("{} frames", t.frames.len()))),
            "its whole stack, innermost first: **frames**",
        ),
    ];
}
