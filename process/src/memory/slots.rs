//! Memory that comes slot by slot: the objects of a heap dump, each at its own place of the file.
//!
//! Slots lie in spans as the allocator cut them, so an address leads to its slot by a division, and a slot needs no
//! more than the offset of its bytes. Slots that have bytes are numbered in address order.

use super::page_table::{PAGE, PageTable};
use crate::addr::Addr;

/// A span: pages cut into slots of one size, some of which have bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotSpan {
    /// Its first byte.
    pub start: Addr,
    /// Pages of 8192 bytes.
    pub npages: u32,
    /// Bytes of a slot.
    pub elemsize: u64,
    /// Slots.
    pub nelems: u32,
    /// Slots that have bytes.
    pub count: u32,
    /// Number of the first of those among all.
    pub first: u32,
    /// Whether any of them may hold pointers.
    pub has_pointers: bool,
    /// Index of its first word among the bits.
    bits: u32,
}

/// Slots by address, and where in a file their bytes are.
#[derive(Debug, Default)]
pub struct Slots<'a> {
    file: &'a [u8],
    spans: Vec<SlotSpan>,
    /// For each slot of each span whether it has bytes; a span begins with a whole word.
    bits: Vec<u64>,
    /// For each word of those, the number of the first slot with bytes in it.
    firsts: Vec<u32>,
    table: PageTable,
    /// For each slot with bytes, where in the file they start.
    offsets: Vec<u64>,
}

/// A span to be added.
#[derive(Debug)]
pub(crate) struct NewSpan<'n> {
    pub start: Addr,
    pub npages: u32,
    pub elemsize: u64,
    pub nelems: u32,
    pub has_pointers: bool,
    /// Which slots have bytes.
    pub bits: &'n [u64],
    /// Where the bytes of those are in the file.
    pub offsets: &'n [u64],
}

impl<'a> Slots<'a> {
    /// None yet.
    pub(crate) fn of(file: &'a [u8]) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }

    /// Adds a span that starts behind all others; `false` when it does not, or when there are too many slots.
    pub(crate) fn add(&mut self, new: &NewSpan<'_>) -> bool {
        let behind = self.spans.last().is_none_or(|last| last.end() <= new.start);
        let numbers = (
            u32::try_from(self.offsets.len()),
            u32::try_from(new.offsets.len()),
            u32::try_from(self.bits.len()),
        );
        let (Ok(first), Ok(count), Ok(bits)) = numbers else {
            return false;
        };
        if !behind || first.checked_add(count).is_none_or(|end| end == u32::MAX) {
            return false;
        }
        self.spans.push(SlotSpan {
            start: new.start,
            npages: new.npages,
            elemsize: new.elemsize,
            nelems: new.nelems,
            count,
            first,
            has_pointers: new.has_pointers,
            bits,
        });
        let words = new.nelems.div_ceil(64) as usize;
        let given = new.bits.iter().copied().chain(std::iter::repeat(0));
        let mut next = first;
        for word in given.take(words) {
            self.bits.push(word);
            self.firsts.push(next);
            next = next.saturating_add(word.count_ones());
        }
        self.table.enter(new.start, new.npages);
        self.offsets.extend(new.offsets);
        true
    }

    /// The spans in address order.
    pub fn spans(&self) -> &[SlotSpan] {
        &self.spans
    }

    /// How many slots have bytes.
    pub fn len(&self) -> u32 {
        u32::try_from(self.offsets.len()).unwrap_or(u32::MAX)
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Which slots of a span have bytes.
    pub fn bits(&self, span: &SlotSpan) -> &[u64] {
        let from = span.bits as usize;
        let to = from + span.nelems.div_ceil(64) as usize;
        self.bits.get(from..to).unwrap_or_default()
    }

    /// Where the bytes of a slot are in the file.
    pub fn offset(&self, slot: u32) -> Option<u64> {
        self.offsets.get(slot as usize).copied()
    }

    /// The bytes of a slot, by its number and its size.
    pub fn bytes(&self, slot: u32, size: u64) -> &'a [u8] {
        let part = || {
            let from = usize::try_from(self.offset(slot)?).ok()?;
            let to = from.checked_add(usize::try_from(size).ok()?)?;
            self.file.get(from..to)
        };
        part().unwrap_or_default()
    }

    /// The slot with bytes that covers an address: its span, its number, its first byte.
    #[inline]
    pub fn find(&self, addr: Addr) -> Option<(&SlotSpan, u32, Addr)> {
        let span = self.spans.get(self.table.span(addr)? as usize)?;
        let from = addr.since(span.start)?;
        // Offsets in spans of several slots are small, and dividing small numbers takes a fraction of the time.
        let slot = match (u32::try_from(from), u32::try_from(span.elemsize)) {
            (Ok(from), Ok(size)) => from / size.max(1),
            _ => u32::try_from(from / span.elemsize.max(1)).ok()?,
        };
        if slot >= span.nelems {
            return None;
        }
        let (word, bit) = (span.bits as usize + (slot / 64) as usize, slot % 64);
        let here = *self.bits.get(word)?;
        if here >> bit & 1 == 0 {
            return None;
        }
        let within = (here & ((1 << bit) - 1)).count_ones();
        let start = span.start.offset(u64::from(slot) * span.elemsize);
        Some((span, self.firsts.get(word)? + within, start))
    }

    /// The bytes from an address to the end of its slot.
    pub(super) fn run_at(&self, addr: Addr) -> Option<&'a [u8]> {
        let (span, slot, start) = self.find(addr)?;
        let skip = usize::try_from(addr.since(start)?).ok()?;
        self.bytes(slot, span.elemsize)
            .get(skip..)
            .filter(|bytes| !bytes.is_empty())
    }
}

impl SlotSpan {
    /// First address behind it.
    pub const fn end(&self) -> Addr {
        self.start.offset(self.npages as u64 * PAGE)
    }
}
