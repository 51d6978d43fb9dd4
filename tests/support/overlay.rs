//! A core made worse: words changed, memory and notes put behind its end. What is a gigabyte in the process is a recipe here.

#![allow(
    dead_code,
    reason = "every test takes this file in for itself and uses its own part of it"
)]

use crate::samples;
use dumpview_process::addr::Addr;
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::memory::MemoryExt;
use dumpview_process::process::Process;
use std::fs;
use std::path::{Path, PathBuf};

/// Program headers of ELF64: how large one is, and the kinds there are here.
const HEADER: usize = 56;
const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;

/// A core with what is to be added to it.
pub struct Overlay {
    core: Vec<u8>,
    exe: Vec<u8>,
    headers: Vec<u8>,
}

/// Bytes of the core that stand in its file.
#[derive(Clone, Copy)]
pub struct Stored {
    offset: usize,
    size: usize,
}

impl Overlay {
    /// Over two files of the corpus.
    pub fn of(core: &str, exe: &str) -> Self {
        let fixture = |name: &str| samples::bytes(&samples::corpus("fixtures").join(name));
        Self {
            core: fixture(core),
            exe: fixture(exe),
            headers: Vec::new(),
        }
    }

    /// Asks the process that the core is of as it stands: where its variables, fields and words are.
    pub fn ask<T>(&self, ask: impl FnOnce(&Process<'_>) -> T) -> T {
        let arena = SectionArena::default();
        let core = CoreFile::parse(&self.core).expect("a core");
        let exe = Executable::parse(&self.exe, &arena).expect("an executable");
        let options = OpenOptions {
            trust_executable: true,
        };
        ask(&Process::open(&core, Some(&exe), &NoFiles, options))
    }

    /// Where a field of one of the runtime's structures is.
    pub fn field(&self, structure: &str, path: &str) -> u64 {
        self.ask(|process| {
            let field = process.layouts().expect("layouts").field(structure, path);
            field.unwrap_or_else(|| panic!("{structure}.{path}")).offset
        })
    }

    /// Whether one of them has a field.
    pub fn has_field(&self, structure: &str, path: &str) -> bool {
        self.ask(|process| {
            let layouts = process.layouts().expect("layouts");
            layouts.field(structure, path).is_some()
        })
    }

    /// How large one of them is.
    pub fn size_of(&self, structure: &str) -> u64 {
        let size = |process: &Process<'_>| process.layouts()?.size_of(structure);
        self.ask(size).expect("a size")
    }

    /// Where a variable of the runtime is.
    pub fn variable(&self, name: &str) -> u64 {
        let at = |process: &Process<'_>| process.runtime()?.vars.address(name);
        self.ask(at).unwrap_or_else(|| panic!("{name}")).0
    }

    /// The word at an address.
    pub fn word(&self, at: u64) -> u64 {
        self.ask(|process| process.memory.u64(Addr(at)).expect("a word"))
    }

    /// Bytes at an address.
    pub fn bytes(&self, at: u64, size: u64) -> Vec<u8> {
        let at = self.stored_at(at);
        let size = usize::try_from(size).expect("a size");
        self.core[at..at + size].to_vec()
    }

    /// Changes words.
    pub fn poke(&mut self, at: u64, words: &[u64]) {
        let at = self.stored_at(at);
        for (index, word) in words.iter().enumerate() {
            self.core[at + index * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
    }

    /// Where in the file an address is.
    fn stored_at(&self, at: u64) -> usize {
        let core = CoreFile::parse(&self.core).expect("a core");
        let holds = |s: &&dumpview_process::image::CoreSegment| {
            s.start.0 <= at && at < s.start.0 + s.file_size
        };
        let segment = core.segments.iter().find(holds);
        let segment = segment.unwrap_or_else(|| panic!("{at:#x} is not in the core"));
        usize::try_from(segment.file_offset + at - segment.start.0).expect("an offset")
    }

    /// Puts bytes behind the end of the file.
    pub fn store(&mut self, bytes: &[u8]) -> Stored {
        self.core.resize(self.core.len().next_multiple_of(4096), 0);
        let offset = self.core.len();
        self.core.extend_from_slice(bytes);
        let size = bytes.len();
        Stored { offset, size }
    }

    /// Makes bytes of the file the process's memory; the same bytes may be so at many places.
    pub fn map(&mut self, at: u64, stored: Stored) {
        self.header(PT_LOAD, at, stored, stored.size as u64);
    }

    /// Makes bytes of the file memory that says to be larger than they are.
    pub fn map_beyond(&mut self, at: u64, stored: Stored, size: u64) {
        self.header(PT_LOAD, at, stored, size);
    }

    /// Makes bytes of the file notes.
    pub fn notes(&mut self, stored: Stored) {
        self.header(PT_NOTE, 0, stored, 0);
    }

    fn header(&mut self, kind: u32, at: u64, stored: Stored, mem_size: u64) {
        let (offset, size) = (stored.offset as u64, stored.size as u64);
        self.headers.extend(kind.to_le_bytes());
        self.headers.extend(6u32.to_le_bytes());
        for word in [offset, at, 0, size, mem_size, 1] {
            self.headers.extend(word.to_le_bytes());
        }
    }

    /// The note that has the registers of the first thread, header and all.
    pub fn thread_note(&self) -> Vec<u8> {
        let note = [5u32, 336, 1].map(u32::to_le_bytes).concat();
        let note = [note.as_slice(), b"CORE\0\0\0\0"].concat();
        let at = self.core.windows(note.len()).position(|at| at == note);
        let at = at.expect("a thread");
        self.core[at..at + note.len() + 336].to_vec()
    }

    /// Writes core and executable.
    pub fn write(mut self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        fs::create_dir_all(folder).expect("a folder");
        let (from, count) = (word(&self.core, 32), half(&self.core, 56));
        let old = self.core[from..from + count * HEADER].to_vec();
        let table = self.core.len().next_multiple_of(8);
        self.core.resize(table, 0);
        self.core.extend(old);
        self.core.extend(&self.headers);
        let count = u16::try_from(count + self.headers.len() / HEADER).expect("headers");
        self.core[32..40].copy_from_slice(&(table as u64).to_le_bytes());
        self.core[56..58].copy_from_slice(&count.to_le_bytes());
        let paths = ["core", "exe"].map(|kind| folder.join(format!("{name}.{kind}")));
        fs::write(&paths[0], self.core).expect("a core");
        fs::write(&paths[1], self.exe).expect("an executable");
        let [core, exe] = paths;
        (core, exe)
    }
}

fn word(bytes: &[u8], at: usize) -> usize {
    let word = u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
    usize::try_from(word).expect("an offset")
}

fn half(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}
