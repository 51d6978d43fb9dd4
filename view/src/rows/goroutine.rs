//! What a list of goroutines can be sorted and filtered by. The document of `goroutines` has more: places with files and
//! lines apart, labels by key, frames.

use crate::column::{Cell, Column, Row, Unit, count, text};
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

impl Row for Goroutine {
    const KEY: &'static str = "goroutines";
    const ONE: &'static str = "goroutine";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("id", "goroutine", Unit::Id, |g| Cell::Count(g.id), "its id"),
        Column::new(
            "status",
            "status",
            Unit::Text,
            |g| Cell::Word(g.status.as_str()),
            "what it was doing",
        ),
        Column::new(
            "wait_reason",
            "waits for",
            Unit::Text,
            |g| text(g.wait_reason.as_deref()),
            "in the words of the runtime",
        ),
        Column::new(
            "waiting_ns",
            "waiting",
            Unit::Nanos,
            |g| g.waiting_ns.map_or(Cell::Null, Cell::Count),
            "for how long, at least; where the runtime recorded it",
        ),
        Column::more(
            "thread",
            Unit::Id,
            |g| {
                g.thread
                    .map_or(Cell::Null, |tid| Cell::Signed(i64::from(tid)))
            },
            "the thread that runs it",
        ),
        Column::more(
            "system",
            Unit::Flag,
            |g| Cell::Flag(g.system),
            "it belongs to the runtime",
        ),
        Column::more(
            "crashed",
            Unit::Flag,
            |g| Cell::Flag(g.crashed),
            "it is the one that died",
        ),
        Column::more(
            "locked_to_thread",
            Unit::Flag,
            |g| Cell::Flag(g.locked_to_thread),
            "it holds its thread",
        ),
        Column::more(
            "addr",
            Unit::Address,
            |g| g.addr.map_or(Cell::Null, |addr| Cell::Address(addr.0)),
            "address of its `g`",
        ),
        Column::more(
            "m",
            Unit::Id,
            |g| count(g.m),
            "the thread that runs it, by the number of the runtime; in tracebacks",
        ),
        Column::more(
            "waits_at",
            Unit::Address,
            |g| {
                g.waits_at
                    .map_or(Cell::Absent, |addr| Cell::Address(addr.0))
            },
            "the lock, WaitGroup or condition that it waits for; in tracebacks",
        ),
        Column::more(
            "bubble",
            Unit::Id,
            |g| count(g.bubble),
            "its synctest bubble; in tracebacks",
        ),
        Column::new(
            "location",
            "where",
            Unit::Text,
            |g| place(g.location.as_deref()),
            "its first user frame",
        ),
        Column::more(
            "created_by",
            Unit::Text,
            |g| place(g.created_by.as_ref().map(|creator| &*creator.place)),
            "who created it",
        ),
        Column::more(
            "start",
            Unit::Text,
            |g| place(g.start.as_deref()),
            "the function it started in",
        ),
        Column::more(
            "labels",
            Unit::Text,
            |g| {
                Cell::List(
                    g.labels
                        .iter()
                        .map(|(key, value)| Cell::Text(Cow::Owned(format!("{key}={value}"))))
                        .collect(),
                )
            },
            "profiler labels",
        ),
    ];
}
