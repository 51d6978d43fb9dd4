//! Changes words of a real core's runtime structures, objects and stacks, and asks everything of its heap.
//!
//! An input says which core, and edits of it.

#![no_main]

#[expect(dead_code, reason = "some of it only the tests ask for")]
#[path = "../../../tests/walk/mod.rs"]
mod walk;

use dumpview_process_fuzz::{edit, undo, unpacked};
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

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, edits)) = data.split_first() else {
        return;
    };
    let all = &*ALL;
    let mut case = all[usize::from(*first) % all.len()]
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let Case { core, exe, places } = &mut *case;
    let stretches = places.kinds().map(|kind| {
        kind.iter()
            .map(|place| (place.offset, place.size))
            .collect::<Vec<_>>()
    });
    let changed = edit(core, &stretches.each_ref().map(Vec::as_slice), edits);
    let _ = walk(core, exe);
    undo(core, changed);
});
