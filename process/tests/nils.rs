//! What was nil is named as the program's own source names it, in the line that died of it.
//!
//! Needs `DUMPVIEW_GO` (see `live`), a kernel that writes cores into the working directory, and for arm64
//! `qemu-aarch64-static`.

#![allow(clippy::unwrap_used, reason = "a failure is a panic")]

mod live;

use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::postmortem::Postmortem;
use dumpview_process::process::Process;

const MODES: [&str; 19] = [
    "handle", "deep", "chain", "arg", "setmap", "iface", "hook", "glob", "field", "elem", "array",
    "closure", "embedded", "after", "loop", "write", "local", "generic", "escaped",
];

/// Nothing is nil where these die.
const OTHERS: [&str; 2] = ["unhashable", "twice"];

/// The sentence about something nil, if there is one.
fn sentence(core: &[u8], exe: &[u8]) -> Option<String> {
    let arena = SectionArena::default();
    let core = CoreFile::parse(core).unwrap();
    let exe = Executable::parse(exe, &arena).unwrap();
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    let summary = Postmortem::new(process).summary();
    let mut findings = summary.findings.into_iter();
    let found = findings.find(|finding| finding.id == "core.nil-dereference")?;
    Some(found.text)
}

/// What it says was nil, and the line.
fn told(sentence: &str) -> Option<(String, usize)> {
    let (expr, rest) = sentence.split_once(" is ")?;
    let (_, line) = rest.split_once(".go:")?;
    let digits = line.find(|c: char| !c.is_ascii_digit());
    let line = line.get(..digits.unwrap_or(line.len()))?;
    Some((expr.to_owned(), line.parse().ok()?))
}

#[test]
fn what_was_nil_is_called_as_the_source_calls_it() {
    let Some(go) = live::Go::from_env() else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    };
    let source = include_str!("programs/nils.go");
    let lines: Vec<&str> = source.lines().collect();
    let (mut right, mut silent, mut wrong) = (0, 0, Vec::new());
    for release in live::releases() {
        for (arch, flags) in [
            ("amd64", &[][..]),
            ("amd64", &["-gcflags=all=-N -l"]),
            ("arm64", &[]),
        ] {
            let environment = [("GOARCH", arch), ("CGO_ENABLED", "0")];
            let name = format!("nils-{arch}-{}", flags.len());
            let exe = go.build(&release, &name, source, flags, &environment);
            let bytes = std::fs::read(&exe).unwrap();
            for mode in MODES.into_iter().chain(OTHERS) {
                let Some(died) = live::die(&exe, arch, &[mode]) else {
                    continue;
                };
                let what = format!("{release} {arch} {flags:?} {mode}");
                let found = sentence(&died.core, &bytes);
                if OTHERS.contains(&mode) {
                    right += usize::from(found.is_none());
                    if let Some(said) = found {
                        wrong.push(format!("{what}: {said}"));
                    }
                    continue;
                }
                let Some((expr, line)) = found.as_deref().and_then(told) else {
                    println!("{what}: nothing is said");
                    silent += 1;
                    continue;
                };
                let truth = lines.get(line - 1).and_then(|line| line.split_once(" // "));
                if truth.is_some_and(|(_, truth)| truth == expr) {
                    right += 1;
                } else {
                    wrong.push(format!("{what}: {expr} in line {line}, of {truth:?}"));
                }
            }
        }
    }
    println!("{right} right, {silent} not said, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(right > 0, "nothing was compared");
    assert!(silent * 10 <= right, "too little is said");
}
