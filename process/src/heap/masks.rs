//! Which words of a type hold pointers, as its runtime descriptor says.
//!
//! `abi.Type.GCData` is a mask of one bit per word, but for types that would need a long one: up to 1.23 a *GC
//! program* (`runtime/mbitmap.go:runGCProg`), since 1.24 the address of a slot for a mask that is made when it is
//! first needed (`TFlagGCMaskOnDemand`; from 2048 bytes of mask, 1.27 from 16, `cmd/compile/internal/reflectdata`).
//! That slot may still be empty, so the mask is made here from the type's structure, as `buildGCMask` does.

use crate::addr::Addr;
use crate::layout::{Field, Layouts};
use crate::memory::{Memory, MemoryExt};
use rustc_hash::FxHashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A type is refused whose mask would be longer: 2^26 words are 512 MB of one value.
const MOST_WORDS: u64 = 1 << 26;
/// A program of the linker's is no longer: half a byte or so for each word of data.
const MOST_PROGRAM: u64 = 1 << 26;
/// Types nest no deeper: each level is at most half of the one above (`buildGCMask`).
const DEEPEST: u32 = 64;
/// Bit of `Kind_` up to 1.23: `GCData` is a program.
const KIND_GC_PROG: u64 = 0x40;
/// Bit of `TFlag` since 1.24: `GCData` is the address of a slot.
const TFLAG_ON_DEMAND: u64 = 0x10;

/// Which words of one value of a type hold pointers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mask {
    /// Bytes of the type; the distance of elements in an array.
    pub size: u64,
    /// Words that the bits describe; those after hold none.
    pub words: u64,
    bits: Vec<u64>,
}

impl Mask {
    /// The words that hold pointers, ascending, of an array that fills `bytes` bytes.
    pub fn pointers(&self, bytes: u64) -> impl Iterator<Item = u64> + '_ {
        let stride = self.size.max(8);
        // A type without pointers is not gone through element by element.
        let none = self.bits.iter().all(|word| *word == 0);
        let count = if none { 0 } else { bytes.div_ceil(stride) };
        (0..count).flat_map(move |element| {
            let base = element * stride;
            self.ones()
                .map(move |word| base + word * 8)
                .take_while(move |offset| offset + 8 <= bytes)
        })
    }

    fn ones(&self) -> impl Iterator<Item = u64> + '_ {
        (0u64..)
            .step_by(64)
            .zip(&self.bits)
            .flat_map(|(first, word)| {
                let mut rest = *word;
                std::iter::from_fn(move || {
                    let bit = rest.trailing_zeros();
                    (bit < 64).then(|| {
                        rest &= rest - 1;
                        first + u64::from(bit)
                    })
                })
            })
    }

    fn with_words(size: u64, words: u64) -> Self {
        let len = usize::try_from(words.div_ceil(64)).unwrap_or(0);
        Self {
            size,
            words,
            bits: vec![0; len],
        }
    }

    fn set(&mut self, word: u64) {
        if word < self.words
            && let Some(bits) = self
                .bits
                .get_mut(usize::try_from(word / 64).unwrap_or(usize::MAX))
        {
            *bits |= 1 << (word % 64);
        }
    }

    fn has(&self, word: u64) -> bool {
        let bits = self
            .bits
            .get(usize::try_from(word / 64).unwrap_or(usize::MAX));
        bits.is_some_and(|bits| bits >> (word % 64) & 1 != 0)
    }

    /// A mask of `words` words from its bytes in memory.
    pub fn read(memory: &dyn Memory, at: Addr, size: u64, words: u64) -> Option<Self> {
        if words > MOST_WORDS {
            return None;
        }
        let bytes = memory.bytes(at, words.div_ceil(8)).ok()?;
        let mut mask = Self::with_words(size, words);
        for (word, eight) in mask.bits.iter_mut().zip(bytes.chunks(8)) {
            let mut le = [0u8; 8];
            le.get_mut(..eight.len())?.copy_from_slice(eight);
            *word = u64::from_le_bytes(le);
        }
        let beyond = words % 64;
        if beyond != 0
            && let Some(last) = mask.bits.last_mut()
        {
            *last &= (1 << beyond) - 1;
        }
        Some(mask)
    }

    /// A mask of `words` words that the GC program at an address emits (`runtime/mbitmap.go:runGCProg`, to 1.23). The
    /// program's length stands before it.
    pub fn run_program(memory: &dyn Memory, at: Addr, size: u64, words: u64) -> Option<Self> {
        let len = u64::from(memory.u32(at).ok()?);
        Self::run(&memory.bytes(at.offset(4), len).ok()?, size, words)
    }

    /// The same of a program of the linker's, which ends where it says so (1.19–1.27).
    pub fn run_linkers(memory: &dyn Memory, at: Addr, size: u64, words: u64) -> Option<Self> {
        Self::run(memory.run(at, MOST_PROGRAM).ok()?, size, words)
    }

    fn run(program: &[u8], size: u64, words: u64) -> Option<Self> {
        if words > MOST_WORDS {
            return None;
        }
        let mut code = program.iter().copied();
        let mut mask = Self::with_words(size, words);
        let mut out = 0u64;
        while out < words {
            let instruction = code.next()?;
            let mut n = u64::from(instruction & 0x7f);
            if instruction & 0x80 == 0 {
                if n == 0 {
                    break;
                }
                // n literal bits follow.
                for first in (0..n).step_by(8) {
                    let byte = code.next()?;
                    for bit in 0..8.min(n - first) {
                        if byte >> bit & 1 != 0 {
                            mask.set(out + first + bit);
                        }
                    }
                }
                out += n;
                continue;
            }
            // The last n bits again, as often as a count says.
            if n == 0 {
                n = uvarint(&mut code)?;
            }
            let repeat = uvarint(&mut code)?.checked_mul(n)?;
            let from = out.checked_sub(n)?;
            for bit in 0..repeat.min(words - out) {
                if mask.has(from + bit) {
                    mask.set(out + bit);
                }
            }
            out = out.saturating_add(repeat);
        }
        Some(mask)
    }
}

fn uvarint(code: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let byte = code.next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The head of a descriptor, as far as masks go.
#[derive(Clone, Copy, Debug)]
struct Head {
    size: u64,
    pointer_bytes: u64,
    tflag: u64,
    kind: u64,
    gcdata: Addr,
}

/// Where the fields of descriptors stand.
#[derive(Clone, Copy, Debug)]
struct Fields {
    size: Field,
    pointer_bytes: Field,
    tflag: Field,
    kind: Field,
    gcdata: Field,
    array: Option<(Field, Field)>,
    /// `StructType.Fields`; typ and offset of a `StructField`, and its size.
    structure: Option<(Field, Field, Field, u64)>,
}

/// Masks of types, each made once.
pub struct Masks<'r> {
    memory: &'r dyn Memory,
    fields: Option<Fields>,
    /// Go 1.`minor`.
    minor: u32,
    known: RwLock<FxHashMap<Addr, Option<Arc<Mask>>>>,
}

impl<'r> Masks<'r> {
    /// Masks of the types of a program of Go 1.`minor`.
    pub fn new(memory: &'r dyn Memory, layouts: &dyn Layouts, minor: u32) -> Self {
        Self {
            memory,
            fields: Fields::of(layouts),
            minor,
            known: RwLock::default(),
        }
    }

    /// Masks of no types, of a program whose types cannot be read.
    pub(super) fn none(memory: &'r dyn Memory) -> Self {
        Self {
            memory,
            fields: None,
            minor: u32::MAX,
            known: RwLock::default(),
        }
    }

    /// The mask of the type at an address; `None` when no type stands there, or its memory is not in the core.
    pub fn of(&self, at: Addr) -> Option<Arc<Mask>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&at) {
            return found.clone();
        }
        drop(known);
        let made = self.make(at).map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(at).or_insert(made).clone()
    }

    fn make(&self, at: Addr) -> Option<Mask> {
        let head = self.head(at)?;
        let words = head.pointer_bytes / 8;
        if words > MOST_WORDS {
            return None;
        }
        if self.minor < 24 && head.kind & KIND_GC_PROG != 0 {
            return Mask::run_program(self.memory, head.gcdata, head.size, words);
        }
        if self.minor < 24 || head.tflag & TFLAG_ON_DEMAND == 0 {
            return Mask::read(self.memory, head.gcdata, head.size, words);
        }
        let mut mask = Mask::with_words(head.size, words);
        self.build(at, &head, 0, &mut mask, DEEPEST)?;
        Some(mask)
    }

    fn head(&self, at: Addr) -> Option<Head> {
        let fields = self.fields?;
        if at.is_null() || !at.0.is_multiple_of(8) {
            return None;
        }
        let word = |field: Field| self.memory.uint(at.offset(field.offset), field.size).ok();
        let head = Head {
            size: word(fields.size)?,
            pointer_bytes: word(fields.pointer_bytes)?,
            tflag: word(fields.tflag)?,
            kind: word(fields.kind)?,
            gcdata: Addr(word(fields.gcdata)?),
        };
        // A wild pointer leads to numbers that no type has.
        let plausible = head.pointer_bytes <= head.size && head.pointer_bytes.is_multiple_of(8);
        plausible.then_some(head)
    }

    /// `runtime/type.go:buildGCMask`: parts that have a mask are copied, arrays and structs taken apart.
    fn build(&self, at: Addr, head: &Head, first: u64, mask: &mut Mask, deep: u32) -> Option<()> {
        if head.pointer_bytes == 0 || first >= mask.words {
            return Some(());
        }
        if head.tflag & TFLAG_ON_DEMAND == 0 {
            let words = head.pointer_bytes / 8;
            let part = Mask::read(self.memory, head.gcdata, head.size, words)?;
            for word in part.ones() {
                mask.set(first + word);
            }
            return Some(());
        }
        let deep = deep.checked_sub(1)?;
        let fields = self.fields?;
        let ptr = |at: Addr, field: Field| self.memory.ptr(at.offset(field.offset)).ok();
        // `abi.Kind`: Array is 17, Struct 25, in every release.
        match head.kind & 0x1f {
            17 => {
                let (elem, len) = fields.array?;
                let element = ptr(at, elem)?;
                let len = self.memory.u64(at.offset(len.offset)).ok()?;
                let inner = self.head(element)?;
                let stride = inner.size / 8;
                if stride == 0 {
                    return None;
                }
                let mut one = Mask::with_words(inner.size, inner.pointer_bytes / 8);
                self.build(element, &inner, 0, &mut one, deep)?;
                for index in 0..len.min((mask.words - first).div_ceil(stride)) {
                    for word in one.ones() {
                        mask.set(first + index * stride + word);
                    }
                }
            }
            25 => {
                let (list, typ, offset, each) = fields.structure?;
                let array = ptr(at, list)?;
                let count = self.memory.u64(at.offset(list.offset + 8)).ok()?;
                for index in 0..count.min(1 << 16) {
                    let field = array.offset(index * each);
                    let of = ptr(field, typ)?;
                    let inner = self.head(of)?;
                    let from = self.memory.u64(field.offset(offset.offset)).ok()? / 8;
                    self.build(of, &inner, first.checked_add(from)?, mask, deep)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

impl Fields {
    /// `internal/abi.Type` since 1.21; `runtime._type` before.
    fn of(layouts: &dyn Layouts) -> Option<Self> {
        let either = |new: &str, old: &str| {
            let new = layouts.field("internal/abi.Type", new);
            new.or_else(|| layouts.field("runtime._type", old))
        };
        let part = |of: &str, path: &str| layouts.field(of, path);
        let array =
            part("internal/abi.ArrayType", "Elem").zip(part("internal/abi.ArrayType", "Len"));
        let structure = part("internal/abi.StructType", "Fields").and_then(|list| {
            Some((
                list,
                part("internal/abi.StructField", "Typ")?,
                part("internal/abi.StructField", "Offset")?,
                layouts.size_of("internal/abi.StructField")?,
            ))
        });
        Some(Self {
            size: either("Size_", "size")?,
            pointer_bytes: either("PtrBytes", "ptrdata")?,
            tflag: either("TFlag", "tflag")?,
            kind: either("Kind_", "kind")?,
            gcdata: either("GCData", "gcdata")?,
            array,
            structure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{CoreMemory, Region, RegionSource};

    fn memory(bytes: &'static [u8]) -> CoreMemory<'static> {
        CoreMemory::new([vec![Region {
            start: Addr(0x1000),
            end: Addr(0x1000 + bytes.len() as u64),
            source: RegionSource::Core(bytes),
        }]])
    }

    #[test]
    fn a_mask_is_repeated_over_an_array_and_cut_at_its_end() {
        let memory = memory(&[0b101]);
        let mask = Mask::read(&memory, Addr(0x1000), 32, 3).unwrap();
        assert_eq!(mask.pointers(32).collect::<Vec<_>>(), [0, 16]);
        assert_eq!(mask.pointers(80).collect::<Vec<_>>(), [0, 16, 32, 48, 64]);
        assert_eq!(mask.pointers(7).count(), 0);
    }

    #[test]
    fn programs_emit_and_repeat() {
        // Three bits 101, those three twice more, end.
        let memory = memory(&[5, 0, 0, 0, 3, 0b101, 0x83, 2, 0]);
        let mask = Mask::run_program(&memory, Addr(0x1000), 72, 9).unwrap();
        assert_eq!(mask.ones().collect::<Vec<_>>(), [0, 2, 3, 5, 6, 8]);
    }

    #[test]
    fn a_program_of_the_linkers_has_no_length_before_it_and_ends_itself() {
        let memory = memory(&[3, 0b101, 0x83, 2, 0, 1, 1]);
        let mask = Mask::run_linkers(&memory, Addr(0x1000), 80, 10).unwrap();
        assert_eq!(mask.ones().collect::<Vec<_>>(), [0, 2, 3, 5, 6, 8]);
    }

    #[test]
    fn a_program_that_repeats_without_end_stops_at_the_type() {
        let memory = memory(&[
            10, 0, 0, 0, 1, 1, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0,
        ]);
        let mask = Mask::run_program(&memory, Addr(0x1000), 80, 10).unwrap();
        assert_eq!(mask.ones().count(), 10);
        assert!(Mask::run_program(&memory, Addr(0x1000), 8, MOST_WORDS + 1).is_none());
    }
}
