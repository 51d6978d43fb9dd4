//! What the scheduler did, and the columns of a sample.

use super::OfProcess;
use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_model::sched::{Process, Recent};
use dumpview_view::column::{Cell, Column, Row, count};
use dumpview_view::columns;
use std::sync::Arc;

/// What the scheduler did in a process, as far as the input has been read.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its samples, added up, and the last of them.
    pub run: Arc<Process>,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
}

/// Asks for the scheduler's samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskSchedule {
    /// Of which process, by its place in the list.
    pub process: usize,
}

impl Topic for AskSchedule {
    type Answer = OfProcess<Schedule>;
}

/// A sample of the scheduler in a table.
#[derive(Clone, Debug)]
pub struct Sample(pub Recent);

impl Row for Sample {
    const KEY: &'static str = "samples";
    const ONE: &'static str = "sample";
    const COLUMNS: &'static [Column<Self>] = columns! {
        millis: "at" Millis, |s| Cell::Count(s.0.millis), "since the first sample of its process";
        gomaxprocs: "Ps" Count, |s| count(Some(s.0.gomaxprocs)), "GOMAXPROCS";
        idleprocs: "idle Ps" Count, |s| count(Some(s.0.idleprocs)), "Ps that had nothing to run";
        threads: "threads" Count, |s| count(Some(s.0.threads)), "threads of the runtime";
        spinningthreads: "spinning" Count, |s| count(s.0.spinningthreads), "threads that looked for work";
        idlethreads: "idle" Count, |s| count(Some(s.0.idlethreads)), "threads that slept";
        runqueue: "global" Count, |s| Cell::Count(s.0.runqueue), "goroutines in the global queue";
        local: "local" Tree, |s| Cell::List(s.0.local.iter().map(|n| Cell::Count(*n)).collect()), "goroutines in the queue of each P";
        line: Id, |s| Cell::Count(s.0.place.line), "its line in the input";
    };
}
