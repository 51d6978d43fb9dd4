//! From objects to spans. A dump has objects only; but the allocator cuts spans of pages into slots of one size, starts
//! them at pages, and so the address and the size of an object say which span it is in.

use crate::addr::Addr;
use crate::memory::{NewSpan, Slots};
use rustc_hash::FxHashMap;

/// Bytes of a page.
const PAGE: u64 = 8192;
/// Larger objects have a span of their own (`runtime._MaxSmallSize`).
const MOST_SMALL: u64 = 32768;
/// Addresses are below this on every system that is known to write dumps.
const MOST_ADDR: u64 = 1 << 48;
/// Bytes of an arena, of which tables are made as a whole.
const ARENA: u64 = 64 << 20;

/// Slots up to this size have their pointer bits at the end of their page (1.22 and later).
pub(super) const fn most_with_bitmap(pointer: u64) -> u64 {
    pointer * pointer * 8
}

/// What lies at the end of pages of small objects, where there are no slots though the writer of the dump thinks so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reserved {
    /// The pointer bits of pages whose objects have pointers (1.22 and later, unless built without allocation headers).
    pub bitmap: bool,
    /// Marks (1.26 and later, unless built without `greenteagc`; 1.25 with it).
    pub marks: bool,
}

impl Reserved {
    /// What a release does when nobody experiments.
    const fn of_release(minor: u32) -> Self {
        Self {
            bitmap: minor >= 22,
            marks: minor >= 26,
        }
    }

    /// How many slots a page has of objects of a size.
    const fn slots(self, size: u64, pointer: u64, has_pointers: bool) -> u64 {
        let mut left = PAGE;
        if self.bitmap && has_pointers {
            left -= PAGE / pointer / 8;
        }
        if self.marks && size >= 16 {
            left -= 128;
        }
        left / size
    }
}

/// Bytes of a slot above 1024 and pages of its spans (`runtime/sizeclasses.go`, the same in 1.19–1.27). Smaller slots have
/// spans of one page.
const CLASSES: [(u64, u8); 35] = [
    (1152, 1),
    (1280, 1),
    (1408, 2),
    (1536, 1),
    (1792, 2),
    (2048, 1),
    (2304, 2),
    (2688, 1),
    (3072, 3),
    (3200, 2),
    (3456, 3),
    (4096, 1),
    (4864, 3),
    (5376, 2),
    (6144, 3),
    (6528, 4),
    (6784, 5),
    (6912, 6),
    (8192, 1),
    (9472, 7),
    (9728, 6),
    (10240, 5),
    (10880, 4),
    (12288, 3),
    (13568, 5),
    (14336, 7),
    (16384, 2),
    (18432, 9),
    (19072, 7),
    (20480, 5),
    (21760, 8),
    (24576, 3),
    (27264, 10),
    (28672, 7),
    (32768, 4),
];

/// Pages of a span of small objects. A size that those releases do not have is of one before, which gave a span as many as
/// it takes that no more than an eighth is lost at its end (`InitSizes`).
fn pages_of(size: u64) -> u64 {
    if let Some((_, pages)) = CLASSES.iter().find(|(known, _)| *known == size) {
        return u64::from(*pages);
    }
    let mut bytes = PAGE;
    while bytes % size > bytes / 8 {
        bytes += PAGE;
    }
    bytes / PAGE
}

/// A span as it fills.
#[derive(Debug)]
struct Filling {
    start: u64,
    size: u64,
    npages: u64,
    has_pointers: bool,
    bits: Vec<u64>,
    /// Where the bytes of each slot are in the file, by slot.
    offsets: Vec<u64>,
    last: u64,
}

/// Objects as they come.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    spans: Vec<Filling>,
    /// Their places by their first byte.
    places: FxHashMap<u64, usize>,
    /// The place of the last object's span: objects come in order of addresses, a span at a time.
    current: usize,
    /// Size and pages of the last object.
    known: (u64, u64),
    astray: u64,
    twice: u64,
    apart: u64,
}

/// What became of them.
#[derive(Debug)]
pub(super) struct Settled<'a> {
    pub slots: Slots<'a>,
    pub phantoms: u64,
    pub astray: u64,
    pub twice: u64,
    pub apart: u64,
}

impl Gathered {
    /// The first byte and the pages of the span that an object is in.
    fn span_of(&mut self, addr: u64, size: u64) -> Option<(u64, u64)> {
        if size == 0 || addr >= MOST_ADDR - size.min(MOST_ADDR) {
            return None;
        }
        if size > MOST_SMALL {
            return addr
                .is_multiple_of(PAGE)
                .then_some((addr, size.div_ceil(PAGE)));
        }
        if self.known.0 != size {
            self.known = (size, pages_of(size));
        }
        let npages = self.known.1;
        if npages == 1 {
            let start = addr / PAGE * PAGE;
            return (addr - start).is_multiple_of(size).then_some((start, 1));
        }
        // A page starts at one slot of a span only, since none is as long as the pattern takes to repeat.
        (0..npages * PAGE / size)
            .map_while(|slot| addr.checked_sub(slot * size))
            .find(|start| start.is_multiple_of(PAGE))
            .map(|start| (start, npages))
    }

    /// The span that begins there, a new one of so many pages when there is none yet.
    fn span_at(&mut self, start: u64, npages: u64, size: u64) -> Option<&mut Filling> {
        let is_current = self
            .spans
            .get(self.current)
            .is_some_and(|span| span.start == start);
        if !is_current {
            let next = self.spans.len();
            self.current = *self.places.entry(start).or_insert(next);
            if self.current == next {
                self.spans.push(Filling {
                    start,
                    size,
                    npages,
                    has_pointers: false,
                    bits: Vec::new(),
                    offsets: Vec::new(),
                    last: 0,
                });
            }
        }
        self.spans.get_mut(self.current)
    }

    /// Takes an object, whose bytes are at `offset` of the file.
    pub fn add(&mut self, addr: Addr, size: u64, offset: u64, has_pointers: bool) {
        let Some((start, npages)) = self.span_of(addr.0, size) else {
            self.astray += 1;
            return;
        };
        let Some(span) = self.span_at(start, npages, size) else {
            return;
        };
        if span.size != size {
            self.apart += 1;
            return;
        }
        let slot = (addr.0 - start) / size;
        let at = usize::try_from(slot / 64).unwrap_or(usize::MAX);
        if span.bits.len() <= at {
            span.bits.resize(at + 1, 0);
        }
        let Some(word) = span.bits.get_mut(at) else {
            return;
        };
        if *word >> (slot % 64) & 1 != 0 {
            self.twice += 1;
            return;
        }
        *word |= 1 << (slot % 64);
        span.has_pointers |= has_pointers;
        if slot >= span.last {
            span.last = slot;
            span.offsets.push(offset);
        } else {
            let rank = ranks(&span.bits, slot);
            span.offsets.insert(rank.min(span.offsets.len()), offset);
        }
    }

    /// What is reserved in pages: as the release does, unless only something else makes objects and bytes what the runtime
    /// counted.
    pub fn reserved(
        &self,
        pointer: u64,
        minor: Option<u32>,
        counted: Option<(u64, u64)>,
    ) -> Reserved {
        let usual = minor.map_or(Reserved::default(), Reserved::of_release);
        let Some(counted) = counted else {
            return usual;
        };
        let others = [(true, true), (true, false), (false, false)]
            .map(|(bitmap, marks)| Reserved { bitmap, marks });
        let fits = |reserved: &Reserved| self.count(pointer, *reserved) == counted;
        std::iter::once(usual)
            .chain(others)
            .find(fits)
            .unwrap_or(usual)
    }

    /// Objects and bytes when so much is reserved.
    fn count(&self, pointer: u64, reserved: Reserved) -> (u64, u64) {
        self.spans.iter().fold((0, 0), |(objects, bytes), span| {
            let slots = span.slots(pointer, reserved);
            let here = ranks(&span.bits, slots) as u64;
            (objects + here, bytes + here * span.size)
        })
    }

    /// Makes slots, in address order.
    pub fn settle(self, file: &[u8], pointer: u64, reserved: Reserved) -> Settled<'_> {
        let mut spans = self.spans;
        spans.sort_unstable_by_key(|span| span.start);
        let mut settled = Settled {
            slots: Slots::of(file),
            phantoms: 0,
            astray: self.astray,
            twice: self.twice,
            apart: self.apart,
        };
        // Tables are made for whole arenas. A heap has few, and a file that claims many is none.
        let mut arenas = 64 + file.len() as u64 / PAGE;
        let mut last_arena = None;
        for mut span in spans {
            let start = span.start;
            let all = span.offsets.len();
            let nelems = span.slots(pointer, reserved);
            let real = ranks(&span.bits, nelems);
            span.offsets.truncate(real);
            settled.phantoms += (all - real) as u64;
            if let Some(word) = usize::try_from(nelems / 64)
                .ok()
                .and_then(|at| span.bits.get_mut(at))
            {
                *word &= (1 << (nelems % 64)) - 1;
            }
            let end = start + span.npages * PAGE - 1;
            let from = last_arena.map_or(start / ARENA, |last: u64| (last + 1).max(start / ARENA));
            let more = (end / ARENA + 1).saturating_sub(from);
            let fits = more <= arenas;
            let added = fits
                && real > 0
                && settled.slots.add(&NewSpan {
                    start: Addr(start),
                    npages: u32::try_from(span.npages).unwrap_or(u32::MAX),
                    elemsize: span.size,
                    nelems: u32::try_from(nelems).unwrap_or(u32::MAX),
                    has_pointers: span.has_pointers,
                    bits: &span.bits,
                    offsets: &span.offsets,
                });
            if added {
                arenas -= more;
                last_arena = Some(end / ARENA);
            } else if real > 0 {
                settled.apart += real as u64;
            }
        }
        settled
    }
}

impl Filling {
    /// How many slots the span has.
    const fn slots(&self, pointer: u64, reserved: Reserved) -> u64 {
        if self.size > MOST_SMALL {
            1
        } else if self.npages == 1 && self.size <= most_with_bitmap(pointer) {
            reserved.slots(self.size, pointer, self.has_pointers)
        } else {
            self.npages * PAGE / self.size
        }
    }
}

/// How many bits are set below a place.
fn ranks(bits: &[u64], below: u64) -> usize {
    let whole = usize::try_from(below / 64).unwrap_or(usize::MAX);
    let all = bits.iter().take(whole).map(|word| word.count_ones());
    let rest = bits.get(whole).copied().unwrap_or(0) & ((1 << (below % 64)) - 1);
    all.sum::<u32>() as usize + rest.count_ones() as usize
}
