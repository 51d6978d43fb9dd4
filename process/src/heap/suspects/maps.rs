//! Maps far over their fill: a map never gives back what it grew to when its keys are deleted.

use super::Suspect;
use super::facts::Facts;
use crate::addr::Addr;
use crate::heap::types::{Plans, Role};
use crate::memory::MemoryExt;
use crate::types::{MapLayout, SLOTS};
use dumpview_heap::{NodeId, ObjId, Objects};
use dumpview_model::finding::Severity;
use dumpview_model::units;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Maps of one type that are far over their fill.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    maps: u64,
    entries: u64,
    slots: u64,
    wasted: u64,
    largest: NodeId,
    largest_wasted: u64,
}

type Totals = FxHashMap<u32, Total>;

/// The totals of successive parts of the heap together; of maps that waste the same, the first is shown.
fn joined(mut all: Totals, more: Totals) -> Totals {
    for (group, one) in more {
        let total = all.entry(group).or_default();
        total.maps += one.maps;
        total.entries = total.entries.saturating_add(one.entries);
        total.slots = total.slots.saturating_add(one.slots);
        total.wasted = total.wasted.saturating_add(one.wasted);
        if one.largest_wasted > total.largest_wasted {
            (total.largest, total.largest_wasted) = (one.largest, one.largest_wasted);
        }
    }
    all
}

pub(super) fn find(facts: &Facts<'_, '_, '_>) -> Vec<Suspect> {
    let Some(layouts) = facts.process.layouts() else {
        return Vec::new();
    };
    // The number of entries is the first thing a map's header has; its name differs.
    let field = |structure: &str, name: &str| layouts.field(structure, name);
    let swiss = field("internal/runtime/maps.Map", "used");
    let hmap = field("runtime.hmap", "count");
    let mut plans = Plans::new(facts.process.types());
    // For each label of a header: bytes of a group of slots, and where the count stands.
    let headers: Vec<Option<(u64, u64)>> = facts
        .labels
        .list()
        .iter()
        .map(|label| {
            if label.role != Role::MapHeader {
                return None;
            }
            let id = plans.id(facts.labels.type_ref(label.ty)?);
            let (_, _, layout) = plans.plan(id)?.map?;
            match layout {
                MapLayout::Hmap { bucket, .. } => Some((bucket, hmap?.offset)),
                MapLayout::Swiss { group, .. } => Some((group, swiss?.offset)),
                MapLayout::Unknown => None,
            }
        })
        .collect();
    let spans = facts.heap.spans.list().par_iter().with_min_len(1 << 10);
    let totals = spans
        .fold(Totals::default, |mut totals, span| {
            for object in span.first..span.first + span.allocated {
                let header = facts
                    .labels
                    .id(object)
                    .and_then(|id| headers.get(id.0 as usize).copied().flatten());
                if let Some((group, count)) = header {
                    add(facts, object, group, count, &mut totals);
                }
            }
            totals
        })
        .reduce(Totals::default, joined);
    let least = facts.least(facts.thresholds.waste_percent);
    let mut found: Vec<_> = totals
        .into_iter()
        .filter(|(_, t)| t.wasted >= least)
        .collect();
    found.sort_by_key(|(group, total)| (std::cmp::Reverse(total.wasted), *group));
    found
        .iter()
        .map(|(group, total)| suspect(facts, *group, total))
        .collect()
}

/// Adds a map to the total of its type when most of its slots are empty.
fn add(facts: &Facts<'_, '_, '_>, object: u32, group: u64, count: u64, totals: &mut Totals) {
    let bytes = entries_below(facts, object, 0);
    if group == 0 || bytes < group.saturating_mul(2) || !facts.dominators.is_reached(object) {
        // The runtime makes one group at least, and small maps are what they are.
        return;
    }
    let at: Addr = facts.addr(object).offset(count);
    let Ok(entries) = facts.process.memory.u64(at) else {
        return;
    };
    let slots = bytes / group * SLOTS;
    let factor = facts.thresholds.waste_factor.max(1);
    if entries > slots || entries.saturating_mul(factor) > slots {
        return;
    }
    let used = u128::from(bytes) * u128::from(entries) / u128::from(slots.max(1));
    let wasted = bytes - u64::try_from(used).unwrap_or(bytes);
    let total = totals.entry(facts.group(object)).or_default();
    total.maps += 1;
    total.entries = total.entries.saturating_add(entries);
    total.slots = total.slots.saturating_add(slots);
    total.wasted = total.wasted.saturating_add(wasted);
    if wasted > total.largest_wasted {
        (total.largest, total.largest_wasted) = (object, wasted);
    }
}

/// Bytes of the entries that a header leads to, through its directory and tables: three levels.
fn entries_below(facts: &Facts<'_, '_, '_>, node: NodeId, depth: u32) -> u64 {
    let mut bytes = 0u64;
    for target in facts.heap.graph.out(node) {
        let role = facts.labels.of(*target).map(|label| label.role);
        let more = match role {
            Some(Role::MapEntries) => facts.heap.spans.size(ObjId(*target)),
            Some(Role::MapDirectory | Role::MapTable) if depth < 3 => {
                entries_below(facts, *target, depth + 1)
            }
            _ => 0,
        };
        bytes = bytes.saturating_add(more);
    }
    bytes
}

fn suspect(facts: &Facts<'_, '_, '_>, group: u32, total: &Total) -> Suspect {
    let name = facts.group_name(group);
    let name = name.strip_suffix(" header").unwrap_or(name);
    let at = facts.addr(total.largest);
    let which = if total.maps == 1 {
        format!("a {name} has")
    } else {
        format!("{} {name} have", units::grouped(total.maps))
    };
    let text = format!(
        "maps far over their fill: {which} {} entries in {} slots, and maps do not shrink; {} is wasted; a new map with \
         what is left would let it go",
        units::grouped(total.entries),
        units::grouped(total.slots),
        facts.amount(total.wasted)
    );
    let suspect =
        Suspect::new("heap.map-fill", Severity::Info, text, total.wasted).ask("heap refs", at);
    suspect.seen(format!(
        "{} maps, {} entries, {} slots; {at} wastes {}",
        units::grouped(total.maps),
        units::grouped(total.entries),
        units::grouped(total.slots),
        units::bytes(total.largest_wasted)
    ))
}
