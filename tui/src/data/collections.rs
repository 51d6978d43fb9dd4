//! What the collector did.

use super::OfProcess;
use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_model::gc::Process;
use std::sync::Arc;

/// What the collector did in a process, as far as the input has been read.
#[derive(Clone, Debug)]
pub struct Collections {
    /// Its cycles, added up, and the last of them.
    pub run: Arc<Process>,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
}

/// The collector's screen as a whole.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    /// The cycles of a process.
    pub of: OfProcess<Collections>,
    /// The application's last lines.
    pub other: Vec<String>,
    /// Lines that looked like a trace and could not be read.
    pub unread: u64,
}

/// Asks for the collector's runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskCollections {
    /// Of which process, by its place in the list.
    pub process: usize,
}

impl Topic for AskCollections {
    type Answer = Collector;
}
