//! The processes that a collector keeps, by how much each printed.

use super::ProcessId;
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;
use std::sync::Arc;

/// What a collector knows of one process.
pub trait OfProcess {
    /// What its records come to.
    type Summary;

    /// Which process it is.
    fn id(&self) -> ProcessId;

    /// How many records it printed.
    fn records(&self) -> u64;

    /// What its records come to.
    fn summary(&self) -> Self::Summary;
}

/// What the records of all processes come to.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Sums<S> {
    /// The process with the most of them; null when there is none.
    pub summary: Option<S>,
    /// Every process of the stream, the one with the most first, at most 64.
    pub processes: Vec<S>,
}

/// The processes, the one with the most records first.
pub fn ranked<P: OfProcess>(all: &[Arc<P>]) -> Vec<&P> {
    let mut processes: Vec<&P> = all.iter().map(Arc::as_ref).collect();
    processes.sort_by_key(|of| (Reverse(of.records()), of.id()));
    processes
}

/// The process with the most records.
pub fn main<P: OfProcess>(all: &[Arc<P>]) -> Option<&Arc<P>> {
    all.iter().min_by_key(|of| (Reverse(of.records()), of.id()))
}

/// The process of this number.
pub fn get<P: OfProcess>(all: &[Arc<P>], id: ProcessId) -> Option<&Arc<P>> {
    all.iter().find(|of| of.id() == id)
}

/// What all of them come to.
pub fn sums<P: OfProcess>(all: &[Arc<P>]) -> Sums<P::Summary> {
    Sums {
        summary: main(all).map(|of| of.summary()),
        processes: ranked(all).into_iter().map(P::summary).collect(),
    }
}
