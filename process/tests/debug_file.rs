//! A file of debug information in the place of the executable: it serves DWARF, and nothing is read from it that it
//! does not have.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use dumpview_process::image::{CoreFile, Executable, Files, SectionArena};
use dumpview_process::mapped::{ExecutableMatch, OpenOptions};
use dumpview_process::memory::{Memory, RegionSource, Unreadable};
use dumpview_process::process::Process;
use std::io::Read as _;

const CORE: &[u8] =
    include_bytes!("../../corpus/fixtures/crash-nilptr-noopt-go1.27.3-amd64.core.zst");
const EXE: &[u8] = include_bytes!("../../corpus/fixtures/crash-noopt-go1.27.3-amd64.exe.zst");

struct NoFiles;

impl<'a> Files<'a> for NoFiles {
    fn image(&self, _: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

fn decompressed(bytes: &'static [u8]) -> Vec<u8> {
    let mut file = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(bytes)
        .unwrap()
        .read_to_end(&mut file)
        .unwrap();
    file
}

fn word(file: &[u8], at: usize, size: usize) -> usize {
    let mut bytes = [0; 8];
    bytes[..size].copy_from_slice(&file[at..at + size]);
    usize::try_from(u64::from_le_bytes(bytes)).unwrap()
}

/// Does to an executable what `eu-strip -f` does: every section that is loaded, but for notes, has no bits any more.
/// Program headers stay as they were, and where the contents stood are other bytes.
fn only_debug(mut file: Vec<u8>) -> Vec<u8> {
    const SH_TYPE: usize = 4;
    const SH_FLAGS: usize = 8;
    const SH_OFFSET: usize = 24;
    const SH_SIZE: usize = 32;
    let (table, entry, count) = (word(&file, 40, 8), word(&file, 58, 2), word(&file, 60, 2));
    for header in (0..count).map(|index| table + index * entry) {
        let (kind, flags) = (
            word(&file, header + SH_TYPE, 4),
            word(&file, header + SH_FLAGS, 8),
        );
        let (offset, size) = (
            word(&file, header + SH_OFFSET, 8),
            word(&file, header + SH_SIZE, 8),
        );
        let (progbits, nobits, alloc) = (1, 8, 2);
        if kind == progbits && flags & alloc != 0 {
            file[header + SH_TYPE] = nobits;
            file[offset..offset + size].fill(0xaa);
        }
    }
    file
}

#[test]
fn a_debug_file_gives_its_dwarf_and_no_contents() {
    let (core_bytes, whole_bytes) = (decompressed(CORE), decompressed(EXE));
    let debug_bytes = only_debug(whole_bytes.clone());
    let (arena, core) = (
        SectionArena::default(),
        CoreFile::parse(&core_bytes).unwrap(),
    );
    let whole = Executable::parse(&whole_bytes, &arena).unwrap();
    let debug = Executable::parse(&debug_bytes, &arena).unwrap();
    assert!(!whole.is_debug_file() && debug.is_debug_file());
    assert_eq!(debug.go_build_id(), whole.go_build_id());
    assert!(
        debug
            .load_segments()
            .all(|segment| segment.bytes.is_empty())
    );

    let open = |exe| Process::open(&core, Some(exe), &NoFiles, OpenOptions::default());
    let (with_whole, with_debug) = (open(&whole), open(&debug));
    assert!(matches!(
        with_debug.executable_match,
        ExecutableMatch::Confirmed(_)
    ));
    assert!(
        with_debug
            .shortfalls
            .iter()
            .any(|s| s.why.contains("debug information") && !s.damage)
    );
    let from_file = |process: &Process<'_>| {
        let regions = process.memory.regions().iter();
        regions
            .filter(|r| matches!(r.source, RegionSource::File(_)))
            .count()
    };
    assert_eq!(from_file(&with_debug), 0);
    assert!(
        from_file(&with_whole) > 0,
        "the fixture's core has its code itself"
    );

    let text = whole
        .section(".text")
        .unwrap()
        .addr
        .to_process(with_whole.bias);
    assert!(with_whole.memory.bytes(text, 64).is_ok());
    // The kernel dumps the first page of a file that is mapped; what comes after it only the file has.
    let error = with_debug
        .memory
        .bytes(text.offset(0x2000), 64)
        .unwrap_err();
    assert_eq!(error.why, Unreadable::FileMissing);

    let types = with_debug.types();
    let panicked = types
        .by_name("main.crash")
        .or_else(|_| types.by_name("runtime.g"));
    assert!(types.resolve(panicked.unwrap()).unwrap().size > 0);
    assert_eq!(
        with_debug.goroutines().unwrap().list().len(),
        with_whole.goroutines().unwrap().list().len()
    );
}
