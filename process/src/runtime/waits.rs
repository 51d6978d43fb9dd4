//! What a blocked goroutine waits on: channels, a semaphore, a point in time.
//!
//! Channels are in the `sudog`s that `g.waiting` links. From 1.26 on so is the semaphore of a sync.Mutex and its
//! kin; before, only `runtime.semtable` knows who waits there, so [`Semaphores`] reads all of it once.
//! The runtime hides some pointers from the garbage collector while it looks for leaks; their plain word (`vu`)
//! is read, never the hidden one.

use super::{Goroutine, Runtime};
use crate::addr::Addr;
use crate::layout::FieldError;
use rustc_hash::{FxHashMap, FxHashSet};

/// One channel that a goroutine waits on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelWait {
    /// The `hchan`.
    pub chan: Addr,
    /// Where the value comes from or goes to; null when nobody wants it.
    pub elem: Addr,
    /// It is one case of a select.
    pub select: bool,
}

/// What a goroutine waits on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WaitsOn {
    /// Channels, in the order in which a select locks them.
    pub channels: Vec<ChannelWait>,
    /// The semaphore's word: in a sync.Mutex, RWMutex, WaitGroup, or a sync.Cond's list.
    pub semaphore: Option<Addr>,
    /// When a `time.Sleep` ends, in nanotime.
    pub until: Option<i64>,
}

/// A select has at most 65,536 cases; a longer list is a cycle.
const MOST_CASES: usize = 1 << 16;

/// What a goroutine waits on, as far as its own structures say. `reason` is its wait reason's text.
///
/// # Errors
///
/// When the list of `sudog`s cannot be read.
pub fn waits_on(
    runtime: &Runtime<'_>,
    g: &Goroutine,
    reason: &str,
    semaphores: &Semaphores,
) -> Result<WaitsOn, FieldError> {
    let mut waits = WaitsOn::default();
    if reason == "sleep" {
        let timer = || {
            runtime
                .structure("runtime.timer", g.timer)
                .uint("when")
                .ok()
        };
        let when = Some(g.sleep_when.cast_unsigned())
            .filter(|when| *when != 0)
            .or_else(timer);
        waits.until = when.map(u64::cast_signed).filter(|when| *when > 0);
        return Ok(waits);
    }
    let mut seen = FxHashSet::default();
    let mut at = g.waiting;
    while !at.is_null() && seen.insert(at) && waits.channels.len() < MOST_CASES {
        let sudog = runtime.structure("runtime.sudog", at);
        let hidden = |path: &str| match sudog.ptr(&format!("{path}.vu")) {
            Err(FieldError::NoSuchField { .. }) => sudog.ptr(path),
            word => word,
        };
        let (chan, elem) = (hidden("c")?, hidden("elem")?);
        if chan.is_null() {
            waits.semaphore = (!elem.is_null()).then_some(elem);
        } else {
            let select = sudog.uint("isSelect")? != 0;
            waits.channels.push(ChannelWait { chan, elem, select });
        }
        at = sudog.ptr("waitlink")?;
    }
    if waits == WaitsOn::default() {
        waits.semaphore = semaphores.0.get(&g.addr).copied();
    }
    Ok(waits)
}

/// Which goroutine waits on which semaphore, from `runtime.semtable`.
#[derive(Clone, Debug, Default)]
pub struct Semaphores(FxHashMap<Addr, Addr>);

/// Waiters beyond this many are not read: the table is damaged.
const MOST_WAITERS: usize = 1 << 24;

impl Semaphores {
    /// Reads the table: an array of treaps of `sudog`s, one node for each address, whose further waiters hang off
    /// the node by `waitlink`. Parts that cannot be read are left out.
    pub fn read(runtime: &Runtime<'_>) -> Self {
        let mut all = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let Some(table) = runtime.vars.address("runtime.semtable") else {
            return Self(all);
        };
        for index in 0u32.. {
            let path = format!("[{index}].root.treap");
            let Some(field) = runtime.layouts.field("runtime.semtable", &path) else {
                break;
            };
            let root = crate::memory::MemoryExt::ptr(runtime.memory, table.offset(field.offset));
            let mut todo: Vec<Addr> = root.into_iter().collect();
            while let Some(at) = todo.pop() {
                if at.is_null() || !seen.insert(at) || seen.len() > MOST_WAITERS {
                    continue;
                }
                let sudog = runtime.structure("runtime.sudog", at);
                let elem = match sudog.ptr("elem.vu") {
                    Err(FieldError::NoSuchField { .. }) => sudog.ptr("elem"),
                    word => word,
                };
                if let (Ok(g), Ok(elem)) = (sudog.ptr("g"), elem)
                    && !g.is_null()
                    && !elem.is_null()
                {
                    all.insert(g, elem);
                }
                for link in ["prev", "next", "waitlink"] {
                    todo.extend(sudog.ptr(link));
                }
            }
        }
        Self(all)
    }
}
