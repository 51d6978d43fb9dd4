//! The runtime's own tables, which it asks the system for one by one (`sysReserve`, `sysAlloc`, `persistentalloc`).
//!
//! | table | where it is found (1.19–1.27) |
//! |---|---|
//! | index of arenas | `mheap_.arenas[0]`: a pointer for each 64 MiB of 2⁴⁸ bytes, reserved |
//! | metadata of arenas | what those point at |
//! | summaries of pages | `mheap_.pages.summary`: five levels, reserved |
//! | bitmaps of pages | `mheap_.pages.chunks`: a block for each 32 GiB |
//! | index for the scavenger | `mheap_.pages.scav.index.chunks`, reserved |
//! | profiles | `buckhash`: a hash table of records |
//! | mark and allocation bits | `gcBitsArenas`: lists of blocks |
//! | list of spans | `mheap_.allspans` |
//! | memory that is never freed | `persistentChunks`, a list: `mspan`s, `mcache`s, specials, profile buckets, itabs |

use super::Parts;
use super::ledger::Ledger;
use crate::addr::Addr;
use crate::heap::variable;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::Runtime;

/// The system gives whole pages.
const SYSTEM_PAGE: u64 = 4096;
/// Entries of the index of arenas (`arenaL2Bits` is 22 on 64-bit Linux), and of the index of page bitmaps.
const ARENAS: u64 = 1 << 22;
const CHUNKS: u64 = 1 << 13;
/// `persistentChunkSize` (`runtime/malloc.go`).
const PERSISTENT: u64 = 256 << 10;
/// `buckHashSize` (`runtime/mprof.go`), `gcBitsChunkBytes` (`runtime/mheap.go`), bytes of an `atomicScavChunkData`.
const PROFILE_BUCKETS: u64 = 179_999;
const GC_BITS: u64 = 64 << 10;
const SCAVENGE_ENTRY: u64 = 8;
/// A list beyond this closes on itself.
const MOST_CHUNKS: usize = 1 << 20;
/// Levels of page summaries (`summaryLevels`).
const LEVELS: u64 = 5;

pub(super) fn claim(process: &Process<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    let Some(runtime) = process.runtime() else {
        return;
    };
    if let Ok(mheap) = variable(&runtime, "runtime.mheap_") {
        arenas(&runtime, mheap, ledger, parts);
        // One bit a chunk to 1.20, a structure of eight bytes since.
        let old = process.version.as_ref().is_some_and(|v| v.minor <= 20);
        pages(
            &runtime,
            mheap,
            if old { 1 } else { SCAVENGE_ENTRY },
            ledger,
            parts,
        );
    }
    profiles(&runtime, ledger, parts);
    gc_bits(&runtime, ledger, parts);
    persistent(&runtime, ledger, parts);
}

/// Claims whole pages of the system.
fn whole(ledger: &mut Ledger, at: Addr, bytes: u64) -> u64 {
    if at.is_null() {
        return 0;
    }
    let start = at.0 / SYSTEM_PAGE * SYSTEM_PAGE;
    let end =
        at.0.saturating_add(bytes)
            .div_ceil(SYSTEM_PAGE)
            .saturating_mul(SYSTEM_PAGE);
    ledger.claim(start, end)
}

fn arenas(runtime: &Runtime<'_>, mheap: Addr, ledger: &mut Ledger, parts: &mut Parts) {
    let structure = runtime.structure("runtime.mheap", mheap);
    if let Some(field) = runtime.layouts.field("runtime.mheap", "allspans")
        && let Ok(array) = runtime.memory.ptr(mheap.offset(field.offset))
        && let Ok(cap) = runtime.memory.u64(mheap.offset(field.offset + 16))
    {
        let bytes = whole(ledger, array, cap.saturating_mul(8));
        parts.add("span_list", "the runtime's list of spans", bytes);
    }
    let Ok(table) = structure.ptr("arenas[0]") else {
        return;
    };
    if let Some(size) = runtime.layouts.size_of("runtime.heapArena")
        && let Ok(run) = runtime.memory.run(table, ARENAS * 8)
    {
        // Nearly all of it was never written to, and reads as zeros.
        for word in run.chunks_exact(8).filter_map(<[u8]>::first_chunk) {
            let arena = Addr(u64::from_le_bytes(*word));
            if !arena.is_null() {
                let bytes = whole(ledger, arena, size);
                parts.add(
                    "arena_metadata",
                    "the runtime's tables of each arena",
                    bytes,
                );
            }
        }
    }
    let bytes = whole(ledger, table, ARENAS * 8);
    parts.add("arena_index", "index of arenas, for all addresses", bytes);
}

fn pages(runtime: &Runtime<'_>, mheap: Addr, entry: u64, ledger: &mut Ledger, parts: &mut Parts) {
    let structure = runtime.structure("runtime.mheap", mheap);
    let Ok((pages, _)) = structure.addr_of("pages") else {
        return;
    };
    let field = |structure: &str, path: &str| runtime.layouts.field(structure, path);
    let slice = |at: Addr| {
        let array = runtime.memory.ptr(at).ok()?;
        Some((array, runtime.memory.u64(at.offset(16)).ok()?))
    };
    if let Some(summary) = field("runtime.pageAlloc", "summary") {
        for level in 0..LEVELS {
            if let Some((array, cap)) = slice(pages.offset(summary.offset + level * 24)) {
                let bytes = whole(ledger, array, cap.saturating_mul(8));
                parts.add(
                    "page_summaries",
                    "summaries of free pages, for all addresses",
                    bytes,
                );
            }
        }
    }
    if let Some(chunks) = field("runtime.pageAlloc", "chunks")
        && let Some(size) = runtime.layouts.size_of("runtime.pallocData")
    {
        for index in 0..CHUNKS {
            let at = pages.offset(chunks.offset + index * 8);
            if let Ok(block) = runtime.memory.ptr(at) {
                let bytes = whole(ledger, block, CHUNKS * size);
                parts.add("page_bitmaps", "the runtime's bitmaps of free pages", bytes);
            }
        }
    }
    if let Some(chunks) = field("runtime.mheap", "pages.scav.index.chunks")
        && let Some((array, cap)) = slice(mheap.offset(chunks.offset))
    {
        let bytes = whole(ledger, array, cap.saturating_mul(entry));
        parts.add(
            "scavenge_index",
            "index of pages to return, for all addresses",
            bytes,
        );
    }
}

/// The hash table of profile records (`runtime.buckhash`).
fn profiles(runtime: &Runtime<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    let at = variable(runtime, "runtime.buckhash");
    if let Some(table) = at.ok().and_then(|at| runtime.memory.ptr(at).ok()) {
        let bytes = whole(ledger, table, PROFILE_BUCKETS * 8);
        parts.add(
            "profile_buckets",
            "the hash table of the runtime's profiles",
            bytes,
        );
    }
}

/// Blocks of mark and allocation bits (`runtime.gcBitsArenas`, four lists of them).
fn gc_bits(runtime: &Runtime<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    let Ok(all) = variable(runtime, "runtime.gcBitsArenas") else {
        return;
    };
    let field = |structure: &str, path: &str| runtime.layouts.field(structure, path);
    let Some(next) = field("runtime.gcBitsArena", "next") else {
        return;
    };
    for list in ["free", "next", "current", "previous"] {
        let Some(first) = field("runtime.gcBitsArenas", list) else {
            continue;
        };
        let mut at = runtime.memory.ptr(all.offset(first.offset)).ok();
        for _ in 0..MOST_CHUNKS {
            let Some(block) = at.filter(|at| !at.is_null()) else {
                break;
            };
            let bytes = whole(ledger, block, GC_BITS);
            if bytes == 0 {
                break;
            }
            parts.add("gc_bits", "mark and allocation bits of spans", bytes);
            at = runtime.memory.ptr(block.offset(next.offset)).ok();
        }
    }
}

fn persistent(runtime: &Runtime<'_>, ledger: &mut Ledger, parts: &mut Parts) {
    let first = variable(runtime, "runtime.persistentChunks");
    let Some(mut at) = first.ok().and_then(|at| runtime.memory.ptr(at).ok()) else {
        return;
    };
    for _ in 0..MOST_CHUNKS {
        if at.is_null() {
            break;
        }
        let bytes = whole(ledger, at, PERSISTENT);
        if bytes == 0 {
            break;
        }
        parts.add(
            "persistent",
            "spans' records, caches, specials, profiles",
            bytes,
        );
        // A chunk begins with the address of the one before it.
        let Ok(next) = runtime.memory.ptr(at) else {
            break;
        };
        at = next;
    }
}
