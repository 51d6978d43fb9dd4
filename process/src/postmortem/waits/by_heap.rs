//! What only the graph of the heap tells of what is waited for: a name by the way from a root, where no variable at hand leads
//! there, and the one goroutine that can reach it.

use super::Crowd;
use crate::addr::Addr;
use crate::heap::{Analysis, RootKind};
use dumpview_model::heap::{HeapPath, PlaceKind};
use dumpview_model::waits::{Certainty, Does, Object, ObjectKind, Party, Waits};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Objects that are looked at: the others are known by their address.
const MOST: usize = 256;
/// Places that are walked back over from one object; what more lead to is nobody's alone.
const MOST_BEHIND: usize = 20_000;
/// A name of more steps says nothing.
const MOST_STEPS: usize = 8;
/// What the runtime calls a record of a waiter: it has what it waits for, and nobody gets there over it.
const SUDOG: &str = "runtime.sudog";

pub(super) fn add(crowd: &Crowd<'_>, heap: &Analysis<'_, '_>, waits: &mut Waits) {
    // A stack that was not read to its end may refer to anything.
    let whole = heap.heap.roots.incomplete_stacks.is_empty();
    for object in waits.objects.iter_mut().take(MOST) {
        let Some(addr) = object.addr.map(|addr| Addr(addr.0)) else {
            continue;
        };
        let Some(node) = heap.heap.spans.find(addr) else {
            continue;
        };
        if object.name.is_none() && object.kind != ObjectKind::Descriptor {
            object.name = name(heap, node, addr);
        }
        if whole && let Some(number) = only(crowd, heap, node, object) {
            add_only(crowd, number, object);
        }
    }
}

fn name(heap: &Analysis<'_, '_>, node: u32, addr: Addr) -> Option<String> {
    let found = heap.paths_to(&[node], 1);
    let path: &HeapPath = found.paths.first()?;
    let is_told =
        path.steps.len() <= MOST_STEPS && path.steps.iter().all(|step| step.left_out == 0);
    if !is_told {
        return None;
    }
    let mut name = String::new();
    for step in &path.steps {
        push(&mut name, step.field.as_deref()?);
    }
    if let Some(part) = heap.names().part(node, addr) {
        push(&mut name, &part);
    }
    match path.root.kind {
        PlaceKind::Variable => Some(name),
        PlaceKind::Frame => {
            let (goroutine, frame) = (path.root.goroutine?, path.root.frame?);
            Some(format!("{name} in frame {frame} of goroutine {goroutine}"))
        }
        _ => None,
    }
}

/// `main.pool` and `mu`, `main.list` and `[3]`.
fn push(name: &mut String, part: &str) {
    if !name.is_empty() && !part.is_empty() && !part.starts_with(['[', '+', '.']) {
        name.push('.');
    }
    name.push_str(part);
}

/// The one goroutine that gets to an object, beside those that wait for it, as an index of the crowd; none where a package
/// variable or something of the runtime's leads there.
fn only(crowd: &Crowd<'_>, heap: &Analysis<'_, '_>, node: u32, object: &Object) -> Option<usize> {
    let waiters: FxHashSet<u64> = object.waiters.iter().map(|of| of.goroutine).collect();
    let mut seen = FxHashSet::from_iter([node]);
    let mut open = vec![node];
    let mut reached = BTreeSet::new();
    while let Some(at) = open.pop() {
        match heap.heap.root(at).map(|root| root.kind) {
            None => {}
            Some(
                RootKind::Goroutine { goroutine }
                | RootKind::Frame { goroutine, .. }
                | RootKind::Registers { goroutine },
            ) => {
                let number = goroutine as usize;
                let id = crowd.all.get(number)?.id.0;
                if !waiters.contains(&id) {
                    reached.insert(number);
                }
                if reached.len() > 1 {
                    return None;
                }
                continue;
            }
            Some(_) => return None,
        }
        for from in heap.referrers().row(at) {
            let is_record =
                *from < heap.heap.spans.objects() && heap.type_name(*from) == Some(SUDOG);
            if !is_record && seen.insert(*from) {
                open.push(*from);
            }
        }
        if seen.len() > MOST_BEHIND {
            return None;
        }
    }
    reached.first().copied()
}

fn add_only(crowd: &Crowd<'_>, number: usize, object: &mut Object) {
    let Some(g) = crowd.all.get(number) else {
        return;
    };
    let evidence = "it alone has a reference to it, beside those that wait".to_owned();
    let mut known = object.parties.iter_mut();
    if let Some(party) = known.find(|party| party.goroutine == g.id.0) {
        party.evidence.push(evidence);
        return;
    }
    let does = match object.kind {
        ObjectKind::Mutex | ObjectKind::RwMutex | ObjectKind::Once => Does::Holds,
        ObjectKind::Channel | ObjectKind::WaitGroup | ObjectKind::Cond => Does::WillEnd,
        _ => return,
    };
    let is_free = object.state.locked == Some(false);
    let has_holder = object.parties.iter().any(|party| party.does == Does::Holds);
    if does == Does::Holds && (is_free || has_holder) {
        return;
    }
    object.parties.push(Party {
        goroutine: g.id.0,
        does,
        certainty: Certainty::Possible,
        evidence: vec![evidence],
        frame: None,
        place: None,
    });
}
