//! What only the graph of the heap tells of what is waited for: a name by the way from a root, where no variable at hand leads
//! there, and the one goroutine that can reach it.

use super::Crowd;
use super::names::type_name;
use crate::addr::Addr;
use crate::heap::types::Role;
use crate::heap::{Analysis, NamedBy, RootKind};
use crate::types::Shape;
use dumpview_heap::{Bits, Paths};
use dumpview_model::waits::{Certainty, Does, Object, ObjectKind, Party, Waits};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Objects that are looked at: the others are known by their address.
const MOST: usize = 256;
/// Places that are walked back over from one object; what more lead to is nobody's alone.
const MOST_BEHIND: usize = 20_000;
/// A name of more steps says nothing.
const MOST_STEPS: usize = 8;
/// Types nest no deeper.
const DEEPEST: usize = 32;
/// What the runtime calls a record of a waiter: it has what it waits for, and nobody gets there over it.
const SUDOG: &str = "runtime.sudog";

pub(super) fn add(crowd: &Crowd<'_>, heap: &Analysis<'_, '_>, waits: &mut Waits) {
    // A stack that was not read to its end may refer to anything.
    let whole = heap.heap.roots.incomplete_stacks.is_empty();
    let paths = from_variables(heap);
    for object in waits.objects.iter_mut().take(MOST) {
        let Some(addr) = object.addr.map(|addr| Addr(addr.0)) else {
            continue;
        };
        let Some(node) = heap.heap.spans.find(addr) else {
            continue;
        };
        // What a package variable leads to has a name for everybody; a variable of some frame is one waiter's.
        let is_local = |name: &String| name.contains(" in frame ");
        if object.name.as_ref().is_none_or(is_local)
            && let Some(name) = name(heap, &paths, (node, addr), object.kind)
        {
            object.name = Some(name);
        }
        if whole && let Some(number) = only(crowd, heap, node, object) {
            add_only(crowd, number, object);
        }
    }
    if !whole {
        let count = heap.heap.roots.incomplete_stacks.len();
        waits.incomplete.push(format!(
            "it is not said who alone has a reference to what is waited for, for stacks that were not read to their end may have \
             one: {count}"
        ));
    }
}

/// Ways from the package variables of the program. The runtime's own know every waiter, and what each waits for.
fn from_variables(heap: &Analysis<'_, '_>) -> Paths {
    let objects = heap.heap.spans.objects();
    let is_cut = |node: u32| match heap.heap.root(node).map(|root| root.kind) {
        None => node < objects && heap.type_name(node) == Some(SUDOG),
        Some(RootKind::Variable { addr }) => {
            let name = heap.heap.roots.variables.at(addr);
            name.is_none_or(|(_, _, name)| name.starts_with("runtime."))
        }
        Some(_) => true,
    };
    let cut = Bits::of(heap.heap.graph.len(), is_cut);
    Paths::without(&heap.heap.graph, &cut)
}

fn name(
    heap: &Analysis<'_, '_>,
    paths: &Paths,
    (node, addr): (u32, Addr),
    kind: ObjectKind,
) -> Option<String> {
    let way = paths.to(node);
    if way.len() < 2 || way.len() > MOST_STEPS {
        return None;
    }
    let names = heap.names();
    let mut name = String::new();
    for pair in way.windows(2) {
        let [from, to] = pair else { continue };
        let by = names.between(*from, *to).into_iter().next()?;
        match by.named_by {
            NamedBy::Variable | NamedBy::Type => push(&mut name, &by.name),
            // The parts of a map are nobody's names.
            NamedBy::Runtime => {}
            NamedBy::Perhaps | NamedBy::Place => return None,
        }
    }
    if kind != ObjectKind::Channel {
        push(&mut name, &part(heap, node, addr, kind)?);
    }
    Some(name)
}

/// Which part of an object something of this kind is: nothing where it is all of it.
fn part(heap: &Analysis<'_, '_>, node: u32, addr: Addr, kind: ObjectKind) -> Option<String> {
    let types = heap.process.types();
    let label = heap.labels.of(node)?;
    let mut ty = heap.labels.type_ref(label.ty)?;
    let mut offset = addr.since(heap.value_addr(node)?)?;
    let mut name = String::new();
    match label.role {
        Role::Value => {}
        Role::Backing => {
            let size = types.resolve(ty).ok()?.size;
            push(&mut name, &format!("[{}]", offset.checked_div(size)?));
            offset %= size;
        }
        _ => return None,
    }
    for _ in 0..DEEPEST {
        let known = types.resolve(ty).ok()?;
        if offset == 0 && type_name(kind) == Some(&*known.name) {
            return Some(name);
        }
        match &known.shape {
            Shape::Struct { fields } => {
                let field = fields.iter().find(|field| {
                    let size = types.resolve(field.ty).map_or(0, |ty| ty.size);
                    field.offset <= offset && offset - field.offset < size
                })?;
                push(&mut name, &field.name);
                offset -= field.offset;
                ty = field.ty;
            }
            Shape::Array { elem, .. } => {
                let size = types.resolve(*elem).ok()?.size;
                push(&mut name, &format!("[{}]", offset.checked_div(size)?));
                offset %= size;
                ty = *elem;
            }
            _ => return None,
        }
    }
    None
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
