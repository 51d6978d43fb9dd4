//! Which parts of a log are collected.

use std::ops::BitOr;

/// A set of parts; `|` puts sets together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Parts(u8);

impl Parts {
    /// Collections, and what else is printed of the collector.
    pub const GC: Self = Self(1);
    /// Scheduler samples.
    pub const SCHED: Self = Self(1 << 1);
    /// Memory statistics.
    pub const MEMORY: Self = Self(1 << 2);
    /// Allocation traces; costs memory for each object that lives.
    pub const ALLOC: Self = Self(1 << 3);
    /// Crashes, dumps, race reports and goroutine profiles.
    pub const CRASHES: Self = Self(1 << 4);
    /// Kills by the kernel.
    pub const KILLS: Self = Self(1 << 5);
    /// Events for a timeline, the application's own lines included.
    pub const EVENTS: Self = Self(1 << 6);
    /// All.
    pub const ALL: Self = Self(0x7f);
    /// All that a log is summed up from: what costs memory for each record is left out.
    pub const OVERVIEW: Self = Self(Self::ALL.0 & !Self::ALLOC.0 & !Self::EVENTS.0);

    /// Whether the application's own lines are among what is collected.
    pub const fn has_lines(self) -> bool {
        self.has(Self::CRASHES) || self.has(Self::EVENTS)
    }

    /// Whether all of these are among them.
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Parts {
    type Output = Self;

    fn bitor(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}
