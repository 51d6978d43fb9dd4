//! Changes words of a real core's goroutines, threads, stacks and what they refer to, and asks why it died, who waits for
//! whom, and every stack with its variables.
//!
//! An input says which core, and edits of it.

#![no_main]

#[path = "../../../tests/asked/mod.rs"]
mod asked;

use asked::{everything, opened, structures};
use dumpview_process_fuzz::{edit, undo, unpacked};
use std::sync::{LazyLock, Mutex, PoisonError};

struct Case {
    core: Vec<u8>,
    exe: Vec<u8>,
    stretches: Vec<Vec<(usize, usize)>>,
}

/// A crowd that waits in every way, and deaths with panics and deferred calls; with layouts of tables, which need no DWARF to
/// be read in each run, and one with DWARF.
const CASES: &[(&str, &str)] = &[
    (
        "crash-blocked-stripped-go1.27.3-amd64",
        "crash-stripped-go1.27.3-amd64",
    ),
    (
        "crash-deadlock-stripped-go1.19-amd64",
        "crash-stripped-go1.19-amd64",
    ),
    (
        "crash-wrapped-noopt-go1.27.3-amd64",
        "crash-noopt-go1.27.3-amd64",
    ),
];

static ALL: LazyLock<Vec<Mutex<Case>>> = LazyLock::new(|| {
    let case = |(core, exe): &(&str, &str)| {
        let (core, exe) = (
            unpacked(&format!("{core}.core")),
            unpacked(&format!("{exe}.exe")),
        );
        let stretches = opened(&core, &exe, |process| structures(&process));
        let stretches = stretches.flatten().expect("goroutines");
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
    let changed = edit(core, &kinds, edits);
    let _ = opened(core, exe, everything);
    undo(core, changed);
});
