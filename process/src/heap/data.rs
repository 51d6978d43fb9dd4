//! Package data: the words of `data` and `bss` that hold pointers, by the linker's masks (`moduledata.gcdatamask`,
//! `gcbssmask`, 1.19–1.27).

use super::masks::Mask;
use super::pointers::word_at;
use crate::addr::Addr;
use crate::heapdump::HeapDump;
use crate::memory::Memory;
use crate::process::Process;
use std::borrow::Cow;

/// One stretch of package data of one module.
struct Stretch<'p> {
    start: Addr,
    bytes: Cow<'p, [u8]>,
    mask: Mask,
}

/// Package data of all modules.
pub(super) struct PackageData<'p> {
    stretches: Vec<Stretch<'p>>,
    /// A heap dump says itself where pointers stand.
    listed: Option<&'p HeapDump<'p>>,
    /// Bytes that cannot be read, or whose mask cannot.
    pub unread: u64,
    /// There is no moduledata that says where package data is.
    pub unknown: bool,
}

impl<'p> PackageData<'p> {
    /// Finds it.
    pub fn of(process: &'p Process<'_>) -> Self {
        let mut data = Self {
            stretches: Vec::new(),
            listed: process.heap_dump,
            unread: 0,
            unknown: true,
        };
        if let Some(dump) = process.heap_dump {
            data.unknown = dump.data.is_empty();
            return data;
        }
        let Ok(symbols) = process.symbols() else {
            return data;
        };
        for module in symbols.modules().filter_map(|m| m.data.as_ref()) {
            data.unknown = false;
            for (span, bits, program) in [
                (module.data, module.gcdatamask, module.gcdata),
                (module.bss, module.gcbssmask, module.gcbss),
            ] {
                let size = span.end.since(span.start).unwrap_or(0);
                let words = bits.n.min(size / 8);
                let memory = &*process.memory;
                // The masks lie behind the heap, where a cut core ends; what they were made of is in the executable.
                let mask = Mask::read(memory, bits.bytedata, size, words)
                    .or_else(|| Mask::run_linkers(memory, program, size, words));
                let bytes = process.memory.bytes(span.start, size).or_else(|_| {
                    let part = process.memory.run(span.start, size);
                    part.map(Cow::Borrowed)
                });
                // The linker's program runs to the end of the data (`cmd/link/internal/ld/data.go:GCProg.End`), and `n` counts
                // the bits it emits (`runtime/mbitmap.go:runGCProg`, 1.19–1.27), one a word. What it does not reach is unknown.
                data.unread = data.unread.saturating_add((size / 8 - words) * 8);
                let (Some(mask), Ok(bytes)) = (mask, bytes) else {
                    data.unread = data.unread.saturating_add(words * 8);
                    continue;
                };
                let have = bytes.len() as u64;
                data.unread = data.unread.saturating_add((words * 8).saturating_sub(have));
                data.stretches.push(Stretch {
                    start: span.start,
                    bytes,
                    mask,
                });
            }
        }
        data
    }

    /// Calls `visit` with the place and the value of every word that holds a pointer, stretch by
    /// stretch and in address order within each.
    pub fn words(&self, mut visit: impl FnMut(Addr, Addr)) {
        for data in self
            .listed
            .iter()
            .flat_map(|dump| dump.data.iter().map(|d| (*dump, d)))
        {
            let (dump, data) = data;
            dump.words(data.contents, &data.fields, |at, value| {
                visit(Addr(data.addr.wrapping_add(at)), Addr(value));
            });
        }
        for stretch in &self.stretches {
            let size = stretch.bytes.len() as u64;
            for offset in stretch.mask.pointers(size) {
                let value = Addr(word_at(&stretch.bytes, offset));
                visit(stretch.start.offset(offset), value);
            }
        }
    }
}
