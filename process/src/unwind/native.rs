//! Frames of C: by the unwind tables (`.eh_frame`) of the images that were mapped, else by frame pointers.
//!
//! Everything is read from the process's own memory: the ELF header of every image is dumped, and its
//! read-only pages come from the file when that is at hand. So the vDSO, which is no file, and the executable's
//! own C code are images like any library.

use super::dynamic::DynamicSymbols;
use super::eh_frame::EhFrame;
use super::frame::Trust;
use crate::addr::{Addr, Bias, FileAddr};
use crate::arch::{Arch, Registers};
use crate::dwarf::CLines;
use crate::image::{CoreFile, Executable};
use crate::mapped::Mapped;
use crate::memory::{CoreMemory, Memory, MemoryExt};
use crate::symbols::Span;
use dumpview_parsers::core::aux;
use std::sync::OnceLock;

/// More images than this are not looked at; a process has dozens, a hostile core may name millions.
const MOST_IMAGES: usize = 1024;

/// A frame pointer further up than this is no frame pointer.
const FARTHEST_FRAME: u64 = 16 << 20;

/// A mapped ELF image: the executable, a shared library, the vDSO.
#[derive(Debug)]
pub struct NativeImage<'a> {
    /// Path as the dead process saw it; `[vdso]` for the kernel's.
    pub path: String,
    /// Addresses it covers.
    pub span: Span,
    /// What the loader added to its addresses.
    pub bias: Bias,
    eh_frame: Option<EhFrame<'a>>,
    dynamic: Option<DynamicSymbols<'a>>,
}

/// Names of native functions and lines by link-time address. A seam only so that [`Natives`] stays covariant in its
/// lifetime, which an `Executable`, with its caches, is not.
trait NativeSymbols: Send + Sync + std::fmt::Debug {
    fn name_at(&self, addr: FileAddr) -> Option<&str>;
    fn place_at(&self, addr: FileAddr) -> Option<(&str, u32)>;
}

/// An image's file, with the lines of its C code once somebody asked for one.
#[derive(Debug)]
struct NativeFile<'a> {
    file: &'a Executable<'a>,
    is_executable: bool,
    lines: OnceLock<CLines>,
}

impl NativeSymbols for NativeFile<'_> {
    fn name_at(&self, addr: FileAddr) -> Option<&str> {
        let (name, _, size) = self.file.symbol_at(addr)?;
        // Where a symbol without a size ends in a library is not known.
        if size == 0 && !self.is_executable {
            return None;
        }
        std::str::from_utf8(name).ok()
    }

    fn place_at(&self, addr: FileAddr) -> Option<(&str, u32)> {
        self.lines.get_or_init(|| CLines::read(self.file)).at(addr)
    }
}

/// The images of a process that hold code other than Go's.
#[derive(Debug, Default)]
pub struct Natives<'a> {
    images: Vec<NativeImage<'a>>,
    code: Vec<Span>,
    symbols: Vec<(Box<dyn NativeSymbols + 'a>, Bias)>,
}

/// The step from one C frame to its caller.
pub(super) struct Step {
    /// Registers of the caller, as far as they are known; no pc in the outermost frame.
    pub caller: Registers,
    /// The frame's CFA.
    pub cfa: u64,
    /// By what the caller was found.
    pub trust: Trust,
    /// Whether the caller was interrupted by a signal.
    pub exact: bool,
}

impl<'a> Natives<'a> {
    /// Finds the images by the mappings that the core names, its vDSO, and its executable.
    pub fn new(mapped: &Mapped<'a>) -> Self {
        let (memory, core) = (&mapped.memory, mapped.core);
        let mut headers: Vec<(Addr, String)> = core
            .files
            .iter()
            .filter(|f| f.offset == 0)
            .take(MOST_IMAGES)
            .map(|f| {
                let path = String::from_utf8_lossy(f.path).into_owned();
                (Addr(f.start), path)
            })
            .collect();
        if let Some(vdso) = core.auxv.get(aux::AT_SYSINFO_EHDR) {
            headers.push((Addr(vdso), "[vdso]".to_owned()));
        }
        if core.files.is_empty()
            && let Some(exe) = mapped.executable
        {
            let first = exe.load_segments().find(|s| s.file_offset == 0);
            headers.extend(first.map(|s| (s.addr.to_process(mapped.bias), String::new())));
        }
        let mut images: Vec<NativeImage<'a>> = headers
            .into_iter()
            .filter_map(|(at, path)| NativeImage::read(memory, at, path))
            .collect();
        images.sort_by_key(|image| image.span.start);
        images.dedup_by_key(|image| image.span.start);
        Self {
            images,
            code: executable_spans(core),
            symbols: symbols(mapped),
        }
    }

    /// The images in address order.
    pub fn images(&self) -> &[NativeImage<'a>] {
        &self.images
    }

    /// The image that covers `addr`.
    pub fn image_at(&self, addr: Addr) -> Option<&NativeImage<'a>> {
        let index = self.images.partition_point(|i| i.span.end <= addr);
        self.images.get(index).filter(|i| i.span.contains(addr))
    }

    /// Name of the C function that covers `addr`: from the executable's symbol table, from what a library
    /// exports, or from the library's own table, which it mostly has no more. A function that is in none of them has no name,
    /// rather than its neighbour's.
    pub fn symbol_at(&self, addr: Addr) -> Option<&str> {
        let image = self.image_at(addr)?;
        let at = addr.to_file(image.bias);
        let by_file = || self.file_of(image)?.name_at(at);
        let exported = || image.dynamic.as_ref()?.name_at(at);
        let first = self.symbols.first();
        if first.is_some_and(|(_, bias)| *bias == image.bias) {
            by_file().or_else(exported)
        } else {
            exported().or_else(by_file)
        }
    }

    /// File and line of C code, where its compiler left them.
    pub fn place_at(&self, addr: Addr) -> Option<(&str, u32)> {
        let image = self.image_at(addr)?;
        self.file_of(image)?.place_at(addr.to_file(image.bias))
    }

    /// The file of an image; those of a process that are loaded at one bias are one.
    fn file_of(&self, image: &NativeImage<'_>) -> Option<&(dyn NativeSymbols + 'a)> {
        let mut files = self.symbols.iter();
        let (file, _) = files.find(|(_, bias)| *bias == image.bias)?;
        Some(file.as_ref())
    }

    /// Whether `addr` was mapped executable.
    pub fn is_code(&self, addr: Addr) -> bool {
        self.code.iter().any(|span| span.contains(addr))
    }

    /// From the frame with these registers to its caller; `None` when neither tables nor frame pointer lead on.
    pub(super) fn step(
        &self,
        memory: &dyn Memory,
        registers: &Registers,
        exact: bool,
    ) -> Option<Step> {
        let pc = registers.pc()?;
        // A call that does not return may be the last instruction of its function.
        let lookup = if exact { pc } else { pc.checked_sub(1)? };
        let image = self.image_at(Addr(lookup));
        let by_table = image
            .and_then(|image| image.eh_frame.as_ref())
            .and_then(|eh_frame| eh_frame.step(memory, registers, lookup));
        by_table.or_else(|| self.step_by_frame_pointer(memory, registers))
    }

    fn step_by_frame_pointer(&self, memory: &dyn Memory, registers: &Registers) -> Option<Step> {
        let arch = registers.arch();
        let (sp, fp) = (registers.sp()?, registers.get(arch.fp())?);
        if fp < sp || fp - sp > FARTHEST_FRAME || !fp.is_multiple_of(8) {
            return None;
        }
        let saved_fp = memory.u64(Addr(fp)).ok()?;
        let pc = code_addr(arch, memory.u64(Addr(fp.checked_add(8)?)).ok()?);
        if !self.is_code(Addr(pc)) {
            return None;
        }
        let cfa = fp.checked_add(16)?;
        let mut caller = Registers::new(arch);
        caller.set(arch.pc(), Some(pc));
        caller.set(arch.sp(), Some(cfa));
        caller.set(arch.fp(), Some(saved_fp));
        Some(Step {
            caller,
            cfa,
            trust: Trust::FramePointer,
            exact: false,
        })
    }
}

/// A code address without what arm64 may keep in its upper bits (pointer authentication).
pub(super) const fn code_addr(arch: Arch, word: u64) -> u64 {
    match arch {
        Arch::Amd64 => word,
        Arch::Arm64 => word & 0x0000_ffff_ffff_ffff,
    }
}

/// The files of a process, for their symbols and lines: the executable first.
fn symbols<'a>(mapped: &Mapped<'a>) -> Vec<(Box<dyn NativeSymbols + 'a>, Bias)> {
    let own = mapped.executable.map(|file| (file, mapped.bias, true));
    let others = mapped.images.iter();
    let others = others.map(|image| (image.file, image.bias, false));
    let all = own.into_iter().chain(others);
    all.map(|(file, bias, is_executable)| {
        let file: Box<dyn NativeSymbols + 'a> = Box::new(NativeFile {
            file,
            is_executable,
            lines: OnceLock::new(),
        });
        (file, bias)
    })
    .collect()
}

fn executable_spans(core: &CoreFile<'_>) -> Vec<Span> {
    core.segments
        .iter()
        .filter(|s| s.executable)
        .map(|s| Span {
            start: s.start,
            end: Addr(s.start.0.saturating_add(s.mem_size)),
        })
        .collect()
}

impl<'a> NativeImage<'a> {
    /// Reads the headers of the ELF image whose header stands at `at`.
    fn read(memory: &CoreMemory<'a>, at: Addr, path: String) -> Option<Self> {
        const PT_LOAD: u32 = 1;
        const PT_DYNAMIC: u32 = 2;
        const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
        const HEADER_SIZE: u64 = 56;
        let magic: [u8; 6] = memory.array(at).ok()?;
        // 64-bit, little-endian.
        if magic != *b"\x7fELF\x02\x01" {
            return None;
        }
        let table = at.offset(memory.u64(at.offset(32)).ok()?);
        let count = u64::from(memory.u16(at.offset(56)).ok()?);
        let (mut low, mut high) = (u64::MAX, 0);
        let (mut eh_frame_hdr, mut dynamic, mut base) = (None, None, None);
        for index in 0..count {
            let header = table.offset(index * HEADER_SIZE);
            let Ok(kind) = memory.u32(header) else {
                break;
            };
            let word = |offset: u64| memory.u64(header.offset(offset)).ok();
            let (offset, vaddr, size) = (word(8)?, word(16)?, word(40)?);
            if kind == PT_LOAD {
                low = low.min(vaddr);
                high = high.max(vaddr.saturating_add(size));
                if offset == 0 {
                    base = Some(vaddr);
                }
            } else if kind == PT_GNU_EH_FRAME {
                eh_frame_hdr = Some(vaddr);
            } else if kind == PT_DYNAMIC {
                dynamic = Some(vaddr);
            }
        }
        let bias = Bias(at.0.wrapping_sub(base?));
        let place = |vaddr: u64| Addr(vaddr.wrapping_add(bias.0));
        let span = Span {
            start: place(low),
            end: place(high),
        };
        (span.start < span.end).then(|| Self {
            path,
            span,
            bias,
            eh_frame: eh_frame_hdr.and_then(|vaddr| EhFrame::read(memory, place(vaddr))),
            dynamic: dynamic.and_then(|vaddr| DynamicSymbols::read(memory, place(vaddr), bias)),
        })
    }
}
