//! A process's totals.

use super::cycle::{Cycle, Printed};
use super::extras::Extras;
use super::numbers::Numbers;
use super::pressure::Pressure;
use crate::log::ProcessId;
use crate::stats::{Series, Sketch};
use dumpview_parsers::log::Origin;
use dumpview_parsers::quantity::Nanos;
use std::collections::VecDeque;

/// How many of the last cycles a process keeps whole.
pub const RECENT: usize = 512;

/// What charts are drawn from. Times are [`Cycle::axis`]; buckets of all but `live` stand at the same times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesSet {
    /// MiB when a cycle started.
    pub before: Series,
    /// MiB at most during a cycle.
    pub peak: Series,
    /// MiB found alive.
    pub live: Series,
    /// MiB that cycles were to end within.
    pub goal: Series,
    /// A cycle had no goal: GOGC was off.
    goalless: bool,
    /// Nanoseconds that the world stood still.
    pub pause: Series,
    /// The collector's share of CPU since the start, in percent.
    pub cpu_percent: Series,
}

/// Pauses and marking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    /// Stop-the-world of each cycle, in nanoseconds.
    pub pause: Sketch,
    /// By how much `pause.sum()` may undershoot: the steps of all its numbers.
    pub pause_step: u64,
    /// The pauses before marking.
    pub sweep_termination: Sketch,
    /// The pauses after marking.
    pub mark_termination: Sketch,
    /// Wall time of marking.
    pub mark: Sketch,
    /// Wall time of whole cycles.
    pub wall: Sketch,
    /// From one cycle's start to the next one's.
    pub interval: Sketch,
}

/// Cycles that hold a record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extremes {
    /// The longest pause.
    pub pause: Option<Cycle>,
    /// The longest pause before marking.
    pub sweep_termination: Option<Cycle>,
    /// The longest pause after marking.
    pub mark_termination: Option<Cycle>,
    /// The longest marking.
    pub mark: Option<Cycle>,
    /// The largest heap.
    pub peak: Option<Cycle>,
    /// The most live heap.
    pub live: Option<Cycle>,
    /// The furthest above its goal.
    pub over_goal: Option<Cycle>,
}

/// CPU time of all cycles, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTotals {
    /// Marking by the program's own goroutines.
    pub assist: u128,
    /// Dedicated and fractional workers.
    pub background: u128,
    /// Marking in idle time.
    pub idle: u128,
    /// All Ps while the world stood still: an upper bound.
    pub stopped: u128,
    /// What all Ps had, from the first moment known to the end of the last cycle.
    pub capacity: u128,
    /// What all Ps had while cycles were marking.
    pub marking_capacity: u128,
}

/// How the heap went from cycle to cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heap {
    /// MiB allocated between and during cycles that follow each other; numbers are cut, so it may be off by 1 for
    /// each of `differences`.
    pub allocated: i64,
    /// How many differences of cut numbers `allocated` is the sum of.
    pub differences: u64,
    /// The time in which that was.
    pub allocated_in: u64,
    /// Cycles that ended above their goal for certain.
    pub over_goal: u64,
    /// Live heap, in MiB.
    pub live: Sketch,
    /// Heap at its largest in each cycle, in MiB.
    pub peak: Sketch,
    /// Percent by which the goal exceeds what it is computed from, where the heap is large enough to tell.
    pub gogc: Sketch,
    /// The last of them, and by how much it may be off.
    pub gogc_last: Option<(u64, u64)>,
}

/// One process.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its number in the log.
    pub id: ProcessId,
    /// Who wrote the lines, by their prefix.
    pub origin: Origin,
    /// The package that a compiler worked on, where the go command says so.
    pub package: Option<String>,
    /// The same as a name, when the input has ended; empty for lines without a prefix.
    pub name: String,
    /// Its first cycle here, of those that are counted where any is.
    pub first: Cycle,
    /// Its last cycle that is counted.
    pub last: Cycle,
    /// Cycles counted: those that are surely its own.
    pub cycles: u64,
    /// Cycles missing between them, by their numbers.
    pub lost: u64,
    /// The first cycle after a gap.
    pub first_gap: Option<Cycle>,
    /// Their numbers.
    pub(super) gaps: Numbers,
    /// Cycles that may be another process's: nothing but this number has them.
    pub doubtful: u64,
    /// How many of them came since the last cycle.
    doubtful_since: u64,
    /// The first of them.
    pub first_doubt: Option<Cycle>,
    /// Their numbers.
    pub(super) doubts: Numbers,
    /// Lines that were there twice; counted once.
    pub repeated: u64,
    /// Started by the program.
    pub forced: u64,
    /// The first of them.
    pub first_forced: Option<Cycle>,
    /// Announced by sysmon.
    pub sysmon_forced: u64,
    /// That looked for leaked goroutines.
    pub leak_checks: u64,
    /// Pieced together from several lines.
    pub mended: u64,
    /// With times that are not written as the runtime writes them.
    pub edited: u64,
    /// The first of them.
    pub first_edited: Option<Cycle>,
    /// The least and the greatest GOMAXPROCS, and the first cycle with another than before.
    pub procs: Option<(u32, u32, Option<Cycle>)>,
    /// Pauses and marking.
    pub times: Times,
    /// Cycles that hold a record.
    pub extremes: Extremes,
    /// CPU time.
    pub cpu: CpuTotals,
    /// Heap sizes.
    pub heap: Heap,
    /// Cycles under a limit.
    pub pressure: Pressure,
    /// For charts.
    pub series: SeriesSet,
    /// The last cycles, the latest at the back: at most [`RECENT`].
    pub recent: VecDeque<Cycle>,
    /// What else was printed.
    pub extras: Extras,
}

/// The heap must be so large, in MiB, for GOGC to be read from its goal.
const GOGC_FROM: u64 = 10;

impl Process {
    pub(super) fn new(
        id: ProcessId,
        origin: Origin,
        package: Option<String>,
        first: &Cycle,
    ) -> Self {
        let mut process = Self {
            id,
            origin,
            package,
            name: String::new(),
            first: *first,
            last: *first,
            cycles: 0,
            lost: 0,
            first_gap: None,
            gaps: Numbers::default(),
            doubtful: 0,
            doubtful_since: 0,
            first_doubt: None,
            doubts: Numbers::default(),
            repeated: 0,
            forced: 0,
            first_forced: None,
            sysmon_forced: 0,
            leak_checks: 0,
            mended: 0,
            edited: 0,
            first_edited: None,
            procs: None,
            times: Times::default(),
            extremes: Extremes::default(),
            cpu: CpuTotals::default(),
            heap: Heap::default(),
            pressure: Pressure::default(),
            series: SeriesSet::default(),
            recent: VecDeque::new(),
            extras: Extras::default(),
        };
        process.add(first);
        process
    }

    /// The moment from which it is known, since the runtime started: 0 when its first cycle is here.
    pub fn begin(&self) -> Option<Nanos> {
        let start = self.first.start()?;
        Some(
            if self.first.number() == 1 && !self.first.is_before_start() {
                Nanos(0)
            } else {
                start
            },
        )
    }

    /// The end of the last cycle, since the runtime started.
    pub fn end(&self) -> Option<Nanos> {
        self.last.end()
    }

    /// Cycles of this process that the log does not have, the ones before the first included.
    pub fn missing(&self) -> u64 {
        self.lost + u64::from(self.first.number()).saturating_sub(1)
    }

    pub(super) fn add(&mut self, cycle: &Cycle) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(*cycle);
        self.lost += cycle.lost_before;
        if cycle.lost_before > 0 {
            self.first_gap.get_or_insert(*cycle);
            let lost = u32::try_from(cycle.lost_before).unwrap_or(u32::MAX);
            let number = cycle.number();
            self.gaps.add(number.saturating_sub(lost)..number);
        }
        if cycle.doubtful {
            self.doubtful += 1;
            self.doubtful_since += 1;
            self.first_doubt.get_or_insert(*cycle);
            let number = cycle.number();
            self.doubts.add(number..number.saturating_add(1));
            return;
        }
        if self.cycles == 0 {
            self.first = *cycle;
        }
        match std::mem::take(&mut self.doubtful_since) {
            0 => self.count(cycle),
            // What is not counted lies between like what is lost.
            between => {
                let lost_before = cycle.lost_before + between;
                self.count(&Cycle {
                    lost_before,
                    ..*cycle
                });
            }
        }
        self.last = *cycle;
    }

    /// Its last cycle, counted or not.
    pub fn latest(&self) -> &Cycle {
        self.recent.back().unwrap_or(&self.last)
    }

    /// Counts a cycle that is surely its own.
    fn count(&mut self, cycle: &Cycle) {
        let previous = (self.cycles > 0).then_some(&self.last);
        self.times.add(cycle, previous);
        self.extremes.add(cycle);
        self.cpu.add(cycle, previous);
        self.heap.add(cycle, previous);
        self.series.add(cycle, previous);
        if let Some(previous) = previous.filter(|_| cycle.lost_before == 0) {
            self.pressure.add(previous, cycle);
        }
        self.cycles += 1;
        if cycle.forced() {
            self.forced += 1;
            self.first_forced.get_or_insert(*cycle);
        }
        self.sysmon_forced += u64::from(cycle.sysmon_forced);
        self.leak_checks += u64::from(cycle.leak_check());
        self.mended += u64::from(cycle.pieces() > 1);
        if cycle.edited() {
            self.edited += 1;
            self.first_edited.get_or_insert(*cycle);
        }
        self.count_procs(cycle);
    }

    fn count_procs(&mut self, cycle: &Cycle) {
        let Some(procs) = cycle.procs() else { return };
        match &mut self.procs {
            None => self.procs = Some((procs, procs, None)),
            Some((least, most, changed)) => {
                if procs < *least || procs > *most {
                    changed.get_or_insert(*cycle);
                }
                *least = procs.min(*least);
                *most = procs.max(*most);
            }
        }
    }
}

impl Times {
    fn add(&mut self, cycle: &Cycle, previous: Option<&Cycle>) {
        self.pause.add(cycle.pause().0);
        self.pause_step = self.pause_step.saturating_add(cycle.pause_step().0);
        if let Some(time) = cycle.sweep_termination() {
            self.sweep_termination.add(time.0);
        }
        if let Some(time) = cycle.mark_termination() {
            self.mark_termination.add(time.0);
        }
        self.mark.add(cycle.mark().0);
        self.wall.add(cycle.wall().0);
        if cycle.lost_before == 0
            && let (Some(before), Some(start)) = (previous.and_then(Cycle::start), cycle.start())
        {
            self.interval.add(start.0.saturating_sub(before.0));
        }
    }
}

impl Extremes {
    fn add(&mut self, cycle: &Cycle) {
        fn keep<T: PartialOrd>(
            slot: &mut Option<Cycle>,
            cycle: &Cycle,
            of: impl Fn(&Cycle) -> Option<T>,
        ) {
            let value = of(cycle);
            if value.is_some() && slot.as_ref().is_none_or(|held| value > of(held)) {
                *slot = Some(*cycle);
            }
        }
        keep(&mut self.pause, cycle, |c| Some(c.pause()));
        keep(&mut self.sweep_termination, cycle, Cycle::sweep_termination);
        keep(&mut self.mark_termination, cycle, Cycle::mark_termination);
        keep(&mut self.mark, cycle, |c| Some(c.mark()));
        keep(&mut self.peak, cycle, |c| Some(c.heap_peak()));
        keep(&mut self.live, cycle, Cycle::live);
        keep(&mut self.over_goal, cycle, Cycle::over_goal);
    }
}

impl CpuTotals {
    fn add(&mut self, cycle: &Cycle, previous: Option<&Cycle>) {
        let (Printed::Cycle(printed), Some(start), Some(end)) =
            (&cycle.printed, cycle.start(), cycle.end())
        else {
            return;
        };
        let cpu = &printed.cpu;
        self.assist += u128::from(cpu.assist.0);
        self.background += u128::from(cpu.background.0);
        self.idle += u128::from(cpu.idle.0);
        self.stopped += u128::from(cpu.sweep_termination.0) + u128::from(cpu.mark_termination.0);
        // Scanning in 1.5 was done by background workers.
        self.background +=
            u128::from(cpu.scan.unwrap_or_default().0) + u128::from(cpu.sync.unwrap_or_default().0);
        let from = match previous.and_then(Cycle::end) {
            Some(end) => end,
            None if printed.number == 1 => Nanos(0),
            None => start,
        };
        let procs = u128::from(printed.procs);
        self.capacity += u128::from(end.0.saturating_sub(from.0)) * procs;
        self.marking_capacity += u128::from(cycle.mark().0) * procs;
    }
}

impl Heap {
    fn add(&mut self, cycle: &Cycle, previous: Option<&Cycle>) {
        self.peak.add(cycle.heap_peak().0);
        if let Some(live) = cycle.live().or(cycle.live_of_previous()) {
            self.live.add(live.0);
        }
        self.over_goal += u64::from(cycle.over_goal().is_some());
        let Some(previous) = previous.filter(|_| cycle.lost_before == 0) else {
            return;
        };
        let (Printed::Cycle(old), Printed::Cycle(new)) = (&previous.printed, &cycle.printed) else {
            return;
        };
        let difference = |more: u64, less: u64| {
            i64::try_from(more).unwrap_or(i64::MAX) - i64::try_from(less).unwrap_or(i64::MAX)
        };
        // From the start of the cycle before to this one's: what was allocated while it marked, and since.
        self.allocated = self
            .allocated
            .saturating_add(difference(old.heap_end.0, old.heap_start.0))
            .saturating_add(difference(new.heap_start.0, old.heap_live.0));
        self.differences += 2;
        self.allocated_in = self
            .allocated_in
            .saturating_add(new.start.0.saturating_sub(old.start.0));
        let base = old.heap_live.0 + previous.other_roots().unwrap_or_default().0;
        if old.heap_live.0 >= GOGC_FROM
            && base > 0
            && let Some(goal) = new.goal()
        {
            let room = goal.0.saturating_sub(old.heap_live.0);
            let percent = room.saturating_mul(100) / base;
            // Each of up to four cut numbers may be off by one.
            let off = (200 + 2 * percent).div_ceil(base);
            self.gogc.add(percent);
            self.gogc_last = Some((percent, off));
        }
    }
}

impl SeriesSet {
    fn add(&mut self, cycle: &Cycle, previous: Option<&Cycle>) {
        let at = cycle.axis();
        self.before.add(at, cycle.heap_before().0);
        self.peak.add(at, cycle.heap_peak().0);
        if let Some(live) = cycle.live() {
            self.live.add(at, live.0);
        }
        if let (Some(live), Some(previous)) = (cycle.live_of_previous(), previous) {
            self.live.add(previous.axis(), live.0);
        }
        // A chart has one goal a cycle, or none.
        if cycle.has_no_goal() {
            self.goalless = true;
            self.goal = Series::default();
        }
        if let Some(goal) = cycle.goal().filter(|_| !self.goalless) {
            self.goal.add(at, goal.0);
        }
        self.pause.add(at, cycle.pause().0);
        if let Some(percent) = cycle.cpu_percent() {
            self.cpu_percent.add(at, u64::from(percent));
        }
    }
}
