//! Objects that their own finalizer or cleanup keeps: they are never freed, and it never runs.
//!
//! A finalizer's object is kept by no finalizer, but what the object refers to is, and the function with its
//! captures (`runtime/mgcmark.go:markrootSpans`, 1.19–1.27). When a path leads from there back to the object, the cycle
//! keeps itself. That is so exactly when the object lives and every path to it begins at its own finalizer.

use super::Suspect;
use super::facts::{Facts, UNKNOWN};
use crate::heap::{RootKind, SpecialKind};
use crate::types::Shape;
use dumpview_heap::NodeId;
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rustc_hash::FxHashMap;

/// Dominators that are climbed; a cycle is short.
const HIGHEST: usize = 1024;

/// Objects of one type that keep themselves in one way.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    count: u64,
    bytes: u64,
    example: NodeId,
    example_bytes: u64,
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let mut totals: FxHashMap<(u32, bool), Total> = FxHashMap::default();
    for (node, root) in (facts.heap.spans.objects()..).zip(&facts.heap.roots.list) {
        let (object, cleanup) = match root.kind {
            RootKind::Finalizer { object } => (object, false),
            RootKind::Cleanup { object } => (object, true),
            _ => continue,
        };
        if !is_below(facts, object, node) {
            continue;
        }
        let total = totals.entry((facts.group(object), cleanup)).or_default();
        let bytes = facts.retained(node);
        total.count += 1;
        total.bytes = total.bytes.saturating_add(bytes);
        if total.count == 1 || bytes > total.example_bytes {
            (total.example, total.example_bytes) = (object, bytes);
        }
    }
    let mut found: Vec<_> = totals
        .into_iter()
        .filter(|(_, total)| total.count >= facts.thresholds.finalizer_cycles.max(1))
        .collect();
    found.sort_by_key(|(key, total)| (std::cmp::Reverse(total.bytes), *key));
    found
        .iter()
        .map(|((group, cleanup), total)| {
            let name = name(facts, *group, total.example);
            suspect(facts, &name, *cleanup, total)
        })
        .collect()
}

/// Whether `root` dominates an object.
fn is_below(facts: &Facts<'_, '_, '_>, object: NodeId, root: NodeId) -> bool {
    let mut at = object;
    for _ in 0..HIGHEST {
        match facts.dominators.idom(at) {
            Some(above) if above == root => return true,
            Some(above) => at = above,
            None => return false,
        }
    }
    false
}

/// The type of objects that only their finalizer knows: it says which type they are of (`specialfinalizer.ot`).
fn name(facts: &Facts<'_, '_, '_>, group: u32, object: NodeId) -> String {
    let known = || facts.group_name(group).to_owned();
    if group != UNKNOWN {
        return known();
    }
    let set = facts
        .heap
        .roots
        .specials
        .iter()
        .find(|special| special.kind == SpecialKind::Finalizer && special.object == object);
    let ty = set.and_then(|special| {
        let runtime = facts.process.runtime()?;
        let pointer = runtime
            .structure("runtime.specialfinalizer", special.addr)
            .ptr("ot")
            .ok()?;
        let types = facts.process.types();
        let pointer = types.resolve(types.of_descriptor(pointer)).ok()?;
        let Shape::Pointer { elem } = &pointer.shape else {
            return None;
        };
        types.resolve((*elem)?).ok()
    });
    ty.map_or_else(known, |ty| ty.name.clone())
}

fn suspect(facts: &Facts<'_, '_, '_>, name: &str, cleanup: bool, total: &Total) -> Suspect {
    let at = facts.addr(total.example);
    let (what, how) = if cleanup {
        (
            "cleanup",
            "the function's captures or its argument lead back to them",
        )
    } else {
        (
            "finalizer",
            "what they refer to, or the function's captures, leads back to them",
        )
    };
    let text = format!(
        "{} {} are kept by their own {what}, {}: {how}, so it never runs and they are never freed",
        units::grouped(total.count),
        name,
        facts.amount(total.bytes)
    );
    let suspect = Suspect::new("heap.finalizer-cycle", Severity::Warning, text, total.bytes);
    let suspect = suspect.ask("heap paths", at);
    suspect.seen(format!(
        "{} objects, {}; one is at {at}",
        units::grouped(total.count),
        units::bytes(total.bytes)
    ))
}
