//! Big arrays that small slices and strings keep, and slices far over their fill.
//!
//! A slice of ten bytes keeps the whole array that it was cut from. What is used of an array is what stands between the
//! first and the last byte that any string or slice reaches by its length; that is known only when every referrer
//! of the array is a string or a slice of known type, and one that is not makes the array no suspect.

use super::Suspect;
use super::facts::Facts;
use super::probe::{Probe, Probes, Seen, What, object_bytes};
use crate::addr::Addr;
use crate::heap::RootKind;
use crate::heap::types::Role;
use crate::memory::Memory;
use dumpview_heap::{Bits, NodeId};
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::{Borrow, Cow};

/// Arrays in smaller slots are not looked at: the waste is in large ones.
const LEAST_SLOT: u64 = 512;

/// What is used of an array.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// First byte that any referrer points at.
    first: u64,
    /// First and last byte in use.
    low: u64,
    high: u64,
    /// Last byte that a capacity reaches.
    reach: u64,
    texts: u32,
    slices: u32,
    /// The last node that was seen to refer to it by a string or slice.
    by: NodeId,
    /// Somebody refers to it in a way that does not tell what is used.
    unexplained: bool,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            first: u64::MAX,
            low: u64::MAX,
            high: 0,
            reach: 0,
            texts: 0,
            slices: 0,
            by: NodeId::MAX,
            unexplained: false,
        }
    }
}

/// How an array is wasted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Waste {
    SubSlice,
    SubString,
    Capacity,
}

/// Arrays of one type that are wasted in one way.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    count: u64,
    bytes: u64,
    used: u64,
    largest: NodeId,
    largest_bytes: u64,
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let arrays = arrays(facts);
    if arrays.count() == 0 {
        return Vec::new();
    }
    let extents = extents(facts, &arrays);
    let mut totals: FxHashMap<(Waste, u32), Total> = FxHashMap::default();
    for object in arrays.iter() {
        let Some(extent) = extents.get(&object) else {
            continue;
        };
        let Some((how, size, used)) = judge(facts, object, extent) else {
            continue;
        };
        let total = totals.entry((how, facts.group(object))).or_default();
        total.count += 1;
        total.bytes = total.bytes.saturating_add(size);
        total.used = total.used.saturating_add(used);
        if size - used > total.largest_bytes {
            (total.largest, total.largest_bytes) = (object, size - used);
        }
    }
    let least = facts.least(facts.thresholds.waste_percent);
    let mut found: Vec<_> = totals
        .into_iter()
        .filter(|(_, total)| total.bytes - total.used >= least)
        .collect();
    found.sort_by_key(|(key, _)| *key);
    found
        .into_iter()
        .map(|((how, group), total)| suspect(facts, how, group, &total))
        .collect()
}

/// Live backing arrays and texts that are large enough.
fn arrays(facts: &Facts<'_, '_, '_>) -> Bits {
    let wanted: Vec<bool> = facts
        .labels
        .list()
        .iter()
        .map(|label| matches!(label.role, Role::Backing | Role::StringBytes))
        .collect();
    let mut found = Bits::none(facts.heap.spans.objects());
    for span in facts.heap.spans.list() {
        if span.elemsize < LEAST_SLOT || span.user_arena {
            continue;
        }
        for object in span.first..span.first + span.allocated {
            let is_array = facts
                .labels
                .id(object)
                .is_some_and(|id| wanted.get(id.0 as usize).copied().unwrap_or(false));
            if is_array && facts.dominators.is_reached(object) {
                found.insert(object);
            }
        }
    }
    found
}

type Extents = FxHashMap<u32, Extent>;

/// Nodes that are looked at in one go.
const NODES: u32 = 1 << 16;

/// What every live node that refers to one of the arrays says of it.
fn extents(facts: &Facts<'_, '_, '_>, arrays: &Bits) -> Extents {
    let mut probes = Probes::new(facts);
    let of_labels = probes.of_labels(facts);
    let graph = &facts.heap.graph;
    let parts = (0..graph.len().div_ceil(NODES)).into_par_iter();
    let mut extents = parts
        .map(|part| {
            let mut extents = Extents::default();
            let objects = facts.heap.spans.objects();
            for node in part * NODES..objects.min((part + 1).saturating_mul(NODES)) {
                let probe = || {
                    let id = facts.labels.id(node)?;
                    let probe = of_labels.get(id.0 as usize).filter(|p| !p.is_empty())?;
                    Some((probe, object_bytes(facts, node)?.1))
                };
                referrer(facts, arrays, node, &mut extents, probe);
            }
            extents
        })
        .reduce(Extents::default, joined);
    for node in facts.heap.spans.objects()..graph.len() {
        let probe = || {
            let RootKind::Variable { addr } = facts.heap.root(node)?.kind else {
                return None;
            };
            let ty = facts.variable_type(addr)?;
            let size = facts.process.types().resolve(ty).ok()?.size;
            let bytes = facts.process.memory.bytes(addr, size).ok()?;
            Some((probes.of_type(ty), bytes))
        };
        referrer(facts, arrays, node, &mut extents, probe);
    }
    extents
}

/// What one node says of the arrays that it refers to; `probe` is asked when it does.
fn referrer<'m, P: Borrow<Probe>>(
    facts: &Facts<'_, '_, '_>,
    arrays: &Bits,
    node: NodeId,
    extents: &mut Extents,
    probe: impl FnOnce() -> Option<(P, Cow<'m, [u8]>)>,
) {
    let row = facts.heap.graph.out(node);
    if !row.iter().any(|target| arrays.has(*target)) || !facts.dominators.is_reached(node) {
        return;
    }
    if let Some((probe, bytes)) = probe() {
        probe.borrow().visit(&bytes, |seen| {
            if let Some(target) = facts.heap.spans.find(seen.at)
                && arrays.has(target)
            {
                extents.entry(target).or_default().add(node, &seen);
            }
        });
    }
    for target in row.iter().filter(|target| arrays.has(**target)) {
        let extent = extents.entry(*target).or_default();
        extent.unexplained |= extent.by != node;
    }
}

fn joined(mut all: Extents, mut more: Extents) -> Extents {
    if all.len() < more.len() {
        std::mem::swap(&mut all, &mut more);
    }
    for (array, extent) in more {
        all.entry(array).or_default().join(&extent);
    }
    all
}

impl Extent {
    /// Adds what other nodes say. Who said it last matters only while one node is looked at.
    fn join(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.reach = self.reach.max(other.reach);
        self.texts = self.texts.saturating_add(other.texts);
        self.slices = self.slices.saturating_add(other.slices);
        self.unexplained |= other.unexplained;
    }

    fn add(&mut self, node: NodeId, seen: &Seen) {
        self.by = node;
        let at = seen.at.0;
        self.first = self.first.min(at);
        if seen.len > 0 {
            self.low = self.low.min(at);
            self.high = self.high.max(at.saturating_add(seen.len));
        }
        self.reach = self.reach.max(at.saturating_add(seen.cap));
        match seen.what {
            What::Text => self.texts += 1,
            What::Slice { .. } => self.slices += 1,
        }
    }
}

/// How an array is wasted, its size and what is used of it.
fn judge(facts: &Facts<'_, '_, '_>, object: u32, extent: &Extent) -> Option<(Waste, u64, u64)> {
    if extent.unexplained || extent.texts + extent.slices == 0 {
        return None;
    }
    let span = facts.heap.spans.of_object(object)?;
    let (start, slot) = facts.heap.spans.place(object)?;
    let header = facts.heap.pointers.header_size(span);
    let (start, size) = (start.0 + header, slot - header);
    let used = extent.high.saturating_sub(extent.low);
    let factor = facts.thresholds.waste_factor.max(1);
    if extent.reach > start + size || used.saturating_mul(factor) > size {
        return None;
    }
    let reach = extent.reach.saturating_sub(extent.first);
    let how = if extent.slices == 0 {
        Waste::SubString
    } else if extent.first > start || reach.saturating_mul(factor) <= size {
        Waste::SubSlice
    } else {
        Waste::Capacity
    };
    Some((how, size, used))
}

fn suspect(facts: &Facts<'_, '_, '_>, how: Waste, group: u32, total: &Total) -> Suspect {
    let wasted = total.bytes - total.used;
    let name = facts.group_name(group);
    let element = name.strip_suffix(" backing").unwrap_or(name);
    let (bytes, used) = (units::bytes(total.bytes), units::bytes(total.used));
    let count = units::grouped(total.count);
    let amount = facts.amount(wasted);
    let at: Addr = facts.addr(total.largest);
    let (id, text) = match how {
        Waste::SubSlice => (
            "heap.sub-slice",
            format!(
                "small slices keep big arrays: {count} {element} arrays of {bytes} in all are kept by slices that \
                 reach {used} of them; {amount} is wasted; a copy of the part would let them go"
            ),
        ),
        Waste::SubString => (
            "heap.substring",
            format!(
                "substrings pin text: {count} texts of {bytes} in all are kept by strings that are {used} of them; \
                 {amount} is wasted; strings.Clone of the part would let them go"
            ),
        ),
        Waste::Capacity => (
            "heap.slice-fill",
            format!(
                "slices far over their fill: {count} {element} arrays of {bytes} in all have {used} in use; {amount} is \
                 spare capacity"
            ),
        ),
    };
    let suspect = Suspect::new(id, Severity::Info, text, wasted).ask("heap refs", at);
    suspect.seen(format!(
        "{} objects, {}, {} in use; {at} wastes {}",
        units::grouped(total.count),
        units::bytes(total.bytes),
        units::bytes(total.used),
        units::bytes(total.largest_bytes)
    ))
}
