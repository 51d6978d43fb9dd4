//! An ELF executable or shared library: segments, sections, symbols, build ids, debug sections.
//!
//! Parsed through object, lazily: opening reads headers only; the symbol table is indexed by name at the
//! first question, and each debug section is decompressed once, when first asked for.

use super::build_info::{BUILD_INFO_MAGIC, BuildInfo};
use super::core_file::elf_type_name;
use super::cut;
use super::{CoreFile, ImageError};
use crate::addr::{Bias, FileAddr};
use crate::arch::Arch;
use crate::memory::{Region, RegionSource};
use dumpview_parsers::core::{Notes, note_type};
use object::elf::{
    ET_DYN, ET_EXEC, FileHeader64, PF_W, PF_X, PT_LOAD, PT_NOTE, SHF_ALLOC, SHF_EXECINSTR,
    SHT_NOBITS,
};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader, SectionHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

type Elf<'a> = ElfFile<'a, FileHeader64<LittleEndian>>;

/// A `PT_LOAD` segment at its link-time address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadSegment<'a> {
    /// First link-time address.
    pub addr: FileAddr,
    /// Size in memory; the part beyond `bytes` starts as zeros.
    pub mem_size: u64,
    /// Offset of `bytes` in the file.
    pub file_offset: u64,
    /// What the file holds of it.
    pub bytes: &'a [u8],
    /// Mapped writable.
    pub writable: bool,
    /// Mapped executable.
    pub executable: bool,
}

/// A section that is loaded at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// Link-time address.
    pub addr: FileAddr,
    /// Size in memory.
    pub size: u64,
    /// Contents as in the file; empty for `.bss`.
    pub bytes: &'a [u8],
}

/// Symbols of one executable by name, and its functions and objects in address order.
#[derive(Debug, Default)]
struct SymbolIndex<'a> {
    by_name: BTreeMap<&'a [u8], (FileAddr, u64)>,
    by_addr: Vec<(FileAddr, u64, &'a [u8])>,
}

/// An ELF executable (or shared library, or separate debug file).
#[derive(Debug)]
pub struct Executable<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Bytes that its headers tell of and that are missing at its end.
    pub truncated_by: u64,
    /// Instruction set.
    pub arch: Arch,
    pub(super) elf: Elf<'a>,
    symbols: OnceLock<SymbolIndex<'a>>,
    debug: Mutex<BTreeMap<&'static str, &'a [u8]>>,
    debug_file: Option<&'a Executable<'a>>,
    pub(super) arena: &'a SectionArena,
}

/// Owns sections that had to be decompressed, for as long as the executable's bytes live.
///
/// A plain `Vec` per section: there are a dozen at most, and none is ever dropped before the process view.
#[derive(Debug, Default)]
pub struct SectionArena {
    slots: [OnceLock<Vec<u8>>; 24],
}

impl SectionArena {
    pub(super) fn keep(&self, mut bytes: Vec<u8>) -> &[u8] {
        for slot in &self.slots {
            match slot.set(bytes) {
                Ok(()) => return slot.get().map_or(&[], Vec::as_slice),
                Err(back) => bytes = back,
            }
        }
        &[]
    }
}

impl<'a> Executable<'a> {
    /// Reads the headers of an executable or shared library. `arena` receives decompressed sections.
    ///
    /// # Errors
    ///
    /// When the file is not a 64-bit little-endian ELF executable or library of a supported machine.
    pub fn parse(bytes: &'a [u8], arena: &'a SectionArena) -> Result<Self, ImageError> {
        if !bytes.starts_with(b"\x7fELF") {
            return Err(ImageError::NotElf {
                found: super::core_file::leading_hex(bytes),
            });
        }
        if CoreFile::recognizes(bytes) {
            return Err(ImageError::WrongType {
                found: elf_type_name(4),
                wanted: "executable",
            });
        }
        let arch = super::core_file::machine(bytes)?;
        let truncated_by = cut::missing(bytes);
        let readable = if truncated_by > 0 {
            arena.keep(cut::without_lost(bytes))
        } else {
            bytes
        };
        let elf = Elf::parse(readable).map_err(|error| ImageError::Malformed {
            what: "ELF executable",
            why: error.to_string(),
        })?;
        let e_type = elf.elf_header().e_type(LittleEndian);
        if e_type != ET_EXEC && e_type != ET_DYN {
            return Err(ImageError::WrongType {
                found: elf_type_name(e_type.0),
                wanted: "executable",
            });
        }
        Ok(Self {
            bytes,
            truncated_by,
            arch,
            elf,
            symbols: OnceLock::new(),
            debug: Mutex::default(),
            debug_file: None,
            arena,
        })
    }

    /// The same with a file that has its debug information and its symbols. Whether it is of the same build is the caller's
    /// to find out, by [`Self::is_of_build`] or by the checksum of a [`Self::debug_link`].
    #[must_use]
    pub fn with_debug_file(self, file: &'a Executable<'a>) -> Self {
        Self {
            debug_file: Some(file),
            ..self
        }
    }

    /// Link-time entry point.
    pub fn entry(&self) -> FileAddr {
        FileAddr(self.elf.entry())
    }

    /// Whether it may be loaded at any address.
    pub fn is_position_independent(&self) -> bool {
        self.elf.elf_header().e_type(LittleEndian) == ET_DYN
    }

    /// Whether this is a file of debug information (`objcopy --only-keep-debug`, `eu-strip -f`): the headers are
    /// those of the executable, the loaded contents are not there. Its program headers may still claim file offsets
    /// and sizes, where other bytes stand; so it is told by its code, whose sections say that they have no bits.
    pub fn is_debug_file(&self) -> bool {
        let code = SHF_ALLOC | SHF_EXECINSTR;
        self.elf.elf_section_table().iter().any(|section| {
            let flags = section.sh_flags(LittleEndian);
            section.sh_type(LittleEndian) == SHT_NOBITS
                && flags.contains(code)
                && section.sh_size(LittleEndian) > 0
        })
    }

    /// The bytes that mappings of the file show, by file offset; none for a file of debug information.
    pub fn mapped_bytes(&self) -> &'a [u8] {
        if self.is_debug_file() {
            &[]
        } else {
            self.bytes
        }
    }

    /// Loadable segments in header order.
    pub fn load_segments(&self) -> impl Iterator<Item = LoadSegment<'a>> + '_ {
        let file = self.mapped_bytes();
        self.elf
            .elf_program_headers()
            .iter()
            .filter(|ph| ph.p_type(LittleEndian) == PT_LOAD)
            .map(move |ph| {
                let flags = ph.p_flags(LittleEndian);
                LoadSegment {
                    addr: FileAddr(ph.p_vaddr(LittleEndian)),
                    mem_size: ph.p_memsz(LittleEndian),
                    file_offset: ph.p_offset(LittleEndian),
                    // A segment that runs past the end of a cut file keeps what is there.
                    bytes: ph.data(LittleEndian, file).unwrap_or_else(|()| {
                        let start =
                            usize::try_from(ph.p_offset(LittleEndian)).unwrap_or(usize::MAX);
                        file.get(start..).unwrap_or_default()
                    }),
                    writable: flags.contains(PF_W),
                    executable: flags.contains(PF_X),
                }
            })
    }

    /// A section by name, when the file still has section headers.
    pub fn section(&self, name: &str) -> Option<Section<'a>> {
        let section = self.elf.section_by_name(name)?;
        Some(Section {
            addr: FileAddr(section.address()),
            size: section.size(),
            bytes: section.data().unwrap_or_default(),
        })
    }

    /// A `.debug_*` section's contents (`.debug_info`), decompressed when needed; empty when absent or broken.
    pub fn debug_section(&self, name: &'static str) -> &'a [u8] {
        let mut cache = self.debug.lock().unwrap_or_else(PoisonError::into_inner);
        cache.entry(name).or_insert_with(|| {
            let section = self.elf.section_by_name(name);
            match section.and_then(|s| s.uncompressed_data().ok()) {
                Some(Cow::Borrowed(bytes)) => bytes,
                Some(Cow::Owned(bytes)) => self.arena.keep(bytes),
                None => self.debug_file.map_or(&[], |file| file.debug_section(name)),
            }
        })
    }

    /// Whether there is DWARF to ask, here or in its debug file.
    pub fn has_dwarf(&self) -> bool {
        self.elf
            .section_by_name(".debug_info")
            .or_else(|| self.elf.section_by_name(".zdebug_info"))
            .is_some()
            || self.debug_file.is_some_and(Self::has_dwarf)
    }

    /// Whether it holds a Go program: by the sections that every Go linker writes, else by its build information.
    pub fn is_go(&self) -> bool {
        let named = [".go.buildinfo", ".gopclntab", ".data.rel.ro.gopclntab"];
        let has = |name: &&str| self.elf.section_by_name(name).is_some();
        named.iter().any(has)
            || self.go_build_id().is_some()
            || self.elf.sections().next().is_none() && self.build_info().is_some()
    }

    /// Whether both files come from one run of the linker, by their build ids.
    pub fn is_of_build(&self, other: &Executable<'_>) -> bool {
        let ids = [
            (self.gnu_build_id(), other.gnu_build_id()),
            (self.go_build_id(), other.go_build_id()),
        ];
        let mut both = ids
            .iter()
            .filter_map(|(own, other)| own.zip(*other))
            .filter(|(own, _)| !own.is_empty())
            .peekable();
        both.peek().is_some() && both.all(|(own, other)| own == other)
    }

    /// The file of debug information that it names (`.gnu_debuglink`): a name without folders, and the checksum of that file
    /// (that of gzip).
    pub fn debug_link(&self) -> Option<(&'a [u8], u32)> {
        let section = self.elf.section_by_name(".gnu_debuglink")?;
        let bytes = section.data().ok()?;
        let len = bytes.iter().position(|byte| *byte == 0)?;
        let checksum = bytes.get((len + 1).next_multiple_of(4)..)?.first_chunk()?;
        Some((bytes.get(..len)?, u32::from_le_bytes(*checksum)))
    }

    /// Link-time address and size of a symbol by its exact name (`runtime.allgs`), when `.symtab` is there.
    pub fn symbol(&self, name: &str) -> Option<(FileAddr, u64)> {
        self.symbol_index().by_name.get(name.as_bytes()).copied()
    }

    /// The symbol that covers a link-time address, with its start and size.
    pub fn symbol_at(&self, addr: FileAddr) -> Option<(&'a [u8], FileAddr, u64)> {
        let by_addr = &self.symbol_index().by_addr;
        let index = by_addr
            .partition_point(|(start, ..)| *start <= addr)
            .checked_sub(1)?;
        let (start, size, name) = *by_addr.get(index)?;
        // A size of zero is assembly without .size: it reaches to the next symbol.
        (size == 0 || addr.0 - start.0 < size).then_some((name, start, size))
    }

    /// Every symbol with an address, in address order: address, size, name.
    pub fn symbols(&self) -> impl Iterator<Item = (FileAddr, u64, &'a [u8])> + '_ {
        self.symbol_index().by_addr.iter().copied()
    }

    fn symbol_index(&self) -> &SymbolIndex<'a> {
        self.symbols.get_or_init(|| {
            let mut index = SymbolIndex::default();
            let apart = self
                .debug_file
                .into_iter()
                .flat_map(|file| file.elf.symbols());
            let own = self.elf.symbols().chain(self.elf.dynamic_symbols());
            for symbol in own.chain(apart) {
                let defined = symbol.address() != 0 && !symbol.is_undefined();
                let Ok(name) = symbol.name_bytes() else {
                    continue;
                };
                if defined && !name.is_empty() {
                    let entry = (FileAddr(symbol.address()), symbol.size());
                    index.by_name.entry(name).or_insert(entry);
                    index.by_addr.push((entry.0, entry.1, name));
                }
            }
            index.by_addr.sort_unstable();
            index.by_addr.dedup();
            index
        })
    }

    /// The linker's build id (`.note.gnu.build-id`).
    pub fn gnu_build_id(&self) -> Option<&'a [u8]> {
        self.note(b"GNU", note_type::NT_GNU_BUILD_ID)
    }

    /// The go command's build id (`.note.go.buildid`), as text.
    pub fn go_build_id(&self) -> Option<&'a [u8]> {
        self.note(b"Go", note_type::NT_GO_BUILD_ID)
    }

    fn note(&self, owner: &[u8], kind: u32) -> Option<&'a [u8]> {
        let file = self.mapped_bytes();
        let mut in_segments = self
            .elf
            .elf_program_headers()
            .iter()
            .filter(|ph| ph.p_type(LittleEndian) == PT_NOTE)
            .filter_map(|ph| ph.data(LittleEndian, file).ok());
        let find = |data: &'a [u8]| {
            Notes::new(data)
                .filter_map(Result::ok)
                .find(|n| n.name == owner && n.kind == kind)
                .map(|n| n.desc)
        };
        in_segments.find_map(find).or_else(|| {
            [".note.go.buildid", ".note.gnu.build-id"]
                .iter()
                .filter_map(|name| self.section(name))
                .find_map(|s| find(s.bytes))
        })
    }

    /// Go version, modules and build settings.
    pub fn build_info(&self) -> Option<BuildInfo> {
        if let Some(section) = self.section(".go.buildinfo") {
            return BuildInfo::parse(section.bytes);
        }
        self.load_segments()
            .filter(|s| s.writable)
            .find_map(|segment| {
                memchr::memmem::find_iter(segment.bytes, BUILD_INFO_MAGIC)
                    .find_map(|at| BuildInfo::parse(segment.bytes.get(at..)?))
            })
    }

    /// The read-only segments where a process with this bias had them, for cores that name no mappings (qemu,
    /// and gcore, which leaves read-only file mappings out of everything but `NT_FILE`).
    pub fn read_only_regions(&self, bias: Bias) -> Vec<Region<'a>> {
        self.load_segments()
            .filter(|segment| !segment.writable)
            .map(|segment| {
                let start = segment.addr.to_process(bias);
                let size = usize::try_from(segment.mem_size).unwrap_or(usize::MAX);
                let bytes = segment.bytes.get(..size).unwrap_or(segment.bytes);
                Region {
                    start,
                    end: start.offset(bytes.len() as u64),
                    source: RegionSource::File(bytes),
                }
            })
            .collect()
    }
}
