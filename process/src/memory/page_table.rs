//! From an address to the span of pages that covers it.

use crate::addr::Addr;

/// Bytes of a heap page (`runtime.pageSize`, 1.19–1.27 on every architecture).
pub(crate) const PAGE: u64 = 8192;
/// Pages of an arena of 64 MB (`runtime.pagesPerArena`).
pub(crate) const ARENA_PAGES: u64 = 8192;

/// From a page to its span: a table of arenas over tables of pages, as the runtime has it, but only of arenas that
/// have spans.
#[derive(Debug, Default)]
pub(crate) struct PageTable {
    /// Number of the first arena.
    base: u64,
    /// For each arena from there, 1 + its place among the tables, or 0.
    arenas: Vec<u32>,
    /// For each table, for each page, 1 + the number of the span, or 0.
    pages: Vec<u32>,
    /// Spans that were entered.
    spans: u32,
}

impl PageTable {
    /// Enters a span, which gets the next number. Spans come in address order and are apart. Their ends are below 2^48, so
    /// there are at most 2^22 arenas; tables are made for arenas that a span starts or ends in, and for those between.
    pub fn enter(&mut self, start: Addr, npages: u32) {
        let first = start.0 / PAGE;
        if self.spans == 0 {
            self.base = first / ARENA_PAGES;
        }
        self.spans = self.spans.saturating_add(1);
        let mut page = first;
        let end = first + u64::from(npages);
        while page < end {
            let in_arena = (end - page).min(ARENA_PAGES - page % ARENA_PAGES);
            self.fill(page, in_arena);
            page += in_arena;
        }
    }

    /// Enters `count` pages of one arena for the last span.
    fn fill(&mut self, page: u64, count: u64) {
        let arena = (page / ARENA_PAGES).checked_sub(self.base);
        let Some(index) = arena.and_then(|arena| usize::try_from(arena).ok()) else {
            return;
        };
        if self.arenas.len() <= index {
            self.arenas.resize(index + 1, 0);
        }
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
            places.fill(self.spans);
        }
    }

    /// The number of the span that covers an address.
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
