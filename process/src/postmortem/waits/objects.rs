//! What memory says of the objects that are waited for.

use super::blocked::{Blocked, Found};
use crate::layout::Structure;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Runtime;
use crate::types::Shape;
use dumpview_model::waits::{ObjectKind, ObjectState};

/// Bits of a mutex's state (`internal/sync/mutex.go`, up to 1.23 `sync/mutex.go`; 1.19–1.27).
const MUTEX_LOCKED: u64 = 1;
const MUTEX_STARVING: u64 = 4;
const MUTEX_WAITERS: u32 = 3;
/// `rwmutexMaxReaders` (`sync/rwmutex.go`): a writer takes so many from the count.
const MOST_READERS: i64 = 1 << 30;
/// The flag of a bubble in a WaitGroup's count of waiters (`sync/waitgroup.go`, 1.25).
const BUBBLE: u64 = 1 << 31;

pub(super) fn describe(process: &Process<'_>, found: &mut Blocked) {
    let Some(runtime) = process.runtime() else {
        return;
    };
    for found in &mut found.objects {
        let state = match found.object.kind {
            ObjectKind::Mutex => mutex(&runtime.structure("sync.Mutex", found.addr)),
            ObjectKind::Once => once(&runtime, found),
            ObjectKind::RwMutex => rwmutex(&runtime, found),
            ObjectKind::WaitGroup => group(&runtime, found),
            ObjectKind::Cond => condition(&runtime, found),
            ObjectKind::Channel => channel(&runtime, found),
            ObjectKind::Descriptor => Some(ObjectState {
                descriptor: runtime
                    .structure("runtime.pollDesc", found.addr)
                    .uint("fd")
                    .ok(),
                ..ObjectState::default()
            }),
            _ => None,
        };
        found.object.state = state.unwrap_or_default();
        if found.object.kind == ObjectKind::Channel {
            found.object.ty = element(process, &runtime, found);
        }
    }
}

/// The first of these fields that the release has.
fn either(of: &Structure<'_>, paths: &[&str]) -> Option<u64> {
    paths.iter().find_map(|path| of.uint(path).ok())
}

fn mutex(of: &Structure<'_>) -> Option<ObjectState> {
    let state = either(of, &["state", "mu.state"])?;
    Some(ObjectState {
        locked: Some(state & MUTEX_LOCKED != 0),
        starving: Some(state & MUTEX_STARVING != 0),
        counted_waiters: Some(state >> MUTEX_WAITERS),
        ..ObjectState::default()
    })
}

fn once(runtime: &Runtime<'_>, found: &Found) -> Option<ObjectState> {
    let at = runtime.layouts.field("sync.Once", "m")?.offset;
    mutex(&runtime.structure("sync.Mutex", found.addr.offset(at)))
}

fn rwmutex(runtime: &Runtime<'_>, found: &Found) -> Option<ObjectState> {
    let of = runtime.structure("sync.RWMutex", found.addr);
    let signed = |path: &str| {
        let word = u32::try_from(of.uint(path).ok()?).ok()?;
        Some(i64::from(word.cast_signed()))
    };
    let count = signed("readerCount")?;
    // A writer that waits for readers has announced itself in the same way as one that has it.
    let readers = if count < 0 {
        count + MOST_READERS
    } else {
        count
    };
    Some(ObjectState {
        locked: Some(count < 0 && found.before.is_empty()),
        // More there never are: it was unlocked once more than it was locked.
        readers: u64::try_from(readers)
            .ok()
            .filter(|_| readers < MOST_READERS / 2),
        departing: signed("readerWait").and_then(|n| u64::try_from(n).ok()),
        ..ObjectState::default()
    })
}

fn group(runtime: &Runtime<'_>, found: &Found) -> Option<ObjectState> {
    let of = runtime.structure("sync.WaitGroup", found.addr);
    let state = either(&of, &["state", "state1"])?;
    Some(ObjectState {
        counter: Some(state >> 32),
        counted_waiters: Some(state & (BUBBLE - 1)),
        ..ObjectState::default()
    })
}

fn condition(runtime: &Runtime<'_>, found: &Found) -> Option<ObjectState> {
    let at = runtime.layouts.field("sync.Cond", "notify")?.offset;
    let list = runtime.structure("sync.notifyList", found.addr.offset(at));
    let waiting = list
        .uint("wait")
        .ok()?
        .wrapping_sub(list.uint("notify").ok()?);
    Some(ObjectState {
        counted_waiters: Some(waiting & u64::from(u32::MAX)),
        ..ObjectState::default()
    })
}

fn channel(runtime: &Runtime<'_>, found: &Found) -> Option<ObjectState> {
    let of = runtime.structure("runtime.hchan", found.addr);
    Some(ObjectState {
        queued: Some(of.uint("qcount").ok()?),
        capacity: Some(of.uint("dataqsiz").ok()?),
        closed: Some(of.uint("closed").ok()? != 0),
        ..ObjectState::default()
    })
}

/// The channel's type, by what the runtime knows of its elements.
fn element(process: &Process<'_>, runtime: &Runtime<'_>, found: &Found) -> Option<String> {
    let of = runtime.structure("runtime.hchan", found.addr);
    let descriptor = of.ptr("elemtype").ok()?;
    let types = process.types();
    runtime.memory.u8(descriptor).ok()?;
    let ty = types.resolve(types.of_descriptor(descriptor)).ok()?;
    let is_direction = matches!(ty.shape, Shape::Chan { .. }) && ty.name.starts_with('<');
    Some(if is_direction {
        format!("chan ({})", ty.name)
    } else {
        format!("chan {}", ty.name)
    })
}
