//! What a span is: a run of pages, and the slots that it is cut into.

use crate::addr::Addr;

pub(crate) use crate::memory::PAGE;

/// What became of a span in the sweep that is due or going on: `mspan.sweepgen` against `mheap_.sweepgen`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SweepState {
    /// Not swept yet: some of what counts as allocated is garbage that the last mark phase did not reach.
    Unswept,
    /// Being swept.
    Sweeping,
    /// Swept, ready to use.
    Swept,
    /// Held by an `mcache` since before the sweep began.
    CachedUnswept,
    /// Held by an `mcache`, swept.
    Cached,
    /// No difference that the runtime knows: the span is damaged.
    Unknown,
}

/// A span of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Its first byte.
    pub start: Addr,
    /// Pages of 8192 bytes.
    pub npages: u32,
    /// `spanclass`: size class × 2, plus 1 when its objects hold no pointers.
    pub spanclass: u8,
    /// The memory of a user arena (`isUserArenaChunk`): one slot that holds many objects.
    pub user_arena: bool,
    /// Sweep state.
    pub sweep: SweepState,
    /// Bytes of a slot.
    pub elemsize: u64,
    /// Slots.
    pub nelems: u32,
    /// Allocated slots, counted by their bits.
    pub allocated: u32,
    /// `mspan.allocCount`, what the runtime counts.
    pub alloc_count: u32,
    /// `mspan.allocCountBeforeCache`: the part of `alloc_count` that is in the global statistics already.
    pub counted_before_cache: u32,
    /// Number of the first object among all objects.
    pub first: u32,
    /// Head of the list of specials.
    pub specials: Addr,
    /// The element type of a large object (since 1.22); null before, and while it is being allocated.
    pub large_type: Addr,
    /// Index of the first word of its allocation bits.
    pub(super) bits: u32,
    /// Whether it is known which of its slots were allocated since it was last swept.
    pub(super) knows_new: bool,
    /// 2³² divided by `elemsize`, rounded up: a division becomes a multiplication (`mspan.divMul`).
    pub(super) reciprocal: u32,
}

impl Span {
    /// First address after it.
    pub const fn end(&self) -> Addr {
        self.start.offset(self.npages as u64 * PAGE)
    }

    /// Bytes of its pages.
    pub const fn bytes(&self) -> u64 {
        self.npages as u64 * PAGE
    }

    /// Size class; 0 is a large object.
    pub const fn size_class(&self) -> u8 {
        self.spanclass >> 1
    }

    /// Whether its objects hold no pointers.
    pub const fn is_noscan(&self) -> bool {
        self.spanclass & 1 != 0
    }

    /// The slot an address falls into.
    #[inline]
    pub(crate) fn slot_at(&self, addr: Addr) -> Option<u32> {
        let offset = addr.since(self.start)?;
        let slot = if self.nelems == 1 {
            u32::from(offset >= self.elemsize)
        } else {
            // Spans of several slots are at most 2^17 bytes, for which the reciprocal is exact.
            u32::try_from(offset.checked_mul(u64::from(self.reciprocal))? >> 32).ok()?
        };
        (slot < self.nelems).then_some(slot)
    }
}

/// A span that holds no objects: a goroutine's stack, or the runtime's own (`mSpanManual`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ManualSpan {
    /// Its first byte.
    pub start: Addr,
    /// Pages of 8192 bytes.
    pub npages: u32,
}

impl SweepState {
    /// `runtime/mheap.go`, comment at `mspan.sweepgen`; the same in 1.19–1.27.
    pub(super) const fn of(span: u32, heap: u32) -> Self {
        match span.wrapping_sub(heap).cast_signed() {
            -2 => Self::Unswept,
            -1 => Self::Sweeping,
            0 => Self::Swept,
            1 => Self::CachedUnswept,
            3 => Self::Cached,
            _ => Self::Unknown,
        }
    }
}
