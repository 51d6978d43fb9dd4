//! What the scavenger says.

use crate::quantity::{KiB, MiB};

/// One record of scavenger traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record {
    /// `scav …`: `GODEBUG=scavtrace=1`, Go 1.14 and later (runtime/mgcscavenge.go printScavTrace).
    Work(Work),
    /// `scvgK: X MB released`, up to 1.13 with gctrace=1. It comes before the state, when there was any.
    Released(Released),
    /// `scvgK: inuse: …`.
    State(State),
    /// `scvgK: GC forced`, up to 1.4.
    GcForced {
        /// Counted from 0 by its process.
        round: Option<u64>,
        /// How many physical lines it was pieced together from; 1 for a whole one.
        pieces: u32,
    },
}

/// What was given back to the system. All numbers are cut down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work {
    /// The cycle's number; 1.15 to 1.18.
    pub cycle: Option<u64>,
    /// Given back by the background scavenger since the last line; up to 1.19 by anyone.
    pub background: KiB,
    /// Given back by goroutines that allocate, to stay in the limit; since 1.20.
    pub eager: Option<KiB>,
    /// Address space that is given back now. Up to 1.19 `total`.
    pub now: KiB,
    /// Heap in use as a share of what is not given back.
    pub util_percent: u64,
    /// By debug.FreeOSMemory.
    pub forced: bool,
    /// `[controller reset]`.
    pub controller_reset: bool,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// What a round of the old scavenger gave back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Released {
    /// Counted from 0 by its process; 1.13 does not print it.
    pub round: Option<u64>,
    /// How much; printed in MB up to 1.12 and in KB by 1.13.
    pub released: KiB,
    /// By debug.FreeOSMemory; 1.13 says so.
    pub forced: bool,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// What the old scavenger saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Counted from 0 by its process; 1.13 does not print it.
    pub round: Option<u64>,
    /// Spans in use.
    pub inuse: MiB,
    /// Free spans.
    pub idle: MiB,
    /// From the system.
    pub sys: MiB,
    /// Given back.
    pub released: MiB,
    /// `sys` less `released`.
    pub consumed: MiB,
    /// By debug.FreeOSMemory; 1.13 says so.
    pub forced: bool,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}
