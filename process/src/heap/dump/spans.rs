//! Spans as the runtime would have described them.

use crate::addr::Addr;
use crate::heap::mspan::SIZE_CLASSES;
use crate::heap::span::{Span, SweepState};
use crate::heap::spans::Spans;
use crate::memory::Slots;

/// The spans of a dump. Objects have the numbers that their slots have.
pub fn spans(slots: &Slots<'_>) -> Spans {
    let found = slots.spans().iter().map(|span| {
        // Sizes of releases before those known have no class that is known; a size class of 0 means a large object.
        let class = SIZE_CLASSES.binary_search(&span.elemsize).unwrap_or(0);
        let class = u8::try_from(class).unwrap_or(0);
        let reciprocal = (1u64 << 32).div_ceil(span.elemsize.max(1));
        let new = Span {
            start: span.start,
            npages: span.npages,
            spanclass: class << 1 | u8::from(!span.has_pointers),
            user_arena: false,
            // The writer sweeps what is left to be swept before it begins.
            sweep: SweepState::Swept,
            elemsize: span.elemsize,
            nelems: span.nelems,
            allocated: span.count,
            alloc_count: span.count,
            counted_before_cache: 0,
            first: 0,
            specials: Addr::NULL,
            large_type: Addr::NULL,
            bits: 0,
            knows_new: false,
            reciprocal: u32::try_from(reciprocal).unwrap_or(u32::MAX),
        };
        (new, slots.bits(span).to_vec())
    });
    Spans::of(found.collect())
}
