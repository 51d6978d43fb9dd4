//! Changes words of a real core's runtime structures, objects and stacks, and asks everything of its heap.
//!
//! An input is a list of edits of twelve bytes: which core, what kind of structure, which of them, which word, what to
//! write. The core is put back after each run, so that an input means the same at any time.

#![no_main]

#[expect(dead_code, reason = "some of it only the tests ask for")]
#[path = "../../../tests/walk/mod.rs"]
mod walk;

use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};
use walk::{Places, walk};

/// A core that is changed, its executable, and where what is in it.
struct Case {
    core: Vec<u8>,
    exe: Vec<u8>,
    places: Places,
}

/// One of each way to say where pointers are: bits of arenas, headers, headers and inline marks. Reading DWARF takes
/// most of a run, so one case has it.
const CASES: [(&str, &str); 3] = [
    (
        "crash-blocked-stripped-go1.19-amd64",
        "crash-stripped-go1.19-amd64",
    ),
    (
        "crash-blocked-stripped-go1.27.3-amd64",
        "crash-stripped-go1.27.3-amd64",
    ),
    (
        "crash-blocked-noopt-go1.24.11-amd64",
        "crash-noopt-go1.24.11-amd64",
    ),
];

static ALL: LazyLock<Vec<Mutex<Case>>> = LazyLock::new(|| {
    let case = |(core, exe): &(&str, &str)| {
        let (core, exe) = (
            unpacked(&format!("{core}.core")),
            unpacked(&format!("{exe}.exe")),
        );
        let places = Places::of(&core, &exe).expect("a heap");
        Mutex::new(Case { core, exe, places })
    };
    CASES.iter().map(case).collect()
});

fn unpacked(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/fixtures");
    let packed = std::fs::read(fixtures.join(format!("{name}.zst"))).expect(name);
    let mut bytes = Vec::new();
    let mut reader = ruzstd::decoding::StreamingDecoder::new(packed.as_slice()).expect(name);
    std::io::Read::read_to_end(&mut reader, &mut bytes).expect(name);
    bytes
}

/// The word that `kind`, `which` and `word` choose.
fn chosen(places: &Places, kind: u8, which: u8, word: u16) -> usize {
    let kinds: Vec<_> = places
        .kinds()
        .into_iter()
        .filter(|k| !k.is_empty())
        .collect();
    let kind = kinds[usize::from(kind) % kinds.len()];
    let place = kind[usize::from(which) % kind.len()];
    place.offset + usize::from(word) % (place.size / 8) * 8
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, edits)) = data.split_first() else {
        return;
    };
    let all = &*ALL;
    let mut case = all[usize::from(*first) % all.len()]
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let Case { core, exe, places } = &mut *case;
    let mut undo = Vec::new();
    for edit in edits.chunks_exact(12).take(64) {
        let short = |at: usize| u16::from_le_bytes([edit[at], edit[at + 1]]);
        let at = chosen(places, edit[0], edit[1], short(2));
        let old = u64::from_le_bytes(core[at..at + 8].try_into().expect("a word"));
        let other = chosen(places, edit[6], edit[7], short(8));
        let number = u64::from(u32::from_le_bytes(
            edit[8..12].try_into().expect("four bytes"),
        ));
        let new = match edit[4] % 6 {
            0 => number,
            1 => u64::from_le_bytes(core[other..other + 8].try_into().expect("a word")),
            2 => old.wrapping_add(number.cast_signed().wrapping_sub(1 << 31).cast_unsigned()),
            3 => old ^ 1 << (edit[5] % 64),
            4 => number << (edit[5] % 64),
            _ => u64::MAX - number,
        };
        undo.push((at, old));
        core[at..at + 8].copy_from_slice(&new.to_le_bytes());
    }
    let _ = walk(core, exe);
    for (at, old) in undo.into_iter().rev() {
        core[at..at + 8].copy_from_slice(&old.to_le_bytes());
    }
});
