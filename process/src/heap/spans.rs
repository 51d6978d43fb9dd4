//! The spans of the heap, and which of their slots are allocated.
//!
//! `runtime.mheap_.allspans` lists every `mspan` ever made (`runtime/mheap.go`, 1.19–1.27), dead ones too, which keep
//! the addresses they had; so the state is looked at before the address is believed. A slot is allocated when it is
//! below `freeindex` or its bit in `allocBits` is set (`runtime/mbitmap.go:isFree`): that holds at any moment of a
//! cycle, since the sweeper replaces both at once, and for spans that an `mcache` is allocating from.

use super::mspan::{Fields, Read, SlotBits, low_bits};
use super::pages::ArenaMap;
pub(crate) use super::span::{ManualSpan, PAGE, Span, SweepState};
use super::{Lacks, Note};
use crate::addr::Addr;
use crate::arch::Arch;
use crate::layout::FieldError;
use crate::memory::{Memory, MemoryExt, PageTable};
use crate::runtime::Runtime;
use rayon::prelude::*;
use std::hash::Hasher;
use twox_hash::XxHash3_64;
use zerocopy::IntoBytes;

/// All spans in use.
#[derive(Debug, Default)]
pub struct Spans {
    /// Spans of objects in address order.
    list: Vec<Span>,
    /// Spans of stacks and the like in address order.
    manual: Vec<ManualSpan>,
    /// Allocation bits of all spans, each from a whole word on.
    bits: Vec<u64>,
    /// The same of slots allocated since their span was last swept.
    new: Vec<u64>,
    /// For each word of those, the number of the first object in it.
    firsts: Vec<u32>,
    table: PageTable,
    objects: u32,
    /// `mspan`s that are free.
    pub dead: u64,
    /// `mheap_.sweepgen`.
    pub sweepgen: u32,
    /// Objects are marked in their own spans (`spanInlineMarkBits`: 1.26 and later, 1.25 with `greenteagc`).
    pub inline_marks: bool,
    /// What could not be had.
    pub notes: Vec<Note>,
}

impl Spans {
    /// Reads every span.
    ///
    /// # Errors
    ///
    /// When there is no list of them: no `mheap_`, no layout that knows it, or its memory is not in the core. A list
    /// with holes is not an error: see [`Self::notes`].
    ///
    /// Together they may have `most_pages` pages: what goes beyond is the claim of a damaged core, which would
    /// otherwise have tables made for memory that never was.
    pub fn read(runtime: &Runtime<'_>, arch: Arch, most_pages: u64) -> Result<Self, FieldError> {
        let mheap = super::variable(runtime, "runtime.mheap_")?;
        let heap = runtime.structure("runtime.mheap", mheap);
        let sweepgen = u32::try_from(heap.uint("sweepgen")?).unwrap_or(0);
        let (all, _) = heap.addr_of("allspans")?;
        let array = runtime.memory.ptr(all).map_err(unreadable)?;
        let len = runtime.memory.u64(all.offset(8)).map_err(unreadable)?;
        let fields = Fields::of(runtime)?;
        let mut spans = Self {
            sweepgen,
            ..Self::default()
        };
        let mut pointers = spans.pointers(runtime.memory, array, len);
        // An `mspan` is listed once, and none lies in another.
        pointers.sort_unstable();
        let mut end = Addr::NULL;
        pointers.retain(|at| {
            let apart = *at >= end;
            if apart {
                end = at.offset(fields.size);
            }
            apart
        });
        let map = ArenaMap::of(runtime, arch).ok();
        let read: Vec<Read> = pointers
            .par_iter()
            .with_min_len(512)
            .map(|at| fields.read(runtime.memory, map.as_ref(), *at, sweepgen))
            .collect();
        spans.take(read, most_pages);
        spans.inline_marks = spans.has_inline_marks();
        Ok(spans)
    }

    /// Spans that are known to be what they seem, each with its allocation bits.
    pub(super) fn of(found: Vec<(Span, Vec<u64>)>) -> Self {
        let mut spans = Self::default();
        let read = found.into_iter();
        let bits = |allocated| SlotBits {
            allocated,
            since_sweep: None,
        };
        let read = read.map(|(span, allocated)| Read::Objects(span, bits(allocated)));
        spans.take(read.collect(), u64::MAX);
        spans
    }

    /// The entries of `allspans`, as far as they can be read.
    fn pointers(&mut self, memory: &dyn Memory, array: Addr, len: u64) -> Vec<Addr> {
        let mut pointers = Vec::new();
        let (mut at, mut left) = (array, len.saturating_mul(8));
        while left > 0 {
            let run = match memory.run(at, left) {
                Ok(run) if run.len() >= 8 => run,
                _ => {
                    self.notes.push(Note::new(
                        "spans that the list of spans does not reach",
                        left / 8,
                        Lacks::Objects,
                    ));
                    break;
                }
            };
            let (words, _) = run.as_chunks::<8>();
            pointers.extend(words.iter().map(|w| Addr(u64::from_le_bytes(*w))));
            let read = (words.len() as u64).saturating_mul(8);
            at = at.offset(read);
            left = left.saturating_sub(read);
        }
        pointers
    }

    /// Sorts what was read, drops what cannot be, and numbers the objects.
    fn take(&mut self, read: Vec<Read>, most_pages: u64) {
        let mut found = Vec::new();
        let mut bad: Vec<(&'static str, u64)> = Vec::new();
        for one in read {
            match one {
                Read::Dead => self.dead += 1,
                Read::Manual(span) => self.manual.push(span),
                Read::Objects(span, bits) => found.push((span, bits)),
                Read::Bad(why) => match bad.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, count)) => *count += 1,
                    None => bad.push((why, 1)),
                },
            }
        }
        found.sort_by_key(|(span, _)| span.start);
        self.manual.sort_by_key(|span| span.start);
        let (mut end, mut overlapping, mut beyond) = (Addr::NULL, 0u64, 0u64);
        let (mut objects, mut pages) = (0u64, 0u64);
        for (mut span, of_slots) in found {
            let more = objects + u64::from(span.allocated);
            let (Ok(first), Ok(bits)) = (u32::try_from(objects), u32::try_from(self.bits.len()))
            else {
                break;
            };
            if span.start < end {
                overlapping += 1;
                continue;
            }
            pages = pages.saturating_add(u64::from(span.npages));
            if more >= u64::from(u32::MAX) || pages > most_pages {
                pages -= u64::from(span.npages);
                beyond += 1;
                continue;
            }
            end = span.end();
            span.first = first;
            span.bits = bits;
            objects = more;
            let mut next = first;
            let words = of_slots.allocated.len();
            let new = of_slots.since_sweep.unwrap_or_else(|| vec![0; words]);
            for (word, new) in of_slots.allocated.into_iter().zip(new) {
                self.bits.push(word);
                self.new.push(new);
                self.firsts.push(next);
                next = next.saturating_add(word.count_ones());
            }
            self.list.push(span);
        }
        self.objects = u32::try_from(objects).unwrap_or(u32::MAX);
        for (why, count) in bad {
            self.notes.push(Note::new(why, count, Lacks::Objects));
        }
        for (why, count) in [
            ("spans that lie over other spans", overlapping),
            ("spans beyond the memory that the core has", beyond),
        ] {
            if count > 0 {
                self.notes.push(Note::new(why, count, Lacks::Objects));
            }
        }
        for span in &self.list {
            self.table.enter(span.start, span.npages);
        }
    }

    /// Whether marks stand inside spans: 128 bytes at the end of each page of objects of 16 to 512 bytes, which have
    /// fewer slots for it (`runtime/mgcmark_greenteagc.go:spanInlineMarkBits`, `mheap.go:initSpan`). The spans say it
    /// themselves, so an experiment needs no flag.
    fn has_inline_marks(&self) -> bool {
        let (mut with, mut without) = (0u64, 0u64);
        let span_bitmaps = self.has_span_bitmaps();
        for span in &self.list {
            if span.npages != 1 || !(16..=512).contains(&span.elemsize) {
                continue;
            }
            let bitmap = if span.is_noscan() || !span_bitmaps {
                0
            } else {
                PAGE / 64
            };
            let slots = |reserved: u64| (PAGE - reserved) / span.elemsize;
            let (one, other) = (slots(bitmap), slots(bitmap + 128));
            if one != other && !span.user_arena {
                with += u64::from(u64::from(span.nelems) == other);
                without += u64::from(u64::from(span.nelems) == one);
            }
        }
        with > without
    }

    /// Whether pointer bitmaps stand in spans (1.22 and later). A page of 16-byte objects with pointers has 512
    /// slots without them.
    fn has_span_bitmaps(&self) -> bool {
        !self
            .list
            .iter()
            .any(|s| s.npages == 1 && !s.is_noscan() && s.elemsize == 16 && s.nelems == 512)
    }

    /// A number that tells these objects from others: where they stand, and of what size they are.
    pub fn checksum(&self) -> u64 {
        let mut hasher = XxHash3_64::new();
        for span in &self.list {
            for number in [span.start.0, span.elemsize, u64::from(span.first)] {
                hasher.write(&number.to_le_bytes());
            }
        }
        hasher.write(self.bits.as_bytes());
        hasher.finish()
    }

    /// Spans of objects in address order.
    pub fn list(&self) -> &[Span] {
        &self.list
    }

    /// Spans of stacks and of the runtime's own memory, in address order.
    pub fn manual(&self) -> &[ManualSpan] {
        &self.manual
    }

    /// Number of allocated slots.
    pub const fn objects(&self) -> u32 {
        self.objects
    }

    /// The span of objects that covers an address.
    #[inline]
    pub fn at(&self, addr: Addr) -> Option<&Span> {
        self.list.get(self.table.span(addr)? as usize)
    }

    /// The span that an object is in.
    pub fn of_object(&self, id: u32) -> Option<&Span> {
        let after = self.list.partition_point(|span| span.first <= id);
        // A span without objects shares its number with the next one that has some, which comes after it.
        self.list
            .get(after.checked_sub(1)?)
            .filter(|span| id - span.first < span.allocated)
    }

    fn words(&self, span: &Span) -> &[u64] {
        let from = span.bits as usize;
        let count = span.nelems.div_ceil(64) as usize;
        self.bits.get(from..from + count).unwrap_or_default()
    }

    /// The allocated slots of a span, ascending.
    pub fn slots(&self, span: &Span) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(self.words(span)).flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (bit < 64).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    /// Whether a slot was allocated since its span was last swept; `None` where that is not known.
    pub fn is_new(&self, span: &Span, slot: u32) -> Option<bool> {
        let word = self.new.get(span.bits as usize + (slot / 64) as usize)?;
        span.knows_new.then_some(word >> (slot % 64) & 1 != 0)
    }

    /// `mheap_.sweepgen` as it was when the span was last swept, or made: it grows by two each cycle. `None` of a damaged span.
    pub const fn swept_at(&self, span: &Span) -> Option<u32> {
        match span.sweep {
            SweepState::Swept | SweepState::Cached => Some(self.sweepgen),
            SweepState::Unswept | SweepState::Sweeping | SweepState::CachedUnswept => {
                Some(self.sweepgen.wrapping_sub(2))
            }
            SweepState::Unknown => None,
        }
    }

    /// The number of the object in a slot; `None` for a free slot.
    #[inline]
    pub fn object_in(&self, span: &Span, slot: u32) -> Option<u32> {
        if slot >= span.nelems {
            return None;
        }
        let (word, bit) = (span.bits as usize + (slot / 64) as usize, slot % 64);
        let here = self.bits.get(word).copied()?;
        if here >> bit & 1 == 0 {
            return None;
        }
        let before = (here & low_bits(u64::from(bit))).count_ones();
        Some(self.firsts.get(word)? + before)
    }

    /// The object that covers an address.
    #[inline]
    pub fn find(&self, addr: Addr) -> Option<u32> {
        let span = self.at(addr)?;
        self.object_in(span, span.slot_at(addr)?)
    }

    /// Where an object stands, and its slot's size.
    pub fn place(&self, id: u32) -> Option<(Addr, u64)> {
        let span = self.of_object(id)?;
        let mut left = id - span.first;
        for (at, word) in (0u64..).zip(self.words(span)) {
            let here = word.count_ones();
            if left >= here {
                left -= here;
                continue;
            }
            let mut rest = *word;
            for _ in 0..left {
                rest &= rest - 1;
            }
            let slot = at * 64 + u64::from(rest.trailing_zeros());
            return Some((span.start.offset(slot * span.elemsize), span.elemsize));
        }
        None
    }
}

fn unreadable(error: crate::memory::ReadError) -> FieldError {
    FieldError::Unreadable {
        structure: "runtime.mheap".to_owned(),
        path: "allspans".to_owned(),
        error,
    }
}
