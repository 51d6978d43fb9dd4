//! What a sample of the scheduler consists of. Fields are named as the runtime prints them.

use crate::column::{Cell, Column, Row, Unit, count, tree};
use dumpview_model::sched::{Detail, G, Sample, g_status};
use serde::Serialize;

fn list(numbers: &[u64]) -> Cell<'_> {
    Cell::List(numbers.iter().map(|n| Cell::Count(*n)).collect())
}

fn detail<'r>(sample: &'r Sample, get: impl FnOnce(&'r Detail) -> Cell<'r>) -> Cell<'r> {
    sample.detail.as_deref().map_or(Cell::Absent, get)
}

/// A goroutine of `scheddetail=1`, with its status in words.
#[derive(Serialize)]
struct Goroutine<'a> {
    id: u64,
    status: u32,
    status_name: &'static str,
    reason: &'a str,
    m: Option<u64>,
    lockedm: Option<u64>,
}

fn goroutines(gs: &[G]) -> Vec<Goroutine<'_>> {
    gs.iter()
        .map(|g| Goroutine {
            id: g.id,
            status: g.status,
            status_name: g_status(g.status),
            reason: &g.reason,
            m: g.m,
            lockedm: g.lockedm,
        })
        .collect()
}

impl Row for Sample {
    const KEY: &'static str = "samples";
    const ONE: &'static str = "sample";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::more(
            "process",
            Unit::Id,
            |s| Cell::Count(u64::from(s.process.0)),
            "its process: the number that every verb on the log counts",
        ),
        Column::new(
            "line",
            "line",
            Unit::Id,
            |s| Cell::Count(s.place.line),
            "where it stands",
        ),
        Column::more(
            "offset",
            Unit::Id,
            |s| Cell::Count(s.place.offset),
            "where it stands, in bytes",
        ),
        Column::new(
            "millis",
            "time",
            Unit::Millis,
            |s| Cell::Count(s.millis),
            "since the first sample of its process",
        ),
        Column::new(
            "gomaxprocs",
            "Ps",
            Unit::Count,
            |s| count(Some(s.gomaxprocs)),
            "GOMAXPROCS",
        ),
        Column::new(
            "idleprocs",
            "idle Ps",
            Unit::Count,
            |s| count(Some(s.idleprocs)),
            "Ps with nothing to do",
        ),
        Column::new(
            "threads",
            "threads",
            Unit::Count,
            |s| count(Some(s.threads)),
            "threads, sysmon and blocked ones included",
        ),
        Column::more(
            "spinningthreads",
            Unit::Count,
            |s| count(s.spinningthreads),
            "threads looking for work",
        ),
        Column::more(
            "needspinning",
            Unit::Count,
            |s| count(s.needspinning),
            "1 when a thread should be looking for work; Go 1.20 and later",
        ),
        Column::new(
            "idlethreads",
            "idle threads",
            Unit::Count,
            |s| count(Some(s.idlethreads)),
            "threads with nothing to do",
        ),
        Column::new(
            "runqueue",
            "global queue",
            Unit::Count,
            |s| Cell::Count(s.runqueue),
            "goroutines in the global queue",
        ),
        Column::new(
            "runnable",
            "runnable",
            Unit::Count,
            |s| Cell::Count(s.runnable()),
            "goroutines in all queues together",
        ),
        Column::more(
            "local",
            Unit::Tree,
            |s| list(&s.local),
            "goroutines in the queue of each P",
        ),
        Column::more(
            "schedticks",
            Unit::Tree,
            |s| {
                if s.schedticks.is_empty() {
                    Cell::Absent
                } else {
                    list(&s.schedticks)
                }
            },
            "how often each P scheduled; where it is printed",
        ),
        Column::more(
            "pieces",
            Unit::Count,
            |s| count(Some(s.pieces)),
            "lines that it was put together from",
        ),
        Column::more(
            "goroutines",
            Unit::Count,
            |s| detail(s, |d| Cell::Count(d.gs.len() as u64)),
            "goroutines that were printed, with scheddetail=1",
        ),
        Column::more(
            "gcwaiting",
            Unit::Flag,
            |s| detail(s, |d| Cell::Flag(d.gcwaiting)),
            "the world is to stop; with scheddetail=1",
        ),
        Column::more(
            "nmidlelocked",
            Unit::Count,
            |s| detail(s, |d| Cell::Signed(i64::from(d.nmidlelocked))),
            "threads locked to a goroutine that wait for work; with scheddetail=1",
        ),
        Column::more(
            "stopwait",
            Unit::Count,
            |s| detail(s, |d| Cell::Signed(i64::from(d.stopwait))),
            "Ps still to stop; with scheddetail=1",
        ),
        Column::more(
            "sysmonwait",
            Unit::Flag,
            |s| detail(s, |d| Cell::Flag(d.sysmonwait)),
            "sysmon sleeps; with scheddetail=1",
        ),
        Column::more(
            "ps",
            Unit::Tree,
            |s| detail(s, |d| tree(&d.ps, "")),
            "`{id, status, schedtick, syscalltick, m, runqsize, gfreecnt, timerslen}` of each P; with scheddetail=1",
        ),
        Column::more(
            "ms",
            Unit::Tree,
            |s| detail(s, |d| tree(&d.ms, "")),
            "`{id, p, curg, mallocing, throwing, preemptoff, locks, dying, spinning, blocked, lockedg}` of each M; with scheddetail=1",
        ),
        Column::more(
            "gs",
            Unit::Tree,
            |s| detail(s, |d| tree(goroutines(&d.gs), "")),
            "`{id, status, status_name, reason, m, lockedm}` of each G; with scheddetail=1",
        ),
        Column::more(
            "left_out",
            Unit::Count,
            |s| detail(s, |d| Cell::Count(d.left_out)),
            "Ps, Ms and Gs that were too many to keep; with scheddetail=1",
        ),
    ];
}
