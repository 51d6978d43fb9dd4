//! Which words of an object the runtime regards as pointers.
//!
//! | release | rule (`runtime/mbitmap.go`) |
//! |---|---|
//! | 1.19 | `heapArena.bitmap`: a byte for four words, bit *k* a pointer, bit *k*+4 "there may be more" |
//! | 1.20–1.21 | `heapArena.bitmap`: a bit per word; `noMorePtrs`: nothing after these 64 words |
//! | 1.22– | slots to 512 bytes: a bit per word at the end of the span; larger ones: the type in the slot's first word, the mask of which is repeated; large objects: the type in `mspan.largeType` |
//!
//! The rule in force is told by the fields that `heapArena` has, not by the release's number. A word that is no
//! pointer by these rules is never looked at: integers that look like addresses keep nothing alive.

use super::masks::{Mask, Masks};
use super::pages::{ARENA, ArenaMap};
use super::span::Span;
use crate::addr::Addr;
use crate::arch::Arch;
use crate::heapdump::HeapDump;
use crate::layout::FieldError;
use crate::memory::{Memory, MemoryExt};
use crate::runtime::Runtime;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// Slots to this size have their bits in the span (`minSizeForMallocHeader`, 1.22–1.27: 8 × 64).
const MOST_WITHOUT_HEADER: u64 = 512;
/// The header of a larger slot (`mallocHeaderSize`).
const HEADER: u64 = 8;

/// `heapArena.bitmap` and `heapArena.noMorePtrs`.
type BitsAndEnds<'r> = (Cow<'r, [u8]>, Cow<'r, [u8]>);

/// How this release says where pointers are.
enum Scheme<'r> {
    /// 1.19.
    Pairs(FxHashMap<u64, Cow<'r, [u8]>>),
    /// 1.20 and 1.21: bits, and where they end.
    Bits(FxHashMap<u64, BitsAndEnds<'r>>),
    /// 1.22 and later.
    Spans { inline_marks: bool },
    /// A heap dump: it lists them, whatever the release.
    Listed(&'r HeapDump<'r>),
}

/// Tells the pointers of objects from their other words.
pub struct Pointers<'r> {
    /// The process's memory.
    memory: &'r dyn Memory,
    scheme: Scheme<'r>,
    /// Masks of types.
    pub masks: Masks<'r>,
}

/// What a scan of many objects keeps between them, one for each thread.
#[derive(Default)]
pub struct Scratch {
    last: Option<(Addr, Option<Arc<Mask>>)>,
    /// Objects of which it could not be told where their pointers are.
    pub unknown: u64,
}

impl<'r> Pointers<'r> {
    /// Prepares for the objects of `spans`.
    ///
    /// # Errors
    ///
    /// When the layout knows no `heapArena`, or the bitmaps of a release that has them cannot be found.
    pub fn new(
        runtime: &Runtime<'r>,
        arch: Arch,
        minor: u32,
        spans: &super::Spans,
    ) -> Result<Self, FieldError> {
        let memory = runtime.memory;
        let field = |path: &str| runtime.layouts.field("runtime.heapArena", path);
        let scheme = match (field("bitmap"), field("noMorePtrs")) {
            (None, _) => Scheme::Spans {
                inline_marks: spans.inline_marks,
            },
            (Some(bitmap), None) => Scheme::Pairs(arenas(runtime, arch, spans, |arena| {
                memory.bytes(arena.offset(bitmap.offset), bitmap.size).ok()
            })?),
            (Some(bitmap), Some(more)) => Scheme::Bits(arenas(runtime, arch, spans, |arena| {
                let bits = memory
                    .bytes(arena.offset(bitmap.offset), bitmap.size)
                    .ok()?;
                let ends = memory.bytes(arena.offset(more.offset), more.size).ok()?;
                Some((bits, ends))
            })?),
        };
        Ok(Self {
            memory,
            scheme,
            masks: Masks::new(memory, runtime.layouts, minor),
        })
    }

    /// Prepares for the objects of a heap dump.
    pub(super) fn of_dump(memory: &'r dyn Memory, dump: &'r HeapDump<'r>) -> Self {
        Self {
            memory,
            scheme: Scheme::Listed(dump),
            masks: Masks::none(memory),
        }
    }

    /// The heap dump that lists them, if one does.
    pub(super) const fn dump(&self) -> Option<&'r HeapDump<'r>> {
        match self.scheme {
            Scheme::Listed(dump) => Some(dump),
            _ => None,
        }
    }

    /// Bytes of a span's pages, as many from its start on as the core has.
    pub fn bytes(&self, span: &Span) -> Cow<'r, [u8]> {
        if let Scheme::Listed(dump) = self.scheme {
            return dump.span_bytes(span.start);
        }
        let whole = self.memory.bytes(span.start, span.bytes());
        whole.unwrap_or_else(|_| {
            let part = self.memory.run(span.start, span.bytes());
            part.map_or(Cow::Borrowed(&[]), Cow::Borrowed)
        })
    }

    /// Calls `visit` with the offset within the span of every word of a slot that holds a pointer. `bytes` are those
    /// of the span.
    #[inline]
    pub fn visit(
        &self,
        span: &Span,
        bytes: &[u8],
        slot: u32,
        scratch: &mut Scratch,
        mut visit: impl FnMut(u64),
    ) {
        if span.is_noscan() {
            return;
        }
        let base = u64::from(slot) * span.elemsize;
        match &self.scheme {
            Scheme::Spans { inline_marks } => {
                if span.elemsize <= MOST_WITHOUT_HEADER || span.user_arena {
                    let marks =
                        *inline_marks && (16..=MOST_WITHOUT_HEADER).contains(&span.elemsize);
                    let bitmap = span.bytes() - span.bytes() / 64 - if marks { 128 } else { 0 };
                    let Some(bits) = tail(bytes, bitmap) else {
                        scratch.unknown += 1;
                        return;
                    };
                    ones(bits, base / 8, span.elemsize / 8, |word| visit(word * 8));
                    return;
                }
                let (ty, from) = if span.size_class() == 0 {
                    if span.large_type.is_null() {
                        // An object that is being allocated, or one that a zero-sized tail made large: the
                        // runtime does not scan it either (`typePointersOfUnchecked`).
                        return;
                    }
                    (span.large_type, 0)
                } else {
                    (Addr(word_at(bytes, base)), HEADER)
                };
                let Some(mask) = self.mask(ty, scratch) else {
                    scratch.unknown += 1;
                    return;
                };
                // What the core does not have is not looked for.
                let have = (bytes.len() as u64).saturating_sub(base + from);
                for offset in mask.pointers((span.elemsize - from).min(have)) {
                    visit(base + from + offset);
                }
            }
            Scheme::Listed(dump) => {
                if let Some((span, number, _)) = dump.slots.find(span.start.offset(base)) {
                    dump.pointers(span.elemsize, number, |offset| visit(base + offset));
                }
            }
            Scheme::Pairs(arenas) => {
                let start = span.start.0 + base;
                for word in 0..span.elemsize / 8 {
                    let at = start + word * 8;
                    let Some(bitmap) = arenas.get(&(at / ARENA)) else {
                        scratch.unknown += 1;
                        return;
                    };
                    let index = at % ARENA / 8;
                    let byte = byte_at(bitmap, index / 4) >> (index % 4);
                    if byte & 0x10 == 0 {
                        return;
                    }
                    if byte & 1 != 0 {
                        visit(base + word * 8);
                    }
                }
            }
            Scheme::Bits(arenas) => {
                let start = span.start.0 + base;
                let mut left = span.elemsize / 8;
                let mut at = start;
                // Stretches that one word of the bitmap describes (`heapBitsForAddr`).
                while left > 0 {
                    let Some((bits, ends)) = arenas.get(&(at / ARENA)) else {
                        scratch.unknown += 1;
                        return;
                    };
                    let word = at % ARENA / 8;
                    let here = left.min(64 - word % 64);
                    ones(bits, word, here, |found| {
                        visit(base + (at - start) + (found - word) * 8);
                    });
                    left -= here;
                    let group = word / 64;
                    if left > 0 && byte_at(ends, group / 8) >> (group % 8) & 1 != 0 {
                        return;
                    }
                    at += here * 8;
                }
            }
        }
    }

    /// Whether objects above 512 bytes start with a word that names their type (1.22 and later).
    pub fn has_headers(&self) -> bool {
        match self.scheme {
            Scheme::Spans { .. } => true,
            Scheme::Listed(dump) => dump.has_headers(),
            Scheme::Pairs(_) | Scheme::Bits(_) => false,
        }
    }

    /// Slots up to this size have no header.
    const fn most_without_header(&self) -> u64 {
        match self.scheme {
            Scheme::Listed(dump) => dump.most_without_header(),
            _ => MOST_WITHOUT_HEADER,
        }
    }

    /// The word at an offset of the bytes of a span.
    #[inline]
    pub fn word(&self, bytes: &[u8], offset: u64) -> u64 {
        match self.scheme {
            Scheme::Listed(dump) => dump.word(bytes, offset),
            _ => word_at(bytes, offset),
        }
    }

    /// Bytes of the header that each slot of a span starts with.
    pub fn header_size(&self, span: &Span) -> u64 {
        let has = self.has_headers()
            && !span.is_noscan()
            && !span.user_arena
            && span.size_class() != 0
            && span.elemsize > self.most_without_header();
        if has { HEADER } else { 0 }
    }

    /// The type that the runtime keeps for an object, and where in its slot the object starts. The type is that of
    /// an element when the object is an array.
    pub fn header(&self, span: &Span, slot: u32) -> Option<(Addr, u64)> {
        if !self.has_headers() || span.is_noscan() || span.user_arena {
            return None;
        }
        if span.size_class() == 0 {
            return (!span.large_type.is_null()).then_some((span.large_type, 0));
        }
        if span.elemsize <= self.most_without_header() {
            return None;
        }
        let at = span.start.offset(u64::from(slot) * span.elemsize);
        Some((self.memory.ptr(at).ok()?, HEADER))
    }

    #[inline]
    fn mask(&self, ty: Addr, scratch: &mut Scratch) -> Option<Arc<Mask>> {
        if let Some((last, mask)) = &scratch.last
            && *last == ty
        {
            return mask.clone();
        }
        let mask = self.masks.of(ty);
        scratch.last = Some((ty, mask.clone()));
        mask
    }
}

/// What `read` makes of the `heapArena` of each arena that has spans; arenas that are not in the core are left out.
fn arenas<T>(
    runtime: &Runtime<'_>,
    arch: Arch,
    spans: &super::Spans,
    read: impl Fn(Addr) -> Option<T>,
) -> Result<FxHashMap<u64, T>, FieldError> {
    let map = ArenaMap::of(runtime, arch)?;
    let mut found = FxHashMap::default();
    for span in spans.list() {
        for arena in span.start.0 / ARENA..=(span.end().0 - 1) / ARENA {
            if found.contains_key(&arena) {
                continue;
            }
            if let Some(at) = map.arena(arena)
                && !at.is_null()
                && let Some(bitmap) = read(at)
            {
                found.insert(arena, bitmap);
            }
        }
    }
    Ok(found)
}

/// Bytes from an offset on; `None` when there are none.
fn tail(bytes: &[u8], from: u64) -> Option<&[u8]> {
    let bytes = bytes.get(usize::try_from(from).ok()?..)?;
    (!bytes.is_empty()).then_some(bytes)
}

fn byte_at(bytes: &[u8], at: u64) -> u8 {
    usize::try_from(at).map_or(0, |at| bytes.get(at).copied().unwrap_or(0))
}

/// The word at an offset that is a multiple of eight; 0 when the bytes end before it.
#[inline]
pub(crate) fn word_at(bytes: &[u8], at: u64) -> u64 {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |word| u64::from_le_bytes(*word))
}

/// Calls `visit` with the number of every bit that is set among `count` bits from `first` on.
#[inline]
fn ones(bits: &[u8], first: u64, count: u64, mut visit: impl FnMut(u64)) {
    let end = first + count;
    let mut at = first;
    while at < end {
        let group = at / 64;
        let here = (end - at).min(64 - at % 64);
        let mut word = padded_word(bits, group * 8) >> (at % 64);
        if here < 64 {
            word &= (1 << here) - 1;
        }
        while word != 0 {
            visit(at + u64::from(word.trailing_zeros()));
            word &= word - 1;
        }
        at += here;
    }
}

/// Eight bytes as a word; bytes beyond the end are 0.
#[inline]
fn padded_word(bytes: &[u8], at: u64) -> u64 {
    let from = usize::try_from(at).unwrap_or(usize::MAX);
    let rest = bytes.get(from..).unwrap_or_default();
    match rest.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => rest
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::ones;

    #[test]
    fn bits_are_found_from_anywhere_to_anywhere() {
        let mut bytes = [0u8; 17];
        for bit in [0usize, 5, 63, 64, 100, 127, 128, 135] {
            bytes[bit / 8] |= 1 << (bit % 8);
        }
        let found = |first, count| {
            let mut list = Vec::new();
            ones(&bytes, first, count, |bit| list.push(bit));
            list
        };
        assert_eq!(found(0, 136), [0, 5, 63, 64, 100, 127, 128, 135]);
        assert_eq!(found(1, 63), [5, 63]);
        assert_eq!(found(63, 66), [63, 64, 100, 127, 128]);
        assert_eq!(found(129, 500), [135]);
    }
}
