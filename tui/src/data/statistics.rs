//! What a log says of memory: snapshots of `runtime.MemStats`, and allocations that were traced.

use super::OfProcess;
use crate::ask::Topic;
use dumpview_model::alloc::{By, Totals};
use dumpview_model::finding::Finding;
use dumpview_view::rows::{Allocation, MemorySnapshot};
use std::sync::Arc;

/// The memory statistics of a process, as far as the input has been read.
#[derive(Clone)]
pub struct Statistics {
    /// In order of appearance.
    pub snapshots: Arc<[MemorySnapshot]>,
    /// How many were printed; of many not all are kept.
    pub count: u64,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
}

/// Asks for memory statistics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskStatistics {
    /// Of which process, by its place in the list.
    pub process: usize,
}

impl Topic for AskStatistics {
    type Answer = OfProcess<Statistics>;
}

/// What a process allocated, as far as the input has been read.
#[derive(Clone)]
pub struct Allocations {
    /// Sums, most bytes first.
    pub rows: Arc<[Allocation]>,
    /// What they are made by.
    pub by: By,
    /// The sum of all.
    pub all: Totals,
    /// By size class, the smallest first.
    pub sizes: Vec<(u64, Totals)>,
    /// Collections of the collector.
    pub collections: u32,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
}

/// Asks for allocations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskAllocations {
    /// Of which process, by its place in the list.
    pub process: usize,
    /// What sums are made by.
    pub by: By,
}

impl Topic for AskAllocations {
    type Answer = OfProcess<Allocations>;
}
