//! From an address to its span, and what the runtime's own table of the same says.

use super::span::{PAGE, Span};
use crate::addr::Addr;
use crate::arch::Arch;
use crate::layout::FieldError;
use crate::memory::{Memory, MemoryExt};
use crate::runtime::Runtime;

/// Pages of an arena of 64 MB (`runtime.pagesPerArena`).
const ARENA_PAGES: u64 = 8192;
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

/// From a page to its span: a table of arenas over tables of pages, as the runtime has it, but only of arenas that
/// have spans.
#[derive(Debug, Default)]
pub(super) struct PageTable {
    /// Number of the first arena.
    base: u64,
    /// For each arena from there, 1 + its place among the tables, or 0.
    arenas: Vec<u32>,
    /// For each table, for each page, 1 + the number of the span, or 0.
    pages: Vec<u32>,
}

impl PageTable {
    /// Spans must be in address order and apart. Their ends are below 2^48, so there are at most 2^22 arenas; tables
    /// are made for arenas that a span starts or ends in, and for those between.
    pub fn of(spans: &[Span]) -> Self {
        let base = spans.first().map_or(0, |s| s.start.0 / ARENA);
        let last = spans.last().map_or(0, |s| (s.end().0 - 1) / ARENA);
        let count = usize::try_from(last - base).unwrap_or(0) + 1;
        let mut table = Self {
            base,
            arenas: vec![0; count],
            pages: Vec::new(),
        };
        for (number, span) in (1u32..).zip(spans) {
            let first = span.start.0 / PAGE;
            let mut page = first;
            let end = first + u64::from(span.npages);
            while page < end {
                let in_arena = (end - page).min(ARENA_PAGES - page % ARENA_PAGES);
                table.fill(page, in_arena, number);
                page += in_arena;
            }
        }
        table
    }

    /// Enters `count` pages of one arena.
    fn fill(&mut self, page: u64, count: u64, number: u32) {
        let index = usize::try_from(page / ARENA_PAGES - self.base).unwrap_or(usize::MAX);
        let Some(arena) = self.arenas.get_mut(index) else {
            return;
        };
        let per = usize::try_from(ARENA_PAGES).unwrap_or(0);
        if *arena == 0 {
            *arena = u32::try_from(self.pages.len() / per).unwrap_or(u32::MAX - 1) + 1;
            self.pages.resize(self.pages.len() + per, 0);
        }
        let from = (*arena as usize - 1) * per + usize::try_from(page % ARENA_PAGES).unwrap_or(0);
        let to = from + usize::try_from(count).unwrap_or(0);
        if let Some(places) = self.pages.get_mut(from..to) {
            places.fill(number);
        }
    }

    #[inline]
    pub fn span(&self, addr: Addr) -> Option<u32> {
        let page = addr.0 / PAGE;
        let arena = (page / ARENA_PAGES).checked_sub(self.base)?;
        let table = self
            .arenas
            .get(usize::try_from(arena).ok()?)?
            .checked_sub(1)?;
        let at = u64::from(table) * ARENA_PAGES + page % ARENA_PAGES;
        self.pages.get(usize::try_from(at).ok()?)?.checked_sub(1)
    }
}
