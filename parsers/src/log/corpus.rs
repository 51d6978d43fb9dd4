//! The committed samples, read whole, against an independent count of what stands in them.

use super::Kind;
use crate::testing::{read, samples};
use std::collections::BTreeMap;

/// What a record is counted as.
pub(super) fn kind(kind: &Kind<'_>) -> &'static str {
    use crate::{checkfinalizers as fin, gctrace as gc, scavtrace as scav, schedtrace as sched};
    match kind {
        Kind::Gc(gc::Record::Cycle(_)) => "gc",
        Kind::Gc(gc::Record::OldCycle(_)) => "old gc",
        Kind::Gc(gc::Record::SysmonForced { .. }) => "GC forced",
        Kind::Gc(gc::Record::Scan(_)) => "scan",
        Kind::Gc(gc::Record::Package(_)) => "package",
        Kind::Scavenger(scav::Record::Work(_)) => "scav",
        Kind::Scavenger(_) => "scvg",
        Kind::Pacer(_) => "pacer",
        Kind::Init(_) => "init",
        Kind::Finalizers(fin::Record::Queue { .. }) => "queue",
        Kind::Sched(sched::Record::Sample(_)) => "SCHED",
        Kind::Sched(sched::Record::P(_)) => "P",
        Kind::Sched(sched::Record::M(_)) => "M",
        Kind::Sched(sched::Record::G(_)) => "G",
        Kind::Unreadable(_) => "unreadable",
        Kind::Log(_) => "log",
        _ => "other",
    }
}

/// Counts by words that only stand in one kind of line, however it was cut or wrapped.
fn expected(text: &[u8]) -> BTreeMap<&'static str, usize> {
    let mut joined = String::new();
    for line in String::from_utf8_lossy(text).lines() {
        // Pieces of Kubernetes lines.
        let after_piece = !joined.is_empty() && !joined.ends_with('\n');
        let (text, whole) = match line.split_once(" stderr P ") {
            Some((_, piece)) => (piece, false),
            None if after_piece => (line.split_once(" stderr F ").unwrap().1, true),
            None => (line, true),
        };
        joined.push_str(text);
        if whole {
            joined.push('\n');
        }
    }
    let text = joined.replace("\\u003e", ">");
    let count = |word: &str| text.matches(word).count();
    let lines = |test: &dyn Fn(&str) -> bool| text.lines().filter(|line| test(line)).count();
    [
        ("gc", count(" MB goal, ")),
        ("old gc", count(" handoff, ")),
        ("GC forced", lines(&|line| line.ends_with("GC forced"))),
        ("scan", count("scan: total ") + count("scan: class ")),
        ("scav", count("% util")),
        ("scvg", count("scvg")),
        ("pacer", count("pacer: ")),
        ("init", count(" bytes, ").min(count("init "))),
        ("queue", count("checkfinalizers: queue: ")),
        ("SCHED", count("SCHED ")),
        ("P", count(" syscalltick=")),
        ("M", count(" lockedg=")),
        ("G", count(" lockedm=")),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .collect()
}

#[test]
fn every_record_of_the_samples_is_read() {
    let mut compared = 0;
    for folder in ["gctrace", "schedtrace", "inittrace", "prefixed", "bench"] {
        for (name, text) in samples(folder, "") {
            let mut counts = BTreeMap::new();
            read(&text, |record| {
                *counts.entry(kind(&record.kind)).or_insert(0usize) += 1;
                if let Kind::Unreadable(bad) = record.kind {
                    panic!(
                        "{name}:{}: {}: {:?}",
                        record.place.line,
                        bad.why,
                        bstr::BStr::new(bad.text)
                    );
                }
            });
            for (kind, expected) in expected(&text) {
                let read = counts.get(kind).copied().unwrap_or_default();
                assert_eq!(read, expected, "{folder}/{name}: {kind}");
                compared += expected;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// A line for each record of the one-line traces; others are counted.
fn condensed(text: &[u8]) -> String {
    let mut out = String::new();
    let mut logs = 0;
    read(text, |record| {
        // What other formats make of their lines is for their own tests.
        if ["log", "other"].contains(&kind(&record.kind)) {
            logs += 1;
            return;
        }
        if logs > 0 {
            out += &logged(logs);
            logs = 0;
        }
        let stamp = record
            .stamp
            .map_or(String::new(), |stamp| format!(" {stamp:?}"));
        let origin = if record.origin.0 > 0 {
            format!(" from {}", record.origin.0)
        } else {
            String::new()
        };
        let shown = format!("{:?}", record.kind);
        out += &[
            format!("{}{origin}{stamp} ", record.place.line),
            shorten(&shown),
            "\n".into(),
        ]
        .concat();
    });
    if logs > 0 {
        out += &logged(logs);
    }
    out
}

fn logged(count: usize) -> String {
    format!("{count} others\n")
}

/// Debug text without the names of types and what is not there.
fn shorten(shown: &str) -> String {
    let mut text = shown.to_owned();
    for (long, short) in [
        ("scan: None, sync: None, ", ""),
        ("leak_check: false, ", ""),
        ("forced: false, ", ""),
        ("edited: false, ", ""),
        (", pieces: 1", ""),
        ("Nanos(", ""),
        ("MiB(", ""),
        ("KiB(", ""),
        ("Bytes(", ""),
        ("Some(", ""),
        (")", ""),
        ("(", " "),
    ] {
        text = text.replace(long, short);
    }
    for field in ["reason: [", "preemptoff: [", "package: [", "Package ["] {
        let Some((head, tail)) = text.split_once(field) else {
            continue;
        };
        let (bytes, tail) = tail.split_once(']').unwrap();
        let words = bytes
            .split(", ")
            .filter_map(|byte| byte.parse::<u8>().ok())
            .collect();
        text = format!(
            "{head}{}\"{}\"{tail}",
            field.trim_end_matches('['),
            String::from_utf8(words).unwrap()
        );
    }
    text
}

/// One file of each kind and release; long ones would only repeat themselves.
#[test]
fn recorded_traces_are_read_as_reviewed() {
    let mut snapshots = insta::Settings::clone_current();
    snapshots.set_snapshot_path("snapshots");
    snapshots.set_omit_expression(true);
    snapshots.bind(|| {
        for folder in ["gctrace", "schedtrace", "inittrace", "prefixed", "bench"] {
            for (name, text) in samples(folder, "") {
                let lines: Vec<&[u8]> = text
                    .split_inclusive(|&byte| byte == b'\n')
                    .take(16)
                    .collect();
                insta::assert_snapshot!(format!("{folder}-{name}"), condensed(&lines.concat()));
            }
        }
    });
}
