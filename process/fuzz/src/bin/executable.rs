//! Changes words of an executable (its headers, function table, module data, code, debug information unpacked), and asks everything
//! of a sound core with it.
//!
//! An input says which executable, and edits of it.

#![no_main]

#[path = "../../../tests/asked/mod.rs"]
#[expect(dead_code, reason = "the structures of a core are another target's")]
mod asked;
#[path = "../../../../tests/support/elf.rs"]
mod elf;

use asked::{everything, opened};
use dumpview_process_fuzz::{edit, undo, unpacked};
use object::{Object, ObjectSection};
use std::sync::{LazyLock, Mutex, PoisonError};

struct Case {
    core: Vec<u8>,
    exe: Vec<u8>,
    stretches: Vec<Vec<(usize, usize)>>,
}

const CASES: &[(&str, &str)] = &[
    (
        "crash-wrapped-noopt-go1.27.3-amd64",
        "crash-noopt-go1.27.3-amd64",
    ),
    (
        "crash-deadlock-stripped-go1.27.3-amd64",
        "crash-stripped-go1.27.3-amd64",
    ),
    ("cgo-c-abort-noopt-go1.19-amd64", "cgo-noopt-go1.19-amd64"),
];

/// The stretches of what is read: the header with the section table, and each section, as many edits in a small one as in
/// a large one.
fn stretches(exe: &[u8]) -> Vec<Vec<(usize, usize)>> {
    let file = object::File::parse(exe).expect("an executable");
    let sections = file.sections().filter_map(|section| {
        let (offset, size) = section.file_range()?;
        let (offset, size) = (usize::try_from(offset).ok()?, usize::try_from(size).ok()?);
        // A word is chosen by sixteen bits: large sections are cut so that each word can be reached.
        let cut = (offset..offset + size)
            .step_by(1 << 16)
            .map(|at| (at, (offset + size - at).min(1 << 16)));
        let cut: Vec<_> = cut.filter(|(_, size)| *size >= 8).collect();
        (!cut.is_empty()).then_some(cut)
    });
    let mut all: Vec<_> = sections.collect();
    let table = usize::try_from(u64::from_le_bytes(exe[40..48].try_into().expect("a word")))
        .expect("an offset");
    let headers = vec![(0, 1024), (table, 64 * all.len())];
    all.push(headers);
    all
}

static ALL: LazyLock<Vec<Mutex<Case>>> = LazyLock::new(|| {
    let case = |(core, exe): &(&str, &str)| {
        let core = unpacked(&format!("{core}.core"));
        let exe = elf::plain_debug(&unpacked(&format!("{exe}.exe")));
        let stretches = stretches(&exe);
        Mutex::new(Case {
            core,
            exe,
            stretches,
        })
    };
    CASES.iter().map(case).collect()
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, edits)) = data.split_first() else {
        return;
    };
    let all = &*ALL;
    let mut case = all[usize::from(*first) % all.len()]
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let Case {
        core,
        exe,
        stretches,
    } = &mut *case;
    let kinds: Vec<&[_]> = stretches.iter().map(Vec::as_slice).collect();
    let changed = edit(exe, &kinds, edits);
    let _ = opened(core, exe, everything);
    undo(exe, changed);
});
