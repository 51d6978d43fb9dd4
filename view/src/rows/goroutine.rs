//! What a list of goroutines can be sorted and filtered by. The document of `goroutines` has more: places with files and
//! lines apart, labels by key, frames.

use crate::column::{Cell, Column, Row, Unit, count, text};
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

impl Documented for Goroutine {
    const ALL: &'static str = "Goroutines by id.";
    const ABOUT: &'static str = "A goroutine as lists show it.";
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
            |g: &Self| text(g.wait_reason.as_deref()),
            "in the words of the runtime",
        )
        .or_null(),
        Column::new(
            "waiting_ns",
            "waiting",
            Unit::Nanos,
            |g: &Self| g.waiting_ns.map_or(Cell::Null, Cell::Count),
            "for how long, at least; where the runtime recorded it",
        )
        .or_null(),
        Column::more(
            "thread",
            Unit::Id,
            |g: &Self| {
                g.thread
                    .map_or(Cell::Null, |tid| Cell::Signed(i64::from(tid)))
            },
            "the thread that runs it",
        )
        .or_null(),
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
            |g: &Self| g.addr.map_or(Cell::Null, |addr| Cell::Address(addr.0)),
            "address of its `g`",
        )
        .or_null(),
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
            |g: &Self| place(g.location.as_deref()),
            "its first user frame",
        )
        .or_null(),
        Column::more(
            "created_by",
            Unit::Text,
            |g: &Self| place(g.created_by.as_ref().map(|creator| &*creator.place)),
            "who created it",
        )
        .or_null(),
        Column::more(
            "start",
            Unit::Text,
            |g: &Self| place(g.start.as_deref()),
            "the function it started in",
        )
        .or_null(),
        Column::more(
            "labels",
            Unit::Text,
            |g: &Self| {
                Cell::List(
                    g.labels
                        .iter()
                        .map(|(key, value)| Cell::Text(Cow::Owned(format!("{key}={value}"))))
                        .collect(),
                )
            },
            "profiler labels",
        )
        .of::<Vec<String>>(),
    ];
}
