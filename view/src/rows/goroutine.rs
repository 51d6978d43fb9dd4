//! What a list of goroutines can be sorted and filtered by. The document of `goroutines` has more: places with files and
//! lines apart, labels by key, frames.

use crate::column::{Cell, Column, Row, count, text};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::goroutine::{Goroutine, Place};
use std::borrow::Cow;

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

impl Documented for Goroutine {
    const ALL: &'static str = "Goroutines by id.";
    const ABOUT: &'static str = "A goroutine as lists show it.";
}

impl Row for Goroutine {
    const KEY: &'static str = "goroutines";
    const ONE: &'static str = "goroutine";
    const COLUMNS: &'static [Column<Self>] = columns! {
        id: "goroutine" Id, |g| Cell::Count(g.id), "its id";
        status: "status" Text, |g| Cell::Word(g.status.as_str()), "what it was doing";
        wait_reason: "waits for" Text.or_null(), |g| text(g.wait_reason.as_deref()), "in the words of the runtime";
        waiting_ns: "waiting" Nanos.or_null(), |g| g.waiting_ns.map_or(Cell::Null, Cell::Count), "for how long, at least; where the runtime recorded it";
        thread: Id.or_null(), |g| { g.thread.map_or(Cell::Null, |tid| Cell::Signed(i64::from(tid))) }, "the thread that runs it";
        system: Flag, |g| Cell::Flag(g.system), "it belongs to the runtime";
        crashed: Flag, |g| Cell::Flag(g.crashed), "it is the one that died";
        locked_to_thread: Flag, |g| Cell::Flag(g.locked_to_thread), "it holds its thread";
        addr: Address.or_null(), |g| g.addr.map_or(Cell::Null, |addr| Cell::Address(addr.0)), "address of its `g`";
        m: Id, |g| count(g.m), "the thread that runs it, by the number of the runtime; in tracebacks";
        waits_at: Address, |g| g.waits_at.map_or(Cell::Absent, |addr| Cell::Address(addr.0)), "the lock, WaitGroup or condition that it waits for; in tracebacks";
        bubble: Id, |g| count(g.bubble), "its synctest bubble; in tracebacks";
        location: "where" Text.or_null(), |g| place(g.location.as_deref()), "its first user frame";
        created_by: Text.or_null(), |g| place(g.created_by.as_ref().map(|creator| &*creator.place)), "who created it";
        start: Text.or_null(), |g| place(g.start.as_deref()), "the function it started in";
        labels: Text.of::<Vec<String>>(), labels, "profiler labels";
    };
}
