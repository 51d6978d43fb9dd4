//! Changes bytes of real heap dumps, cuts them, and asks everything of their heap.
//!
//! An input is which dump, where it is cut, and a list of edits of eight bytes: where, and what to write. Whatever comes out
//! is a heap in part or a refusal, within the memory and the time that the runner allows.

#![no_main]

use dumpview_heap::Paths;
use dumpview_process::heap::ask::{Of, OwnerKind, TotalBy};
use dumpview_process::heap::suspects::Thresholds;
use dumpview_process::heap::{Analysis, Names};
use dumpview_process::heapdump::HeapDump;
use dumpview_process::image::{CoreFile, Executable, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use std::path::Path;
use std::sync::LazyLock;

/// A dump and its executable, where the corpus has one.
type Case = (Vec<u8>, Option<Vec<u8>>);

/// Four-byte pointers, no bitmaps at the ends of pages, both kinds of those; reading DWARF takes most of a run, so one has it.
const CASES: [(&str, bool); 4] = [
    ("known-386-go1.27.3", false),
    ("known-go1.19", false),
    ("leaky-go1.25.5-first", false),
    ("known-go1.27.3", true),
];

static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let case = |(name, has_exe): &(&str, bool)| {
        let exe = has_exe.then(|| unpacked(&format!("{name}.exe")));
        (unpacked(&format!("{name}.dump")), exe)
    };
    CASES.iter().map(case).collect()
});

fn unpacked(name: &str) -> Vec<u8> {
    let dumps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/heapdumps");
    let packed = std::fs::read(dumps.join(format!("{name}.zst"))).expect(name);
    let mut bytes = Vec::new();
    let mut reader = ruzstd::decoding::StreamingDecoder::new(packed.as_slice()).expect(name);
    std::io::Read::read_to_end(&mut reader, &mut bytes).expect(name);
    bytes
}

/// Asks a dump everything that needs its whole heap.
fn walk(bytes: &[u8], exe: Option<&[u8]>) {
    let Ok(dump) = HeapDump::read(bytes) else {
        return;
    };
    let sections = SectionArena::default();
    let core = CoreFile::stand_in(bytes, dump.arch());
    let executable = exe.and_then(|exe| Executable::parse(exe, &sections).ok());
    let options = OpenOptions::default();
    let process = Process::of_heap_dump(&dump, &core, executable.as_ref(), options);
    let Ok(analysis) = Analysis::of(&process, &|_| true) else {
        return;
    };
    let heap = &analysis.heap;
    assert!(heap.spans.objects() as usize <= bytes.len());
    assert!(analysis.dominators.total() <= analysis.live.bytes);
    let names = Names::new(&process, heap, &analysis.labels);
    let paths = Paths::of(&heap.graph);
    for node in (0..heap.graph.len()).step_by(101) {
        for reference in names.references(node) {
            assert!(reference.to < heap.graph.len());
        }
        assert!(paths.to(node).len() <= heap.graph.len() as usize);
    }
    let types = analysis.totals(TotalBy::Type, Of::Live);
    let all: u64 = types.iter().map(|total| total.bytes).sum();
    assert_eq!(all, analysis.live.bytes);
    let _ = analysis.owners(OwnerKind::Root);
    let _ = analysis.page(&Thresholds::default());
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((head, edits)) = data.split_first_chunk::<4>() else {
        return;
    };
    let (dump, exe) = &ALL[usize::from(head[0]) % ALL.len()];
    let mut bytes = dump.clone();
    if head[1] & 1 != 0 {
        let part = usize::from(u16::from_le_bytes([head[2], head[3]]));
        bytes.truncate(bytes.len() / 65536 * part + part % 65536);
    }
    for edit in edits.chunks_exact(8).take(64) {
        let at = u32::from_le_bytes(edit[..4].try_into().expect("four bytes")) as usize;
        let len = bytes.len().max(1);
        // Most of a dump is objects; what is told of them stands at its beginning and its end.
        let at = match edit[4] % 4 {
            0 => at % 4096,
            1 => len.saturating_sub(1 + at % 65536),
            _ => at % len,
        };
        let written = &edit[5..5 + usize::from(edit[4] >> 6).min(3)];
        for (place, new) in bytes.iter_mut().skip(at).zip(written) {
            *place = *new;
        }
    }
    walk(&bytes, exe.as_deref());
});
