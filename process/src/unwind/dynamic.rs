//! What an image exports: its dynamic symbols, in the process's memory.
//!
//! Libraries are rarely at hand as files but always mapped, and this table is part of what is mapped. It names
//! exported functions only; an address in none of them stays nameless.

use crate::addr::{Addr, Bias, FileAddr};
use crate::memory::{CoreMemory, MemoryExt};

/// Bytes of one `Elf64_Sym`.
const SYMBOL_SIZE: usize = 24;

/// More entries than a dynamic section has.
const MOST_ENTRIES: u64 = 256;

/// One image's `.dynsym` and `.dynstr`.
#[derive(Debug)]
pub(super) struct DynamicSymbols<'a> {
    symbols: &'a [u8],
    strings: &'a [u8],
}

impl<'a> DynamicSymbols<'a> {
    /// From the dynamic section at `at`; `None` when it or the tables cannot be had.
    pub(super) fn read(memory: &CoreMemory<'a>, at: Addr, bias: Bias) -> Option<Self> {
        const DT_NULL: u64 = 0;
        const DT_STRTAB: u64 = 5;
        const DT_SYMTAB: u64 = 6;
        let (mut symbols, mut strings) = (None, None);
        for index in 0..MOST_ENTRIES {
            let entry = at.offset(index * 16);
            let tag = memory.u64(entry).ok()?;
            let value = memory.u64(entry.offset(8)).ok()?;
            // The loader relocates these in place, but not the vDSO's.
            let place = if value < bias.0 {
                Addr(value).offset(bias.0)
            } else {
                Addr(value)
            };
            match tag {
                DT_NULL => break,
                DT_STRTAB => strings = Some(place),
                DT_SYMTAB => symbols = Some(place),
                _ => {}
            }
        }
        let (symbols, strings) = (symbols?, strings?);
        // Linkers put the strings right behind the symbols, whose number is written nowhere directly.
        let size = usize::try_from(strings.since(symbols)?).ok()?;
        Some(Self {
            symbols: memory.run_at(symbols).ok()?.get(..size)?,
            strings: memory.run_at(strings).ok()?,
        })
    }

    /// The exported function that covers `addr`.
    pub(super) fn name_at(&self, addr: FileAddr) -> Option<&'a str> {
        const STT_FUNC: u8 = 2;
        const STT_GNU_IFUNC: u8 = 10;
        let word = |symbol: &[u8], at: usize| -> Option<u64> {
            let bytes = symbol.get(at..at + 8)?;
            bytes.try_into().ok().map(u64::from_le_bytes)
        };
        let symbol = self.symbols.chunks_exact(SYMBOL_SIZE).find(|symbol| {
            let kind = symbol.get(4).map_or(0, |info| info & 0xf);
            let (value, size) = (word(symbol, 8), word(symbol, 16));
            matches!(kind, STT_FUNC | STT_GNU_IFUNC)
                && value.zip(size).is_some_and(|(value, size)| {
                    addr.0.checked_sub(value).is_some_and(|into| into < size)
                })
        })?;
        let name = symbol.get(..4)?.try_into().ok().map(u32::from_le_bytes)?;
        let name = self.strings.get(usize::try_from(name).ok()?..)?;
        let end = memchr::memchr(0, name)?;
        std::str::from_utf8(name.get(..end)?).ok()
    }
}
