//! What a printed dump says of waits: what for, by reason and calls, and which, where the call's argument was printed.
//!
//! Who could end them no text tells: code and memory do, and only a core has those.

use super::object::{Certainty, Does, How, Object, ObjectKind, Party, Waiter, Waiting};
use super::{OtherWaits, Waits};
use crate::goroutine::{Goroutine, Goroutines, Place, StackId, Status};
use crate::value::Address;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is said of every text.
const LACKS: &str =
    "a text does not say who holds what: a core of the process does (dumpview waits CORE)";

/// What tells one object from another: its address, a bubble's number, else the stacks of those that wait.
type Key = (ObjectKind, Option<Address>, Option<u64>, Option<StackId>);

/// What the runtime puts behind the reason of a wait that only the goroutine's own synctest bubble can end (since 1.25).
const DURABLE: &str = "(durable)";

impl Waits {
    /// What the goroutines of a dump wait for.
    pub fn of_text(all: &Goroutines) -> Self {
        let mut objects: BTreeMap<Key, Object> = BTreeMap::new();
        let mut others: BTreeMap<(Arc<str>, bool), OtherWaits> = BTreeMap::new();
        for g in &all.list {
            let Some(reason) = reason(g) else {
                continue;
            };
            let Some((kind, how)) = kind(all, g, reason) else {
                let in_bubble = g.bubble.is_some();
                let other = others
                    .entry((Arc::clone(reason), in_bubble))
                    .or_insert_with(|| OtherWaits {
                        wait_reason: Arc::clone(reason),
                        in_bubble,
                        count: 0,
                        system: 0,
                        first_ends_in_ns: None,
                        last_ends_in_ns: None,
                    });
                other.count += 1;
                other.system += usize::from(g.system);
                continue;
            };
            let bubble = g.bubble.filter(|_| kind == ObjectKind::Bubble);
            let stack = (g.waits_at.is_none() && bubble.is_none()).then_some(g.stack);
            let object = objects
                .entry((kind, g.waits_at, bubble, stack))
                .or_insert_with(|| of(kind, g));
            object.waiters.push(Waiter {
                goroutine: g.id,
                how,
                waiting: Waiting::Alone,
                waiting_ns: g.waiting_ns,
                place: g.location.as_ref().map(|place| place_of(place, reason)),
            });
        }
        for ((.., bubble, _), object) in &mut objects {
            let busy = bubble.map(|number| busy(all, number));
            object.parties.extend(busy.into_iter().flatten());
        }
        let mut others: Vec<OtherWaits> = others.into_values().collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.count));
        let waits = Self {
            objects: objects.into_values().collect(),
            others,
            incomplete: vec![LACKS.to_owned()],
            ..Self::default()
        };
        waits.settled(&|id| {
            let at = all.list.binary_search_by_key(&id, |g| g.id).ok()?;
            let g = all.list.get(at)?;
            let place = g.location.as_ref()?;
            Some(place_of(place, &g.state()).to_string())
        })
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

/// Who keeps a bubble from coming to rest: those whose wait is not marked as one that only the bubble can end. A release that
/// marks none says nothing.
fn busy(all: &Goroutines, bubble: u64) -> Vec<Party> {
    let rests = |g: &&Goroutine| {
        let reason = g.wait_reason.as_deref();
        reason.is_some_and(|reason| reason.ends_with(DURABLE))
    };
    let members = all.list.iter().filter(|g| g.bubble == Some(bubble));
    if !members.clone().any(|g| rests(&g)) {
        return Vec::new();
    }
    let party = |g: &Goroutine| Party {
        goroutine: g.id,
        does: Does::KeepsBusy,
        certainty: Certainty::Probable,
        evidence: vec![format!(
            "it is in the bubble, and its state is not marked as durable: {}",
            g.state()
        )],
        frame: None,
        place: g
            .location
            .as_ref()
            .map(|place| place_of(place, &g.state()).to_string()),
    };
    members.filter(|g| !rests(g)).map(party).collect()
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
    if kind == ObjectKind::Bubble
        && let Some(number) = g.bubble
    {
        object.ty = Some(format!("{} {number}", kind.about()));
    } else if object.addr.is_none() {
        // Which one it is the text does not tell; where it is waited for tells it from others.
        let place = g.location.as_ref();
        object.ty = place.map(|place| format!("{} waited for in {}", kind.about(), place.function));
    }
    object
}

/// What a goroutine waits for, by its calls: up to 1.19 every lock is `semacquire`.
fn kind(all: &Goroutines, g: &Goroutine, reason: &str) -> Option<(ObjectKind, How)> {
    if reason.starts_with("synctest.") && g.bubble.is_some() {
        return Some((ObjectKind::Bubble, How::Wait));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bubble_is_kept_busy_by_those_whose_wait_is_not_marked_as_durable() {
        let member = |id, reason: &str| {
            let mut g = Goroutine::new(id, Status::Waiting, StackId::default());
            g.wait_reason = Some(reason.into());
            g.bubble = Some(3);
            g
        };
        let told = |list: Vec<Goroutine>| {
            let waits = Waits::of_text(&Goroutines {
                list,
                ..Goroutines::default()
            });
            let objects = waits.objects.iter();
            let mut bubbles = objects.filter(|object| object.kind == ObjectKind::Bubble);
            let bubble = bubbles.next().unwrap();
            let waiters: Vec<u64> = bubble.waiters.iter().map(|of| of.goroutine).collect();
            let parties: Vec<u64> = bubble.parties.iter().map(|of| of.goroutine).collect();
            let findings = waits.findings.iter().map(|of| of.text.clone());
            (waiters, parties, findings.collect::<Vec<_>>())
        };
        let (waiters, parties, findings) = told(vec![
            member(1, "synctest.Run (durable)"),
            member(7, "synctest.Wait (durable)"),
            member(8, "chan receive (durable)"),
            member(9, "sync.Mutex.Lock"),
        ]);
        assert_eq!((waiters, parties), (vec![1, 7], vec![9]));
        assert!(
            findings
                .iter()
                .any(|text| text.contains("goroutine 9 keeps busy")),
            "{findings:?}"
        );
        // 1.24 marks none of them.
        let (waiters, parties, _) = told(vec![
            member(1, "synctest.Run"),
            member(7, "synctest.Wait"),
            member(8, "chan receive (synctest)"),
        ]);
        assert_eq!((waiters, parties), (vec![1, 7], vec![]));
    }
}
