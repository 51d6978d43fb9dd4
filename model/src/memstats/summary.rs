//! What the snapshots of a process come to, as JSON has it.

use super::{Collector, Difference, Parts, PauseFigures, Process, Snapshot, elapsed, figures};
use crate::log::ProcessId;
use schemars::JsonSchema;
use serde::Serialize;

/// What the snapshots of a process come to.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "memstats-process")]
pub struct Summary {
    /// Its number, which every verb on that log counts.
    pub process: ProcessId,
    /// What the prefix of its lines calls it; empty without one.
    pub origin: String,
    /// Snapshots counted.
    pub snapshots: u64,
    /// Only one in so many is in the list.
    pub one_kept_in: u64,
    /// From the first snapshot to the last, in nanoseconds; null when no time is known.
    pub elapsed_ns: Option<u64>,
    /// What Sys of the last snapshot is made of; null when it was not printed.
    pub sys: Option<Parts>,
    /// The pauses of the last snapshot; null when none were printed.
    pub pauses: Option<PauseFigures>,
    /// What differs between the first snapshot and the last.
    pub differences: Vec<Difference>,
}

/// What all snapshots come to.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "memstats-summary")]
pub struct Sums {
    /// Every process of the inputs. A process is told from the one before by counters that fell.
    pub processes: Vec<Summary>,
    /// Snapshots of processes that were too many to keep.
    pub dropped: u64,
}

impl Collector {
    /// What all snapshots come to.
    pub fn sums(&self) -> Sums {
        Sums {
            processes: self.processes().map(Process::summary).collect(),
            dropped: self.dropped,
        }
    }
}

impl Process {
    /// What its snapshots come to.
    pub fn summary(&self) -> Summary {
        let (first, last) = (self.snapshots.first(), self.snapshots.last());
        Summary {
            process: self.id,
            origin: self.origin.clone(),
            snapshots: self.count,
            one_kept_in: self.stride,
            elapsed_ns: first
                .zip(last)
                .and_then(|(first, last)| elapsed(first, last)),
            sys: last.and_then(Snapshot::parts),
            pauses: last.and_then(|last| figures(&last.pauses())),
            differences: self.differences(),
        }
    }
}
