//! The same checks on cores made now, by every Go release there is: only when `DUMPVIEW_GO` names a command that
//! runs them (`$DUMPVIEW_GO RELEASE build …`). `DUMPVIEW_LIVE` narrows what is made, as arguments of `corpus/make`.

#[cfg(test)]
mod support;

use rayon::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Case, Report, death, disass, goroutines, variables};

/// What is made when nothing else is asked for.
const EVERYTHING: &str = "--programs types,crash,cgo --variants noopt,opt";

#[test]
fn cores_made_now_read_as_they_should() {
    if std::env::var_os("DUMPVIEW_GO").is_none() {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    }
    let wanted = std::env::var("DUMPVIEW_LIVE").unwrap_or_else(|_| EVERYTHING.to_owned());
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    // One release at a time: all of them at once would be several gigabytes.
    let mut all = Report::default();
    for release in releases() {
        let out = scratch.join(&release);
        let _ = fs::remove_dir_all(&out);
        let made = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/make"))
            .arg("--out")
            .arg(&out)
            .arg("--work")
            .arg(scratch.join("work"))
            .args(["--releases", &release])
            .args(wanted.split_whitespace())
            .status()
            .expect("corpus/make runs");
        if !made.success() {
            all.problem(format!("corpus/make --releases {release}: {made}"));
        }
        check_all(&left_in(&out, &|_| true), &mut all);
        let _ = fs::remove_dir_all(&out);
    }
    all.settle(&[
        "case",
        "goroutine of the traceback",
        "frame",
        "value",
        "kind of death",
    ]);
}

/// Cases made before: `DUMPVIEW_CASES` is a directory that `corpus/make` filled, `DUMPVIEW_ONLY` a regular expression
/// for their names.
#[test]
fn cores_made_before_read_as_they_should() {
    let Some(dir) = std::env::var_os("DUMPVIEW_CASES") else {
        println!("nothing was compared: DUMPVIEW_CASES does not name a directory of cases");
        return;
    };
    let only = std::env::var("DUMPVIEW_ONLY").unwrap_or_default();
    let only = regex::Regex::new(&only).expect("DUMPVIEW_ONLY is a regular expression");
    let cases = left_in(Path::new(&dir), &|name| only.is_match(name));
    let mut all = Report::default();
    check_all(&cases, &mut all);
    all.settle(&["case"]);
}

/// Every check on every case.
fn check_all(cases: &[Case], all: &mut Report) {
    let reports: Vec<(&str, Report)> = cases
        .par_iter()
        .map(|case| {
            let mut report = Report::default();
            goroutines::check(case, &mut report);
            death::check(case, &mut report);
            if case.has_dwarf() {
                variables::check(case, &mut report);
                variables::check_package(case, &mut report);
                variables::check_verbs(case, &mut report);
            }
            // One question a frame: of one death, in every release and variant.
            if case.name.contains("-nilptr-") {
                disass::check(case, &mut report);
            }
            (case.name.as_str(), report)
        })
        .collect();
    for (name, report) in reports {
        all.compared("case");
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

/// The cases a run of `corpus/make` left in `dir`, of those whose name is wanted.
#[cfg(test)]
fn left_in(dir: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<Case> {
    let list = fs::read(dir.join("cases.json")).expect("corpus/make lists its cases");
    let list: Value = serde_json::from_slice(&list).expect("cases.json is JSON");
    let entries = list.as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .filter(|entry| entry["name"].as_str().is_some_and(wanted))
        .map(|entry| {
            let name = entry["name"].as_str().expect("a case has a name");
            let read = |end: &str| fs::read(dir.join(format!("{name}.{end}"))).expect(name);
            Case::new(
                entry,
                &dir.join(format!("{name}.core")),
                &dir.join(entry["exe"].as_str().expect("a case has an executable")),
                serde_json::from_slice(&read("truth.json")).expect("truth is JSON"),
                &String::from_utf8_lossy(&read("stderr.txt")),
            )
        })
        .collect()
}
