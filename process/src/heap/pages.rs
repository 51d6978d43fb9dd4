//! What the runtime's own table of arenas says.

use super::span::PAGE;
use crate::addr::Addr;
use crate::arch::Arch;
use crate::layout::FieldError;
use crate::memory::{ARENA_PAGES, Memory, MemoryExt};
use crate::runtime::Runtime;

/// Bytes of an arena.
pub(super) const ARENA: u64 = PAGE * ARENA_PAGES;

/// The runtime's own way from an address to its arena and span (`mheap_.arenas`, `heapArena.spans`;
/// `runtime/mheap.go:spanOf`, 1.19–1.27 on Linux, where the first level has one entry).
pub(super) struct ArenaMap<'r> {
    memory: &'r dyn Memory,
    table: Addr,
    /// Number of the arena that the first entry stands for.
    base: u64,
    spans: Option<u64>,
}

impl<'r> ArenaMap<'r> {
    /// Finds it.
    ///
    /// # Errors
    ///
    /// When `mheap_` cannot be read, or its layout is not known.
    pub fn of(runtime: &Runtime<'r>, arch: Arch) -> Result<Self, FieldError> {
        let mheap = super::variable(runtime, "runtime.mheap_")?;
        let spans = runtime.layouts.field("runtime.heapArena", "spans");
        Ok(Self {
            memory: runtime.memory,
            table: runtime.structure("runtime.mheap", mheap).ptr("arenas[0]")?,
            // `arenaBaseOffset`: on amd64 addresses are sign-extended, and the index counts from the lowest of them.
            base: match arch {
                Arch::Amd64 => (1 << 47) / ARENA,
                Arch::Arm64 => 0,
            },
            spans: spans.map(|field| field.offset),
        })
    }

    /// The `heapArena` of an arena, null when there is none; `None` when that cannot be read.
    pub fn arena(&self, number: u64) -> Option<Addr> {
        let entry = self
            .table
            .offset(number.wrapping_add(self.base).wrapping_mul(8));
        self.memory.ptr(entry).ok()
    }

    /// Whether the map has `mspan` for a page; assumed when the map cannot be read.
    pub fn has(&self, mspan: Addr, page: u64) -> bool {
        let entry = || {
            let arena = self.arena(page / ARENA_PAGES)?;
            if arena.is_null() {
                return Some(Addr::NULL);
            }
            let at = self.spans?.wrapping_add(page % ARENA_PAGES * 8);
            self.memory.ptr(arena.offset(at)).ok()
        };
        entry().is_none_or(|found| found == mspan)
    }
}
