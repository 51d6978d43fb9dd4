//! What stands in collector traces.

use crate::quantity::{MiB, Nanos};

/// One record of collector traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// A cycle, Go 1.5 and later.
    Cycle(Cycle),
    /// A collection, Go 1.1 to 1.4.
    OldCycle(OldCycle),
    /// `GC forced`: no cycle for two minutes, so sysmon starts one (runtime/proc.go forcegchelper). That
    /// cycle's own record is not `forced`.
    SysmonForced {
        /// How many physical lines it was pieced together from; 1 for a whole one.
        pieces: u32,
    },
    /// What was scanned in the cycle before (`gctrace=2`, Go 1.25 and later).
    Scan(Scan),
    /// `# import/path`: the go command says whose output follows; a compiler's own cycles come next.
    Package(&'a [u8]),
}

/// Which releases print a line like this.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dialect {
    /// 1.1 and 1.2: milliseconds and three times.
    Go1_1,
    /// 1.3: microseconds, no goroutines.
    Go1_3,
    /// 1.4.
    Go1_4,
    /// 1.5: five clock times.
    Go1_5,
    /// 1.6 to 1.17.
    Go1_6,
    /// 1.18 and later: with stacks and globals.
    Go1_18,
}

/// `gc N @Ts U%: …`, printed when the cycle is over (runtime/mgc.go gcMarkTermination).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cycle {
    /// Counted from 1 by its process, modulo 2^32.
    pub number: u32,
    /// When it started (the beginning of sweep termination), since the runtime did; cut to milliseconds.
    pub start: Nanos,
    /// The collector's share of all CPU time since the start, not of this cycle; cut to a whole number.
    pub cpu_percent: u32,
    /// `(checking for goroutine leaks)`, Go 1.26 and later.
    pub leak_check: bool,
    /// Wall time of the phases.
    pub clock: Clock,
    /// CPU time of the phases.
    pub cpu: Cpu,
    /// Heap in use when it started.
    pub heap_start: MiB,
    /// Heap in use when marking ended.
    pub heap_end: MiB,
    /// Of that, marked as live.
    pub heap_live: MiB,
    /// The heap size that this cycle was to end within.
    pub goal: MiB,
    /// Stacks to scan. Go 1.18 and later; up to 1.19 an upper estimate (go.dev/issue/54649).
    pub stacks: Option<MiB>,
    /// Global variables to scan. Go 1.18 and later.
    pub globals: Option<MiB>,
    /// GOMAXPROCS during the cycle.
    pub procs: u32,
    /// Started by the program: runtime.GC, debug.FreeOSMemory, a heap dump.
    pub forced: bool,
    /// Its numbers are not written as the runtime writes them (`0.1` for `0.10`): somebody rounded or edited them, or a tool
    /// made the line.
    pub edited: bool,
    /// Which releases print a line like this.
    pub dialect: Dialect,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

impl Cycle {
    /// The goal, when there was one. With GOGC=off and no memory limit the runtime prints what is left of the largest
    /// number when stacks and globals are taken off, which is more than any address space holds.
    pub fn goal(&self) -> Option<MiB> {
        const ADDRESS_SPACE: MiB = MiB(1 << 28);
        (self.goal.0 < ADDRESS_SPACE.0).then_some(self.goal)
    }
}

/// Wall time of a cycle's phases. Each is cut down as [`Nanos::printed_step`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    /// The world stops (waiting for it included) and sweeping ends.
    pub sweep_termination: Nanos,
    /// Only Go 1.5.
    pub scan: Option<Nanos>,
    /// Synchronizing Ps; only Go 1.5.
    pub sync: Option<Nanos>,
    /// Concurrent marking.
    pub mark: Nanos,
    /// The world stops again and marking ends.
    pub mark_termination: Nanos,
}

impl Clock {
    /// The phases that were printed, in their order.
    pub fn phases(&self) -> impl Iterator<Item = Nanos> {
        let all = [
            Some(self.sweep_termination),
            self.scan,
            self.sync,
            Some(self.mark),
            Some(self.mark_termination),
        ];
        all.into_iter().flatten()
    }

    /// All phases. Each was cut down, so it took this long at least.
    pub fn total(&self) -> Nanos {
        Nanos(
            self.phases()
                .fold(0, |sum, phase| sum.saturating_add(phase.0)),
        )
    }
}

/// CPU time of a cycle's phases. Each is cut down as [`Nanos::printed_step`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cpu {
    /// Wall time of the phase times the Ps that were stopped: an upper bound.
    pub sweep_termination: Nanos,
    /// Only Go 1.5.
    pub scan: Option<Nanos>,
    /// Only Go 1.5.
    pub sync: Option<Nanos>,
    /// Marking that the program's own goroutines had to do.
    pub assist: Nanos,
    /// Marking by dedicated and fractional workers.
    pub background: Nanos,
    /// Marking in time that would have been idle.
    pub idle: Nanos,
    /// Wall time of the phase times the Ps that were stopped: an upper bound.
    pub mark_termination: Nanos,
}

/// `gcN(T): …` (runtime/mgc0.c). Times are cut to microseconds, up to 1.2 to milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OldCycle {
    /// Counted from 1 by its process.
    pub number: u32,
    /// Threads that marked.
    pub threads: u32,
    /// Stopping the world; printed since 1.3.
    pub stop: Option<Nanos>,
    /// Sweeping; since 1.3 only of what was not swept in the background.
    pub sweep: Nanos,
    /// Marking.
    pub mark: Nanos,
    /// What remained: waiting for helpers and starting the world.
    pub rest: Nanos,
    /// Up to 1.2 the heap before this collection, since 1.3 the heap after the previous one.
    pub heap_from: MiB,
    /// Up to 1.2 the heap after this collection, since 1.3 the heap before it.
    pub heap_to: MiB,
    /// Objects before; printed up to 1.2.
    pub objects_before: Option<u64>,
    /// Objects; up to 1.2 after the collection.
    pub objects: u64,
    /// Objects allocated since the start.
    pub allocated: u64,
    /// Objects freed since the start.
    pub freed: u64,
    /// Printed by 1.4.
    pub goroutines: Option<u64>,
    /// Since 1.3.
    pub sweeps: Option<Sweeps>,
    /// Work given to others: times, and how much.
    pub handoff: (u64, u64),
    /// Work stolen: times, and how much.
    pub steal: (u64, u64),
    /// Spins of processors, yields to the system, sleeps.
    pub yields: (u64, u64, u64),
    /// Which releases print a line like this.
    pub dialect: Dialect,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// Spans.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sweeps {
    /// All there are.
    pub spans: u64,
    /// Swept in the background.
    pub background: u64,
    /// Swept while the world was stopped.
    pub paused: u64,
}

/// `scan: …` (runtime/mgcmark_greenteagc.go, mgcmark_nogreenteagc.go).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scan {
    /// Of what.
    pub class: ScanClass,
    /// Objects scanned.
    pub objects: u64,
    /// How; only by the Green Tea collector (1.26 and later, or by experiment).
    pub green_tea: Option<GreenTea>,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// Of which objects a [`Scan`] speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ScanClass {
    /// All. It comes first and sums up the lines that follow.
    Total,
    /// Large objects (`class L`).
    Large,
    /// A size class, by its bytes.
    Size(u32),
}

/// How the Green Tea collector scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GreenTea {
    /// Objects scanned one by one.
    pub single_objects: u64,
    /// Objects of spans with few marked ones.
    pub sparse_objects: u64,
    /// Objects of spans with many.
    pub dense_objects: u64,
    /// Spans with few marked objects.
    pub sparse_spans: u64,
    /// Spans with many.
    pub dense_spans: u64,
}
