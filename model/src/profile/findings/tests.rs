//! What is said of small profiles, and when nothing is.

use super::*;
use crate::finding::Severity;
use dumpview_parsers::pprof::{Builder, Function, Line, Location, Sample, ValueType};

/// A profile of stacks, the outermost call first, with the values of each.
fn profile(types: &[(&str, &str)], stacks: &[(&[&str], &[i64])]) -> Profile {
    let mut builder = Builder::default();
    for (stack, values) in stacks {
        let places: Vec<u32> = stack
            .iter()
            .rev()
            .map(|name| {
                let function = builder.function(Function {
                    name: (*name).to_owned(),
                    file: if name.starts_with("main.") {
                        "/home/me/app/main.go".to_owned()
                    } else {
                        let package = name.split('.').next().unwrap();
                        format!("/usr/local/go/src/{package}/x.go")
                    },
                    ..Function::default()
                });
                let line = Line {
                    function,
                    line: 7,
                    column: 0,
                };
                builder.location(Location {
                    lines: vec![line],
                    ..Location::default()
                })
            })
            .collect();
        builder.profile.add(&Sample {
            locations: places,
            values: values.to_vec(),
            labels: Vec::new(),
        });
    }
    let types = types.iter().map(|(kind, unit)| ValueType::new(kind, unit));
    builder.profile.sample_types = types.collect();
    builder.profile
}

fn cpu(stacks: &[(&[&str], &[i64])]) -> Profile {
    let mut profile = profile(&[("samples", "count"), ("cpu", "nanoseconds")], stacks);
    profile.period = 10_000_000;
    profile
}

fn ids(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|of| of.id).collect()
}

const ASSIST: &[&str] = &[
    "main.main",
    "main.work",
    "runtime.mallocgc",
    "runtime.gcAssistAlloc",
    "runtime.scanobject",
];
const MALLOC: &[&str] = &["main.main", "main.work", "runtime.mallocgc"];
const OTHER: &[&str] = &["main.main", "main.other"];

#[test]
fn what_is_thin_is_not_judged() {
    let thin = cpu(&[(ASSIST, &[40, 400_000_000])]);
    assert_eq!(verdict(&thin, 1, Whole::Profile), Verdict::default());
    let empty = cpu(&[]);
    assert_eq!(verdict(&empty, 1, Whole::Profile), Verdict::default());
    let waits = [("contentions", "count"), ("delay", "nanoseconds")];
    let thin = profile(&waits, &[(&["main.f", "sync.(*Mutex).Lock"], &[3, 5_000])]);
    assert_eq!(verdict(&thin, 1, Whole::Profile), Verdict::default());
    let few = profile(
        &[("goroutine", "count")],
        &[(&["main.f", "runtime.gopark"], &[9])],
    );
    assert_eq!(verdict(&few, 0, Whole::Profile), Verdict::default());
}

#[test]
fn work_of_the_runtime_is_counted_once() {
    let of = cpu(&[
        (ASSIST, &[30, 300_000_000]),
        (MALLOC, &[20, 200_000_000]),
        (OTHER, &[50, 500_000_000]),
    ]);
    let told = verdict(&of, 1, Whole::Profile);
    assert_eq!(
        ids(&told),
        ["cpu.collector", "cpu.allocation", "profile.hottest-path"]
    );
    let collector = &told.findings[0];
    assert!(
        collector
            .text
            .starts_with("The garbage collector: 30% of the CPU (300.0 ms)."),
        "{}",
        collector.text
    );
    let evidence: Vec<&str> = collector
        .evidence
        .iter()
        .map(|of| of.what.as_str())
        .collect();
    assert_eq!(
        evidence,
        [
            "marking in assists of goroutines that allocate: 30%",
            "30% in main.work (main.go:7)"
        ]
    );
    assert!(
        told.findings[1]
            .text
            .starts_with("Allocating memory: 20% of the CPU")
    );
    assert_eq!(told.asks[0], Ask::of("list", "main.work"));
}

#[test]
fn a_difference_has_growth_and_no_shares() {
    let of = cpu(&[
        (ASSIST, &[300, 3_000_000_000]),
        (OTHER, &[-100, -1_000_000_000]),
    ]);
    let told = verdict(&of, 1, Whole::Difference);
    assert_eq!(ids(&told), ["profile.change"]);
    assert!(
        told.findings[0]
            .text
            .contains("changed by 2.0 s: 3.0 s more at some places, 1.0 s less"),
        "{}",
        told.findings[0].text
    );
}

#[test]
fn the_error_of_sampled_memory_is_that_of_its_samples() {
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    let mut of = profile(
        &types,
        &[(&["main.keep"], &[1_000, 1_000 << 10, 1_000, 1_000 << 10])],
    );
    of.period = 512 << 10;
    let told = verdict(&of, 3, Whole::Profile);
    // Two of 1,000 objects were sampled: what is known of them is as good as nothing. No site is blamed, and how many they are is
    // not told.
    assert_eq!(ids(&told), ["heap.live"]);
    // Twice the root of n·S²·(1-p)/p, with n = 1,000, S = 1 KiB and p = 1 - exp(-1/512).
    assert!(
        told.findings[0]
            .text
            .starts_with("1000.0 KiB (± 1.4 MiB) live; 1000.0 KiB (± 1.4 MiB) were allocated. One"),
        "{}",
        told.findings[0].text
    );
    of.period = 1;
    let told = verdict(&of, 3, Whole::Profile);
    assert_eq!(ids(&told), ["heap.live", "heap.site"]);
    assert!(
        told.findings[0]
            .text
            .ends_with("Every allocation was counted")
    );
}

#[test]
fn of_few_small_objects_among_large_ones_the_bytes_are_told_and_not_how_many_there_are() {
    let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
    // One of 24 B was sampled, which stands for 21,846, and sixty-four of 1 MiB, which stand for themselves.
    let mut of = profile(
        &types,
        &[
            (&["main.keep"], &[21_846, 21_846 * 24]),
            (&["main.keep"], &[74, 74 << 20]),
        ],
    );
    of.period = 512 << 10;
    let told = verdict(&of, 1, Whole::Profile);
    assert_eq!(ids(&told), ["heap.live", "heap.site"]);
    for finding in &told.findings {
        assert!(finding.text.contains("74.5 MiB"), "{}", finding.text);
        assert!(!finding.text.contains("object"), "{}", finding.text);
    }
    // Each of them sampled: now they are known.
    of.period = 1;
    let told = verdict(&of, 1, Whole::Profile);
    assert!(
        told.findings[0]
            .text
            .starts_with("74.5 MiB live in 21,920 objects of 3.5 KiB on average"),
        "{}",
        told.findings[0].text
    );
}

#[test]
fn what_takes_most_of_the_cpu_is_said_first() {
    let of = profile(
        &[("samples", "count"), ("cpu", "nanoseconds")],
        &[
            (&["main.serve", "encoding/json.Marshal"], &[60, 600]),
            (
                &[
                    "main.serve",
                    "encoding/json.Marshal",
                    "runtime.mallocgc",
                    "runtime.gcAssistAlloc",
                ],
                &[40, 400],
            ),
        ],
    );
    let told = verdict(&of, 1, Whole::Profile);
    assert_eq!(ids(&told)[..2], ["cpu.json", "cpu.collector"]);
}

#[test]
fn waits_of_workers_are_told_from_those_that_hurt() {
    let waits = [("contentions", "count"), ("delay", "nanoseconds")];
    let of = profile(
        &waits,
        &[
            (&["main.worker", "runtime.chanrecv2"], &[1, 900_000_000]),
            (
                &["main.run", "main.send", "runtime.chansend1"],
                &[10, 300_000_000],
            ),
            (
                &["main.run", "main.ask", "runtime.selectgo"],
                &[10, 300_000_000],
            ),
            (
                &["main.run", "main.get", "sync.(*Mutex).Lock"],
                &[10, 300_000_000],
            ),
            (
                &[
                    "net/http.(*conn).serve",
                    "net/http.(*connReader).abortPendingRead",
                    "sync.(*Cond).Wait",
                ],
                &[10, 300_000_000],
            ),
        ],
    );
    let told = verdict(&of, 1, Whole::Profile);
    assert_eq!(
        ids(&told),
        [
            "block.locks",
            "block.sends",
            "block.receives",
            "block.idle",
            "block.libraries"
        ]
    );
    let severities: Vec<_> = told.findings.iter().map(|of| of.severity.name()).collect();
    assert_eq!(severities, ["warning", "warning", "info", "info", "info"]);
}

/// Only what has most of something is named as the way to it.
#[test]
fn the_way_to_memory_is_that_of_most_of_it() {
    let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
    let mut of = profile(
        &types,
        &[
            (&["main.pack", "compress/flate.newFastEnc"], &[10, 35 << 20]),
            (&["main.pack", "compress/flate.NewWriter"], &[10, 24 << 20]),
            (&["main.pack", "compress/flate.init"], &[10, 6 << 20]),
        ],
    );
    of.period = 1;
    let told = verdict(&of, 1, Whole::Profile);
    let site = &told.findings[1].text;
    let mostly = "in main.pack (main.go:7) mostly through compress/flate.newFastEnc:";
    assert!(site.contains(mostly), "{site}");
    // What is less: the way is that of what went, and of what has no share there is none.
    let of = profile(
        &types,
        &[
            (&["main.keep"], &[-10, -30 << 20]),
            (&["main.keep", "main.other"], &[1, 1 << 20]),
            (&["main.go", "main.one"], &[-10, -10 << 20]),
            (&["main.go", "main.two"], &[-10, -10 << 20]),
            (&["main.go", "main.three"], &[-10, -10 << 20]),
        ],
    );
    let told = verdict(&of, 1, Whole::Difference);
    for seen in &told.findings[0].evidence {
        assert!(!seen.what.contains("through"), "{}", seen.what);
    }
}

#[test]
fn growth_is_told_that_others_hide() {
    let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
    let of = profile(
        &types,
        &[
            (&["main.leak"], &[3, 3 << 20]),
            (&["main.cache"], &[-210, -21 << 17]),
        ],
    );
    let of = Profile {
        period: 512 << 10,
        ..of
    };
    let told = verdict(&of, 1, Whole::Difference);
    assert_eq!(ids(&told), ["heap.growth", "heap.change"]);
    assert!(
        told.findings[0]
            .text
            .starts_with("main.leak (main.go:7) grew by 3.0 MiB")
    );
    let change = &told.findings[1].text;
    assert!(
        change.contains("in all: what some places let go"),
        "{change}"
    );
}

#[test]
fn a_line_of_the_hottest_path_has_what_its_function_has() {
    let mut of = cpu(&[
        (&["main.main", "main.work", "strings.Index"], &[60, 600]),
        (&["main.main", "main.work", "bytes.Index"], &[40, 400]),
    ]);
    let path = |of: &Profile| {
        let told = verdict(of, 1, Whole::Profile);
        let path = told
            .findings
            .iter()
            .find(|of| of.id == "profile.hottest-path");
        path.unwrap().text.clone()
    };
    assert!(
        path(&of).contains("through main.work (main.go:7) with 100%"),
        "{}",
        path(&of)
    );
    // The same function at another line: neither has all.
    let work = of.samples.get(1).stack.to_vec()[1];
    let mut other = of.locations[work as usize].clone();
    other.id = 0;
    other.lines[0].line = 9;
    let at = u32::try_from(of.locations.len()).unwrap();
    of.locations.push(other);
    let mut first = true;
    of.samples.rewrite(|sample| {
        if !std::mem::take(&mut first) {
            sample.stack[1] = at;
        }
        true
    });
    assert!(
        path(&of).contains("through main.work (main.go) with 100%"),
        "{}",
        path(&of)
    );
}

#[test]
fn goroutines_that_have_become_more_are_warned_of() {
    let of = profile(
        &[("goroutine", "count")],
        &[
            (
                &[
                    "main.send",
                    "runtime.chansend1",
                    "runtime.chansend",
                    "runtime.gopark",
                ],
                &[150],
            ),
            (&["main.pool", "runtime.gopark"], &[-3]),
            (&[], &[2]),
        ],
    );
    let told = verdict(&of, 0, Whole::Difference);
    assert_eq!(ids(&told), ["goroutine.growth", "profile.change"]);
    let growth = &told.findings[0].text;
    let words = "150 more goroutines stand in main.send (main.go:7) (waiting to send to a channel) than before";
    assert!(growth.starts_with(words), "{growth}");
    let change = &told.findings[1].text;
    let words = "the number of goroutines changed by 149: 152 more at some places, 3 less";
    assert!(change.contains(words), "{change}");
}

#[test]
fn short_waits_and_locks_of_libraries_are_no_warning() {
    let waits = [("contentions", "count"), ("delay", "nanoseconds")];
    let unlock = "sync.(*Mutex).Unlock";
    let of = profile(
        &waits,
        &[
            (&["main.f", unlock], &[8, 37_000_000]),
            (
                &["net/http.(*Transport).tryPutIdleConn", unlock],
                &[12, 31_800_000],
            ),
        ],
    );
    let told = verdict(&of, 1, Whole::Profile);
    assert_eq!(ids(&told), ["mutex.held", "mutex.libraries"]);
    assert!(told.findings.iter().all(|of| of.severity == Severity::Info));
}
