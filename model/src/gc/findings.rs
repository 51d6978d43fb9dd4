//! What the figures mean: each finding is a sentence with its numbers, its lines and what to do.
//!
//! Thresholds are those at which people act; each stands at its finding. Numbers of a trace are lower bounds, so a
//! finding may come late, but not for nothing.

use super::collect::Collector;
use super::growth::{self, Confidence, Shape};
use super::process::Process;
use super::stream::stream;
use super::summary::Summary;
use crate::finding::{Finding, Severity, rank};
use crate::log::Unread;
use crate::units::{bytes, duration, grouped, mib, number, percent, plural};

/// Everything worth knowing about `process` (mostly [`Collector::main`]) and about the stream as a whole, what matters most
/// first.
pub fn findings(collector: &Collector, unread: &Unread, process: &Process) -> Vec<Finding> {
    let summary = process.summary();
    let mut found: Vec<Finding> = [
        pressure(process),
        cpu(&summary),
        leak(process, &summary),
        pauses(process, &summary),
        assists(process, &summary),
        forced(process),
        small_heap(&summary),
        overshoot(process, &summary),
        idle(process),
        leak_checks(process),
        procs(process),
        coarse_clock(process),
        init(process),
        eager(process),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.extend(stream(collector, unread, process));
    rank(&mut found);
    found
}

/// Five cycles back to back are a spiral; ten with a tight goal are pressure.
fn pressure(process: &Process) -> Option<Finding> {
    let longest = process.pressure.longest.filter(|streak| streak.cycles >= 5);
    let Some(streak) = longest else {
        return (process.pressure.tight >= 10).then(|| {
            Finding::new(
                "gc.memory-pressure",
                Severity::Warning,
                format!(
                    "{} of {} had a goal that left at most a tenth of the live heap free: a memory limit (GOMEMLIMIT) or a \
                     very small GOGC makes the collector run more often than the heap grows; raise it, or hold less",
                    plural(process.pressure.tight, "cycle"),
                    grouped(process.cycles)
                ),
            )
            .at(process.last.place.line, process.last.words())
        });
    };
    let goal = streak.last.goal().unwrap_or_default().0;
    let live = streak.last.live().unwrap_or_default().0;
    let cause = if goal < live {
        "the goal is below what is live, so a memory limit (GOMEMLIMIT) is in force and too near the live heap"
    } else {
        "a memory limit (GOMEMLIMIT) is too near the live heap, or GOGC is very small"
    };
    let mostly = process.cycles >= 50 && process.pressure.tight * 2 >= process.cycles;
    let severity = if mostly || streak.cpu_share() >= 0.25 || streak.wall.0 >= 1_000_000_000 {
        Severity::Critical
    } else {
        Severity::Warning
    };
    Some(
        Finding::new(
            "gc.death-spiral",
            severity,
            format!(
                "the collector ran back to back: {} in {} took {} of the CPU while goals left at most a tenth of the live \
                 heap free (at the end {} live, goal {}); {cause}. Raise it or hold less: the runtime gives up at half of the \
                 CPU, and then the heap grows past the limit",
                plural(streak.cycles, "cycle"),
                duration(streak.wall.0),
                percent(streak.cpu_share().min(1.0)),
                mib(live),
                mib(goal),
            ),
        )
        .at(streak.first.place.line, format!("begins with {}", streak.first.words()))
        .at(streak.last.place.line, format!("ends with {}", streak.last.words())),
    )
}

/// A tenth of the CPU is worth a look, a quarter is what the pacer uses all the time at most when it keeps up.
fn cpu(summary: &Summary) -> Option<Finding> {
    let printed = summary
        .cpu_percent
        .map(|percent| f64::from(percent) / 100.0);
    let share = summary.cpu_share.or(printed)?;
    let seconds = summary.wall_ns? / 1_000_000_000;
    if share < 0.10 || summary.cycles < 5 {
        return None;
    }
    let severity = if share >= 0.25 && seconds >= 1 {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let printed = summary.cpu_percent.map_or_else(String::new, |percent| {
        format!(
            " (the runtime itself says {percent}%: cut to a whole number, since the start of the process)"
        )
    });
    let remedy = match summary.gogc {
        // A limit makes the goals, not GOGC.
        Some(gogc) if gogc.p50_percent < 25 => {
            "goals leave hardly any room above the live heap: a memory limit, or a very small GOGC, makes it work so often"
                .to_owned()
        }
        Some(gogc) if gogc.p50_percent <= 150 => format!(
            "GOGC is about {}: twice as much halves it, for more memory",
            gogc.p50_percent
        ),
        _ => "a larger GOGC trades memory for it; fewer allocations cost nothing".to_owned(),
    };
    Some(
        Finding::new(
            "gc.cpu",
            severity,
            format!(
                "the collector took {} of all CPU{printed}; {remedy}",
                percent(share)
            ),
        )
        .at(summary.last_line, format!("cycle {}", summary.last_number)),
    )
}

fn leak(process: &Process, summary: &Summary) -> Option<Finding> {
    let growth = process.growth();
    let (id, severity, verdict) = match growth.shape {
        Shape::Leak if growth.confidence == Confidence::Low => (
            "gc.growth",
            Severity::Info,
            "the live heap rises as it would with a leak",
        ),
        Shape::Leak => (
            "gc.leak",
            Severity::Warning,
            "the live heap rises steadily, the shape of a leak",
        ),
        Shape::Rising => (
            "gc.growth",
            Severity::Info,
            "the live heap rises, with falls in between",
        ),
        Shape::Risen => (
            "gc.growth",
            Severity::Info,
            "the live heap rose and then stayed",
        ),
        Shape::Unknown => return short_rise(process, summary),
        _ => return None,
    };
    let minima = &growth.minima;
    let against = if growth.against.is_empty() {
        String::new()
    } else {
        format!("; against a leak: {}", growth.against.join("; "))
    };
    let rate = number(growth.slope * 60.0);
    Some(
        Finding::new(
            id,
            severity,
            format!(
                "{verdict} ({} confidence): from {} to {} between the least of each eighth of the time, {rate} MiB a minute\
                 {against}",
                growth.confidence.name(),
                mib(minima.first().copied().unwrap_or(0)),
                mib(minima.last().copied().unwrap_or(0)),
            ),
        )
        .at(summary.first_line, format!("cycle {}", summary.first_number))
        .at(summary.last_line, format!("cycle {}", summary.last_number)),
    )
}

/// Of a log that is too short for a verdict: that it rose much and never fell.
fn short_rise(process: &Process, summary: &Summary) -> Option<Finding> {
    const FEWEST: u64 = 4;
    const TIMES: u64 = 4;
    const MOST_S: u64 = 10;
    let buckets = process.series.live.buckets();
    let (first, last) = (buckets.first()?, buckets.last()?);
    let ns = last.to.saturating_sub(first.from);
    let is_short = summary.cycles < growth::FEWEST || ns < MOST_S * 1_000_000_000;
    let mut steps = buckets.iter().zip(buckets.iter().skip(1));
    let rises = steps.all(|(a, b)| b.min >= a.min);
    if process.last.start().is_none()
        || summary.cycles < FEWEST
        || !is_short
        || !rises
        || last.min < first.min.max(1) * TIMES
        || last.min - first.min < growth::WORTH_A_WORD
    {
        return None;
    }
    let finding = Finding::new(
        "gc.growth",
        Severity::Info,
        format!(
            "the live heap never fell, and rose from {} to {} in {} and {}, which is as a leak begins and as a program warms up: \
             too little time to tell, so trace it for longer",
            mib(first.min),
            mib(last.min),
            plural(summary.cycles, "cycle"),
            duration(ns),
        ),
    );
    Some(
        finding
            .at(
                summary.first_line,
                format!("cycle {}", summary.first_number),
            )
            .at(summary.last_line, format!("cycle {}", summary.last_number)),
    )
}

/// Pauses are meant to stay below a millisecond; from 10 ms on users see them.
fn pauses(process: &Process, summary: &Summary) -> Option<Finding> {
    let longest = process.extremes.pause.as_ref()?;
    if longest.pause().0 < 10_000_000 {
        return None;
    }
    let severity = if longest.pause().0 >= 100_000_000 {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let phase = match (longest.sweep_termination(), longest.mark_termination()) {
        (Some(sweep), Some(mark)) if sweep >= mark => format!(
            "{} of it before marking, where the world is made to stop: a goroutine that could not be preempted, more \
             threads than CPUs, or a CPU quota that was used up",
            duration(sweep.0)
        ),
        (Some(_), Some(mark)) => format!(
            "{} of it after marking: waiting for goroutines to stop, or a CPU quota that was used up",
            duration(mark.0)
        ),
        _ => "up to Go 1.4 all marking is in the pause".to_owned(),
    };
    Some(
        Finding::new(
            "gc.long-pause",
            severity,
            format!(
                "the longest pause was {} ({phase}); the median is {}, the 99th percentile {}",
                duration(longest.pause().0),
                duration(summary.pause.p50_ns),
                duration(summary.pause.p99_ns),
            ),
        )
        .at(longest.place.line, longest.words()),
    )
}

/// From a fifth of marking on, requests pay for the collector.
fn assists(process: &Process, summary: &Summary) -> Option<Finding> {
    let share = summary.assist_share?;
    if share < 0.20 || process.cycles < 5 || summary.assist_cpu_ns < 1_000_000 {
        return None;
    }
    Some(
        Finding::new(
            "gc.assist",
            Severity::Warning,
            format!(
                "{} of marking ({} of CPU) was done by the program's own goroutines as assists: they allocate faster than the \
                 collector's workers mark, and their requests wait for it; allocate less, or give it room (GOGC, memory limit)",
                percent(share),
                duration(summary.assist_cpu_ns),
            ),
        )
        .at(process.last.place.line, process.last.words()),
    )
}

/// Forced cycles are meant to be rare.
fn forced(process: &Process) -> Option<Finding> {
    let first = process.first_forced.as_ref()?;
    let often = process.forced >= 3 && process.forced * 4 >= process.cycles;
    let severity = if often {
        Severity::Warning
    } else {
        Severity::Info
    };
    Some(
        Finding::new(
            "gc.forced",
            severity,
            format!(
                "{} of {} {} forced by the program (runtime.GC, debug.FreeOSMemory, a heap dump or profile){}",
                grouped(process.forced),
                plural(process.cycles, "cycle"),
                if process.forced == 1 { "was" } else { "were" },
                if often {
                    ": look for who calls it, the pacer knows better when to collect"
                } else {
                    ""
                }
            ),
        )
        .at(first.place.line, first.words()),
    )
}

/// Many cycles over a heap that costs nothing: the minimum goal is 4 MiB.
fn small_heap(summary: &Summary) -> Option<Finding> {
    let rate = summary.cycles_per_s?;
    let peak = summary.peak?.mib;
    if rate < 5.0 || peak > 32 || summary.cycles < 20 {
        return None;
    }
    Some(
        Finding::new(
            "gc.small-heap",
            Severity::Info,
            format!(
                "{rate:.0} cycles a second over a heap of at most {}: a larger GOGC, or GOGC=off with a GOMEMLIMIT, would cost \
                 little memory and save most of them",
                mib(peak + 1)
            ),
        )
        .at(summary.last_line, format!("cycle {}", summary.last_number)),
    )
}

/// The pacer aims to end at the goal.
fn overshoot(process: &Process, summary: &Summary) -> Option<Finding> {
    let worst = process.extremes.over_goal.as_ref()?;
    let over = worst.over_goal()?.0;
    let goal = worst.goal()?.0;
    if over < 4 || over * 10 < goal {
        return None;
    }
    Some(
        Finding::new(
            "gc.over-goal",
            Severity::Info,
            format!(
                "{} of {} ended above the goal, the furthest by {} ({} for a goal of {}): allocation outran marking; count \
                 with it where memory is limited",
                grouped(summary.over_goal),
                plural(process.cycles, "cycle"),
                mib(over),
                mib(worst.heap_peak().0),
                mib(goal),
            ),
        )
        .at(worst.place.line, worst.words()),
    )
}

fn idle(process: &Process) -> Option<Finding> {
    (process.sysmon_forced > 0).then(|| {
        Finding::new(
            "gc.idle",
            Severity::Info,
            format!(
                "{} started by sysmon because nothing had been collected for two minutes: the process was idle",
                plural(process.sysmon_forced, "cycle")
            ),
        )
        .at(process.last.place.line, process.last.words())
    })
}

fn leak_checks(process: &Process) -> Option<Finding> {
    (process.leak_checks > 0).then(|| {
        Finding::new(
            "gc.goroutine-leak-check",
            Severity::Info,
            format!(
                "{} looked for leaked goroutines (a goroutineleak profile was taken)",
                plural(process.leak_checks, "cycle")
            ),
        )
        .at(process.last.place.line, process.last.words())
    })
}

fn procs(process: &Process) -> Option<Finding> {
    let (least, most, changed) = process.procs?;
    let changed = changed?;
    Some(
        Finding::new(
            "gc.gomaxprocs",
            Severity::Info,
            format!(
                "GOMAXPROCS changed between {least} and {most}: set by the program, or since Go 1.25 by a new CPU limit of \
                 its container"
            ),
        )
        .at(changed.place.line, changed.words()),
    )
}

fn coarse_clock(process: &Process) -> Option<Finding> {
    let silent = process.times.wall.max() == Some(0) && process.cycles >= 3;
    silent.then(|| {
        Finding::new(
            "gc.coarse-clock",
            Severity::Warning,
            "every phase of every cycle took 0 ms: the clock is too coarse (old Windows, go.dev/issue/22439) and pauses are \
             not known",
        )
        .at(process.first.place.line, process.first.words())
    })
}

/// A tenth of a second before main runs is noticed by whoever starts it often.
fn init(process: &Process) -> Option<Finding> {
    let inits = &process.extras.inits;
    let (package, clock, line) = inits.slowest.as_ref()?;
    (inits.clock.0 >= 100_000_000).then(|| {
        Finding::new(
            "gc.init",
            Severity::Info,
            format!(
                "{} took {} to initialise, {} of it {package}",
                plural(inits.packages, "package"),
                duration(inits.clock.0),
                duration(clock.0)
            ),
        )
        .at(*line, format!("init {package}"))
    })
}

fn eager(process: &Process) -> Option<Finding> {
    let scavenger = &process.extras.scavenger;
    (scavenger.eager.0 > 0).then(|| {
        Finding::new(
            "gc.eager-scavenging",
            Severity::Warning,
            format!(
                "goroutines that allocate had to return {} to the system first, to stay within the memory limit ({} were \
                 returned in the background)",
                bytes(scavenger.eager.to_bytes().0),
                bytes(scavenger.background.to_bytes().0)
            ),
        )
        .at(process.last.place.line, process.last.words())
    })
}
