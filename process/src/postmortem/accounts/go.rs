//! Heap and stacks.
//!
//! The arenas of the heap hold spans of objects, spans of stacks and the collector's work buffers, free pages, and what
//! is reserved and not in use yet (`mheap_.curArena`, `runtime/mheap.go:grow`, 1.19–1.27). Free pages were returned to
//! the system or not; the runtime's counters say how many of each, and are believed when both together are exactly the
//! free pages there are.

use super::super::Check;
use super::Parts;
use super::ledger::Ledger;
use crate::addr::Addr;
use crate::arch::Arch;
use crate::heap::audit::HeapStats;
use crate::heap::{Heap, variable};
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Runtime;

/// Bytes of an arena (`runtime.heapArenaBytes` on 64-bit Linux, 1.19–1.27).
const ARENA: u64 = 64 << 20;
/// What is reserved of arenas.
const RESERVED: &str = "heap that is not in use yet";
/// No heap has more arenas: 2^48 bytes of them.
const MOST_ARENAS: u64 = 1 << 22;

/// Spans of objects: what lives, garbage, free slots, what belongs to no slot.
pub(super) fn spans(
    heap: &Heap<'_>,
    reached: &dyn Fn(u32) -> bool,
    ledger: &mut Ledger,
    parts: &mut Parts,
) {
    for span in heap.spans.list() {
        let claimed = ledger.claim(span.start.0, span.end().0);
        if claimed != span.bytes() {
            // Not all of it is mapped: the span table is damaged, or the core's headers are.
            parts.add("unknown", "heap that is not mapped as a whole", claimed);
            continue;
        }
        let objects = span.first..span.first + span.allocated;
        let live = objects.filter(|object| reached(*object)).count() as u64;
        let allocated = u64::from(span.allocated);
        let slots = u64::from(span.nelems) * span.elemsize;
        parts.add("live", "objects that are reachable", live * span.elemsize);
        parts.add(
            "garbage",
            "garbage that no sweep has freed yet",
            (allocated - live) * span.elemsize,
        );
        parts.add(
            "free_slots",
            "free slots of spans in use",
            slots - allocated * span.elemsize,
        );
        parts.add(
            "span_tails",
            "what is left of spans beside their slots",
            span.bytes() - slots,
        );
    }
}

/// Stacks, and the other spans without objects.
pub(super) fn stacks(
    process: &Process<'_>,
    heap: &Heap<'_>,
    ledger: &mut Ledger,
    parts: &mut Parts,
) {
    let manual = heap.spans.manual();
    let within = |lo: Addr, hi: Addr| {
        let after = manual.partition_point(|span| span.start <= lo);
        let before = after.checked_sub(1).and_then(|at| manual.get(at));
        before.is_some_and(|span| lo < hi && hi.0 <= span.start.0 + u64::from(span.npages) * 8192)
    };
    let mut claim = |name, what, lo: Addr, hi: Addr| {
        if within(lo, hi) {
            parts.add(name, what, ledger.claim(lo.0, hi.0));
        }
    };
    if let Ok(goroutines) = process.goroutines() {
        for goroutine in goroutines.list() {
            let stack = goroutine.stack;
            claim("stacks", "stacks of goroutines", stack.lo, stack.hi);
        }
    }
    if let (Ok(machines), Some(runtime)) = (process.machines(), process.runtime()) {
        for g in machines.list.iter().flat_map(|m| [m.g0, m.gsignal]) {
            let g = runtime.structure("runtime.g", g);
            if let (Ok(lo), Ok(hi)) = (g.ptr("stack.lo"), g.ptr("stack.hi")) {
                let what = "threads' stacks of the runtime (g0, gsignal)";
                claim("system_stacks", what, lo, hi);
            }
        }
    }
    let mut rest = 0u64;
    for span in manual {
        let end = span.start.0 + u64::from(span.npages) * 8192;
        rest = rest.saturating_add(ledger.claim(span.start.0, end));
    }
    let used = parts.bytes(&["stacks", "system_stacks"]);
    match process.runtime().and_then(|runtime| buffers(&runtime)) {
        Some((stacks, buffers))
            if stacks.checked_add(buffers) == used.checked_add(rest) && buffers <= rest =>
        {
            parts.add(
                "work_buffers",
                "the collector's work buffers and the like",
                buffers,
            );
            parts.add(
                "cached_stacks",
                "stacks that no goroutine has",
                rest - buffers,
            );
        }
        _ => parts.add(
            "cached_stacks_or_work_buffers",
            "stacks that no goroutine has, and the collector's work buffers",
            rest,
        ),
    }
}

/// What the runtime counts in stacks, and in work buffers and pointer bitmaps.
fn buffers(runtime: &Runtime<'_>) -> Option<(u64, u64)> {
    let stats = HeapStats::of(runtime).ok()?;
    let stacks = stats.sum("inStacks").ok()?;
    let buffers = stats
        .sum("inWorkBufs")
        .ok()?
        .saturating_add(stats.sum("inPtrScalarBits").unwrap_or(0));
    Some((u64::try_from(stacks).ok()?, u64::try_from(buffers).ok()?))
}

/// What the runtime counts as free, not returned and returned.
fn free(runtime: &Runtime<'_>) -> Option<(u64, u64)> {
    let stats = HeapStats::of(runtime).ok()?;
    let sum = |path| stats.sum(path).ok();
    // A damaged core has any numbers.
    let used = sum("inHeap")?
        .saturating_add(sum("inStacks")?)
        .saturating_add(sum("inWorkBufs")?)
        .saturating_add(sum("inPtrScalarBits").unwrap_or(0));
    let kept = sum("committed")?.checked_sub(used)?;
    Some((
        u64::try_from(kept).ok()?,
        u64::try_from(sum("released")?).ok()?,
    ))
}

/// The rest of the arenas: free pages, and what is reserved.
pub(super) fn arenas(process: &Process<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    let Some(runtime) = process.runtime() else {
        return;
    };
    let Ok(at) = variable(&runtime, "runtime.mheap_") else {
        return;
    };
    let mheap = runtime.structure("runtime.mheap", at);
    if let (Ok(base), Ok(end)) = (mheap.ptr("curArena.base"), mheap.ptr("curArena.end"))
        && let Some(bytes) = end.since(base).filter(|bytes| *bytes <= ARENA)
    {
        let claimed = ledger.claim(base.0, base.0.saturating_add(bytes));
        parts.add("reserved_heap", RESERVED, claimed);
    }
    let mut pages = 0u64;
    let arenas = starts(process, &runtime, at);
    match in_use(&runtime, at) {
        Some(ranges) => {
            for (start, end) in ranges {
                pages = pages.saturating_add(ledger.claim(start, end));
            }
            // Since 1.26 the heap begins somewhere in its first arena (`GOEXPERIMENT=randomizedheapbase64`).
            for start in arenas {
                parts.add(
                    "reserved_heap",
                    RESERVED,
                    ledger.claim(start, start.saturating_add(ARENA)),
                );
            }
        }
        None => {
            for start in arenas {
                pages = pages.saturating_add(ledger.claim(start, start.saturating_add(ARENA)));
            }
        }
    }
    match free(&runtime) {
        Some((kept, returned)) if kept.checked_add(returned) == Some(pages) => {
            parts.add("free_pages", "free pages, not returned to the system", kept);
            parts.add(
                "returned_pages",
                "free pages, returned or never used",
                returned,
            );
        }
        _ => parts.add(
            "free_or_returned_pages",
            "free pages, returned or not",
            pages,
        ),
    }
}

/// The ranges that the page allocator hands out from (`mheap_.pages.inUse`).
fn in_use(runtime: &Runtime<'_>, mheap: Addr) -> Option<Vec<(u64, u64)>> {
    let field = |structure: &str, path: &str| runtime.layouts.field(structure, path);
    let at = mheap
        .offset(field("runtime.mheap", "pages")?.offset)
        .offset(field("runtime.pageAlloc", "inUse")?.offset)
        .offset(field("runtime.addrRanges", "ranges")?.offset);
    let stride = runtime.layouts.size_of("runtime.addrRange")?;
    let base = field("runtime.addrRange", "base")?.offset;
    let limit = field("runtime.addrRange", "limit")?.offset;
    let array = runtime.memory.ptr(at).ok()?;
    let len = runtime.memory.u64(at.offset(8)).ok()?;
    let mut ranges = Vec::new();
    for index in 0..len.min(MOST_ARENAS) {
        let range = array.offset(index * stride);
        let word = |offset| runtime.memory.u64(range.offset(offset)).ok();
        ranges.push((word(base)?, word(limit)?));
    }
    Some(ranges)
}

/// Where arenas start: lists of their numbers, which count from the lowest address.
fn starts(process: &Process<'_>, runtime: &Runtime<'_>, mheap: Addr) -> Vec<u64> {
    let base: u64 = match process.arch() {
        Arch::Amd64 => 1 << 47,
        Arch::Arm64 => 0,
    };
    let mut found = Vec::new();
    // One list to 1.24, one for arenas of users beside it since.
    for list in ["allArenas", "heapArenas", "userArenaArenas"] {
        let Some(field) = runtime.layouts.field("runtime.mheap", list) else {
            continue;
        };
        let at = mheap.offset(field.offset);
        let (Ok(array), Ok(len)) = (runtime.memory.ptr(at), runtime.memory.u64(at.offset(8)))
        else {
            continue;
        };
        for index in 0..len.min(MOST_ARENAS) {
            let Ok(number) = runtime.memory.u64(array.offset(index * 8)) else {
                break;
            };
            if let Some(start) = number
                .checked_mul(ARENA)
                .and_then(|at| at.checked_sub(base))
            {
                found.push(start);
            }
        }
    }
    found
}

const TABLES: &str = "tables of the runtime that were found, at most memstats.mspan_sys, mcache_sys, buckhash_sys, gcMiscSys \
     and other_sys";

/// Parts against the runtime's counters.
pub(super) fn checks(process: &Process<'_>, parts: &Parts) -> Vec<Check> {
    let Some(runtime) = process.runtime() else {
        return Vec::new();
    };
    let stats = HeapStats::of(&runtime).ok();
    let sum = |path: &str| {
        let stats = stats.as_ref()?;
        u64::try_from(stats.sum(path).ok()?).ok()
    };
    let free = free(&runtime);
    let manual = buffers(&runtime).and_then(|(stacks, other)| stacks.checked_add(other));
    let class = |fields: &[&str]| {
        let at = variable(&runtime, "runtime.memstats").ok()?;
        let memstats = runtime.structure("runtime.mstats", at);
        fields
            .iter()
            .map(|field| memstats.uint(field).ok())
            .sum::<Option<u64>>()
    };
    let compared = [
        (
            "bytes of spans of objects against heapStats.inHeap",
            &["live", "garbage", "free_slots", "span_tails"][..],
            sum("inHeap"),
        ),
        (
            "bytes of stacks and work buffers against heapStats.inStacks, inWorkBufs and inPtrScalarBits",
            &[
                "stacks",
                "system_stacks",
                "cached_stacks",
                "work_buffers",
                "cached_stacks_or_work_buffers",
            ][..],
            manual,
        ),
        (
            "free pages against heapStats.committed and released less what is in use",
            &["free_pages", "returned_pages", "free_or_returned_pages"][..],
            free.and_then(|(kept, returned)| kept.checked_add(returned)),
        ),
        (
            TABLES,
            &[
                "arena_metadata",
                "page_bitmaps",
                "span_list",
                "profile_buckets",
                "persistent",
                "gc_bits",
            ][..],
            class(&[
                "mspan_sys",
                "mcache_sys",
                "buckhash_sys",
                "gcMiscSys",
                "other_sys",
            ]),
        ),
    ];
    compared
        .into_iter()
        .filter_map(|(what, names, counted)| {
            let found = parts.bytes(names);
            let expected = counted?;
            Some(Check {
                what,
                found: found.to_string(),
                expected: expected.to_string(),
                // Not every table of the runtime can be found, so these are at most what it counts.
                ok: found == expected || what == TABLES && found < expected,
            })
        })
        .collect()
}
