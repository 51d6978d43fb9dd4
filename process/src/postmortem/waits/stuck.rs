//! Goroutines that nothing can wake any more: the rule of Go 1.27's detector (`runtime/mgc.go:findGoroutineLeaks`), on a
//! core of any release.
//!
//! Marking begins at everything but the goroutines that wait for a channel or a lock. Those whose channel or lock was
//! reached, or is no object of the heap, may still be woken: their stacks are marked too, and so on until no more are
//! found. Of the rest nobody who may ever run can reach what they wait for.
//!
//! While it does this, the runtime hides the channel or semaphore in its own records of waiters (`sudog`), and so is that
//! reference not followed here. All else that the records of goroutines (`g`) refer to is marked from the start, since
//! `runtime.allgs` leads there: a deferred call on the heap with what its closure has, where a received value goes.
//! What it has no wait reason for before 1.20 is told by the stack, so that old releases are judged by the same rule.
//!
//! What could not be read might refer to anything. Of a stack that was not read to its end every word is taken for a pointer, as
//! the collector does where it has no map; where even those are missing, or parts of the heap are, nothing is proven, and that is
//! said.

use super::Crowd;
use super::blocked::{Blocked, is_judged};
use crate::addr::Addr;
use crate::arch::Registers;
use crate::heap::{Analysis, Lacks, RootKind};
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Goroutine;
use crate::unwind::StackKind;
use dumpview_heap::Bits;
use dumpview_model::waits::ObjectKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// A stack that was not read to its end is searched for pointers up to this size.
const MOST_SEARCHED: u64 = 64 << 20;

/// What is proven.
#[derive(Clone, Debug, Default)]
pub struct Stuck {
    /// The ids of those that nothing can wake any more.
    pub ids: BTreeSet<u64>,
    /// Why there may be more of them that cannot be proven to be; `None` where all were judged.
    pub unproven: Option<String>,
}

/// Those that are stuck.
pub(super) fn stuck(
    crowd: &Crowd<'_>,
    found: &Blocked,
    reasons: &dyn Fn(usize) -> Option<String>,
    heap: &Analysis<'_, '_>,
) -> Stuck {
    let mut candidates = candidates(crowd, found, reasons);
    if candidates.is_empty() {
        return Stuck::default();
    }
    let searched = match searched(crowd, heap) {
        Ok(searched) => searched,
        Err(why) => {
            return Stuck {
                unproven: Some(why),
                ..Stuck::default()
            };
        }
    };
    let graph = &heap.heap.graph;
    let objects = heap.heap.spans.objects();
    let mut of_goroutine: FxHashMap<usize, u32> = FxHashMap::default();
    let hidden = found.records.iter().filter_map(|(record, hides)| {
        let find = |at: Addr| heap.heap.spans.find(at);
        Some((find(*record)?, find(*hides)?))
    });
    let mut marking = Marking {
        heap,
        hidden: hidden.collect(),
        marked: Bits::none(graph.len()),
        open: Vec::new(),
    };
    for (node, root) in (objects..).zip(&heap.heap.roots.list) {
        match root.kind {
            RootKind::Goroutine { goroutine } => {
                of_goroutine.insert(goroutine as usize, node);
                if candidates.contains_key(&(goroutine as usize)) {
                    let g = crowd.all.get(goroutine as usize);
                    marking.record(node, g.map_or(Addr::NULL, |g| g.addr));
                } else {
                    marking.add(node);
                }
            }
            RootKind::Frame { .. } | RootKind::Registers { .. } => {}
            _ => marking.add(node),
        }
    }
    for (number, objects) in &searched {
        if !candidates.contains_key(number) {
            marking.all(objects);
        }
    }
    loop {
        marking.run();
        let may_run = |waits: &Vec<Addr>| {
            waits.iter().any(|at| {
                let object = heap.heap.spans.find(*at);
                object.is_none_or(|object| marking.marked.has(object))
            })
        };
        let woken: Vec<usize> = candidates
            .iter()
            .filter(|(_, waits)| may_run(waits))
            .map(|(number, _)| *number)
            .collect();
        if woken.is_empty() {
            break;
        }
        for number in woken {
            candidates.remove(&number);
            if let Some(node) = of_goroutine.get(&number) {
                marking.add(*node);
            }
            marking.all(searched.get(&number).map_or(&[], Vec::as_slice));
        }
    }
    let ids = candidates
        .keys()
        .filter_map(|number| crowd.all.get(*number));
    // The runtime does not report a main goroutine that waits for ever on purpose.
    let on_purpose = |id: u64| {
        let number = crowd.by_id.get(&id).copied();
        let reason = number.and_then(reasons);
        id == 1 && reason.as_deref() == Some("select (no cases)")
    };
    Stuck {
        ids: ids.map(|g| g.id.0).filter(|id| !on_purpose(*id)).collect(),
        unproven: None,
    }
}

/// What stacks that were not read to their end may refer to, by index of the crowd; or why there is no telling what else does.
fn searched(
    crowd: &Crowd<'_>,
    heap: &Analysis<'_, '_>,
) -> Result<FxHashMap<usize, Vec<u32>>, String> {
    let roots = &heap.heap.roots;
    let missing = heap.heap.notes();
    // Those of stacks are looked into here.
    let mut missing = missing
        .iter()
        .filter(|note| note.lacks != Lacks::Surplus && note.text != crate::heap::STACKS_NOT_READ);
    if let Some(note) = missing.next() {
        return Err(format!("{}: {}", note.text, note.count));
    }
    let mut found = FxHashMap::default();
    for number in roots
        .incomplete_stacks
        .iter()
        .map(|number| *number as usize)
    {
        let Some(g) = crowd.all.get(number) else {
            return Err("a goroutine that is not in the list".to_owned());
        };
        let words = words_of(heap.process, g).map_err(|why| {
            format!(
                "the stack of goroutine {} was not read to its end, and {why}",
                g.id.0
            )
        })?;
        let objects = words
            .into_iter()
            .filter_map(|word| heap.heap.spans.find(word));
        found.insert(number, objects.collect());
    }
    Ok(found)
}

/// Every word of a goroutine's stack that it may still use, and of the registers of its thread.
fn words_of(process: &Process<'_>, g: &Goroutine) -> Result<Vec<Addr>, &'static str> {
    let stack = process.stack(g);
    let frames = stack.frames.iter();
    let own = frames.filter(|frame| frame.stack == StackKind::Goroutine);
    let lowest = own.map(|frame| frame.sp).min();
    let from = lowest.filter(|sp| g.stack.holds(*sp)).unwrap_or(g.stack.lo);
    let size = g.stack.hi.since(from).unwrap_or(0);
    if size > MOST_SEARCHED {
        return Err("is too large to be searched");
    }
    let registers = process.registers_of(g);
    let registers = registers.into_iter().flat_map(Registers::known);
    let mut words: Vec<Addr> = registers.map(|(_, word)| Addr(word)).collect();
    for at in 0..size / 8 {
        let word = process.memory.ptr(from.offset(at * 8));
        words.push(word.map_err(|_| "not all of it is in the core")?);
    }
    Ok(words)
}

/// Goroutines that wait for a channel or a lock, as indices, with what they wait for.
fn candidates(
    crowd: &Crowd<'_>,
    found: &Blocked,
    reasons: &dyn Fn(usize) -> Option<String>,
) -> FxHashMap<usize, Vec<Addr>> {
    let mut all: FxHashMap<usize, Vec<Addr>> = FxHashMap::default();
    let mut others: FxHashSet<usize> = FxHashSet::default();
    for of in &found.objects {
        let judged = is_judged(of.object.kind);
        for waiter in &of.object.waiters {
            let Some(number) = crowd.by_id.get(&waiter.goroutine) else {
                continue;
            };
            if !judged {
                others.insert(*number);
            }
            let waits = all.entry(*number).or_default();
            if of.object.kind != ObjectKind::NilChannel {
                waits.push(of.addr);
            }
        }
    }
    all.retain(|number, _| {
        // In a bubble (testing/synctest) the runtime does not look for them.
        let bubble =
            reasons(*number).is_some_and(|r| r.contains("(durable)") || r.contains("(synctest)"));
        !others.contains(number) && !bubble
    });
    all
}

/// Marking, as the collector does it.
struct Marking<'m, 'p, 'a> {
    heap: &'m Analysis<'p, 'a>,
    /// References that the runtime hides meanwhile: from a record of a waiter to what it waits for.
    hidden: FxHashSet<(u32, u32)>,
    marked: Bits,
    open: Vec<u32>,
}

impl Marking<'_, '_, '_> {
    fn add(&mut self, node: u32) {
        if !self.marked.insert(node) {
            self.open.push(node);
        }
    }

    fn all(&mut self, objects: &[u32]) {
        for object in objects {
            self.add(*object);
        }
    }

    /// What the record of a goroutine (`g`) refers to. In the graph that is the goroutine's, with what its frames do.
    fn record(&mut self, node: u32, g: Addr) {
        let heap = self.heap;
        let Some(layouts) = heap.process.layouts() else {
            return;
        };
        let words = layouts.size_of("runtime.g").unwrap_or(0) / 8;
        let out = heap.heap.graph.out(node);
        for word in 0..words {
            let value = heap.process.memory.ptr(g.offset(word * 8));
            let object = value.ok().and_then(|value| heap.heap.spans.find(value));
            if let Some(object) = object.filter(|object| out.contains(object)) {
                self.add(object);
            }
        }
    }

    fn run(&mut self) {
        let heap = self.heap;
        while let Some(node) = self.open.pop() {
            for to in heap.heap.graph.out(node) {
                if !self.hidden.contains(&(node, *to)) {
                    self.add(*to);
                }
            }
        }
    }
}
