//! Records to processes, in memory that does not grow with the log.

use super::Snapshot;
use crate::log::{COUNTERS, ProcessId, Whose, fallen};
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::memstats::{self, Field};
use std::sync::Arc;

/// Formats of memory statistics.
pub const FORMATS: [&str; 1] = ["memstats"];

/// At most so many snapshots of a process are kept: every one, then every second, fourth, …, and always the last.
pub const MOST: usize = 4096;
/// Snapshots of further processes are counted and left out.
const MOST_PROCESSES: usize = 256;

/// The snapshots of one process.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Its number in the log; of several logs, in the first that it printed to.
    pub id: ProcessId,
    /// Who printed them, by the prefix; empty without one.
    pub origin: String,
    /// In order of appearance; the first and the last are always there.
    pub snapshots: Vec<Snapshot>,
    /// How many there were.
    pub count: u64,
    /// One of so many was kept.
    pub stride: u64,
    /// Its counters began anew where those of the process before stood higher: a restart, or another process.
    pub fell: Option<Field>,
}

impl Process {
    /// The counter of a later snapshot that stands lower than in the last one here.
    fn fell_at(&self, after: &Snapshot) -> Option<Field> {
        let counters = |of: &Snapshot| COUNTERS.map(|field| of.integer(field));
        fallen(&counters(self.snapshots.last()?), &counters(after))
    }

    /// Whether it was printed to a later input than the other one.
    fn comes_after(&self, other: &Self) -> bool {
        let source = |of: Option<&Snapshot>| of.map(|snapshot| snapshot.source);
        source(self.snapshots.first()) > source(other.snapshots.last())
    }

    fn add(&mut self, snapshot: Snapshot) {
        // The last one is replaced unless its turn to stay had come.
        let last_stays = self.count == 0 || (self.count - 1).is_multiple_of(self.stride.max(1));
        if !last_stays {
            self.snapshots.pop();
        }
        self.snapshots.push(snapshot);
        self.stride = self.stride.max(1);
        self.count += 1;
        if self.snapshots.len() > MOST {
            let mut index = 0usize;
            self.snapshots.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
    }
}

/// Puts snapshots to processes.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    /// Those of the input that is being read.
    open: Vec<(Origin, Arc<Process>)>,
    /// The processes of the inputs that have ended, in order of appearance.
    ended: Vec<Arc<Process>>,
    /// Snapshots of processes beyond the first 256.
    pub dropped: u64,
}

impl Collector {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what concerns memory statistics; `source` is the number of the input, from 0.
    pub fn record(&mut self, source: usize, record: &Record<'_>, whose: Whose) {
        let Kind::MemStats(memstats::Record::Snapshot(printed)) = record.kind else {
            return;
        };
        let snapshot = Snapshot::new(source, record.place, record.stamp, printed);
        let id = whose.process;
        if let Some((_, process)) = self.open.iter_mut().rev().find(|(_, of)| of.id == id) {
            Arc::make_mut(process).add(snapshot);
            return;
        }
        if self.ended.len() + self.open.len() >= MOST_PROCESSES {
            self.dropped += 1;
            return;
        }
        let before = self.open.iter().rev().find(|(of, _)| *of == record.origin);
        let mut process = Process {
            id,
            fell: before.and_then(|(_, before)| before.fell_at(&snapshot)),
            ..Process::default()
        };
        process.add(snapshot);
        self.open.push((record.origin, Arc::new(process)));
    }

    /// An input has ended. Its origins get the names that its prefixes gave them, and what the same origin printed
    /// in inputs before goes on with it.
    pub fn end(&mut self, name: impl Fn(Origin) -> String) {
        for (origin, mut ended) in std::mem::take(&mut self.open) {
            let process = Arc::make_mut(&mut ended);
            process.origin = name(origin);
            let before = self
                .ended
                .iter_mut()
                .rev()
                .find(|before| before.origin == process.origin)
                .filter(|_| process.fell.is_none());
            let Some(before) = before else {
                self.ended.push(ended);
                continue;
            };
            let first = process.snapshots.first();
            process.fell = first.and_then(|first| before.fell_at(first));
            if process.fell.is_some() || !process.comes_after(before) {
                self.ended.push(ended);
                continue;
            }
            let before = Arc::make_mut(before);
            for snapshot in std::mem::take(&mut process.snapshots) {
                before.add(snapshot);
            }
        }
    }

    /// The processes, in order of appearance.
    pub fn processes(&self) -> impl ExactSizeIterator<Item = &Process> {
        let all: Vec<&Process> = self
            .ended
            .iter()
            .chain(self.open.iter().map(|(_, process)| process))
            .map(Arc::as_ref)
            .collect();
        all.into_iter()
    }

    /// A process, when it printed memory statistics.
    pub fn get(&self, id: ProcessId) -> Option<&Process> {
        self.processes().find(|process| process.id == id)
    }
}
