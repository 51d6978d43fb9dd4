//! What the cycles of one process so far say of its next one.
//!
//! | what | why it must go on |
//! |---|---|
//! | number, start | counted up by one; a cycle starts when the one before has ended |
//! | heap | what was found alive is there when the next cycle starts (runtime/mgcpacer.go, `resetLive`) |
//! | goal | made of the live heap, stacks and globals by the same GOGC (`heapGoalInternal`) |
//! | share of CPU | printed of all the time since the start: with what the cycle took it makes the next share |
//! | place in the log | who writes later prints later times, by as much as it started earlier |
//! | GOMAXPROCS, globals | seldom another |
//!
//! What does not fit costs: about the logarithm of how much less likely it is. Nothing but numbers and times is impossible, as
//! lines are lost, delayed, and programs change their GOGC.

use dumpview_parsers::gctrace::{Cycle, Dialect};

/// What a process has that begins with its first cycle, and one that was there before the log was.
const FIRST: f64 = 0.5;
const MIDWAY: f64 = 14.0;

/// What speaks against a cycle that has the next number costs this at most: programs do change, and a process that nobody
/// has seen before is less likely yet.
const MOST_AGAINST: f64 = 9.0;

/// A line may be written so much later than its cycle ended, in nanoseconds, before that says anything.
const DELAY: f64 = 20e6;

/// The least goal, in MiB, at GOGC=100.
const LEAST_GOAL: u64 = 4;

/// A stretch of what is not known better, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Stretch {
    least: f64,
    most: f64,
}

impl Stretch {
    /// By how much a value lies outside.
    fn off(self, other: Self) -> f64 {
        (other.least - self.most)
            .max(self.least - other.most)
            .max(0.0)
    }

    /// What both have; the other when they have nothing.
    fn both(self, other: Self) -> Self {
        let least = self.least.max(other.least);
        let most = self.most.min(other.most);
        if least <= most {
            Self { least, most }
        } else {
            other
        }
    }
}

/// A process, as far as its cycles tell.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// The number of the cycle, in the order of the log, that it began with.
    pub label: u64,
    pub last: Cycle,
    /// When that ended.
    ended: f64,
    /// CPU time of the collector until then.
    work: Stretch,
    /// When it started, by the clock of the log's first process.
    started: Stretch,
    /// GOGC, by the goals so far.
    gogc: Option<Stretch>,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times and sizes far below 2^53, or nonsense"
)]
const fn float(n: u64) -> f64 {
    n as f64
}

fn end(cycle: &Cycle) -> f64 {
    float(cycle.start.0) + float(cycle.clock.total().0)
}

/// The collector's CPU time until a cycle's end, by the share that it prints of what all Ps had, the `capacity`. Whole percents
/// are cut down.
fn share(cycle: &Cycle, capacity: f64) -> Stretch {
    let percent = f64::from(cycle.cpu_percent);
    Stretch {
        least: capacity * (percent - 0.1) / 100.0,
        most: capacity * (percent + 1.1) / 100.0,
    }
}

/// CPU time of a cycle that the share counts: all but what would have been idle. Until the world has stopped, a P counts from
/// when it did itself (runtime/proc.go, `stoppingCPUTime`, since 1.23), while the line has all Ps from the start: a pause that
/// took long to begin may count for next to nothing.
fn took(cycle: &Cycle) -> Stretch {
    let cpu = &cycle.cpu;
    let marking = float(cpu.assist.0) + float(cpu.background.0);
    let stopped = float(cpu.sweep_termination.0) + float(cpu.mark_termination.0);
    Stretch {
        least: marking,
        most: marking + stopped,
    }
}

/// GOGC in percent, by the goal that `next` prints and what `last` found; nothing of small heaps.
fn gogc(last: &Cycle, next: &Cycle) -> Option<Stretch> {
    let goal = next.goal().filter(|goal| goal.0 > LEAST_GOAL)?.0;
    let live = last.heap_live.0;
    let roots = last.stacks?.0 + last.globals?.0;
    if live < LEAST_GOAL {
        return None;
    }
    // Each number is cut down by less than one.
    let least = (float(goal) - float(live) - 1.0) / (float(live + roots) + 3.0);
    let most = (float(goal) - float(live) + 1.0) / float(live + roots);
    Some(Stretch {
        least: least * 100.0,
        most: most * 100.0,
    })
}

impl Track {
    /// One that begins with a cycle that is written when it is `now` by the clock of the log's first process.
    pub fn new(label: u64, cycle: &Cycle, now: Option<f64>) -> Self {
        let ended = end(cycle);
        let started = match now {
            None => Stretch {
                least: 0.0,
                most: 0.0,
            },
            Some(now) => Stretch {
                least: now - ended,
                most: f64::INFINITY,
            },
        };
        Self {
            label,
            last: *cycle,
            ended,
            work: share(cycle, ended * f64::from(cycle.procs)),
            started,
            gogc: None,
        }
    }

    /// It is so late at least, by the clock of the log's first process.
    pub fn now(&self) -> f64 {
        self.started.least + self.ended
    }

    /// What it costs to take a cycle for the next of this process, written when it is `now`; `None` when it cannot be.
    pub fn cost(&self, next: &Cycle, now: f64) -> Option<f64> {
        let last = &self.last;
        // Starts are cut to milliseconds, and phases by up to a tenth, always down.
        let in_time = float(next.start.0) + 1e6 >= self.ended;
        if last.dialect != next.dialect || next.number <= last.number || !in_time {
            return None;
        }
        let gap = next.number - last.number - 1;
        let missing = if gap > 0 {
            1.0 + f64::from(gap).ln_1p()
        } else {
            0.0
        };
        let mut cost = 0.0;
        if last.procs != next.procs {
            cost += 5.0;
        }
        if last.globals != next.globals {
            cost += 3.0;
        }
        let ended = end(next);
        let late = now - (self.started.most + ended);
        cost += (late / DELAY).clamp(0.0, 6.0);
        if gap == 0 && next.dialect >= Dialect::Go1_6 {
            cost += self.heap(next);
        }
        if gap == 0 && last.procs == next.procs {
            cost += self.cpu(next, ended * f64::from(next.procs));
        }
        Some(missing + cost.min(MOST_AGAINST))
    }

    fn heap(&self, next: &Cycle) -> f64 {
        let (live, start) = (self.last.heap_live.0, next.heap_start.0);
        let mut cost = 0.0;
        if start < live {
            cost += 3.0 + float(live - start).min(5.0);
        }
        if let Some(stretch) = gogc(&self.last, next) {
            let off = self.gogc.map_or(0.0, |known| known.off(stretch));
            cost += (off / 5.0).min(4.0);
        } else if next.goal().is_some_and(|goal| goal.0 < live) {
            cost += 4.0;
        }
        if next.heap_live.0 != live {
            let ratio = (float(next.heap_live.0) + 1.0) / (float(live) + 1.0);
            cost += ratio.ln().abs().min(2.0);
        }
        cost
    }

    fn cpu(&self, next: &Cycle, capacity: f64) -> f64 {
        let work = self.worked(next);
        let percent = capacity.max(1.0) / 100.0;
        // Whatever it is, the time between a phase's end and the print is not counted.
        (work.off(share(next, capacity)) / percent).clamp(0.0, 5.0)
    }

    /// What the collector has worked when `next` is over.
    fn worked(&self, next: &Cycle) -> Stretch {
        let took = took(next);
        Stretch {
            least: self.work.least + took.least * 0.95,
            // Phases are cut by up to a tenth; since 1.20 what else stops the world counts.
            most: self.work.most + took.most * 1.15 + 1e5,
        }
    }

    /// It is its next cycle, written when it was `now`.
    pub fn add(&mut self, next: &Cycle, now: f64) {
        if let Some(stretch) = gogc(&self.last, next) {
            self.gogc = Some(self.gogc.map_or(stretch, |known| known.both(stretch)));
        }
        let follows = next.number == self.last.number + 1 && next.procs == self.last.procs;
        let ended = end(next);
        let share = share(next, ended * f64::from(next.procs));
        self.work = if follows {
            self.worked(next).both(share)
        } else {
            share
        };
        self.last = *next;
        self.ended = ended;
        let written = now - ended;
        self.started.least = self.started.least.max(written);
        self.started.most = self.started.most.max(self.started.least);
    }

    /// Another process, which started at `started` at the latest, wrote a cycle after this one's last.
    pub fn before(&mut self, other: &Self) {
        let most = other.started.most + other.ended - self.ended;
        self.started.most = self.started.most.min(most).max(self.started.least);
    }
}

/// What it costs to take a cycle for the first of a process.
pub(super) fn begins(cycle: &Cycle, announced: bool) -> f64 {
    if cycle.number == 1 || announced {
        FIRST
    } else {
        MIDWAY
    }
}
