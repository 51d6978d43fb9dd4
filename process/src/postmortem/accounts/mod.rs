//! Where every byte of a process's memory is: each belongs to one part, and the parts sum to what the core says there
//! was.
//!
//! ```text
//! mappings (PT_LOAD) ─▶ ledger ◀─ claims, the surest first: spans, stacks, arenas, the runtime's tables,
//!                         │                                  files, threads' stacks, names of smaps
//!                         └─▶ parts, and what nobody claimed
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `ledger` | addresses that nobody has claimed yet |
//! | `go` | heap and stacks |
//! | `metadata` | the runtime's own tables |
//! | `system` | files, threads' stacks, the rest by the names that it has |

mod go;
mod ledger;
mod metadata;
mod system;

use super::Check;
use crate::heap::Heap;
use crate::process::Process;
use dumpview_parsers::smaps::Mapping;
use ledger::Ledger;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// One kind of memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "memory_part")]
pub struct Part {
    /// What scripts know it by: `live`, `free_slots`, `stacks`, `file`; several parts may be files or names of smaps.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: u64,
    /// What it is, in words; of a file its path.
    pub what: String,
    /// Whether it is address space that is set aside, of which hardly any was ever touched.
    pub reserved: bool,
}

/// Where the memory is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "memory")]
pub struct Accounts {
    /// Bytes of all mappings, by the core's program headers.
    pub total: u64,
    /// Of those, bytes that are in the core.
    pub dumped: u64,
    /// Of those, bytes that the core does not have: left out by its writer, or cut off.
    pub not_dumped: u64,
    /// Bytes that were in memory, by the smaps that were given.
    pub resident: Option<u64>,
    /// Bytes that were swapped, by the smaps that were given.
    pub swapped: Option<u64>,
    /// Every part, in groups; they sum to the total less the gap.
    pub parts: Vec<Part>,
    /// Bytes that program headers claim twice; 0 in an undamaged core.
    pub gap: u64,
    /// Parts against what the runtime counts.
    pub checks: Vec<Check>,
}

/// Parts in the order in which they are shown, by name and words.
#[derive(Default)]
struct Parts(BTreeMap<(usize, String), Part>);

/// Names of parts in the order of an answer.
const ORDER: [&str; 30] = [
    "live",
    "garbage",
    "free_slots",
    "span_tails",
    "free_pages",
    "returned_pages",
    "free_or_returned_pages",
    "reserved_heap",
    "stacks",
    "system_stacks",
    "cached_stacks",
    "work_buffers",
    "cached_stacks_or_work_buffers",
    "arena_index",
    "arena_metadata",
    "page_summaries",
    "page_bitmaps",
    "scavenge_index",
    "span_list",
    "profile_buckets",
    "persistent",
    "gc_bits",
    "code",
    "data",
    "file",
    "thread_stack",
    "vdso",
    "named",
    "reserved",
    "unknown",
];

/// Parts that are set aside rather than used.
const RESERVED: [&str; 5] = [
    "reserved_heap",
    "arena_index",
    "page_summaries",
    "scavenge_index",
    "reserved",
];

/// Start and end of the runtime's own tables outside the heap.
pub(super) fn runtime_tables(process: &Process<'_>) -> Vec<(u64, u64)> {
    let mut ledger = Ledger::of(process.core);
    metadata::claim(process, &mut ledger, &mut Parts::default());
    ledger.claimed
}

impl Parts {
    fn add(&mut self, name: &'static str, what: &str, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let place = ORDER.iter().position(|known| *known == name);
        let key = (place.unwrap_or(ORDER.len()), what.to_owned());
        let part = self.0.entry(key).or_insert_with(|| Part {
            name,
            bytes: 0,
            what: what.to_owned(),
            reserved: RESERVED.contains(&name),
        });
        part.bytes = part.bytes.saturating_add(bytes);
    }

    fn bytes(&self, names: &[&str]) -> u64 {
        let mine = self.0.values().filter(|part| names.contains(&part.name));
        mine.map(|part| part.bytes).fold(0, u64::saturating_add)
    }
}

impl Accounts {
    /// Accounts for everything. `reached` says which objects live; without a heap that can be walked its memory is
    /// anonymous. `smaps` has names and what was resident.
    pub fn of(
        process: &Process<'_>,
        heap: Option<&Heap<'_>>,
        reached: &dyn Fn(u32) -> bool,
        smaps: &[Mapping<'_>],
    ) -> Self {
        let mut ledger = Ledger::of(process.core);
        let mut parts = Parts::default();
        if let Some(heap) = heap {
            go::spans(heap, reached, &mut ledger, &mut parts);
            go::stacks(process, heap, &mut ledger, &mut parts);
            go::arenas(process, &mut ledger, &mut parts);
        }
        metadata::claim(process, &mut ledger, &mut parts);
        system::claim(process, smaps, &mut ledger, &mut parts);
        let checks = heap.map_or_else(Vec::new, |_| go::checks(process, &parts));
        let (mut resident, mut swapped) = (None, None);
        for mapping in smaps.iter().filter(|m| ledger.maps(m.start, m.end)) {
            let sum = |sum: Option<u64>, more: Option<u64>| match (sum, more) {
                (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
                (sum, more) => sum.or(more),
            };
            resident = sum(resident, mapping.resident);
            swapped = sum(swapped, mapping.swapped);
        }
        Self {
            total: ledger.total,
            dumped: ledger.dumped,
            not_dumped: ledger.total - ledger.dumped,
            resident,
            swapped,
            parts: parts.0.into_values().collect(),
            gap: ledger.twice,
            checks,
        }
    }
}
