//! What a sample of the scheduler consists of. Fields are named as the runtime prints them.

use crate::column::{Cell, Column, Row, count, tree};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::sched::{Detail, G, M, P, Sample, g_status};
use schemars::JsonSchema;
use serde::Serialize;

fn list(numbers: &[u64]) -> Cell<'_> {
    Cell::List(numbers.iter().map(|n| Cell::Count(*n)).collect())
}

fn detail<'r>(sample: &'r Sample, get: impl FnOnce(&'r Detail) -> Cell<'r>) -> Cell<'r> {
    sample.detail.as_deref().map_or(Cell::Absent, get)
}

/// A G (a goroutine) of a sample with scheddetail=1, as printed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sched-g")]
struct Goroutine<'a> {
    /// Its id.
    id: u64,
    /// Its status, as printed.
    status: u32,
    /// The same in the runtime's word.
    status_name: &'static str,
    /// What it waits for, in the runtime's words; empty when it does not.
    reason: &'a str,
    /// Its thread, by the number of the runtime; null for none.
    m: Option<u64>,
    /// The thread it is locked to; null for none.
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

impl Documented for Sample {
    const ALL: &'static str = "Every sample, as it came; with `--at` that one only.";
    const ABOUT: &'static str =
        "A sample of the scheduler. Numbers are named as the runtime prints them.";
}

impl Row for Sample {
    const KEY: &'static str = "samples";
    const ONE: &'static str = "sample";
    const COLUMNS: &'static [Column<Self>] = columns! {
        process: Id, |s| Cell::Count(u64::from(s.process.0)), "its process: the number that every verb on the log counts";
        line: "line" Id, |s| Cell::Count(s.place.line), "where it stands";
        offset: Id, |s| Cell::Count(s.place.offset), "where it stands, in bytes";
        millis: "time" Millis, |s| Cell::Count(s.millis), "since the first sample of its process";
        gomaxprocs: "Ps" Count, |s| count(Some(s.gomaxprocs)), "GOMAXPROCS";
        idleprocs: "idle Ps" Count, |s| count(Some(s.idleprocs)), "Ps with nothing to do";
        threads: "threads" Count, |s| count(Some(s.threads)), "threads, sysmon and blocked ones included";
        spinningthreads: "spinning" Count.asked(), |s| count(s.spinningthreads), "threads looking for work";
        needspinning: Count, |s| count(s.needspinning), "1 when a thread should be looking for work; Go 1.20 and later";
        idlethreads: "idle threads" Count, |s| count(Some(s.idlethreads)), "threads with nothing to do";
        runqueue: "global" Count, |s| Cell::Count(s.runqueue), "goroutines in the global queue";
        runnable: "runnable" Count, |s| Cell::Count(s.runnable()), "goroutines in all queues together";
        local: "local" Tree.asked().of::<Vec<u64>>(), |s| list(&s.local), "goroutines in the queue of each P";
        schedticks: Tree.of::<Vec<u64>>(), |s| if s.schedticks.is_empty() { Cell::Absent } else { list(&s.schedticks) }, "how often each P scheduled; absent where it is not printed";
        pieces: Count, |s| count(Some(s.pieces)), "lines that it was put together from";
        goroutines: Count, |s| detail(s, |d| Cell::Count(d.gs.len() as u64)), "goroutines that were printed, with scheddetail=1";
        gcwaiting: Flag, |s| detail(s, |d| Cell::Flag(d.gcwaiting)), "the world is to stop; with scheddetail=1";
        nmidlelocked: Count, |s| detail(s, |d| Cell::Signed(i64::from(d.nmidlelocked))), "threads locked to a goroutine that wait for work; with scheddetail=1";
        stopwait: Count, |s| detail(s, |d| Cell::Signed(i64::from(d.stopwait))), "Ps still to stop; with scheddetail=1";
        sysmonwait: Flag, |s| detail(s, |d| Cell::Flag(d.sysmonwait)), "sysmon sleeps; with scheddetail=1";
        ps: Tree.of::<Vec<P>>(), |s| detail(s, |d| tree(&d.ps, "")), "each P; with scheddetail=1";
        ms: Tree.of::<Vec<M>>(), |s| detail(s, |d| tree(&d.ms, "")), "each M; with scheddetail=1";
        gs: Tree.of::<Vec<Goroutine<'static>>>(), |s| detail(s, |d| tree(goroutines(&d.gs), "")), "each G; with scheddetail=1";
        left_out: Count, |s| detail(s, |d| Cell::Count(d.left_out)), "Ps, Ms and Gs that were too many to keep; with scheddetail=1";
    };
}
