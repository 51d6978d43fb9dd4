//! Sums against a naive reader of the samples, ages, addresses that are used again, what is missing.

use super::*;
use crate::log::{Processes, Unread};
use dumpview_parsers::log::LogReader;
use std::collections::BTreeMap;
use std::path::Path;

fn load(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus/logs/allocfreetrace")
        .join(name);
    let unpacked = std::process::Command::new("gzip")
        .arg("-dc")
        .arg(path)
        .output()
        .unwrap();
    assert!(unpacked.status.success());
    String::from_utf8(unpacked.stdout).unwrap()
}

fn collect(text: &str) -> Process {
    let mut collector = Collector::default();
    let mut reader = LogReader::new();
    let mut processes = Processes::new();
    let mut unread = Unread::default();
    let mut sink = |record: dumpview_parsers::log::Record<'_>| {
        unread.record(&record);
        collector.record(&record, processes.of(&record));
    };
    reader.push(text.as_bytes(), &mut sink);
    reader.finish(&mut sink);
    assert_eq!(unread.count(), 0);
    collector.processes.remove(0)
}

const SAMPLES: [&str; 4] = [
    "alloctr-go1.19.txt.gz",
    "alloctr-go1.21.13.txt.gz",
    "alloctr-go1.22.10.txt.gz",
    "alloctr-with-gctrace-go1.19.txt.gz",
];

/// What grep, sort and a dictionary would find: count and bytes by type, what was freed, what lives.
#[test]
fn sums_are_what_a_dictionary_finds() {
    for name in SAMPLES {
        let text = load(name);
        let mut live: BTreeMap<&str, (&str, u64, u32)> = BTreeMap::new();
        let mut by_type: BTreeMap<&str, [u64; 5]> = BTreeMap::new();
        let mut unknown = 0;
        let mut collections = 0;
        for line in text.lines() {
            if line.starts_with("tracegc()") {
                collections += 1;
            }
            let Some(at) = line.find("tracealloc(").or(line.find("tracefree(")) else {
                continue;
            };
            let (what, rest) = line[at..].trim_end_matches(')').split_once('(').unwrap();
            let parts: Vec<&str> = rest.splitn(3, ", ").collect();
            let size = u64::from_str_radix(&parts[1][2..], 16).unwrap();
            if what == "tracealloc" {
                let kind = parts.get(2).copied().unwrap_or("(no pointers)");
                let sum = by_type.entry(kind).or_default();
                sum[0] += 1;
                sum[1] += size;
                live.insert(parts[0], (kind, size, collections));
            } else if let Some((kind, size, born)) = live.remove(parts[0]) {
                let sum = by_type.entry(kind).or_default();
                sum[2] += 1;
                sum[3] += size;
                sum[4] = sum[4].max(u64::from(collections - born));
            } else {
                unknown += 1;
            }
        }
        let process = collect(&text);
        assert_eq!(process.collections, collections, "{name}");
        assert_eq!(process.unknown_frees, unknown, "{name}");
        assert_eq!(process.all.live, live.len() as u64, "{name}");
        let rows = process.rows(By::Type);
        assert_eq!(rows.len(), by_type.len(), "{name}");
        for row in &rows {
            let t = row.totals;
            let found = [
                t.count,
                t.bytes,
                t.freed,
                t.freed_bytes,
                t.ages().map_or(0, |ages| u64::from(ages.max)),
            ];
            assert_eq!(found, by_type[row.key.as_str()], "{name}: {}", row.key);
        }
        for by in [By::Type, By::Size, By::Stack] {
            let rows = process.rows(by);
            let count: u64 = rows.iter().map(|row| row.totals.count).sum();
            let live: u64 = rows.iter().map(|row| row.totals.live_bytes).sum();
            assert_eq!(
                (count, live),
                (process.all.count, process.all.live_bytes),
                "{name}"
            );
        }
        assert!(process.all.count > 150 && process.all.freed > 50, "{name}");
    }
}

fn record(line: &str) -> String {
    format!(
        "{line}\ngoroutine 1 [running]:\nruntime.mallocgc(0x1)\n\t/r.go:1 +0x1\nmain.f(0x1)\n\t/m.go:3 +0x1\n\n"
    )
}

const GC: &str = "tracegc()\n\nend tracegc\n\n";

#[test]
fn ages_are_collections_lived_through() {
    let text = [
        record("tracealloc(0x10, 0x8, int)"),
        record("tracealloc(0x20, 0x8, int)"),
        GC.to_owned(),
        record("tracefree(0x10, 0x8)"),
        GC.repeat(2),
        record("tracefree(0x20, 0x8)"),
    ]
    .concat();
    let process = collect(&text);
    assert_eq!(process.all.died_at_once(), 1);
    assert_eq!(process.all.ages().unwrap().to_string(), "1 / 3");
    let rows = process.rows(By::Stack);
    assert_eq!(rows[0].key, "main.f");
    assert_eq!(
        rows[0].calls[1],
        ("main.f".to_owned(), "/m.go:3".to_owned())
    );
}

#[test]
fn addresses_are_used_again_and_what_is_missing_is_counted() {
    let text = [
        record("tracealloc(0x10, 0x8, int)"),
        record("tracefree(0x10, 0x8)"),
        record("tracealloc(0x10, 0x20, string)"),
        record("tracealloc(0x10, 0x40)"),
        record("tracefree(0x99, 0x30)"),
    ]
    .concat();
    let process = collect(&text);
    let all = &process.all;
    assert_eq!((all.count, all.freed, all.vanished, all.live), (3, 1, 1, 1));
    assert_eq!(all.live_bytes, 0x40);
    assert_eq!(
        (process.unknown_frees, process.unknown_freed_bytes),
        (1, 0x30)
    );
    let found = findings(&process);
    assert_eq!(found[0].id, "alloc.not-whole");
}

#[test]
fn memory_is_that_of_live_objects_and_distinct_stacks() {
    let mut text = String::new();
    for i in 0..5000 {
        text += &record(&format!("tracealloc({:#x}, 0x10, main.T)", i * 16));
        text += &record(&format!("tracefree({:#x}, 0x10)", i * 16));
    }
    let process = collect(&text);
    assert_eq!(process.all.count, 5000);
    assert!(process.live.is_empty());
    assert_eq!(process.stacks.totals.len(), 1);
}

#[test]
fn what_stays_is_found() {
    let mut text = String::new();
    for i in 0..50 {
        text += &record(&format!(
            "tracealloc({:#x}, 0x100, main.T)",
            0x1000 + i * 256
        ));
    }
    text += &GC.repeat(4);
    let process = collect(&text);
    let found = findings(&process);
    assert_eq!(found[0].id, "alloc.kept");
    assert!(
        found[0].text.starts_with(
            "50 objects of main.T (12.5 KiB) that main.f allocated have lived through 3"
        ),
        "{}",
        found[0].text
    );
}
