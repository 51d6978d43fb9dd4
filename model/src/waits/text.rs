//! What a printed dump says of waits: what for, by reason and calls, and which, where the call's argument was printed.
//!
//! Who could end them no text tells: code and memory do, and only a core has those.

use super::object::{How, Object, ObjectKind, Waiter, Waiting};
use super::{OtherWaits, Waits};
use crate::goroutine::{Goroutine, Goroutines, Place, StackId, Status};
use crate::value::Address;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is said of every text.
const LACKS: &str =
    "a text does not say who holds what: a core of the process does (dumpview waits CORE)";

/// What tells one object from another: its address, else the stacks of those that wait.
type Key = (ObjectKind, Option<Address>, Option<StackId>);

impl Waits {
    /// What the goroutines of a dump wait for.
    pub fn of_text(all: &Goroutines) -> Self {
        let mut objects: BTreeMap<Key, Object> = BTreeMap::new();
        let mut others: BTreeMap<Arc<str>, OtherWaits> = BTreeMap::new();
        for g in &all.list {
            let Some(reason) = reason(g) else {
                continue;
            };
            let Some((kind, how)) = kind(all, g, reason) else {
                let other = others
                    .entry(Arc::clone(reason))
                    .or_insert_with(|| OtherWaits {
                        wait_reason: Arc::clone(reason),
                        count: 0,
                        system: 0,
                        first_ends_in_ns: None,
                        last_ends_in_ns: None,
                    });
                other.count += 1;
                other.system += usize::from(g.system);
                continue;
            };
            let stack = g.waits_at.is_none().then_some(g.stack);
            let object = objects
                .entry((kind, g.waits_at, stack))
                .or_insert_with(|| of(kind, g));
            object.waiters.push(Waiter {
                goroutine: g.id,
                how,
                waiting: Waiting::Alone,
                waiting_ns: g.waiting_ns,
                place: g.location.as_ref().map(|place| place_of(place, reason)),
            });
        }
        let mut others: Vec<OtherWaits> = others.into_values().collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.count));
        let waits = Self {
            objects: objects.into_values().collect(),
            others,
            incomplete: vec![LACKS.to_owned()],
            ..Self::default()
        };
        waits.settled(&|_| None)
    }
}

/// What a blocked goroutine waits for, by its reason and its calls; nothing for one that is not blocked, or on no object.
pub(crate) fn awaited(all: &Goroutines, g: &Goroutine) -> Option<(ObjectKind, How)> {
    kind(all, g, reason(g)?)
}

/// Why a goroutine is blocked, if it is.
fn reason(g: &Goroutine) -> Option<&Arc<str>> {
    let is_blocked = matches!(g.status, Status::Waiting | Status::Leaked);
    g.wait_reason.as_ref().filter(|_| is_blocked)
}

/// `main.work shop.go:7 [chan receive]`.
fn place_of(place: &Place, reason: &str) -> Arc<str> {
    let file = place.file.as_deref().unwrap_or_default();
    let file = file.rsplit('/').next().unwrap_or_default();
    let line = place
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    format!("{} {file}{line} [{reason}]", place.function).into()
}

fn of(kind: ObjectKind, g: &Goroutine) -> Object {
    let mut object = Object::new(kind, g.waits_at);
    if object.addr.is_none() {
        let place = g.location.as_ref();
        object.name = place.map(|place| format!("waited for in {}", place.function));
    }
    object
}

/// What a goroutine waits for, by its calls: up to 1.19 every lock is `semacquire`.
fn kind(all: &Goroutines, g: &Goroutine, reason: &str) -> Option<(ObjectKind, How)> {
    if reason.contains("nil chan") || reason == "select (no cases)" {
        return Some((ObjectKind::NilChannel, direction(reason)));
    }
    if reason.starts_with("chan ") || reason.starts_with("select") {
        return Some((ObjectKind::Channel, direction(reason)));
    }
    if !reason.starts_with("sync.") && reason != "semacquire" {
        return None;
    }
    let called = |name: &str| {
        let mut frames = all.stacks.frames(g.stack).take(12);
        frames.any(|frame| frame.function == name)
    };
    Some(if called("sync.(*Once).doSlow") {
        (ObjectKind::Once, How::Wait)
    } else if called("sync.(*RWMutex).RLock") {
        (ObjectKind::RwMutex, How::ReadLock)
    } else if called("sync.(*RWMutex).Lock") {
        (ObjectKind::RwMutex, How::Lock)
    } else if called("sync.(*WaitGroup).Wait") {
        (ObjectKind::WaitGroup, How::Wait)
    } else if called("sync.(*Cond).Wait") {
        (ObjectKind::Cond, How::Wait)
    } else if called("sync.(*Mutex).Lock") || reason == "sync.Mutex.Lock" {
        (ObjectKind::Mutex, How::Lock)
    } else {
        (ObjectKind::Semaphore, How::Wait)
    })
}

fn direction(reason: &str) -> How {
    if reason.starts_with("chan receive") {
        How::Receive
    } else if reason.starts_with("chan send") {
        How::Send
    } else {
        How::Select
    }
}
