//! Records to processes, in memory that does not grow with the log.

use super::Snapshot;
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::memstats::{self, Field};

/// At most so many snapshots of a process are kept: every one, then every second, fourth, …, and always the last.
pub const MOST: usize = 4096;
/// At most so many processes.
const MOST_RUNS: usize = 256;
/// At most so many unreadable lines are kept; all are counted.
const MOST_LINES: usize = 100;

/// The snapshots of one process.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Who printed them, by the prefix; empty without one.
    pub origin: String,
    /// In order of appearance; the first and the last are always there.
    pub snapshots: Vec<Snapshot>,
    /// How many there were.
    pub count: u64,
    /// One of so many was kept.
    pub stride: u64,
    /// Its counters began anew where those of the run before stood higher: a restart, or another process.
    pub fell: Option<Field>,
}

impl Run {
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

/// A line that looked like memory statistics and could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unrecognized {
    /// Which input, from 0.
    pub source: usize,
    /// Its line.
    pub line: u64,
    /// Its head.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Puts snapshots to processes.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    /// Those of the input that is being read.
    open: Vec<(Origin, Run)>,
    /// The processes of the inputs that have ended, in order of appearance.
    pub runs: Vec<Run>,
    /// The first unreadable lines.
    pub unrecognized: Vec<Unrecognized>,
    /// How many there were.
    pub unrecognized_count: u64,
    /// Snapshots of processes beyond the first 256.
    pub dropped: u64,
}

/// What only rises in a process.
const COUNTERS: [Field; 6] = [
    Field::TotalAlloc,
    Field::Mallocs,
    Field::Frees,
    Field::NumGC,
    Field::NumForcedGC,
    Field::PauseTotalNs,
];

impl Collector {
    /// Takes what concerns memory statistics.
    pub fn record(&mut self, source: usize, record: &Record<'_>) {
        match record.kind {
            Kind::MemStats(memstats::Record::Snapshot(printed)) => {
                let snapshot = Snapshot::new(source, record.place, record.stamp, printed);
                self.snapshot(snapshot, record.origin);
            }
            Kind::Unreadable(lost) if lost.format == "memstats" => {
                self.unrecognized_count += 1;
                if self.unrecognized.len() < MOST_LINES {
                    let head = lost.text.get(..200).unwrap_or(lost.text);
                    self.unrecognized.push(Unrecognized {
                        source,
                        line: record.place.line,
                        text: String::from_utf8_lossy(head).into_owned(),
                        why: lost.why,
                    });
                }
            }
            _ => {}
        }
    }

    /// An input has ended. Its origins get the names that its prefixes gave them, and what the same origin printed
    /// in inputs before goes on with it.
    pub fn end(&mut self, name: impl Fn(Origin) -> String) {
        for (origin, mut run) in std::mem::take(&mut self.open) {
            run.origin = name(origin);
            let before = self
                .runs
                .iter_mut()
                .rev()
                .find(|before| before.origin == run.origin)
                .filter(|_| run.fell.is_none());
            let Some(before) = before else {
                self.runs.push(run);
                continue;
            };
            let last = before.snapshots.last();
            run.fell = last
                .zip(run.snapshots.first())
                .and_then(|(last, first)| fallen(last, first));
            if run.fell.is_some() {
                self.runs.push(run);
                continue;
            }
            for snapshot in run.snapshots {
                before.add(snapshot);
            }
        }
    }

    fn snapshot(&mut self, snapshot: Snapshot, origin: Origin) {
        let full = self.runs.len() + self.open.len() >= MOST_RUNS;
        let run = self.open.iter_mut().rev().find(|(of, _)| *of == origin);
        let fell = run
            .as_ref()
            .and_then(|(_, run)| fallen(run.snapshots.last()?, &snapshot));
        match run {
            Some((_, run)) if fell.is_none() => run.add(snapshot),
            _ if full => self.dropped += 1,
            _ => {
                let mut run = Run {
                    fell,
                    ..Run::default()
                };
                run.add(snapshot);
                self.open.push((origin, run));
            }
        }
    }
}

/// A counter that stands lower than before.
fn fallen(before: &Snapshot, after: &Snapshot) -> Option<Field> {
    COUNTERS.into_iter().find(|field| {
        matches!(
            (before.integer(*field), after.integer(*field)),
            (Some(before), Some(after)) if after < before
        )
    })
}
