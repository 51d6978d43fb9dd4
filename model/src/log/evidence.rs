//! What a record tells of the process that wrote it, and what a process is known to have reached.
//!
//! A process counts its collections up from 1, its scheduler samples carry milliseconds since the first one, its
//! packages are initialised one after the other, and the counters of `runtime.MemStats` never fall. All of these but the
//! last are on the runtime's own clock, so that each bounds the others.

use dumpview_parsers::gctrace::{self, Dialect};
use dumpview_parsers::inittrace;
use dumpview_parsers::memstats::{self, Field};
use dumpview_parsers::schedtrace;

/// What only rises in a process.
pub const COUNTERS: [Field; 6] = [
    Field::TotalAlloc,
    Field::Mallocs,
    Field::Frees,
    Field::NumGC,
    Field::NumForcedGC,
    Field::PauseTotalNs,
];

/// The scheduler's clock begins with its first sample, which a machine under load prints late: the two clocks of a
/// process agree to so many nanoseconds.
const CLOCKS_AGREE: u64 = 2_000_000_000;

/// A counter that stands lower than before; both are in the order of [`COUNTERS`].
pub fn fallen(
    before: &[Option<u64>; COUNTERS.len()],
    after: &[Option<u64>; COUNTERS.len()],
) -> Option<Field> {
    let mut pairs = COUNTERS.into_iter().zip(before.iter().zip(after));
    pairs
        .find(|(_, pair)| matches!(pair, (Some(before), Some(after)) if after < before))
        .map(|(field, _)| field)
}

/// A collection, as far as it tells its process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Collection {
    /// Counted from 1.
    pub number: u32,
    pub dialect: Dialect,
    /// When it began, in nanoseconds since the runtime started; not printed up to 1.4.
    pub start: Option<u64>,
    /// When it ended: every number was cut down, so it was not earlier.
    pub end: Option<u64>,
    /// GOMAXPROCS; not printed up to 1.4.
    pub procs: Option<u32>,
}

impl Collection {
    pub fn of(cycle: &gctrace::Cycle) -> Self {
        let start = cycle.start.0;
        Self {
            number: cycle.number,
            dialect: cycle.dialect,
            start: Some(start),
            end: Some(start.saturating_add(cycle.clock.total().0)),
            procs: Some(cycle.procs),
        }
    }

    pub fn of_old(cycle: &gctrace::OldCycle) -> Self {
        Self {
            number: cycle.number,
            dialect: cycle.dialect,
            start: None,
            end: None,
            procs: None,
        }
    }

    /// Whether it can have come after `last` in one process.
    fn follows(&self, last: &Self) -> bool {
        if last.dialect != self.dialect || self.number <= last.number {
            return false;
        }
        match (last.end, self.start) {
            // Both are cut to milliseconds, and phases are cut by up to a tenth, always down.
            (Some(end), Some(start)) => start.saturating_add(1_000_000) >= end,
            _ => true,
        }
    }
}

/// A scheduler sample, as far as it tells its process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Sample {
    /// Milliseconds since the first one.
    pub millis: u64,
    /// How long after the one before, when there was one.
    pub step: Option<u64>,
    pub gomaxprocs: u32,
}

impl Sample {
    pub fn of(sample: &schedtrace::Sample<'_>) -> Self {
        Self {
            millis: sample.millis,
            step: None,
            gomaxprocs: sample.gomaxprocs,
        }
    }

    const fn nanos(self) -> u64 {
        self.millis.saturating_mul(1_000_000)
    }
}

/// What memory statistics tell of their process.
pub(super) fn counters(snapshot: &memstats::Snapshot) -> [Option<u64>; COUNTERS.len()] {
    COUNTERS.map(|field| snapshot.integer(field))
}

/// What a process was last known to have reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    pub collection: Option<Collection>,
    /// The whole line of that collection, to tell one that was written twice.
    pub printed: Option<gctrace::OldCycle>,
    pub sample: Option<Sample>,
    pub counters: Option<[Option<u64>; COUNTERS.len()]>,
    /// It has traced an allocation or a free.
    pub allocated: bool,
    /// When the last package began to be initialised, in nanoseconds.
    pub init: Option<u64>,
}

impl Reached {
    /// Whether a collection can be the next one of this process, the clocks of its other records considered.
    pub fn allows(&self, next: &Collection) -> bool {
        match &self.collection {
            Some(last) => next.follows(last) && self.on_time(next.end),
            None => self.on_time(next.end) && self.collected().is_none_or(|n| n <= next.number),
        }
    }

    /// Whether what is known beside the collections allows that one is of this process.
    pub fn admits(&self, next: &Collection) -> bool {
        self.on_time(next.end) && self.collected().is_none_or(|n| n <= next.number)
    }

    /// Whether a sample can be the next one of this process.
    pub fn allows_sample(&self, next: &Sample) -> bool {
        let last = self.sample.as_ref();
        let collected = self.collection.as_ref().and_then(|last| last.end);
        // The sample at 0 is printed before main runs, so before anything that the program prints.
        let is_in_order = last.is_some() || next.millis > 0 || self.counters.is_none();
        // A process that dies prints a last sample, perhaps in the same millisecond.
        is_in_order
            && last.is_none_or(|last| last.millis <= next.millis && next.millis > 0)
            && collected.is_none_or(|end| next.nanos().saturating_add(CLOCKS_AGREE) >= end)
    }

    /// Whether a package can have been initialised by this process.
    pub fn allows_init(&self, next: &inittrace::Record<'_>) -> bool {
        let start = next.start.0;
        let collected = self.collection.as_ref().and_then(|last| last.start);
        // A collection may have begun while the package was initialised, which is printed when it is over.
        let end = start.saturating_add(next.clock.0);
        self.init.is_none_or(|last| last <= start)
            && collected.is_none_or(|began| end.saturating_add(CLOCKS_AGREE) >= began)
            && self.on_time(Some(end))
    }

    /// Whether memory statistics can have come from this process.
    pub fn allows_counters(&self, next: &[Option<u64>; COUNTERS.len()]) -> bool {
        self.counters
            .as_ref()
            .is_none_or(|last| fallen(last, next).is_none())
    }

    /// Whether statistics count other collections than this process has traced: two more or fewer may have been
    /// made while they were printed.
    pub fn contradicts(&self, next: &[Option<u64>; COUNTERS.len()]) -> bool {
        let [_, _, _, collections, ..] = next;
        match (&self.collection, collections) {
            (Some(last), Some(count)) => count.abs_diff(u64::from(last.number)) > 2,
            _ => false,
        }
    }

    /// Whether statistics count the collections that this process has traced.
    pub fn has_collected_as(&self, next: &[Option<u64>; COUNTERS.len()]) -> bool {
        let [_, _, _, collections, ..] = next;
        self.collection.is_some() && collections.is_some() && !self.contradicts(next)
    }

    /// Collections by its memory statistics.
    fn collected(&self) -> Option<u32> {
        let [_, _, _, collections, ..] = self.counters?;
        u32::try_from(collections?).ok()
    }

    /// Whether something that was over at `end` can have been written after the samples of this process.
    fn on_time(&self, end: Option<u64>) -> bool {
        match (&self.sample, end) {
            (Some(sample), Some(end)) => end.saturating_add(CLOCKS_AGREE) >= sample.nanos(),
            _ => true,
        }
    }
}
