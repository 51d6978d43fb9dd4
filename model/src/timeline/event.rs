//! What can happen, and when it says it did.

use super::Bounds;
use crate::words;
use dumpview_parsers::gctrace::{Cycle, OldCycle};
use dumpview_parsers::log::{Place, Stamp};

words! {
    /// A lane: events of one sort, drawn on one line.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    #[non_exhaustive]
    pub enum Lane {
        /// What ended or endangered a process: a crash, a core, the kernel's killer, a race.
        Moment = "moment" "Crashes, cores, kills, races, dumps",
        /// Collections, with their phases.
        Gc = "gc" "Collections",
        /// Pauses that the runtime remembers (`PauseNs`, `PauseEnd`).
        Pause = "pause" "Pauses that the runtime remembers",
        /// Samples of the scheduler.
        Sched = "sched" "Samples of the scheduler",
        /// Memory statistics.
        Memory = "memory" "Memory statistics",
        /// Memory given back to the system.
        Scavenger = "scavenger" "Memory given back to the system",
        /// Package initialisation.
        Init = "init" "Package initialisation",
        /// Profiles: how long each was taken.
        Profile = "profile" "Profiles, as long as they were taken",
        /// The application's own lines.
        Log = "log" "The application's lines",
    }
}

/// From where a process counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Since {
    /// The start of the runtime.
    Start,
    /// Its first scheduler sample, shortly after.
    FirstSample,
}

/// One thing that happened, on the clocks of whoever wrote it down.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Its lane.
    pub lane: Lane,
    /// Where it stands in its source; line 0 for what was read from a core.
    pub place: Place,
    /// When it began, in nanoseconds of its process's own clock; absent when it does not say.
    pub process: Option<(Since, Bounds)>,
    /// How long it took, in nanoseconds; 0 for a moment.
    pub span: u64,
    /// When it was written down, by the prefix of its line or its own text.
    pub stamp: Option<Stamp>,
    /// What it was.
    pub what: What,
}

/// A sample of the scheduler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchedSample {
    /// GOMAXPROCS.
    pub gomaxprocs: u32,
    /// Ps with nothing to do.
    pub idleprocs: u32,
    /// Threads.
    pub threads: u32,
    /// Threads with nothing to do.
    pub idlethreads: u32,
    /// Threads that look for work; Go 1.4 and later.
    pub spinningthreads: Option<u32>,
    /// Goroutines in the global queue.
    pub runqueue: u64,
    /// Goroutines in each P's own queue.
    pub local: Box<[u64]>,
}

impl SchedSample {
    /// Goroutines that could run and do not.
    pub fn waiting(&self) -> u64 {
        self.local
            .iter()
            .fold(self.runqueue, |sum, n| sum.saturating_add(*n))
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum What {
    /// A collection, Go 1.5 and later. Its phases follow from its times: [`phases`].
    Cycle(Box<Cycle>),
    /// A collection, Go 1.1 to 1.4, which did not print when it was.
    OldCycle(Box<OldCycle>),
    /// sysmon asked for a collection since there was none for two minutes.
    SysmonForced,
    /// All pauses of one collection, as the runtime remembers them; the event is their end.
    Pause {
        /// The collection's number.
        cycle: u64,
        /// Nanoseconds.
        ns: u64,
    },
    /// A sample of the scheduler.
    Sched(Box<SchedSample>),
    /// Memory given back to the system.
    Scavenged {
        /// Bytes given back since the last such event.
        released: u64,
        /// Bytes of address space that are given back now, when told.
        now: Option<u64>,
    },
    /// A package was initialised.
    Init {
        /// Import path.
        package: Box<str>,
        /// Bytes it allocated.
        bytes: u64,
        /// In how many objects.
        allocs: u64,
    },
    /// Memory statistics were printed. Absent is what was not among them.
    Memory(Box<MemorySample>),
    /// A crash, a goroutine dump, a core, a kill.
    Moment(Box<Moment>),
    /// A profile was taken.
    Profile {
        /// What it counted, and how much of it.
        text: Box<str>,
    },
    /// A line of the application.
    Log {
        /// Its head.
        text: Box<str>,
    },
}

/// The part of memory statistics that makes series, in bytes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MemorySample {
    /// Live and not yet swept heap.
    pub heap_alloc: Option<u64>,
    /// Heap spans in use.
    pub heap_inuse: Option<u64>,
    /// Heap address space given back.
    pub heap_released: Option<u64>,
    /// All from the system.
    pub sys: Option<u64>,
    /// Collections so far.
    pub num_gc: Option<u64>,
}

/// Which sort of moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MomentKind {
    /// A panic, fatal error or signal.
    Crash,
    /// Goroutines printed by a process that lives on.
    Dump,
    /// A core dump was written.
    Core,
    /// The kernel killed for memory.
    Oom,
    /// The race detector spoke.
    Race,
}

impl MomentKind {
    /// As JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Dump => "dump",
            Self::Core => "core",
            Self::Oom => "oom",
            Self::Race => "race",
        }
    }
}

/// Something that ended or endangered a process, or a look at all its goroutines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Which sort.
    pub kind: MomentKind,
    /// The cause, in the runtime's or kernel's words.
    pub text: Box<str>,
    /// How many goroutines were seen, when any were.
    pub goroutines: Option<u64>,
}

/// A phase of a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phase {
    /// In the runtime's words.
    pub name: &'static str,
    /// Whether the world was stopped.
    pub stop_the_world: bool,
    /// Nanoseconds of wall time, cut down when printed.
    pub ns: u64,
}

/// The phases of a collection in their order. Sweep termination begins with it, each other where the one before
/// ended.
pub fn phases(cycle: &Cycle) -> impl Iterator<Item = Phase> {
    let clock = cycle.clock;
    let phase = |name, stop_the_world, ns: Option<dumpview_parsers::quantity::Nanos>| {
        ns.map(|ns| Phase {
            name,
            stop_the_world,
            ns: ns.0,
        })
    };
    [
        phase("sweep termination", true, Some(clock.sweep_termination)),
        phase("scan", false, clock.scan),
        phase("synchronize Ps", false, clock.sync),
        phase("concurrent mark", false, Some(clock.mark)),
        phase("mark termination", true, Some(clock.mark_termination)),
    ]
    .into_iter()
    .flatten()
}

/// How long a collection took, as bounds: every printed number was cut down.
pub fn length(cycle: &Cycle) -> Bounds {
    let mut bounds = Bounds::exact(0);
    for printed in cycle.clock.phases() {
        let lo = signed(printed.0);
        bounds = bounds.plus(Bounds {
            lo,
            hi: lo.saturating_add(signed(printed.printed_step().0)),
        });
    }
    bounds
}

/// When a collection began, since its process did: printed in whole milliseconds.
pub fn start(cycle: &Cycle) -> Bounds {
    let lo = signed(cycle.start.0);
    Bounds {
        lo,
        hi: lo.saturating_add(999_999),
    }
}

/// Nanoseconds as they are counted on an axis; 292 years are enough. A clock that was set back while the process ran makes
/// the runtime print times before its start as the largest there are.
pub(super) const fn signed(ns: u64) -> i64 {
    ns.cast_signed()
}
