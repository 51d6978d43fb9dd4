//! An OS thread of a core.

use crate::column::{Cell, Column, Row, Unit, count, text, tree};
use crate::schema::Documented;
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

impl Documented for ThreadRow {
    const ALL: &'static str = "OS threads in the core's order.";
    const ABOUT: &'static str = "An OS thread of a core.";
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
            |t: &Self| t.goroutine.map_or(Cell::Null, |id| count(Some(id))),
            "the goroutine that it ran",
        )
        .or_null(),
        Column::new(
            "pc",
            "pc",
            Unit::Address,
            |t: &Self| address(t.pc),
            "where it was",
        )
        .or_null(),
        Column::more(
            "sp",
            Unit::Address,
            |t: &Self| address(t.sp),
            "its stack pointer",
        )
        .or_null(),
        Column::new(
            "function",
            "function",
            Unit::Text,
            |t: &Self| text(t.function.as_deref()),
            "the function in which it was",
        )
        .or_null(),
        Column::more(
            "m",
            Unit::Address,
            |t: &Self| address(t.m),
            "the M of the runtime",
        )
        .or_null(),
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
            |t: &Self| tree(&t.frames, Cow::Owned(format!("{} frames", t.frames.len()))),
            "its whole stack, innermost first: signal handler, system stack, goroutine",
        )
        .of::<Vec<Frame>>(),
    ];
}
