//! A core dump's container: program headers and notes.
//!
//! Read through goblin's header and program-header parsers only, because a core that was cut short still has
//! both, while its segments lie partly past the end of the file. `PN_XNUM` (more than 65,534 segments) is
//! resolved here from section header 0. What each segment's bytes mean for memory is decided in
//! [`crate::memory`]; notes are parsed in `dumpview_parsers::core`.

use super::ImageError;
use crate::addr::Addr;
use crate::arch::{Arch, Reg, Registers};
use crate::memory::{Region, RegionSource, Unreadable};
use dumpview_parsers::core::{
    AuxVector, FileMapping, FileMappings, Note, Notes, ProcessInfo, SignalInfo, ThreadStatus,
    note_type,
};
use goblin::container::{Container, Ctx, Endian};
use goblin::elf::header::{EM_386, ET_CORE, Header};
use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_LOAD, PT_NOTE, ProgramHeader};
use goblin::elf::section_header::SectionHeader;
use std::collections::BTreeMap;

/// `e_phnum` that means "see section header 0's `sh_info`" (`elf.h`).
const PN_XNUM: u16 = 0xffff;

/// One thread of the core: `NT_PRSTATUS` and what followed it.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Thread id as the dumper saw it (the process's own namespace for the kernel, the host's for gcore).
    pub tid: i32,
    /// Integer and vector registers.
    pub registers: Registers,
    /// `fs_base` on amd64: thread-local storage ends here.
    pub tls_base: Option<Addr>,
    /// `orig_rax` on amd64: the number of the system call that the thread is in.
    pub system_call: Option<u64>,
    /// `pr_cursig` of its status: the signal that was dumping, the same in every thread of a kernel core.
    pub status_signal: i32,
    /// The signal that gcore recorded for this thread; the kernel writes one for the dumping thread only.
    pub signal: Option<SignalInfo>,
}

/// Who wrote the core, told from what only they write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoreKind {
    /// The Linux kernel: notes first, no section headers.
    Kernel,
    /// gdb's gcore (or `generate-core-file`): it has section headers or a gdb note.
    Gcore,
    /// qemu-user for its guest: neither `NT_FILE` nor `NT_SIGINFO`.
    Qemu,
    /// No core: the process itself wrote its heap down, and lived on.
    HeapDump,
}

impl CoreKind {
    /// Who wrote it, in words.
    pub const fn writer(self) -> &'static str {
        match self {
            Self::Kernel => "the kernel",
            Self::Gcore => "gcore",
            Self::Qemu => "qemu-user",
            Self::HeapDump => "runtime/debug.WriteHeapDump",
        }
    }
}

/// A loadable segment of a core, as its program header states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreSegment {
    /// First address.
    pub start: Addr,
    /// Size in memory.
    pub mem_size: u64,
    /// Offset of the dumped bytes in the core file.
    pub file_offset: u64,
    /// Bytes that were dumped (or should have been, in a truncated core).
    pub file_size: u64,
    /// Mapped readable.
    pub readable: bool,
    /// Mapped writable.
    pub writable: bool,
    /// Mapped executable.
    pub executable: bool,
}

/// An ELF core dump: segments, threads, mappings. Borrows from the file's bytes.
#[derive(Debug)]
pub struct CoreFile<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Instruction set.
    pub arch: Arch,
    /// Who wrote it.
    pub kind: CoreKind,
    /// Loadable segments in file order.
    pub segments: Vec<CoreSegment>,
    /// Threads in note order. In a kernel core the first is the one that was dumping; in a gcore the order
    /// means nothing.
    pub threads: Vec<Thread>,
    /// Process id, name and arguments.
    pub process: Option<ProcessInfo<'a>>,
    /// The auxiliary vector; empty when absent.
    pub auxv: AuxVector,
    /// File mappings; empty when absent (qemu).
    pub files: Vec<FileMapping<'a>>,
    /// The siginfo that the kernel recorded for the whole dump.
    pub signal: Option<SignalInfo>,
    /// Notes that could not be read, in words with offsets.
    pub damage: Vec<String>,
    /// Bytes that program headers promise past the end of the file; zero for a whole core.
    pub truncated_by: u64,
    /// Writable ranges by start.
    writable: Vec<(Addr, Addr)>,
}

impl<'a> CoreFile<'a> {
    /// Whether `bytes` begin like an ELF core, without reading further.
    pub fn recognizes(bytes: &[u8]) -> bool {
        bytes.starts_with(b"\x7fELF") && bytes.get(16..18) == Some(&[4, 0])
    }

    /// Reads the headers and notes of a core.
    ///
    /// # Errors
    ///
    /// When the file is not a 64-bit little-endian ELF core of a supported machine, or ends before its
    /// program headers. Truncated segments and broken notes are not errors: see [`Self::damage`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let header = elf_header(bytes)?;
        if header.e_type != ET_CORE {
            return Err(ImageError::WrongType {
                found: elf_type_name(header.e_type),
                wanted: "core dump",
            });
        }
        let arch = supported_arch(bytes, &header)?;
        let headers = program_headers(bytes, &header)?;

        let mut core = Self {
            bytes,
            arch,
            kind: CoreKind::Kernel,
            segments: Vec::new(),
            threads: Vec::new(),
            process: None,
            auxv: AuxVector::default(),
            files: Vec::new(),
            signal: None,
            damage: Vec::new(),
            truncated_by: 0,
            writable: Vec::new(),
        };
        let mut gdb_note = false;
        let mut had_siginfo = false;
        // Where segments of notes begin and end: none is read over another, else thousands of headers claim the same bytes.
        let mut noted = BTreeMap::new();
        let mut overlapping = 0u64;
        for ph in &headers {
            let end = ph.p_offset.saturating_add(ph.p_filesz);
            core.truncated_by = core
                .truncated_by
                .max(end.saturating_sub(bytes.len() as u64));
            match ph.p_type {
                PT_LOAD => core.segments.push(CoreSegment {
                    start: Addr(ph.p_vaddr),
                    mem_size: ph.p_memsz,
                    file_offset: ph.p_offset,
                    file_size: ph.p_filesz.min(ph.p_memsz),
                    readable: ph.p_flags & PF_R != 0,
                    writable: ph.p_flags & PF_W != 0,
                    executable: ph.p_flags & PF_X != 0,
                }),
                PT_NOTE if overlaps(&noted, ph.p_offset, end) => overlapping += 1,
                PT_NOTE => {
                    let notes = slice_at(bytes, ph.p_offset, ph.p_filesz);
                    noted.insert(ph.p_offset, end);
                    for note in Notes::new(notes) {
                        match note {
                            Ok(note) => {
                                gdb_note |= note.name == b"GDB";
                                had_siginfo |= note.kind == note_type::NT_SIGINFO;
                                core.take_note(&note);
                            }
                            Err(error) => core.damaged(error.to_string()),
                        }
                    }
                }
                _ => {}
            }
        }
        if overlapping > 0 {
            core.damage.push(format!(
                "{overlapping} note segments lie over others: not read"
            ));
        }
        let writable = core.segments.iter().filter(|s| s.writable);
        core.writable = writable
            .map(|s| (s.start, s.start.offset(s.mem_size)))
            .collect();
        core.writable.sort_unstable();
        core.kind = if gdb_note || header.e_shnum > 1 {
            CoreKind::Gcore
        } else if core.files.is_empty() && !had_siginfo {
            CoreKind::Qemu
        } else {
            CoreKind::Kernel
        };
        Ok(core)
    }

    /// What a heap dump, or an executable alone, has of a core: an architecture. Its memory is not in segments, and any of it may be
    /// written.
    pub fn stand_in(bytes: &'a [u8], arch: Arch) -> Self {
        Self {
            bytes,
            arch,
            kind: CoreKind::HeapDump,
            segments: Vec::new(),
            threads: Vec::new(),
            process: None,
            auxv: AuxVector::default(),
            files: Vec::new(),
            signal: None,
            damage: Vec::new(),
            truncated_by: 0,
            writable: vec![(Addr::NULL, Addr(u64::MAX))],
        }
    }

    /// Says what cannot be read. Notes by the million may be broken; the first ones tell how.
    fn damaged(&mut self, what: String) {
        match self.damage.len() {
            0..MOST_DAMAGE => self.damage.push(what),
            MOST_DAMAGE => self
                .damage
                .push("further notes cannot be read either".to_owned()),
            _ => {}
        }
    }

    fn take_note(&mut self, note: &Note<'a>) {
        let at = |what: &str, why: &dyn std::fmt::Display| {
            format!("{what} at {:#x}: {why}", note.offset)
        };
        match (note.name, note.kind) {
            (b"CORE", note_type::NT_PRSTATUS) => match ThreadStatus::parse(note.desc) {
                Ok(status) => self.threads.push(thread(self.arch, &status)),
                Err(error) => self.damaged(at("NT_PRSTATUS", &error)),
            },
            (b"CORE", note_type::NT_FPREGSET) => {
                if let Some(thread) = self.threads.last_mut() {
                    set_vectors(self.arch, &mut thread.registers, note.desc);
                }
            }
            (b"CORE", note_type::NT_PRPSINFO) => match ProcessInfo::parse(note.desc) {
                Ok(info) => self.process = Some(info),
                Err(error) => self.damaged(at("NT_PRPSINFO", &error)),
            },
            (b"CORE", note_type::NT_AUXV) => self.auxv = AuxVector::parse(note.desc),
            (b"CORE", note_type::NT_FILE) => match FileMappings::parse(note.desc) {
                Ok(files) => self.files = files.0,
                Err(error) => self.damaged(at("NT_FILE", &error)),
            },
            (b"CORE", note_type::NT_SIGINFO) => match SignalInfo::parse(note.desc) {
                Ok(info) => {
                    self.signal.get_or_insert(info);
                    if let Some(thread) = self.threads.last_mut() {
                        thread.signal = Some(info);
                    }
                }
                Err(error) => self.damaged(at("NT_SIGINFO", &error)),
            },
            _ => {}
        }
    }

    /// The segments as memory regions: the bytes the core holds, and for the rest the reason there are none.
    pub fn regions(&self) -> Vec<Region<'a>> {
        let mut out = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            // gcore writes PROT_NONE reservations as gigabytes of readable zeros; they read as such.
            let promised = segment.start.offset(segment.file_size);
            let Some(end) = segment.start.0.checked_add(segment.mem_size).map(Addr) else {
                continue;
            };
            let dumped = slice_at(self.bytes, segment.file_offset, segment.file_size);
            let had = segment.start.offset(dumped.len() as u64);
            let parts = [
                (segment.start, had, RegionSource::Core(dumped)),
                (had, promised, RegionSource::Missing(Unreadable::Truncated)),
                (promised, end, RegionSource::Missing(Unreadable::NotDumped)),
            ];
            out.extend(
                parts
                    .into_iter()
                    .filter(|(from, to, _)| from < to)
                    .map(|(start, end, source)| Region { start, end, source }),
            );
        }
        out
    }

    /// Whether a segment maps `addr` writable, so that a file's bytes cannot stand in for it.
    pub fn writable_at(&self, addr: Addr) -> bool {
        let after = self.writable.partition_point(|(start, _)| *start <= addr);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.writable.get(index));
        before.is_some_and(|(_, end)| addr < *end)
    }

    /// The path of the executable as the dying process saw it: the file mapped at the program headers, else
    /// the file mapped lowest.
    pub fn executable_path(&self) -> Option<&'a [u8]> {
        let phdr = self.auxv.get(dumpview_parsers::core::aux::AT_PHDR);
        let at_phdr = phdr.and_then(|a| self.files.iter().find(|f| f.start <= a && a < f.end));
        at_phdr
            .or_else(|| self.files.iter().min_by_key(|f| f.start))
            .map(|f| f.path)
    }
}

/// Notes whose damage is told one by one.
const MOST_DAMAGE: usize = 20;

/// Whether a stretch of the file lies over one of those, which lie apart.
fn overlaps(stretches: &BTreeMap<u64, u64>, start: u64, end: u64) -> bool {
    let before = stretches
        .range(..end.max(start.saturating_add(1)))
        .next_back();
    before.is_some_and(|(_, until)| *until > start)
}

/// At most `len` bytes at `offset`; fewer (or none) when the file ends before.
fn slice_at(bytes: &[u8], offset: u64, len: u64) -> &[u8] {
    let start = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let end = usize::try_from(offset.saturating_add(len))
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

fn elf_header(bytes: &[u8]) -> Result<Header, ImageError> {
    if !bytes.starts_with(b"\x7fELF") {
        return Err(ImageError::NotElf {
            found: leading_hex(bytes),
        });
    }
    goblin::elf::Elf::parse_header(bytes).map_err(|error| ImageError::Malformed {
        what: "ELF header",
        why: error.to_string(),
    })
}

/// The architecture of any ELF file, from its identification and machine number alone.
pub(super) fn machine(bytes: &[u8]) -> Result<Arch, ImageError> {
    supported_arch(bytes, &elf_header(bytes)?)
}

fn supported_arch(bytes: &[u8], header: &Header) -> Result<Arch, ImageError> {
    let little_64 = bytes.get(4..6) == Some(&[2, 1]);
    Arch::from_elf_machine(header.e_machine)
        .filter(|_| little_64)
        .ok_or_else(|| {
            let machine = match header.e_machine {
                EM_386 => "386".to_owned(),
                n => format!("machine {n}"),
            };
            let class = if bytes.get(4) == Some(&2) {
                "64-bit"
            } else {
                "32-bit"
            };
            let order = if bytes.get(5) == Some(&1) {
                "little-endian"
            } else {
                "big-endian"
            };
            ImageError::UnsupportedMachine {
                found: format!("{class} {order} {machine}"),
            }
        })
}

fn program_headers(bytes: &[u8], header: &Header) -> Result<Vec<ProgramHeader>, ImageError> {
    let ctx = Ctx::new(Container::Big, Endian::Little);
    let malformed = |why: String| ImageError::Malformed {
        what: "program headers",
        why,
    };
    let mut count = usize::from(header.e_phnum);
    if header.e_phnum == PN_XNUM {
        let offset = usize::try_from(header.e_shoff).map_err(|e| malformed(e.to_string()))?;
        let first = SectionHeader::parse(bytes, offset, 1, ctx)
            .map_err(|e| malformed(format!("PN_XNUM without section header 0: {e}")))?;
        count = first.first().map_or(0, |s| s.sh_info as usize);
    }
    let offset = usize::try_from(header.e_phoff).map_err(|e| malformed(e.to_string()))?;
    let fits = bytes.len().saturating_sub(offset) / 56;
    if count > fits {
        return Err(malformed(format!(
            "{count} headers at {offset:#x}, but the file holds {fits}"
        )));
    }
    ProgramHeader::parse(bytes, offset, count, ctx).map_err(|e| malformed(e.to_string()))
}

/// The first bytes in hex, for messages.
pub(super) fn leading_hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing (empty file)".to_owned();
    }
    bytes
        .iter()
        .take(4)
        .map(|b| format!("{b:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// `e_type` in words.
pub(super) fn elf_type_name(e_type: u16) -> &'static str {
    match e_type {
        1 => "relocatable object",
        2 => "executable",
        3 => "shared object or position-independent executable",
        4 => "core dump",
        _ => "unknown",
    }
}

fn thread(arch: Arch, status: &ThreadStatus) -> Thread {
    // Kernel order (user_regs_struct / user_pt_regs) to DWARF numbers; None is a slot without one.
    const AMD64: [Option<u16>; 17] = [
        Some(15),
        Some(14),
        Some(13),
        Some(12),
        Some(6),
        Some(3),
        Some(11),
        Some(10),
        Some(9),
        Some(8),
        Some(0),
        Some(2),
        Some(1),
        Some(4),
        Some(5),
        None,
        Some(16),
    ];
    const AMD64_ORIG_RAX: usize = 15;
    const AMD64_RSP: usize = 19;
    const AMD64_FS_BASE: usize = 21;
    let mut registers = Registers::new(arch);
    let word = |index: usize| status.registers.get(index).copied();
    let tls_base = match arch {
        Arch::Amd64 => {
            for (index, number) in AMD64.iter().enumerate() {
                if let Some(number) = number {
                    registers.set(Reg(*number), word(index));
                }
            }
            registers.set(arch.sp(), word(AMD64_RSP));
            word(AMD64_FS_BASE).map(Addr)
        }
        Arch::Arm64 => {
            for index in 0..33u16 {
                registers.set(Reg(index), word(usize::from(index)));
            }
            None
        }
    };
    let system_call = word(AMD64_ORIG_RAX).filter(|number| {
        let is_in_one = number.cast_signed() >= 0;
        arch == Arch::Amd64 && is_in_one
    });
    Thread {
        tid: status.tid,
        status_signal: i32::from(status.current_signal),
        registers,
        tls_base,
        system_call,
        signal: None,
    }
}

/// Vector registers of `NT_FPREGSET`: amd64 FXSAVE has xmm0-15 from byte 160; arm64 has v0-31 from byte 0.
fn set_vectors(arch: Arch, registers: &mut Registers, desc: &[u8]) {
    let (first, start, count) = match arch {
        Arch::Amd64 => (17u16, 160, 16),
        Arch::Arm64 => (64u16, 0, 32),
    };
    let slots = desc
        .get(start..)
        .unwrap_or_default()
        .chunks_exact(16)
        .take(count);
    for (number, slot) in (first..).zip(slots) {
        registers.set_vector(Reg(number), slot.try_into().ok());
    }
}
