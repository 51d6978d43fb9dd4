//! The heap of cores made now, against the account that the program kept of itself: object by object, byte by byte.
//!
//! `DUMPVIEW_GO` names a command that runs Go releases (`$DUMPVIEW_GO RELEASE build …`), `DUMPVIEW_RELEASES` narrows
//! the releases, `DUMPVIEW_HEAP` (arguments of `corpus/make`) stands in for the matrix; `DUMPVIEW_HEAP_CASES` is a
//! directory that `corpus/make --programs heap` filled before.

#[cfg(test)]
#[path = "support/heap.rs"]
mod heap;
#[cfg(test)]
#[path = "support/heap_names.rs"]
mod heap_names;
#[cfg(test)]
#[path = "support/heap_search.rs"]
mod heap_search;
#[cfg(test)]
#[path = "support/heap_verbs.rs"]
mod heap_verbs;
#[cfg(test)]
#[path = "support/known.rs"]
mod known;
#[cfg(test)]
#[path = "support/report.rs"]
mod report;

use heap::{HeapCase, check};
use report::Report;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is made of every release: arguments of `corpus/make`. `collecting` dies in the middle of a cycle, `busy` with
/// goroutines that a signal preempted, `alive` is a gcore of a process that goes on.
const EVERYTHING: [&str; 4] = [
    "--variants noopt,opt,stripped,stripped-noopt,pie,pie-external,pie-external-stripped --modes panic",
    "--variants opt --modes collecting,busy,alive",
    "--variants noopt,stripped,stripped-noopt --modes panic --arch arm64",
    // Experiments of some releases; `corpus/make` knows which.
    "--variants noswissmap,splitgroup,greentea,arenas --modes panic",
];

#[test]
fn the_heap_is_what_the_program_says_it_is() {
    if std::env::var_os("DUMPVIEW_GO").is_none() {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    }
    let wanted = std::env::var("DUMPVIEW_HEAP").map_or_else(
        |_| EVERYTHING.map(str::to_owned).to_vec(),
        |wanted| vec![wanted],
    );
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("heap");
    let mut all = Report::default();
    for release in releases() {
        let out = scratch.join(&release);
        let _ = fs::remove_dir_all(&out);
        for wanted in &wanted {
            let made = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/make"))
                .arg("--out")
                .arg(&out)
                .arg("--work")
                .arg(scratch.join("work"))
                .args(["--programs", "heap", "--releases", &release])
                .args(wanted.split_whitespace())
                .status()
                .expect("corpus/make runs");
            if !made.success() {
                let what = format!("corpus/make --releases {release} {wanted}: {made}");
                all.problem(what);
            }
        }
        check_all(&out, &mut all);
        let _ = fs::remove_dir_all(&out);
    }
    settle(&all);
}

#[test]
fn heaps_of_cores_made_before_are_what_the_program_says() {
    let Some(dir) = std::env::var_os("DUMPVIEW_HEAP_CASES") else {
        println!("nothing was compared: DUMPVIEW_HEAP_CASES does not name a directory of cases");
        return;
    };
    let mut all = Report::default();
    check_all(Path::new(&dir), &mut all);
    settle(&all);
}

fn settle(all: &Report) {
    all.settle(&[
        "core",
        "objects and bytes against the runtime's counters",
        "variable found without symbols",
        "structure",
        "object of a structure",
        "object held by a goroutine",
        "garbage",
        "references of a node",
        "name of a variable's word",
        "name of what a goroutine holds",
        "key of a map's entry",
        "argument of a reflected call",
        "heap: objects",
        "heap top: sums",
        "heap top: objects",
        "heap top: bytes",
        "heap find: count",
        "heap tree: retained",
        "heap object: address",
        "heap paths: root",
        "heap refs: in",
        "heap set: bytes",
        "heap strings: copies",
    ]);
}

#[cfg(test)]
fn check_all(dir: &Path, all: &mut Report) {
    let only = std::env::var("DUMPVIEW_ONLY").unwrap_or_default();
    let only = regex::Regex::new(&only).expect("DUMPVIEW_ONLY is a regular expression");
    let list = fs::read(dir.join("cases.json")).expect("corpus/make lists its cases");
    let list: Value = serde_json::from_slice(&list).expect("cases.json is JSON");
    for entry in list.as_array().into_iter().flatten() {
        let name = entry["name"].as_str().expect("a case has a name");
        if !only.is_match(name) || entry["program"] != "heap" {
            continue;
        }
        let truth = fs::read(dir.join(format!("{name}.truth.json"))).expect(name);
        let case = HeapCase {
            name: name.to_owned(),
            collecting: entry["mode"] == "collecting",
            core: fs::read(dir.join(format!("{name}.core"))).expect(name),
            exe: fs::read(dir.join(entry["exe"].as_str().expect("an executable"))).expect(name),
            truth: serde_json::from_slice(&truth).expect("truth is JSON"),
        };
        let mut report = Report::default();
        check(&case, &mut report);
        let exe = dir.join(entry["exe"].as_str().expect("an executable"));
        heap_verbs::verbs(&case, &dir.join(format!("{name}.core")), &exe, &mut report);
        all.add(name, report);
    }
}

/// `DUMPVIEW_RELEASES`, or all that `corpus/make` knows.
#[cfg(test)]
fn releases() -> Vec<String> {
    if let Ok(list) = std::env::var("DUMPVIEW_RELEASES") {
        return list.split(',').map(str::to_owned).collect();
    }
    let known = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/make"))
        .arg("--list")
        .output()
        .expect("corpus/make runs");
    let known = String::from_utf8_lossy(&known.stdout);
    let line = known.lines().find_map(|l| l.strip_prefix("releases: "));
    line.expect("corpus/make --list names the releases")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}
