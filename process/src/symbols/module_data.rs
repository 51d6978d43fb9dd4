//! `runtime.moduledata`: what the linker tells the runtime about one module (the program itself, a plugin).
//!
//! Field offsets come from [`Layouts`] and differ between releases. Nothing in the structure states which
//! release it is, so a reading is believed only when it agrees with itself and with the pclntab header it
//! points at: that is what chooses between candidate layouts when the Go version is not known.

use super::pclntab::Pclntab;
use super::table::TextSection;
use crate::addr::Addr;
use crate::layout::{FieldError, Layouts, Structure};
use crate::memory::{Memory, MemoryExt};

/// The structure's name in layouts.
const MODULEDATA: &str = "runtime.moduledata";

/// No linker splits text into more sections than this; a larger count is a damaged slice header.
const MAX_TEXT_SECTIONS: u64 = 4096;

/// A slice header as read, not yet believed: the length may be anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slice {
    /// First element.
    pub ptr: Addr,
    /// Number of elements.
    pub len: u64,
}

/// A half-open range of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// First address.
    pub start: Addr,
    /// First address after.
    pub end: Addr,
}

impl Span {
    /// Whether `addr` lies in it.
    pub fn contains(&self, addr: Addr) -> bool {
        self.start <= addr && addr < self.end
    }
}

/// `runtime.bitvector`: one bit per word, telling which hold pointers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BitVector {
    /// Number of bits.
    pub n: u64,
    /// The bits, least significant first.
    pub bytedata: Addr,
}

/// Where the interface tables of the module are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItabList {
    /// Up to 1.26: a slice of pointers to them.
    Links(Slice),
    /// 1.27: they stand back to back, this many bytes of them.
    BackToBack(Span),
}

/// One module, as its moduledata describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleData {
    /// Where the structure stands.
    pub addr: Addr,
    /// Header of the module's pc-line table.
    pub pc_header: Addr,
    /// Code that the table covers, `minpc` to `maxpc`.
    pub pcs: Span,
    /// Go text; function offsets count from its start.
    pub text: Span,
    /// Initialised data without pointers.
    pub noptrdata: Span,
    /// Initialised data with pointers.
    pub data: Span,
    /// Zeroed data with pointers.
    pub bss: Span,
    /// Zeroed data without pointers.
    pub noptrbss: Span,
    /// Which words of [`Self::data`] hold pointers.
    pub gcdatamask: BitVector,
    /// Which words of [`Self::bss`] hold pointers.
    pub gcbssmask: BitVector,
    /// The linker's programs that the runtime made these masks of (`runtime/symtab.go:modulesinit`).
    pub gcdata: Addr,
    /// The same of [`Self::gcbssmask`].
    pub gcbss: Addr,
    /// Type descriptors; offsets in them count from its start.
    pub types: Span,
    /// 1.27: bytes of [`Self::types`] that are descriptors, back to back.
    pub typedesclen: Option<u64>,
    /// Up to 1.26: offsets (i32) of the descriptors of types that reflection can find by name.
    pub typelinks: Option<Slice>,
    /// Interface tables made by the linker.
    pub itabs: Option<ItabList>,
    /// Base of stack objects' pointer masks.
    pub rodata: Addr,
    /// Base of funcdata.
    pub gofunc: Addr,
    /// Text sections, when the linker split the text; else empty.
    pub text_sections: Vec<TextSection>,
    /// Path of the plugin, for one.
    pub pluginpath: String,
    /// Name of the module when built as a shared library.
    pub modulename: String,
    /// Whether it holds `main.main`.
    pub has_main: bool,
    /// Failed its load check: the runtime does not use it either.
    pub bad: bool,
    /// The next module.
    pub next: Addr,
}

/// Why a reading of moduledata is not believed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ModuleDataError {
    /// A field is missing from the layout, or its memory is.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The values contradict each other.
    #[error("moduledata at {addr} contradicts itself: {what}")]
    Inconsistent {
        /// Where it would stand.
        addr: Addr,
        /// What does not fit.
        what: &'static str,
    },
}

impl ModuleData {
    /// Whether an address is one of its code or data: of what the garbage collector never frees.
    pub fn covers(&self, addr: Addr) -> bool {
        let starts = [self.text.start, self.rodata, self.types.start];
        let parts = [self.noptrdata, self.data, self.bss, self.noptrbss];
        let start = starts.into_iter().filter(|start| !start.is_null()).min();
        let end = parts.iter().map(|span| span.end).max();
        start <= Some(addr) && Some(addr) < end
    }

    /// Reads the structure at `addr` with `layouts` and checks it against itself and the header it names.
    ///
    /// # Errors
    ///
    /// When a field cannot be read, or when the values contradict each other.
    pub fn read(
        memory: &dyn Memory,
        layouts: &dyn Layouts,
        addr: Addr,
    ) -> Result<Self, ModuleDataError> {
        let md = Structure {
            memory,
            layouts,
            name: MODULEDATA,
            addr,
        };
        let span = |start: &str, end: &str| -> Result<Span, FieldError> {
            Ok(Span {
                start: md.ptr(start)?,
                end: md.ptr(end)?,
            })
        };
        let bits = |n: &str, bytedata: &str| -> Result<BitVector, FieldError> {
            Ok(BitVector {
                n: md.uint(n)?,
                bytedata: md.ptr(bytedata)?,
            })
        };
        let types = span("types", "etypes")?;
        let itabs = if has(&md, "itablinks") {
            Some(ItabList::Links(slice(&md, "itablinks")?))
        } else if has(&md, "itaboffset") {
            let start = types.start.offset(md.uint("itaboffset")?);
            let end = start.offset(md.uint("itabsize")?);
            Some(ItabList::BackToBack(Span { start, end }))
        } else {
            None
        };
        Ok(Self {
            addr,
            pc_header: md.ptr("pcHeader")?,
            pcs: span("minpc", "maxpc")?,
            text: span("text", "etext")?,
            noptrdata: span("noptrdata", "enoptrdata")?,
            data: span("data", "edata")?,
            bss: span("bss", "ebss")?,
            noptrbss: span("noptrbss", "enoptrbss")?,
            gcdatamask: bits("gcdatamask.n", "gcdatamask.bytedata")?,
            gcbssmask: bits("gcbssmask.n", "gcbssmask.bytedata")?,
            gcdata: md.ptr("gcdata")?,
            gcbss: md.ptr("gcbss")?,
            types,
            typedesclen: has(&md, "typedesclen")
                .then(|| md.uint("typedesclen"))
                .transpose()?,
            typelinks: has(&md, "typelinks")
                .then(|| slice(&md, "typelinks"))
                .transpose()?,
            itabs,
            rodata: md.ptr("rodata")?,
            gofunc: md.ptr("gofunc")?,
            text_sections: text_sections(&md)?,
            pluginpath: text(&md, "pluginpath")?,
            modulename: text(&md, "modulename")?,
            has_main: md.uint("hasmain")? != 0,
            bad: md.uint("bad")? != 0,
            next: md.ptr("next")?,
        })
    }

    /// Checks the reading against itself and against the table it names.
    ///
    /// # Errors
    ///
    /// What does not fit.
    pub fn check(
        &self,
        memory: &dyn Memory,
        layouts: &dyn Layouts,
        pcln: &Pclntab<'_>,
    ) -> Result<(), ModuleDataError> {
        let md = Structure {
            memory,
            layouts,
            name: MODULEDATA,
            addr: self.addr,
        };
        let fail = |what| {
            Err(ModuleDataError::Inconsistent {
                addr: self.addr,
                what,
            })
        };
        let spans = [
            (self.text, "text and etext"),
            (self.pcs, "minpc and maxpc"),
            (self.data, "data and edata"),
            (self.bss, "bss and ebss"),
            (self.noptrdata, "noptrdata and enoptrdata"),
            (self.noptrbss, "noptrbss and enoptrbss"),
            (self.types, "types and etypes"),
        ];
        for (span, what) in spans {
            if span.start > span.end {
                return fail(what);
            }
        }
        if slice(&md, "funcnametab")?.ptr != self.pc_header.offset(pcln.names_offset) {
            return fail("funcnametab is not where pcHeader puts it");
        }
        if slice(&md, "ftab")?.len != u64::from(pcln.nfunc) + 1 {
            return fail("length of ftab");
        }
        let first = pcln.ftab(0).map(|(entry, _)| u64::from(entry));
        if first.map(|entry| self.text.start.offset(entry)) != Some(self.pcs.start) {
            return fail("minpc is not the first function of ftab");
        }
        if memory.u8(self.gofunc).is_err() && memory.u8(self.rodata).is_ok() {
            return fail("gofunc points nowhere");
        }
        let booleans = [md.uint("hasmain")?, md.uint("bad")?];
        if booleans.iter().any(|b| *b > 1) {
            return fail("hasmain or bad is not a boolean");
        }
        let masks = [
            (self.gcdatamask, self.data, "gcdatamask"),
            (self.gcbssmask, self.bss, "gcbssmask"),
        ];
        for (mask, span, what) in masks {
            // Made at start-up by progToPointerMask; empty in a process that died before.
            let words = (span.end.0 - span.start.0) / 8;
            if mask.n != 0 && (mask.n > words.saturating_add(8) || mask.bytedata.is_null()) {
                return fail(what);
            }
        }
        if !self.next.is_null() && memory.ptr(self.next).is_err() {
            return fail("next points nowhere");
        }
        Ok(())
    }
}

fn has(md: &Structure<'_>, field: &str) -> bool {
    md.layouts.field(md.name, field).is_some()
}

fn word(md: &Structure<'_>, path: &str, offset: u64) -> Result<u64, FieldError> {
    let (addr, _) = md.addr_of(path)?;
    md.memory
        .u64(addr.offset(offset))
        .map_err(|error| FieldError::Unreadable {
            structure: md.name.to_owned(),
            path: path.to_owned(),
            error,
        })
}

fn slice(md: &Structure<'_>, path: &str) -> Result<Slice, FieldError> {
    Ok(Slice {
        ptr: Addr(word(md, path, 0)?),
        len: word(md, path, 8)?,
    })
}

/// A string field; empty when its bytes cannot be had, for names are only shown.
fn text(md: &Structure<'_>, path: &str) -> Result<String, FieldError> {
    const MOST: u64 = 4096;
    let (addr, _) = md.addr_of(path)?;
    let bytes = md.memory.go_string(addr, MOST);
    Ok(bytes.map_or_else(
        |_| String::new(),
        |(bytes, _)| String::from_utf8_lossy(&bytes).into_owned(),
    ))
}

/// `textsectmap`: elements of three words, `vaddr`, `end`, `baseaddr` (`runtime/symtab.go:textsect`).
fn text_sections(md: &Structure<'_>) -> Result<Vec<TextSection>, FieldError> {
    let map = slice(md, "textsectmap")?;
    if map.len < 2 || map.len > MAX_TEXT_SECTIONS {
        return Ok(Vec::new());
    }
    let sections = (0..map.len).map_while(|index| {
        let [vaddr, end, base] =
            [0, 8, 16].map(|at| md.memory.u64(map.ptr.offset(index * 24 + at)));
        Some(TextSection {
            vaddr: vaddr.ok()?,
            end: end.ok()?,
            base: Addr(base.ok()?),
        })
    });
    Ok(sections.collect())
}
