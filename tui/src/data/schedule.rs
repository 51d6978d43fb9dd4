//! What the scheduler did, and the columns of a sample.

use super::OfProcess;
use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_model::sched::{Process, Recent};
use dumpview_view::column::{Cell, Column, Row, Unit, count};
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
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new(
            "millis",
            "at",
            Unit::Millis,
            |s| Cell::Count(s.0.millis),
            "since the first sample of its process",
        ),
        Column::new(
            "gomaxprocs",
            "Ps",
            Unit::Count,
            |s| count(Some(s.0.gomaxprocs)),
            "GOMAXPROCS",
        ),
        Column::new(
            "idleprocs",
            "idle Ps",
            Unit::Count,
            |s| count(Some(s.0.idleprocs)),
            "Ps that had nothing to run",
        ),
        Column::new(
            "threads",
            "threads",
            Unit::Count,
            |s| count(Some(s.0.threads)),
            "threads of the runtime",
        ),
        Column::new(
            "spinningthreads",
            "spinning",
            Unit::Count,
            |s| count(s.0.spinningthreads),
            "threads that looked for work",
        ),
        Column::new(
            "idlethreads",
            "idle",
            Unit::Count,
            |s| count(Some(s.0.idlethreads)),
            "threads that slept",
        ),
        Column::new(
            "runqueue",
            "global",
            Unit::Count,
            |s| Cell::Count(s.0.runqueue),
            "goroutines in the global queue",
        ),
        Column::new(
            "local",
            "local",
            Unit::Tree,
            |s| Cell::List(s.0.local.iter().map(|n| Cell::Count(*n)).collect()),
            "goroutines in the queue of each P",
        ),
        Column::more(
            "line",
            Unit::Id,
            |s| Cell::Count(s.0.place.line),
            "its line in the input",
        ),
    ];
}
