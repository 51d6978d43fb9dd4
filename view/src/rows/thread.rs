//! An OS thread of a core.

use crate::column::{Cell, Column, Row, count, text, tree};
use crate::columns;
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
    const COLUMNS: &'static [Column<Self>] = columns! {
        tid: "thread" Id, |t| Cell::Signed(i64::from(t.tid)), "its id, as the kernel counts";
        goroutine: "goroutine" Id.or_null(), |t| t.goroutine.map_or(Cell::Null, |id| count(Some(id))), "the goroutine that it ran";
        pc: "pc" Address.or_null(), |t| address(t.pc), "where it was";
        sp: Address.or_null(), |t| address(t.sp), "its stack pointer";
        function: "function" Text.or_null(), |t| text(t.function.as_deref()), "the function in which it was";
        m: Address.or_null(), |t| address(t.m), "the M of the runtime";
        dumping: "wrote the core" Flag, |t| Cell::Flag(t.dumping), "it wrote the core";
        frames: Tree.of::<Vec<Frame>>(), |t| tree(&t.frames, Cow::Owned(format!("{} frames", t.frames.len()))), "its whole stack, innermost first: signal handler, system stack, goroutine";
    };
}
