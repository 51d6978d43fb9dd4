//! `sync`: locks with who waits, groups, pools.

use super::sync_map::sync_map;
use super::{At, Known, Nilable, Says, count};
use crate::addr::Addr;
use crate::value::Reader;
use std::fmt::Write;

/// `sync.rwmutexMaxReaders`
const MAX_READERS: i64 = 1 << 30;
/// What a lock is that was unlocked by who did not have it: the runtime's fatal error leaves it so.
const UNLOCKED_ONCE_MORE: &str = "unlocked once more than it was locked";
/// A pool has a part for each P.
const MOST_PS: u64 = 1 << 12;
/// Rings of a pool's part: each is twice as long as the one before.
const MOST_RINGS: usize = 64;

pub(super) const SYNC: Known = &[
    ("Cond", Says::All, cond),
    ("Map", Says::Some, sync_map),
    ("Mutex", Says::All, mutex),
    ("Once", Says::All, once),
    ("Pool", Says::Some, pool),
    ("RWMutex", Says::All, rw_mutex),
    ("WaitGroup", Says::All, wait_group),
];

pub(super) const INTERNAL: Known = &[("Mutex", Says::All, mutex)];

fn once(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let done = reader.unsigned(at, "done")? & 0xff != 0;
    Some(if done { "done" } else { "not done" }.to_owned())
}

/// Both are uint32 tickets that wrap around (`sync.notifyList`).
fn cond(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let wait = reader.unsigned(at, "notify.wait")?;
    let notified = reader.unsigned(at, "notify.notify")?;
    let waiting = wait.wrapping_sub(notified) & 0xffff_ffff;
    Some(count(waiting, "waiter"))
}

/// `sync/mutex.go`, since Go 1.24 `internal/sync/mutex.go`: 1 locked, 2 woken, 4 starving, the rest counts
/// waiters. No owner is recorded.
fn mutex(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let state = reader
        .unsigned(at, "mu.state")
        .or_else(|| reader.unsigned(at, "state"))?
        & 0xffff_ffff;
    // `Unlock` takes the bit off before it looks (`unlockSlow`).
    if state == 0xffff_ffff {
        return Some(UNLOCKED_ONCE_MORE.to_owned());
    }
    let mut text = if state & 1 == 0 { "unlocked" } else { "locked" }.to_owned();
    if state & 4 != 0 {
        text.push_str(", starving");
    }
    if state >> 3 > 0 {
        let _ = write!(text, ", {}", count(state >> 3, "waiter"));
    }
    Some(text)
}

/// `sync/rwmutex.go`: a pending or holding writer makes `readerCount` negative by a constant.
fn rw_mutex(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let readers = reader.signed(at, "readerCount")?;
    let waits_for = reader.signed(at, "readerWait")?;
    // `Unlock` and `RUnlock` count before they look (`rUnlockSlow`); so many readers there never are.
    if readers >= MAX_READERS || readers == -1 || readers < -MAX_READERS {
        return Some(UNLOCKED_ONCE_MORE.to_owned());
    }
    Some(if readers >= 0 {
        match readers {
            0 => "unlocked".to_owned(),
            n => format!("read-locked, {}", count(n.unsigned_abs(), "reader")),
        }
    } else {
        let held_back = (readers + MAX_READERS).saturating_sub(waits_for).max(0);
        let mut text = if waits_for > 0 {
            let readers = count(waits_for.unsigned_abs(), "reader");
            format!("read-locked, writer waits for {readers}")
        } else {
            "write-locked".to_owned()
        };
        if held_back > 0 {
            let readers = count(held_back.unsigned_abs(), "reader");
            let _ = write!(text, ", {readers} waiting");
        }
        text
    })
}

/// `sync/waitgroup.go`: the counter above, the waiters below; since Go 1.25 bit 31 is a flag.
fn wait_group(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let state = reader
        .unsigned(at, "state")
        .or_else(|| reader.unsigned(at, "state1"))?;
    let waiters = state & 0x7fff_ffff;
    // The counter is the signed upper half.
    let mut text = format!("counter {}", state.cast_signed() >> 32);
    if waiters > 0 {
        let _ = write!(text, ", {}", count(waiters, "waiter"));
    }
    Some(text)
}

/// `sync/pool.go`: what can be taken, and what goes with the next collection.
fn pool(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let now = pooled(reader, at, "local", "localSize")?;
    let victims = pooled(reader, at, "victim", "victimSize")?;
    let mut text = count(now, "object");
    if victims > 0 {
        let _ = write!(text, ", {victims} about to be dropped");
    }
    Some(text)
}

/// Objects in the parts of all Ps: one that is private to the P, and rings that others steal from.
fn pooled(reader: &Reader<'_>, at: &At<'_>, parts: &str, len: &str) -> Option<u64> {
    let len = reader.unsigned(at, len)?;
    let first = Addr(reader.word(&reader.field(at, parts)?)?);
    if first.is_null() || len == 0 {
        return Some(0);
    }
    if len > MOST_PS {
        return None;
    }
    let mut objects: u64 = 0;
    let size = reader.named_at("sync.poolLocal", first)?.ty.size;
    for index in 0..len {
        let part = reader.named_at("sync.poolLocal", first.offset(index.checked_mul(size)?))?;
        let part = reader.field(&part, "poolLocalInternal")?;
        objects += u64::from(!reader.is_nil(&part, "private")?);
        let mut ring = next_ring(reader, &part, "shared.head")?;
        for turn in 0.. {
            let Some(here) = ring else { break };
            if turn >= MOST_RINGS {
                return None;
            }
            let ends = reader.unsigned(&here, "poolDequeue.headTail")?;
            // Both ends are 32-bit indices that wrap around.
            objects += (ends >> 32).wrapping_sub(ends) & 0xffff_ffff;
            ring = next_ring(reader, &here, "prev")?;
        }
    }
    Some(objects)
}

/// The ring a field leads to: a pointer, in newer releases an atomic one.
fn next_ring<'p>(reader: &Reader<'_>, at: &At<'p>, path: &str) -> Option<Nilable<At<'p>>> {
    let field = reader.field(at, path)?;
    match reader.follow(&field) {
        Some(ring) => Some(Some(ring)),
        None => reader.load_or_nil(&field),
    }
}
