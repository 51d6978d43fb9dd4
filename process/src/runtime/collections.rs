//! The collections that the runtime remembers: how many, the pauses of the last 256, and what the wall clock said.
//!
//! This is also where the process's three clocks meet. The runtime keeps the end of the last collection twice, in
//! nanotime and in Unix time (`memstats.last_gc_nanotime`, `last_gc_unix`; gcMarkTermination reads both clocks one
//! after the other), and the nanotime at which it started (`runtimeInitTime`), from which `gctrace` counts
//! its `@`. So a time on one can be told on the others, to within the microseconds between two clock readings
//! and whatever the wall clock was set by since.

use super::{Reached, Runtime};
use crate::memory::MemoryExt;

/// The rings `pause_ns` and `pause_end` are this long in every release.
const RING: u64 = 256;

/// One collection's time with the world stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pause {
    /// Its number, as `gctrace` counts: from 1.
    pub cycle: u64,
    /// End of its last pause, nanoseconds since 1970.
    pub end_unix: i64,
    /// All its pauses together, in nanoseconds.
    pub ns: u64,
}

/// What the runtime remembers of its collections.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collections {
    /// Finished so far (`memstats.numgc`).
    pub count: u64,
    /// Of these, asked for by the program (`runtime.GC`).
    pub forced: u64,
    /// All pauses since the start, in nanoseconds.
    pub pause_total_ns: u64,
    /// The last of them, at most 256, oldest first.
    pub pauses: Vec<Pause>,
    /// When the runtime started, nanoseconds since 1970. Known once there was a collection: only that ties the
    /// clocks together.
    pub started_unix: Option<i64>,
    /// The latest time that the process is known to have reached, nanoseconds since 1970.
    pub reached_unix: Option<i64>,
    /// The same, in nanoseconds since the runtime started.
    pub reached: Option<i64>,
}

impl Collections {
    /// Reads them; `None` when `runtime.memstats` is not to be had.
    pub fn read(runtime: &Runtime<'_>) -> Option<Self> {
        let stats = runtime.structure("runtime.mstats", runtime.vars.address("runtime.memstats")?);
        let count = stats.uint("numgc").ok()?;
        let remembered = count.min(RING);
        let pauses = (count - remembered..count).map_while(|before| {
            let slot = before % RING;
            let end = stats.uint(&format!("pause_end[{slot}]")).ok()?;
            Some(Pause {
                cycle: before + 1,
                end_unix: end.cast_signed(),
                ns: stats.uint(&format!("pause_ns[{slot}]")).ok()?,
            })
        });
        let time = |path| stats.uint(path).ok().map(u64::cast_signed);
        let offset = time("last_gc_unix")
            .zip(time("last_gc_nanotime"))
            .filter(|(unix, nano)| *unix > 0 && *nano > 0)
            .and_then(|(unix, nano)| unix.checked_sub(nano));
        let started = runtime
            .variable("runtimeInitTime", MemoryExt::i64)
            .ok()
            .filter(|nano| *nano > 0);
        let reached = Reached::read(runtime);
        Some(Self {
            count,
            forced: stats.uint("numforcedgc").ok()?,
            pause_total_ns: stats.uint("pause_total_ns").ok()?,
            pauses: pauses.collect(),
            started_unix: started.and_then(|nano| offset?.checked_add(nano)),
            reached_unix: reached.and_then(|at| offset?.checked_add(at.0)),
            reached: reached.and_then(|at| at.0.checked_sub(started?)),
        })
    }
}
