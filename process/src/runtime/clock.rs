//! What time it was when the process died, as far as it can be told.
//!
//! The runtime measures waiting in nanotime (`CLOCK_MONOTONIC`) and stores no "now". Many structures keep the
//! time of something that has happened, though; the latest of those is a time the process lived to see.

use super::Runtime;
use crate::addr::Addr;
use crate::layout::FieldError;
use crate::memory::MemoryExt;
use rustc_hash::FxHashSet;

/// A nanotime that the process reached: a lower bound of its time of death.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reached(pub i64);

/// Variables and fields that hold a nanotime of the past. `sysmontick` is refreshed by sysmon for each P that
/// it sees change, so it follows a busy process within 10 ms. (`work` has a type without a name in older
/// releases: its layout goes by the variable's name.)
const PAST: [(&str, &str, &str); 7] = [
    ("runtime.sched", "runtime.schedt", "lastpoll"),
    ("runtime.sched", "runtime.schedt", "procresizetime"),
    ("runtime.memstats", "runtime.mstats", "last_gc_nanotime"),
    ("runtime.work", "runtime.work", "tstart"),
    ("runtime.work", "runtime.work", "tEnd"),
    ("runtime.work", "runtime.work", "tMark"),
    ("runtime.work", "runtime.work", "tSweepTerm"),
];

/// The Ps never number more; `allp` from a hostile core may claim so.
const MOST_PS: u64 = 1 << 14;

impl Reached {
    /// The latest of all times that the runtime's structures hold; `None` when none can be read.
    pub fn read(runtime: &Runtime<'_>) -> Option<Self> {
        let globals = PAST.iter().filter_map(|(variable, structure, path)| {
            let at = runtime.vars.address(variable)?;
            runtime.structure(structure, at).uint(path).ok()
        });
        let per_p = processors(runtime).unwrap_or_default();
        let per_p = per_p.iter().flat_map(|p| {
            let p = runtime.structure("runtime.p", *p);
            [
                "sysmontick.schedwhen",
                "sysmontick.syscallwhen",
                "gcStopTime",
            ]
            .into_iter()
            .filter_map(move |path| p.uint(path).ok())
        });
        let latest = globals.chain(per_p).map(u64::cast_signed).max()?;
        (latest > 0).then_some(Self(latest))
    }

    /// How long ago, at least, something happened; `None` for the never of a zero, or for a time that had not
    /// come.
    pub fn since(self, then: i64) -> Option<u64> {
        let passed = self.0.checked_sub(then).filter(|_| then > 0)?;
        u64::try_from(passed).ok()
    }
}

/// Addresses of all Ps, each once.
pub(crate) fn processors(runtime: &Runtime<'_>) -> Result<Vec<Addr>, FieldError> {
    let (array, len) = runtime.variable("allp", |memory, at| {
        Ok((memory.ptr(at)?, memory.u64(at.offset(8))?))
    })?;
    let one = |index: u64| runtime.memory.ptr(array.offset(index * 8)).ok();
    let mut seen = FxHashSet::default();
    let addresses = (0..len.min(MOST_PS)).map_while(one);
    Ok(addresses
        .filter(|p| !p.is_null() && seen.insert(*p))
        .collect())
}
