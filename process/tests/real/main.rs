//! Real programs, dumped at several moments: no value that is called exact is one that cannot be.
//!
//! Go's own tools, built by each release with its DWARF: optimised code of a size and kind that no test program has.

#![cfg(test)]
mod judge;
#[path = "../live/mod.rs"]
mod live;
mod programs;

use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use std::path::Path;

/// Judges one core.
fn judged(name: &str, core: &Path, exe: &Path) -> judge::Verdict {
    let core_bytes = std::fs::read(core).unwrap();
    let exe_bytes = std::fs::read(exe).unwrap();
    let arena = SectionArena::default();
    let core = CoreFile::parse(&core_bytes).unwrap();
    let executable = Executable::parse(&exe_bytes, &arena).unwrap();
    let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default());
    let verdict = judge::judge(&process);
    println!(
        "{name}: {} frames, {:?}, {} pointers into the heap, {} unfit, {} impossible",
        verdict.frames,
        verdict.standings,
        verdict.heap_pointers,
        verdict.unfit.len(),
        verdict.impossible.len()
    );
    for (why, count) in &verdict.reasons {
        println!("  {count:6} {why}");
    }
    for told in verdict.unfit.iter().chain(&verdict.impossible) {
        println!("  {told}");
    }
    verdict
}

/// The releases that are built when `DUMPVIEW_RELEASES` does not say which.
const RELEASES: &str = "1.19,1.22.10,1.24.11,1.27.3";

/// Live: the tools of several releases, each at several moments.
#[test]
fn no_exact_value_of_gos_own_tools_is_impossible() {
    let Some(go) = live::Go::from_env() else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    };
    let releases = std::env::var("DUMPVIEW_RELEASES").unwrap_or_else(|_| RELEASES.to_owned());
    let (mut faults, mut exact) = (0, 0);
    for release in releases.split(',') {
        programs::dumped(&go, release, &mut |dead| {
            let verdict = judged(&dead.name, &dead.core, &dead.exe);
            faults += verdict.impossible.len();
            exact += verdict.standings.get("exact").copied().unwrap_or(0);
        });
    }
    assert!(exact > 0, "no value was judged");
    assert_eq!(faults, 0);
}

/// Cores made before: `DUMPVIEW_REAL` is a directory with `PROGRAM-RELEASE-MOMENT.core` of `PROGRAM-RELEASE`.
#[test]
fn no_exact_value_of_cores_made_before_is_impossible() {
    let Some(dir) = std::env::var_os("DUMPVIEW_REAL") else {
        println!("nothing was compared: DUMPVIEW_REAL does not name a directory of cores");
        return;
    };
    let mut names: Vec<String> = std::fs::read_dir(&dir)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".core")?.to_owned()))
        .collect();
    names.sort();
    let mut faults = 0;
    for name in &names {
        let (exe, _) = name.rsplit_once('-').unwrap();
        let dir = Path::new(&dir);
        let verdict = judged(name, &dir.join(format!("{name}.core")), &dir.join(exe));
        faults += verdict.impossible.len();
    }
    assert!(!names.is_empty());
    assert_eq!(faults, 0);
}
