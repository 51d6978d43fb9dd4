//! What a blocked goroutine waits on: channels, a semaphore, a point in time.
//!
//! Channels are in the `sudog`s that `g.waiting` links. From 1.26 on so is the semaphore of a sync.Mutex and its
//! kin; before, only `runtime.semtable` knows who waits there, so [`Semaphores`] reads all of it once.
//! The runtime hides some pointers from the garbage collector while it looks for leaks; their plain word (`vu`)
//! is read, never the hidden one.

use super::{Goroutine, Runtime};
use crate::addr::Addr;
use crate::layout::Field;
use crate::memory::{Memory, MemoryExt, ReadResult};
use rustc_hash::{FxHashMap, FxHashSet};

/// One channel that a goroutine waits on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelWait {
    /// The `sudog`.
    pub sudog: Addr,
    /// The `hchan`.
    pub chan: Addr,
    /// Where the value comes from or goes to; null when nobody wants it.
    pub elem: Addr,
    /// It is one case of a select.
    pub select: bool,
}

/// A place in the queue of a semaphore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queued {
    /// The `sudog`.
    pub sudog: Addr,
    /// The semaphore's word.
    pub word: Addr,
}

/// What a goroutine waits on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WaitsOn {
    /// Channels, in the order in which a select locks them.
    pub channels: Vec<ChannelWait>,
    /// The semaphore's word: in a sync.Mutex, RWMutex, WaitGroup, or a sync.Cond's list; and the `sudog` that queues for it.
    pub semaphore: Option<Queued>,
    /// When a `time.Sleep` ends, in nanotime.
    pub until: Option<i64>,
}

/// Where a `sudog` has its fields, asked for once: there may be hundreds of thousands.
#[derive(Clone, Copy)]
pub struct Sudogs<'r> {
    memory: &'r dyn Memory,
    /// The plain words of what the runtime may hide.
    chan: u64,
    elem: u64,
    is_select: Field,
    g: u64,
    next: u64,
    prev: u64,
    waitlink: u64,
}

impl<'r> Sudogs<'r> {
    /// `None` when the release has no such structure.
    pub fn new(runtime: &Runtime<'r>) -> Option<Self> {
        let field = |path: &str| runtime.layouts.field("runtime.sudog", path);
        let plain = |path: &str| field(&format!("{path}.vu")).or_else(|| field(path));
        Some(Self {
            memory: runtime.memory,
            chan: plain("c")?.offset,
            elem: plain("elem")?.offset,
            is_select: field("isSelect")?,
            g: field("g")?.offset,
            next: field("next")?.offset,
            prev: field("prev")?.offset,
            waitlink: field("waitlink")?.offset,
        })
    }

    fn word(&self, sudog: Addr, offset: u64) -> ReadResult<Addr> {
        self.memory.ptr(sudog.offset(offset))
    }

    /// The goroutine that waits, and the next in the same queue.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn queued(&self, sudog: Addr) -> ReadResult<(Addr, Addr)> {
        Ok((self.word(sudog, self.g)?, self.word(sudog, self.next)?))
    }
}

/// A select has at most 65,536 cases; a longer list is none.
const MOST_CASES: usize = 1 << 16;

/// What a goroutine waits on, as far as its own structures say. `reason` is its wait reason's text.
///
/// # Errors
///
/// When the list of `sudog`s cannot be read.
pub fn waits_on(
    runtime: &Runtime<'_>,
    sudogs: &Sudogs<'_>,
    g: &Goroutine,
    reason: &str,
    semaphores: &Semaphores,
) -> ReadResult<WaitsOn> {
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
        // A `sudog` is one goroutine's: a list that leads to another's is walked once, by that one, whatever leads into it.
        if sudogs.word(at, sudogs.g)? != g.addr {
            break;
        }
        let (chan, elem) = (sudogs.word(at, sudogs.chan)?, sudogs.word(at, sudogs.elem)?);
        if chan.is_null() {
            waits.semaphore = (!elem.is_null()).then_some(Queued {
                sudog: at,
                word: elem,
            });
            // Its `waitlink` leads to the next in the queue of the semaphore, which is another goroutine's.
            break;
        }
        let select = sudogs.is_select;
        let select = sudogs.memory.uint(at.offset(select.offset), select.size)?;
        waits.channels.push(ChannelWait {
            sudog: at,
            chan,
            elem,
            select: select != 0,
        });
        at = sudogs.word(at, sudogs.waitlink)?;
    }
    if waits == WaitsOn::default() {
        waits.semaphore = semaphores.0.get(&g.addr).copied();
    }
    Ok(waits)
}

/// Which goroutine waits on which semaphore, from `runtime.semtable`.
#[derive(Clone, Debug, Default)]
pub struct Semaphores(FxHashMap<Addr, Queued>);

/// Waiters beyond this many are not read: the table is damaged.
const MOST_WAITERS: usize = 1 << 24;

impl Semaphores {
    /// Reads the table: an array of treaps of `sudog`s, one node for each address, whose further waiters hang off
    /// the node by `waitlink`. Parts that cannot be read are left out.
    pub fn read(runtime: &Runtime<'_>) -> Self {
        let mut all = FxHashMap::default();
        let mut seen = FxHashSet::default();
        let table = runtime.vars.address("runtime.semtable");
        let (Some(table), Some(sudogs)) = (table, Sudogs::new(runtime)) else {
            return Self(all);
        };
        for index in 0u32.. {
            let path = format!("[{index}].root.treap");
            let Some(field) = runtime.layouts.field("runtime.semtable", &path) else {
                break;
            };
            let root = runtime.memory.ptr(table.offset(field.offset));
            let mut todo: Vec<Addr> = root.into_iter().collect();
            while let Some(at) = todo.pop() {
                if at.is_null() || !seen.insert(at) || seen.len() > MOST_WAITERS {
                    continue;
                }
                let elem = sudogs.word(at, sudogs.elem);
                if let (Ok(g), Ok(elem)) = (sudogs.word(at, sudogs.g), elem)
                    && !g.is_null()
                    && !elem.is_null()
                {
                    let queued = Queued {
                        sudog: at,
                        word: elem,
                    };
                    all.insert(g, queued);
                }
                for link in [sudogs.prev, sudogs.next, sudogs.waitlink] {
                    todo.extend(sudogs.word(at, link));
                }
            }
        }
        Self(all)
    }
}
