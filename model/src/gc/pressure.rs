//! Cycles back to back while the goal leaves no room: what GOMEMLIMIT does when live heap comes near it (and a very
//! small GOGC always). The collector then works without freeing, and stops only at its own limit of half the
//! CPU (runtime/mgclimit.go), after which the heap grows past the limit and the kernel ends it.

use super::cycle::Cycle;
use dumpview_parsers::quantity::Nanos;

/// Consecutive cycles under pressure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Streak {
    /// The first.
    pub first: Cycle,
    /// The last.
    pub last: Cycle,
    /// How many.
    pub cycles: u64,
    /// CPU time they took from the program.
    pub cpu: Nanos,
    /// CPU time there was meanwhile.
    pub capacity: Nanos,
    /// Wall time in which a cycle ran.
    pub busy: Nanos,
    /// Wall time from the first one's start to the last one's end.
    pub wall: Nanos,
}

impl Streak {
    /// The collector's share of CPU meanwhile, 0 to 1 (or a little more: stop-the-world CPU is an upper bound).
    pub fn cpu_share(&self) -> f64 {
        ratio(self.cpu, self.capacity)
    }

    /// The share of the time in which a cycle ran.
    pub fn busy_share(&self) -> f64 {
        ratio(self.busy, self.wall)
    }
}

/// What share of `whole` `part` is.
pub(super) fn ratio(part: Nanos, whole: Nanos) -> f64 {
    if whole.0 == 0 {
        0.0
    } else {
        part.as_secs_f64() / whole.as_secs_f64()
    }
}

/// Watches for cycles under pressure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    /// Cycles whose goal left at most a tenth of the live heap free.
    pub tight: u64,
    /// The streak that is going on.
    pub open: Option<Streak>,
    /// The longest.
    pub longest: Option<Streak>,
}

/// Below this many MiB of live heap a tenth of it is less than the numbers can show.
const MIN_LIVE: u64 = 16;

/// Whether the goal left at most a tenth of what was live: even with both numbers cut down.
fn is_tight(previous: &Cycle, cycle: &Cycle) -> bool {
    let (Some(live), Some(goal)) = (previous.live(), cycle.goal()) else {
        return false;
    };
    live.0 >= MIN_LIVE && goal.0 < live.0 + live.0 / 10
}

impl Pressure {
    /// Looks at a cycle and the one before it.
    pub(super) fn add(&mut self, previous: &Cycle, cycle: &Cycle) {
        let tight = !cycle.forced() && is_tight(previous, cycle);
        self.tight += u64::from(tight);
        let gap = match (previous.end(), cycle.start()) {
            (Some(end), Some(start)) => start.0.saturating_sub(end.0),
            _ => return,
        };
        let wall = cycle.wall();
        // It ran for more than half of the time since the cycle before.
        if !tight || wall.0 < gap {
            self.open = None;
            return;
        }
        let procs = u64::from(cycle.procs().unwrap_or(1));
        let mut streak = self.open.unwrap_or(Streak {
            first: *cycle,
            last: *cycle,
            cycles: 0,
            cpu: Nanos(0),
            capacity: Nanos(0),
            busy: Nanos(0),
            wall: Nanos(0),
        });
        let span = if streak.cycles == 0 {
            wall.0
        } else {
            wall.0.saturating_add(gap)
        };
        streak.last = *cycle;
        streak.cycles += 1;
        add(&mut streak.cpu, cycle.cpu().unwrap_or_default().0);
        add(&mut streak.capacity, span.saturating_mul(procs));
        add(&mut streak.busy, wall.0);
        add(&mut streak.wall, span);
        self.open = Some(streak);
        if self
            .longest
            .is_none_or(|longest| longest.wall <= streak.wall)
        {
            self.longest = Some(streak);
        }
    }
}

fn add(total: &mut Nanos, more: u64) {
    total.0 = total.0.saturating_add(more);
}
