//! What a list of goroutines can be sorted and filtered by, on the command line and, as far as the screens know it, there.
//! The document of `goroutines` has more: places with files and lines apart, labels by key, frames.

use crate::column::{Cell, Column, Row, count, text};
use crate::columns;
use dumpview_model::frame::Frame;
use dumpview_model::goroutine::{Goroutine, Goroutines, Place};
use std::borrow::Cow;
use std::sync::Arc;

/// A goroutine among others, with whom it may share its stack.
#[derive(Clone)]
pub struct GoroutineRow {
    /// All of them.
    pub all: Arc<Goroutines>,
    /// Which one, by its place among them.
    pub index: usize,
}

impl GoroutineRow {
    fn of<'r>(&'r self, cell: impl FnOnce(&'r Goroutine) -> Cell<'r>) -> Cell<'r> {
        self.all.list.get(self.index).map_or(Cell::Absent, cell)
    }

    /// Something of every call, innermost first.
    fn calls<'r>(&'r self, part: impl Fn(&'r Frame) -> Option<&'r str>) -> Cell<'r> {
        self.of(|g| {
            let frames = self.all.stacks.frames(g.stack);
            Cell::List(
                frames
                    .filter_map(part)
                    .map(|part| text(Some(part)))
                    .collect(),
            )
        })
    }
}

fn place(place: Option<&Place>) -> Cell<'_> {
    let Some(place) = place else {
        return Cell::Null;
    };
    Cell::Text(match (&place.file, place.line) {
        (Some(file), Some(line)) => Cow::Owned(format!("{} {file}:{line}", place.function)),
        _ => Cow::Borrowed(place.function.as_str()),
    })
}

fn labels(goroutine: &Goroutine) -> Cell<'_> {
    let labels = goroutine.labels.iter();
    Cell::List(
        labels
            .map(|(key, value)| Cell::Text(Cow::Owned(format!("{key}={value}"))))
            .collect(),
    )
}

impl Row for GoroutineRow {
    const KEY: &'static str = "goroutines";
    const ONE: &'static str = "goroutine";
    const COLUMNS: &'static [Column<Self>] = columns! {
        id: "goroutine" Id, |r| r.of(|g| Cell::Count(g.id)), "its id";
        status: "status" Text, |r| r.of(|g| Cell::Word(g.status.as_str())), "what it was doing";
        state: Text, |r| r.of(|g| Cell::Text(Cow::Owned(g.state()))), "the same, or what it waits for, in the words of a traceback";
        wait_reason: "waits for" Text.or_null(), |r| r.of(|g| text(g.wait_reason.as_deref())), "in the words of the runtime";
        waiting_ns: "waiting" Nanos.or_null(), |r| r.of(|g| g.waiting_ns.map_or(Cell::Null, Cell::Count)), "for how long, at least; where the runtime recorded it";
        thread: Id.or_null(), |r| r.of(|g| g.thread.map_or(Cell::Null, |tid| Cell::Signed(i64::from(tid)))), "the thread that runs it";
        system: Flag, |r| r.of(|g| Cell::Flag(g.system)), "it belongs to the runtime";
        crashed: Flag, |r| r.of(|g| Cell::Flag(g.crashed)), "it is the one that died";
        locked_to_thread: Flag, |r| r.of(|g| Cell::Flag(g.locked_to_thread)), "it holds its thread";
        addr: Address.or_null(), |r| r.of(|g| g.addr.map_or(Cell::Null, |addr| Cell::Address(addr.0))), "address of its `g`";
        m: Id, |r| r.of(|g| count(g.m)), "the thread that runs it, by the number of the runtime; in tracebacks";
        waits_at: Address, |r| r.of(|g| g.waits_at.map_or(Cell::Absent, |addr| Cell::Address(addr.0))), "the lock, WaitGroup or condition that it waits for; in tracebacks, and of a core where one of the next two is asked for";
        waits_on: "waits on" Text, |r| r.of(|g| g.waits_on.as_ref().map_or(Cell::Absent, |(what, _)| Cell::Text(Cow::Borrowed(what)))), "what that is, as `waits` calls it; of a core, where a column, a filter or an order names this";
        held_by: "held by" Id, |r| r.of(|g| count(g.waits_on.as_ref().and_then(|(_, by)| *by))), "the goroutine that could end the wait, the surest one; of a core, where a column, a filter or an order names this";
        bubble: Id, |r| r.of(|g| count(g.bubble)), "its synctest bubble; in tracebacks";
        location: "where" Text.or_null(), |r| r.of(|g| place(g.location.as_deref())), "its first user frame";
        created_by: Text.or_null(), |r| r.of(|g| place(g.created_by.as_ref().map(|creator| &*creator.place))), "who created it";
        start: Text.or_null(), |r| r.of(|g| place(g.start.as_deref())), "the function it started in";
        labels: Text.of::<Vec<String>>(), |r| r.of(labels), "profiler labels";
        function: Text.of::<Vec<String>>(), |r| r.calls(|frame| Some(&*frame.function)), "the functions of its calls, innermost first";
        file: Text.of::<Vec<String>>(), |r| r.calls(|frame| frame.file.as_deref()), "the files of its calls, innermost first";
    };
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("wait", "wait_reason"),
        ("waiting", "waiting_ns"),
        ("fn", "function"),
        ("created", "created_by"),
        ("label", "labels"),
    ];
    const KEYED: &'static [&'static str] = &["labels"];
}
