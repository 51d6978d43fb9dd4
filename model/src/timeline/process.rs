//! One process as one input tells of it: its events, and what its own lines say about how its clocks relate.

use super::event::{self, signed};
use super::{Bounds, Event, Kept, Lane, Since, WallFit, What};
use crate::log::ProcessId;
use crate::memstats::Snapshot;
use dumpview_parsers::gctrace::Cycle;
use dumpview_parsers::log::{Record, Stamp};
use dumpview_parsers::memstats::Field;
use std::collections::{BTreeMap, VecDeque};

/// So many events of a lane are kept before it is thinned.
const MOST_EVENTS: usize = 1 << 16;

/// So many collections are remembered to recognise the same process elsewhere; a core remembers the last 256.
const MOST_MARKS: usize = 512;

/// How closely times that two sources give for one collection agree when they are of one process: the runtime reads
/// its clocks one after the other.
pub(super) const SLACK: i64 = 1_000_000;

/// A collection, to recognise its process by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Its number.
    pub number: u64,
    /// When it began, since the process started.
    pub start: Bounds,
    /// When it ended.
    pub end: Bounds,
}

/// The first and the last collections of a process.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    first: Vec<Mark>,
    last: VecDeque<Mark>,
}

impl Marks {
    fn add(&mut self, mark: Mark) {
        if self.first.len() < MOST_MARKS {
            self.first.push(mark);
            return;
        }
        if self.last.len() == MOST_MARKS {
            self.last.pop_front();
        }
        self.last.push_back(mark);
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Mark> {
        self.first.iter().chain(&self.last)
    }

    /// By number.
    pub fn get(&self, number: u64) -> Option<&Mark> {
        self.iter().find(|mark| mark.number == number)
    }
}

/// One process in one input.
#[derive(Clone, Debug)]
pub struct Process {
    /// The input, by its number.
    pub source: usize,
    /// What the prefix of its lines calls it; empty without one.
    pub origin: String,
    /// Its number in the input.
    pub number: ProcessId,
    /// Its events, by lane.
    pub lanes: BTreeMap<Lane, Kept>,
    /// Collections to recognise it by.
    pub marks: Marks,
    /// Its start by the wall clock, from stamps.
    pub wall: WallFit,
    /// Its start by the wall clock as a core has it.
    pub core_start: Option<Bounds>,
    /// Ends of collections by the wall clock, as a core has them: number, nanoseconds since 1970.
    pub unix_ends: Vec<(u64, i64)>,
    /// The first sample of the scheduler, since the process started: `schedtrace` counts from there.
    sched: SchedClock,
    /// When something was last written, since the process started.
    written: Option<Bounds>,
}

/// Where the scheduler's clock begins on the process's: at its first sample, before main runs. Samples between
/// collections of the same process bound it.
#[derive(Clone, Copy, Debug)]
struct SchedClock {
    lo: i64,
    hi: i64,
    /// A sample that no collection followed yet.
    pending: Option<i64>,
    samples: u64,
}

impl Default for SchedClock {
    fn default() -> Self {
        Self {
            lo: 0,
            hi: i64::MAX,
            pending: None,
            samples: 0,
        }
    }
}

/// Without a collection to bound it, the first sample is taken to be within this of the start: sysmon's first
/// round, some tens of microseconds to milliseconds after the runtime's first instruction.
const SCHED_LATE: i64 = 20_000_000;

impl SchedClock {
    fn bounds(self) -> Bounds {
        let hi = self.hi.min(self.lo.saturating_add(SCHED_LATE));
        Bounds::between(self.lo.min(hi), hi)
    }
}

impl Process {
    /// One without events.
    pub fn new(source: usize, origin: String, number: ProcessId) -> Self {
        Self {
            source,
            origin,
            number,
            lanes: BTreeMap::new(),
            marks: Marks::default(),
            wall: WallFit::default(),
            core_start: None,
            unix_ends: Vec::new(),
            sched: SchedClock::default(),
            written: None,
        }
    }

    fn lane(&mut self, lane: Lane) -> &mut Kept {
        self.lanes
            .entry(lane)
            .or_insert_with(|| Kept::new(MOST_EVENTS))
    }

    /// Adds an event, made only when its lane keeps it.
    pub fn add(&mut self, lane: Lane, make: impl FnOnce() -> Event) {
        let kept = self.lane(lane);
        if kept.wants_next() {
            kept.push(make());
        } else {
            kept.skip();
        }
    }

    /// Adds an event that a record tells of, made only when its lane keeps it.
    pub fn add_of(
        &mut self,
        lane: Lane,
        record: &Record<'_>,
        own: Option<(Since, Bounds)>,
        span: u64,
        what: impl FnOnce() -> What,
    ) {
        self.add(lane, || Event {
            lane,
            place: record.place,
            process: own,
            span,
            stamp: record.stamp,
            what: what(),
        });
    }

    /// Tells the clocks that a line was written, at `own` when the line says so itself.
    pub fn wrote(&mut self, record: &Record<'_>, own: Option<Bounds>) {
        match (record.stamp, own) {
            (Some(stamp), Some(at)) => {
                self.wall.timed(stamp, at);
                self.wall.passed(at);
            }
            (None, Some(at)) => self.wall.passed(at),
            (Some(stamp), None) => self.wall.untimed(stamp),
            (None, None) => {}
        }
    }

    /// The pauses that statistics remember and no earlier ones did.
    pub fn remember_pauses(&mut self, record: &Record<'_>, snapshot: &Snapshot) {
        let pauses = snapshot.pauses();
        let Some(collections) = snapshot.integer(Field::NumGC) else {
            return;
        };
        for (back, pause) in pauses.iter().rev().enumerate().rev() {
            let Some(cycle) = collections.checked_sub(back as u64) else {
                continue;
            };
            let end = signed(pause.end_unix_ns);
            // A heap dump does not say when they ended.
            if cycle <= self.last_end() || end == 0 {
                continue;
            }
            self.remember_end(cycle, end, None);
            self.add(Lane::Pause, || Event {
                lane: Lane::Pause,
                place: record.place,
                process: None,
                span: 0,
                stamp: Some(Stamp::Utc(end)),
                what: What::Pause {
                    cycle,
                    ns: pause.ns,
                },
            });
        }
    }

    /// The last event of a lane, while lines that belong to it still come.
    pub fn last(&mut self, lane: Lane) -> Option<&mut Event> {
        let kept = self.lane(lane);
        let was_kept = (kept.seen.checked_sub(1)?).is_multiple_of(kept.stride);
        kept.events.last_mut().filter(|_| was_kept)
    }

    /// A collection's line was written, when it was over.
    pub fn collected(&mut self, cycle: &Cycle) -> Bounds {
        let start = event::start(cycle);
        let end = start.plus(event::length(cycle));
        self.marks.add(Mark {
            number: u64::from(cycle.number),
            start,
            end,
        });
        if let Some(sample) = self.sched.pending.take() {
            // The sample came before this line: first + sample <= end.
            self.sched.hi = self.sched.hi.min(end.hi.saturating_sub(sample).max(0));
        }
        self.written = Some(end);
        end
    }

    /// A package had been initialised so long after the process started.
    pub fn initialised(&mut self, end: Bounds) {
        self.written = Some(end);
    }

    /// A sample of the scheduler was written, `millis` after the first: when that was, since the process
    /// started, as far as is known yet.
    pub fn sampled(&mut self, millis: u64) {
        let sample = signed(millis.saturating_mul(1_000_000));
        if let Some(written) = self.written {
            // It came after that line: first + sample >= written, but for what both were cut by.
            let lo = written.lo.saturating_sub(sample).saturating_sub(999_999);
            self.sched.lo = self.sched.lo.max(lo);
        }
        self.sched.pending = Some(sample);
        self.sched.samples += 1;
    }

    /// When the scheduler's clock began, since the process started.
    pub fn sched_start(&self) -> Option<Bounds> {
        (self.sched.samples > 0).then(|| self.sched.bounds())
    }

    /// Whether it has any time of its own, on whichever clock.
    pub fn has_process_clock(&self) -> bool {
        self.written.is_some() || self.sched.samples > 0 || self.core_start.is_some()
    }

    /// A core remembers when a collection ended, by the wall clock and so since the start.
    pub fn remember_end(&mut self, number: u64, end_unix: i64, started_unix: Option<i64>) {
        if self.unix_ends.len() == MOST_MARKS {
            self.unix_ends.remove(0);
        }
        self.unix_ends.push((number, end_unix));
        if let Some(since) = started_unix.and_then(|started| end_unix.checked_sub(started)) {
            self.written = Some(Bounds::exact(since));
        }
    }

    /// When the process of these collections started, nanoseconds since 1970, by the ends that `other` has of the same
    /// ones, and how many those are; `None` when there are none, or they contradict each other.
    pub fn start_by_ends(&self, other: &Self) -> Option<(Bounds, usize)> {
        let mut start: Option<Bounds> = None;
        let mut common = 0;
        for (number, end) in &other.unix_ends {
            let Some(mark) = self.marks.get(*number) else {
                continue;
            };
            let allowed = Bounds {
                lo: end.saturating_sub(mark.end.hi).saturating_sub(SLACK),
                hi: end.saturating_sub(mark.end.lo).saturating_add(SLACK),
            };
            start = Some(match start {
                Some(start) => start.and(allowed)?,
                None => allowed,
            });
            common += 1;
        }
        Some((start?, common))
    }

    /// The number of the last collection that has an end by the wall clock.
    pub fn last_end(&self) -> u64 {
        self.unix_ends.last().map_or(0, |(number, _)| *number)
    }

    /// How many events there were.
    pub fn seen(&self) -> u64 {
        self.lanes.values().map(|kept| kept.seen).sum()
    }
}
