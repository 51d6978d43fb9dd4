//! The spans of the heap, and which of their slots are allocated.
//!
//! `runtime.mheap_.allspans` lists every `mspan` ever made (`runtime/mheap.go`, 1.19–1.27), dead ones too, which keep
//! the addresses they had; so the state is looked at before the address is believed. A slot is allocated when it is
//! below `freeindex` or its bit in `allocBits` is set (`runtime/mbitmap.go:isFree`): that holds at any moment of a
//! cycle, since the sweeper replaces both at once, and for spans that an `mcache` is allocating from.

use super::Note;
use crate::addr::Addr;
use crate::layout::{Field, FieldError};
use crate::memory::{Memory, MemoryExt};
use crate::runtime::Runtime;
use rayon::prelude::*;

/// Bytes of a heap page (`runtime.pageSize`, 1.19–1.27 on every architecture).
pub(crate) const PAGE: u64 = 8192;
/// Pages of an arena of 64 MB (`runtime.pagesPerArena`).
const ARENA_PAGES: u64 = 8192;
const ARENA: u64 = PAGE * ARENA_PAGES;
/// No span has more slots: a page of 8-byte objects (`runtime/sizeclasses.go`). So the bits of a span take no more
/// memory than its `mspan` does, whatever a damaged core claims.
const MOST_SLOTS: u64 = 1024;

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
    bits: u32,
    /// 2³² divided by `elemsize`, rounded up: a division becomes a multiplication (`mspan.divMul`).
    reciprocal: u32,
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

/// All spans in use.
#[derive(Debug, Default)]
pub struct Spans {
    /// Spans of objects in address order.
    list: Vec<Span>,
    /// Spans of stacks and the like in address order.
    manual: Vec<ManualSpan>,
    /// Allocation bits of all spans, each from a whole word on.
    bits: Vec<u64>,
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

/// The places of an `mspan`'s fields, looked up once.
struct Fields {
    size: u64,
    start: Field,
    npages: Field,
    freeindex: Field,
    nelems: Field,
    alloc_bits: Field,
    sweepgen: Field,
    alloc_count: Field,
    before_cache: Field,
    spanclass: Field,
    state: Field,
    elemsize: Field,
    specials: Field,
    user_arena: Option<Field>,
    large_type: Option<Field>,
    states: States,
}

/// `mSpanState` by name.
struct States {
    in_use: u64,
    manual: u64,
}

/// One `mspan` as read.
enum Read {
    Dead,
    Manual(ManualSpan),
    Objects(Span, Vec<u64>),
    /// What is wrong with it.
    Bad(&'static str),
}

impl Fields {
    fn of(runtime: &Runtime<'_>) -> Result<Self, FieldError> {
        let layouts = runtime.layouts;
        let maybe = |path: &str| layouts.field("runtime.mspan", path);
        let field = |path: &str| {
            maybe(path).ok_or_else(|| FieldError::NoSuchField {
                structure: "runtime.mspan".to_owned(),
                path: path.to_owned(),
            })
        };
        let constant = |name: &str, default: u64| {
            layouts
                .constant(name)
                .and_then(|value| u64::try_from(value).ok())
                .unwrap_or(default)
        };
        Ok(Self {
            size: layouts.size_of("runtime.mspan").unwrap_or_default(),
            start: field("startAddr")?,
            npages: field("npages")?,
            freeindex: field("freeindex")?,
            nelems: field("nelems")?,
            alloc_bits: field("allocBits")?,
            sweepgen: field("sweepgen")?,
            alloc_count: field("allocCount")?,
            before_cache: field("allocCountBeforeCache")?,
            spanclass: field("spanclass")?,
            state: field("state")?,
            elemsize: field("elemsize")?,
            specials: field("specials")?,
            user_arena: maybe("isUserArenaChunk"),
            large_type: maybe("largeType"),
            // The numbers are those of every release, should the layout have no constants.
            states: States {
                in_use: constant("runtime.mSpanInUse", 1),
                manual: constant("runtime.mSpanManual", 2),
            },
        })
    }

    fn read(&self, memory: &dyn Memory, addr: Addr, sweepgen: u32) -> Read {
        let Ok(bytes) = memory.bytes(addr, self.size) else {
            return Read::Bad("an mspan is not in the core");
        };
        let get = |field: Field| word(&bytes, field);
        let state = get(Field {
            size: 1,
            ..self.state
        });
        if state != self.states.in_use && state != self.states.manual {
            return Read::Dead;
        }
        let start = Addr(get(self.start));
        let npages = get(self.npages);
        let Ok(pages) = u32::try_from(npages) else {
            return Read::Bad("a span has more pages than there is memory");
        };
        let end = start.0.checked_add(npages.saturating_mul(PAGE));
        if !start.0.is_multiple_of(PAGE) || pages == 0 || end.is_none_or(|end| end > 1 << 48) {
            return Read::Bad("a span is not where a span can be");
        }
        if state == self.states.manual {
            return Read::Manual(ManualSpan {
                start,
                npages: pages,
            });
        }
        let (elemsize, nelems) = (get(self.elemsize), get(self.nelems));
        let fits = elemsize
            .checked_mul(nelems)
            .is_some_and(|all| all <= npages * PAGE);
        if elemsize == 0 || nelems > MOST_SLOTS || !fits {
            return Read::Bad("a span has more slots than it has room for");
        }
        let Ok(words) = allocation_bits(
            memory,
            Addr(get(self.alloc_bits)),
            nelems,
            get(self.freeindex),
        ) else {
            return Read::Bad("a span's allocation bits are not in the core");
        };
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let optional = |field: Option<Field>| field.map_or(0, get);
        let span = Span {
            start,
            npages: pages,
            spanclass: u8::try_from(get(self.spanclass)).unwrap_or(0),
            user_arena: optional(self.user_arena) != 0,
            sweep: SweepState::of(narrow(get(self.sweepgen)), sweepgen),
            elemsize,
            nelems: narrow(nelems),
            allocated: words.iter().map(|word| word.count_ones()).sum(),
            alloc_count: narrow(get(self.alloc_count)),
            counted_before_cache: narrow(get(self.before_cache)),
            first: 0,
            specials: Addr(get(self.specials)),
            large_type: Addr(optional(self.large_type)),
            bits: 0,
            reciprocal: narrow((1u64 << 32).div_ceil(elemsize)),
        };
        Read::Objects(span, words)
    }
}

/// An unsigned integer at a field's place.
fn word(bytes: &[u8], field: Field) -> u64 {
    let at = usize::try_from(field.offset).unwrap_or(usize::MAX);
    let mut le = [0u8; 8];
    let size = usize::try_from(field.size).unwrap_or(8).min(8);
    if let Some(from) = at.checked_add(size).and_then(|end| bytes.get(at..end))
        && let Some(to) = le.get_mut(..size)
    {
        to.copy_from_slice(from);
    }
    u64::from_le_bytes(le)
}

/// The allocated slots as bits: all below `freeindex`, and those that `allocBits` names.
fn allocation_bits(
    memory: &dyn Memory,
    at: Addr,
    nelems: u64,
    freeindex: u64,
) -> Result<Vec<u64>, ()> {
    let count = usize::try_from(nelems.div_ceil(64)).map_err(|_| ())?;
    let mut words = vec![0u64; count];
    if freeindex < nelems {
        let bytes = memory.bytes(at, nelems.div_ceil(8)).map_err(|_| ())?;
        for (word, eight) in words.iter_mut().zip(bytes.chunks(8)) {
            let mut le = [0u8; 8];
            if let Some(to) = le.get_mut(..eight.len()) {
                to.copy_from_slice(eight);
            }
            *word = u64::from_le_bytes(le);
        }
    }
    for (word, first) in words.iter_mut().zip((0u64..).step_by(64)) {
        *word |= low_bits(freeindex.saturating_sub(first));
        *word &= low_bits(nelems - first);
    }
    Ok(words)
}

/// A word whose lowest `count` bits are set; all of them from 64 on.
const fn low_bits(count: u64) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}

impl SweepState {
    /// `runtime/mheap.go`, comment at `mspan.sweepgen`; the same in 1.19–1.27.
    const fn of(span: u32, heap: u32) -> Self {
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
    pub fn read(runtime: &Runtime<'_>, most_pages: u64) -> Result<Self, FieldError> {
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
        let read: Vec<Read> = pointers
            .par_iter()
            .with_min_len(512)
            .map(|at| fields.read(runtime.memory, *at, sweepgen))
            .collect();
        spans.take(read, most_pages);
        spans.inline_marks = spans.has_inline_marks();
        Ok(spans)
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
                Read::Objects(span, words) => found.push((span, words)),
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
        for (mut span, words) in found {
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
            self.bits.extend(words);
            self.list.push(span);
        }
        self.objects = u32::try_from(objects).unwrap_or(u32::MAX);
        for (why, count) in bad {
            self.notes.push(Note::new(why, count));
        }
        for (why, count) in [
            ("spans that lie over other spans", overlapping),
            ("spans beyond the memory that the core has", beyond),
        ] {
            if count > 0 {
                self.notes.push(Note::new(why, count));
            }
        }
        self.table = PageTable::of(&self.list);
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

    /// The number of the object in a slot; `None` for a free slot.
    #[inline]
    pub fn object_in(&self, span: &Span, slot: u32) -> Option<u32> {
        let words = self.words(span);
        let (word, bit) = ((slot / 64) as usize, slot % 64);
        let here = words.get(word).copied()?;
        if here >> bit & 1 == 0 {
            return None;
        }
        let before: u32 = words
            .get(..word)
            .unwrap_or_default()
            .iter()
            .map(|w| w.count_ones())
            .sum();
        let same = (here & low_bits(u64::from(bit))).count_ones();
        Some(span.first + before + same)
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

/// From a page to its span: a table of arenas over tables of pages, as the runtime has it, but only of arenas that
/// have spans.
#[derive(Debug, Default)]
struct PageTable {
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
    fn of(spans: &[Span]) -> Self {
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
    fn span(&self, addr: Addr) -> Option<u32> {
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
