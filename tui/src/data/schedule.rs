//! What the scheduler did.

use super::OfProcess;
use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_model::sched::Process;
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
