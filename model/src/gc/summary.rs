//! Figures of a process, as JSON has them and as texts are made from. What cannot be known is absent.

use super::cycle::Cycle;
use super::growth::Growth;
use super::pressure::Streak;
use super::process::{CpuTotals, Process};
use crate::log::{OfProcess, ProcessId};
use crate::stats::Sketch;
use dumpview_parsers::gctrace::Dialect;
use schemars::JsonSchema;
use serde::Serialize;

/// One cycle of the collector, as figures point at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-moment")]
pub struct Moment {
    /// The cycle's number, as its process counts.
    pub number: u32,
    /// When it started, in nanoseconds since the runtime did; null in lines that do not say (up to Go 1.4).
    pub start_ns: Option<u64>,
    /// Its line, from 1.
    pub line: u64,
}

impl Moment {
    /// The moment of a cycle.
    pub fn of(cycle: &Cycle) -> Self {
        Self {
            number: cycle.number(),
            start_ns: cycle.start().map(|start| start.0),
            line: cycle.place.line,
        }
    }
}

/// Figures of a span of time that occurs once a cycle.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "gc-phase")]
pub struct Phase {
    /// How many there were.
    pub count: u64,
    /// Their sum, in nanoseconds, cut down as the runtime prints: a lower bound.
    pub total_ns: u64,
    /// The true sum is less than this many nanoseconds; present for pauses only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_below_ns: Option<u64>,
    /// Median, in nanoseconds (nearest rank).
    pub p50_ns: u64,
    /// The 90th percentile, in nanoseconds.
    pub p90_ns: u64,
    /// The 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// The longest, in nanoseconds.
    pub max_ns: u64,
    /// The cycle of the longest; null when there was none.
    pub max_at: Option<Moment>,
    /// Percentiles are too high by at most this share; 0 when they are exact.
    pub relative_error: f64,
}

impl Phase {
    fn of(sketch: &Sketch, at: Option<&Cycle>) -> Option<Self> {
        let p50 = sketch.quantile(0.5)?;
        let p90 = sketch.quantile(0.9)?;
        let p99 = sketch.quantile(0.99)?;
        Some(Self {
            count: sketch.count(),
            total_ns: saturate(sketch.sum()),
            total_below_ns: None,
            p50_ns: p50.value,
            p90_ns: p90.value,
            p99_ns: p99.value,
            max_ns: sketch.max()?,
            max_at: at.map(Moment::of),
            relative_error: p50
                .relative_error
                .max(p90.relative_error)
                .max(p99.relative_error),
        })
    }
}

/// A rate of allocation.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "rate")]
pub struct Rate {
    /// MiB a second.
    pub mib_per_s: f64,
    /// The true rate differs by less than this many MiB a second, since heap sizes are whole MiB.
    pub off_mib_per_s: f64,
}

/// GOGC, read from the goals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gogc")]
pub struct Gogc {
    /// Of the last cycle that can tell, in percent.
    pub last_percent: u64,
    /// That one may be off by so many percent, up or down.
    pub last_off_percent: u64,
    /// The median of all cycles that can tell, in percent.
    pub p50_percent: u64,
    /// How many can tell: the heap has to be large enough.
    pub cycles: u64,
}

/// A size of the heap, and when it had it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-size")]
pub struct Size {
    /// Whole MiB, cut down as the runtime prints.
    pub mib: u64,
    /// The cycle.
    pub at: Moment,
}

/// How the live heap went.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-live")]
pub struct Live {
    /// After the last cycle that shows it, in whole MiB; null when no cycle does.
    pub last_mib: Option<u64>,
    /// The most; null when no cycle shows it.
    pub max: Option<Size>,
    /// `flat`, `rising`, `leak`, `risen`, `falling` or `unknown`.
    pub shape: &'static str,
    /// How sure `shape` is: `low`, `medium` or `high`.
    pub confidence: &'static str,
    /// MiB a second (Theil–Sen, without the first tenth of the time).
    pub slope_mib_per_s: f64,
    /// What speaks against a leak, a sentence each; empty when nothing does.
    pub against: Vec<String>,
}

/// The longest stretch of cycles back to back whose goal left little room.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-spiral")]
pub struct Spiral {
    /// The first cycle.
    pub from: Moment,
    /// The last cycle.
    pub to: Moment,
    /// How many cycles.
    pub cycles: u64,
    /// How long it took, in nanoseconds.
    pub wall_ns: u64,
    /// The collector's share of CPU meanwhile, of 1.
    pub cpu_share: f64,
}

impl Spiral {
    fn of(streak: &Streak) -> Self {
        Self {
            from: Moment::of(&streak.first),
            to: Moment::of(&streak.last),
            cycles: streak.cycles,
            wall_ns: streak.wall.0,
            cpu_share: streak.cpu_share(),
        }
    }
}

/// What the cycles of one process come to. Times are in nanoseconds and heap sizes in whole MiB, both cut down by the
/// runtime as printed: sums are lower bounds.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-process")]
pub struct Summary {
    /// Its number, which every verb on that log counts.
    pub process: ProcessId,
    /// Who wrote the lines, by the prefix before them (a container, a pod, a unit); null without one.
    pub origin: Option<String>,
    /// The package that a compiler worked on, by the go command's `# package` line; null where it is no compiler.
    pub package: Option<String>,
    /// The releases that print such lines: `go1.1-1.2`, `go1.3`, `go1.4`, `go1.5`, `go1.6-1.17`, `go1.18+`.
    pub dialect: &'static str,
    /// Cycles counted: those that may be another process's are not.
    pub cycles: u64,
    /// Number of the first cycle.
    pub first_number: u32,
    /// Number of the last cycle.
    pub last_number: u32,
    /// Line of the first cycle, from 1.
    pub first_line: u64,
    /// Line of the last cycle, from 1.
    pub last_line: u64,
    /// Cycles missing between the first and the last, by their numbers.
    pub lost: u64,
    /// Cycles missing before the first, by its number.
    pub missing_before: u64,
    /// Cycles that may be another process's: no other number here has them.
    pub doubtful: u64,
    /// Lines that were there twice, counted once.
    pub repeated: u64,
    /// Cycles pieced together from several lines.
    pub mended: u64,
    /// Cycles with times that are not written as the runtime writes them.
    pub edited: u64,
    /// Cycles started by the program.
    pub forced: u64,
    /// Cycles started by sysmon after two idle minutes.
    pub sysmon_forced: u64,
    /// Cycles that looked for leaked goroutines.
    pub leak_checks: u64,
    /// The least GOMAXPROCS; null when no line has it.
    pub procs_min: Option<u32>,
    /// The greatest GOMAXPROCS; null when no line has it.
    pub procs_max: Option<u32>,
    /// From when it is known, in nanoseconds since the runtime started: 0 when its first cycle is here; null when no
    /// line says a time.
    pub begin_ns: Option<u64>,
    /// To the end of the last cycle, in nanoseconds since the runtime started; null when no line says a time.
    pub end_ns: Option<u64>,
    /// The time between `begin_ns` and `end_ns`; null when no line says a time.
    pub wall_ns: Option<u64>,
    /// Share of that time in which a cycle ran, of 1; null when the time is not known.
    pub active_share: Option<f64>,
    /// The runtime's own figure at the end: share of CPU since the start, whole percent; null when it is not printed.
    pub cpu_percent: Option<u32>,
    /// The same from the cycles here: CPU of assists, background workers and stopped Ps over all that the Ps had, of 1;
    /// null when cycles are missing.
    pub cpu_share: Option<f64>,
    /// CPU of assists, in nanoseconds.
    pub assist_cpu_ns: u64,
    /// CPU of background workers, in nanoseconds.
    pub background_cpu_ns: u64,
    /// CPU of marking in idle time, in nanoseconds.
    pub idle_cpu_ns: u64,
    /// CPU that stood still while the world was stopped, in nanoseconds: an upper bound.
    pub stopped_cpu_ns: u64,
    /// Assists' share of all marking, of 1; null when nothing was marked.
    pub assist_share: Option<f64>,
    /// Share of the Ps that marking used while it ran, of 1 (assists and background; 0.25 is aimed at); null when
    /// nothing was marked.
    pub mark_utilization: Option<f64>,
    /// The same with idle time.
    pub mark_utilization_with_idle: Option<f64>,
    /// The world stood still: both terminations of a cycle together; up to Go 1.4 all of it.
    pub pause: Phase,
    /// The pause before marking; null in lines that do not tell it apart.
    pub sweep_termination: Option<Phase>,
    /// The pause after marking; null in lines that do not tell it apart.
    pub mark_termination: Option<Phase>,
    /// Marking.
    pub mark: Phase,
    /// From start to start of neighbouring cycles; null when fewer than two have times.
    pub interval: Option<Phase>,
    /// Cycles a second; null when the time is not known.
    pub cycles_per_s: Option<f64>,
    /// How fast the program allocates; null when the time is not known.
    pub allocation: Option<Rate>,
    /// The largest heap; null when no line has it.
    pub peak: Option<Size>,
    /// Live heap.
    pub live: Live,
    /// The last goal, in whole MiB; null when no line has it.
    pub goal_mib: Option<u64>,
    /// The last cycle had no goal: GOGC was off, and there was no memory limit.
    pub no_goal: bool,
    /// Cycles that ended above their goal for certain.
    pub over_goal: u64,
    /// By how much the furthest of them did; null when none did.
    pub over_goal_max: Option<Size>,
    /// GOGC by the goals; null when no cycle can tell.
    pub gogc: Option<Gogc>,
    /// Cycles whose goal left at most a tenth of live heap free.
    pub tight_goals: u64,
    /// The longest stretch of these back to back; null when there is none.
    pub spiral: Option<Spiral>,
    /// Package initialisations (inittrace lines).
    pub inits: u64,
    /// Their time, in nanoseconds.
    pub init_ns: u64,
    /// Lines of the scavenger (scavtrace).
    pub scavenger_lines: u64,
    /// Memory returned to the system, added up, in KiB.
    pub scavenged_kib: u64,
    /// Of that by goroutines that had to, under a limit, in KiB.
    pub scavenged_eagerly_kib: u64,
    /// Lines of the pacer (gcpacertrace) about ended cycles.
    pub pacer_cycles: u64,
}

/// The releases that print lines of a dialect.
pub(super) const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Go1_1 => "go1.1-1.2",
        Dialect::Go1_3 => "go1.3",
        Dialect::Go1_4 => "go1.4",
        Dialect::Go1_5 => "go1.5",
        Dialect::Go1_6 => "go1.6-1.17",
        Dialect::Go1_18 => "go1.18+",
    }
}

fn saturate(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u128, whole: u128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl OfProcess for Process {
    type Summary = Summary;

    fn id(&self) -> ProcessId {
        self.id
    }

    fn records(&self) -> u64 {
        self.cycles
    }

    fn summary(&self) -> Summary {
        self.summary()
    }
}

impl Process {
    /// The share of CPU that the collector took, from the cycles here.
    pub fn cpu_share(&self) -> Option<f64> {
        let cpu = &self.cpu;
        if !self.is_measured() {
            return None;
        }
        share(cpu.assist + cpu.background + cpu.stopped, cpu.capacity)
    }

    /// Whether shares of time can be had: what was lost took time too, and between a cycle or two that do not begin
    /// with the process lies too little of it.
    fn is_measured(&self) -> bool {
        self.lost + self.doubtful == 0 && (self.first.number() == 1 || self.cycles >= 3)
    }

    /// How live heap goes.
    pub fn growth(&self) -> Growth {
        if self.last.start().is_none() {
            return Growth::without_time();
        }
        Growth::judge(self.series.live.buckets(), self.heap.live.count())
    }

    fn live(&self) -> Live {
        let growth = self.growth();
        let last = self.last.live().or_else(|| {
            let bucket = self.series.live.buckets().last()?;
            Some(dumpview_parsers::quantity::MiB(bucket.last))
        });
        Live {
            last_mib: last.map(|live| live.0),
            max: self.extremes.live.as_ref().and_then(|cycle| {
                Some(Size {
                    mib: cycle.live()?.0,
                    at: Moment::of(cycle),
                })
            }),
            shape: growth.shape.name(),
            confidence: growth.confidence.name(),
            slope_mib_per_s: growth.slope,
            against: growth.against,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn allocation(&self) -> Option<Rate> {
        let heap = &self.heap;
        (heap.allocated_in > 0 && heap.allocated >= 0).then(|| {
            let seconds = heap.allocated_in as f64 / 1e9;
            Rate {
                mib_per_s: heap.allocated as f64 / seconds,
                off_mib_per_s: heap.differences as f64 / seconds,
            }
        })
    }

    /// The process in figures.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn summary(&self) -> Summary {
        let CpuTotals {
            assist,
            background,
            idle,
            stopped,
            capacity: _,
            marking_capacity,
        } = self.cpu;
        let times = &self.times;
        let at = &self.extremes;
        let begin = self.begin().map(|begin| begin.0);
        let end = self.end().map(|end| end.0);
        let wall = begin.zip(end).map(|(begin, end)| end.saturating_sub(begin));
        let mut pause = Phase::of(&times.pause, at.pause.as_ref()).unwrap_or_default();
        pause.total_below_ns = Some(pause.total_ns.saturating_add(times.pause_step));
        let marking = assist + background + idle;
        let printed_cpu = self.last.cpu_percent().is_some();
        Summary {
            process: self.id,
            origin: Some(self.name.clone()).filter(|name| !name.is_empty()),
            package: self.package.clone(),
            dialect: dialect(self.last.dialect()),
            cycles: self.cycles,
            first_number: self.first.number(),
            last_number: self.last.number(),
            first_line: self.first.place.line,
            last_line: self.last.place.line,
            lost: self.lost,
            missing_before: u64::from(self.first.number()).saturating_sub(1),
            doubtful: self.doubtful,
            repeated: self.repeated,
            mended: self.mended,
            edited: self.edited,
            forced: self.forced,
            sysmon_forced: self.sysmon_forced,
            leak_checks: self.leak_checks,
            procs_min: self.procs.map(|procs| procs.0),
            procs_max: self.procs.map(|procs| procs.1),
            begin_ns: begin,
            end_ns: end,
            wall_ns: wall,
            active_share: wall
                .filter(|_| self.is_measured())
                .and_then(|wall| share(times.wall.sum(), u128::from(wall))),
            cpu_percent: self.last.cpu_percent(),
            cpu_share: self.cpu_share(),
            assist_cpu_ns: saturate(assist),
            background_cpu_ns: saturate(background),
            idle_cpu_ns: saturate(idle),
            stopped_cpu_ns: saturate(stopped),
            assist_share: share(assist, marking).filter(|_| printed_cpu),
            mark_utilization: share(assist + background, marking_capacity),
            mark_utilization_with_idle: share(marking, marking_capacity),
            pause,
            sweep_termination: Phase::of(&times.sweep_termination, at.sweep_termination.as_ref()),
            mark_termination: Phase::of(&times.mark_termination, at.mark_termination.as_ref()),
            mark: Phase::of(&times.mark, at.mark.as_ref()).unwrap_or_default(),
            interval: Phase::of(&times.interval, None),
            cycles_per_s: wall
                .filter(|wall| *wall > 0)
                .map(|wall| (self.cycles + self.lost) as f64 / (wall as f64 / 1e9)),
            allocation: self.allocation(),
            peak: at.peak.as_ref().map(|cycle| Size {
                mib: cycle.heap_peak().0,
                at: Moment::of(cycle),
            }),
            live: self.live(),
            goal_mib: self.last.goal().map(|goal| goal.0),
            no_goal: self.last.has_no_goal(),
            over_goal: self.heap.over_goal,
            over_goal_max: at.over_goal.as_ref().and_then(|cycle| {
                Some(Size {
                    mib: cycle.over_goal()?.0,
                    at: Moment::of(cycle),
                })
            }),
            gogc: self.gogc(),
            tight_goals: self.pressure.tight,
            spiral: self.pressure.longest.as_ref().map(Spiral::of),
            inits: self.extras.inits.packages,
            init_ns: self.extras.inits.clock.0,
            scavenger_lines: self.extras.scavenger.lines,
            scavenged_kib: self
                .extras
                .scavenger
                .background
                .0
                .saturating_add(self.extras.scavenger.eager.0),
            scavenged_eagerly_kib: self.extras.scavenger.eager.0,
            pacer_cycles: self.extras.pacer.cycles,
        }
    }

    fn gogc(&self) -> Option<Gogc> {
        let (last_percent, last_off_percent) = self.heap.gogc_last?;
        Some(Gogc {
            last_percent,
            last_off_percent,
            p50_percent: self.heap.gogc.quantile(0.5)?.value,
            cycles: self.heap.gogc.count(),
        })
    }
}
