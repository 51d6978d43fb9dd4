//! Every form of every release against what a second reader finds, the numbers of the articles, evidence, damage.

use super::*;
use crate::log::Kind;
use crate::testing::{self, sample};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

fn samples(from: &str, part: &str) -> Vec<(String, String)> {
    let found = testing::samples(from, part).into_iter();
    found
        .map(|(name, text)| (name, String::from_utf8(text).unwrap()))
        .collect()
}

/// What a log reader makes of it: snapshots with their first lines, complaints, and the lines that are left.
#[derive(Debug, Default)]
struct Told {
    snapshots: Vec<(u64, Snapshot)>,
    unreadable: Vec<(u64, &'static str)>,
    left: Vec<String>,
}

fn told_of(input: &[u8]) -> Told {
    let mut told = Told::default();
    testing::read(input, |record| match record.kind {
        Kind::MemStats(Record::Snapshot(snapshot)) => {
            told.snapshots.push((record.place.line, snapshot.clone()));
        }
        Kind::Unreadable(unreadable) => {
            assert_eq!(unreadable.format, "memstats");
            told.unreadable.push((record.place.line, unreadable.why));
        }
        Kind::Log(text) => told.left.push(String::from_utf8_lossy(text).into_owned()),
        Kind::Profile(_) => {}
        other => panic!("{other:?}"),
    });
    told
}

fn only(input: &str) -> Snapshot {
    let told = told_of(input.as_bytes());
    assert_eq!(told.unreadable, [], "{input}");
    assert_eq!(told.snapshots.len(), 1, "{input}: {told:?}");
    told.snapshots[0].1.clone()
}

/// A snapshot as plain text, for comparing with other readers.
fn plain(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (field, value) in snapshot.fields() {
        let text = match value {
            Value::Integer(n) => n.to_string(),
            Value::Float(n) => format!("{n:?}"),
            Value::Bool(b) => b.to_string(),
            Value::Amount(amount) => format!("{amount:?}"),
        };
        out.insert(field.name().to_owned(), text);
    }
    for (name, ring) in [
        ("PauseNs", &snapshot.pause_ns),
        ("PauseEnd", &snapshot.pause_end),
    ] {
        if !ring.is_empty() {
            out.insert(name.to_owned(), format!("{ring:?}"));
        }
    }
    if !snapshot.by_size.is_empty() {
        let sizes: Vec<_> = snapshot
            .by_size
            .iter()
            .map(|class| (class.size, class.mallocs, class.frees))
            .collect();
        out.insert("BySize".to_owned(), format!("{sizes:?}"));
    }
    out
}

/// The same from a JSON document, by a reader that shares nothing with ours.
fn of_json(value: &serde_json::Value) -> BTreeMap<String, String> {
    let object = value.as_object().unwrap();
    object
        .iter()
        .map(|(name, value)| {
            let text = match name.as_str() {
                "PauseNs" | "PauseEnd" => {
                    let ring: Vec<u64> = value
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|n| n.as_u64().unwrap())
                        .collect();
                    format!("{ring:?}")
                }
                "BySize" => {
                    let sizes: Vec<_> = value
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|c| {
                            let get = |name: &str| c[name].as_u64().unwrap();
                            (get("Size"), get("Mallocs"), get("Frees"))
                        })
                        .collect();
                    format!("{sizes:?}")
                }
                "GCCPUFraction" => format!("{:?}", value.as_f64().unwrap()),
                _ => value.to_string(),
            };
            (name.clone(), text)
        })
        .collect()
}

#[test]
fn json_is_what_another_json_reader_finds() {
    for (name, text) in samples("memstats", "expvar")
        .iter()
        .chain(&samples("memstats", "json-"))
    {
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let stats = document.get("memstats").unwrap_or(&document);
        let expected = of_json(stats);
        assert_eq!(expected.len(), 32, "{name}");
        assert_eq!(plain(&only(text)), expected, "{name}");
        // However it is laid out.
        for text in [
            serde_json::to_string(&document).unwrap(),
            serde_json::to_string_pretty(&document).unwrap(),
            serde_json::to_string(stats).unwrap(),
            format!(
                "2026/11/21 02:34:46 mem={} done",
                serde_json::to_string(stats).unwrap()
            ),
        ] {
            assert_eq!(plain(&only(&text)), expected, "{name}: {text:.80}");
        }
    }
}

/// A naive reader of `%+v` and `%#v`: names are words before colons.
#[test]
fn what_fmt_prints_is_what_splitting_finds() {
    let samples = [
        samples("memstats", "plusv-"),
        samples("memstats", "sharpv-"),
    ]
    .concat();
    for (name, text) in samples {
        let found = only(&text);
        let sharp = name.contains("sharpv");
        let number = |word: &str| match word.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
            None => word.parse().unwrap(),
        };
        let mut compared = 0;
        let head = text.split("PauseNs").next().unwrap();
        let tail = text
            .split("NumGC")
            .nth(1)
            .unwrap()
            .split("BySize")
            .next()
            .unwrap();
        for pair in format!("{head} NumGC{tail}").split([' ', ',', '{']) {
            let Some((key, value)) = pair.split_once(':') else {
                continue;
            };
            let field = Field::ALL.iter().find(|field| field.name() == key).unwrap();
            let expected = match value {
                "true" | "false" => Value::Bool(value == "true"),
                _ if key == "GCCPUFraction" => Value::Float(value.parse().unwrap()),
                _ => Value::Integer(number(value)),
            };
            assert_eq!(found.get(*field), Some(expected), "{name}: {key}");
            compared += 1;
        }
        assert_eq!(compared, 29, "{name}");
        let (open, close) = if sharp { ("uint64{", "}") } else { ("[", "]") };
        let rings: Vec<Vec<u64>> = text
            .split(open)
            .skip(1)
            .take(2)
            .map(|part| {
                part.split(close)
                    .next()
                    .unwrap()
                    .split([' ', ','])
                    .filter(|w| !w.is_empty())
                    .map(number)
                    .collect()
            })
            .collect();
        assert_eq!(
            [&found.pause_ns, &found.pause_end],
            [&rings[0], &rings[1]],
            "{name}"
        );
        assert_eq!(found.by_size.len(), 61, "{name}");
        let sizes: u64 = text
            .split("Size:")
            .skip(2)
            .map(|part| number(part.split([' ', ',']).next().unwrap()))
            .sum();
        assert_eq!(
            found.by_size.iter().map(|class| class.size).sum::<u64>(),
            sizes,
            "{name}"
        );
    }
}

/// Without names there are the relations that every MemStats has.
#[test]
fn positions_give_a_consistent_memstats() {
    for (name, text) in samples("memstats", "memprint-v-") {
        let found = only(&text);
        let get = |field| found.integer(field).unwrap();
        assert_eq!(found.fields().count(), 29, "{name}");
        assert_eq!(get(Field::Alloc), get(Field::HeapAlloc));
        assert_eq!(
            get(Field::HeapSys),
            get(Field::HeapIdle) + get(Field::HeapInuse)
        );
        assert_eq!(
            get(Field::Mallocs) - get(Field::Frees),
            get(Field::HeapObjects)
        );
        let parts = [
            Field::HeapSys,
            Field::StackSys,
            Field::MSpanSys,
            Field::MCacheSys,
            Field::BuckHashSys,
            Field::GCSys,
            Field::OtherSys,
        ];
        assert_eq!(
            parts.iter().map(|part| get(*part)).sum::<u64>(),
            get(Field::Sys)
        );
        assert_eq!(found.pause_ns.iter().sum::<u64>(), get(Field::PauseTotalNs));
        assert_eq!(found.get(Field::EnableGC), Some(Value::Bool(true)));
        assert_eq!(found.by_size.last().unwrap().size, 18432);
    }
}

#[test]
fn the_footer_of_a_heap_profile() {
    let samples = [
        samples("pprof-text", "heap1"),
        samples("pprof-text", "allocs1"),
    ]
    .concat();
    assert!(samples.len() >= 24);
    for (name, text) in samples {
        let found = only(&text);
        let get = |field| found.integer(field).unwrap();
        assert_eq!(found.form, Form::Profile);
        for line in text.split("# runtime.MemStats\n").nth(1).unwrap().lines() {
            let (key, value) = line.trim_start_matches("# ").split_once(" = ").unwrap();
            let expected = match key {
                "Stack" => format!("{} / {}", get(Field::StackInuse), get(Field::StackSys)),
                "MSpan" => format!("{} / {}", get(Field::MSpanInuse), get(Field::MSpanSys)),
                "MCache" => format!("{} / {}", get(Field::MCacheInuse), get(Field::MCacheSys)),
                "PauseNs" | "PauseEnd" => {
                    let ring = if key == "PauseNs" {
                        &found.pause_ns
                    } else {
                        &found.pause_end
                    };
                    format!("{ring:?}").replace(',', "")
                }
                "GCCPUFraction" => {
                    assert_eq!(
                        found.get(Field::GCCPUFraction),
                        Some(Value::Float(value.parse().unwrap()))
                    );
                    continue;
                }
                _ => plain(&found)[key].clone(),
            };
            assert_eq!(expected, value, "{name}: {key}");
        }
        assert!(get(Field::MaxRSS) > get(Field::HeapInuse), "{name}");
    }
}

#[test]
fn gops_gives_the_numbers_of_the_article() {
    let found = only(&sample("memstats", "seed-gops-memstats-go1.23.4.txt"));
    assert_eq!(found.form, Form::Gops);
    for (field, n) in [
        (Field::Alloc, 4590944),
        (Field::TotalAlloc, 54542968),
        (Field::Sys, 20337928),
        (Field::HeapInuse, 6496256),
        (Field::HeapReleased, 3153920),
        (Field::MCacheSys, 15600),
        (Field::NextGC, 7747016),
        (Field::LastGC, 1738853783871439777),
        (Field::LastPauseEnd, 1738853783871439777),
        (Field::PauseTotalNs, 2325873),
        (Field::LastPauseNs, 175077),
        (Field::NumGC, 17),
    ] {
        assert_eq!(found.integer(field), Some(n), "{field:?}");
    }
    assert_eq!(
        found.get(Field::GCCPUFraction),
        Some(Value::Float(4.687698217513668e-06))
    );
    assert_eq!(
        found.integer(Field::BuckHashSys),
        None,
        "gops does not print it"
    );
    let stats = only(&sample("memstats", "seed-gops-stats-go1.23.4.txt"));
    assert_eq!(
        plain(&stats).into_iter().collect::<Vec<_>>(),
        [
            ("GoMaxProcs", "12"),
            ("Goroutines", "4"),
            ("NumCPU", "12"),
            ("Threads", "15")
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    for (name, text) in samples("memstats", "memprint-gops") {
        let told = told_of(text.as_bytes());
        assert_eq!(
            (told.snapshots.len(), told.unreadable.len()),
            (1, 0),
            "{name}"
        );
        let printed = text.lines().filter(|line| !line.is_empty()).count();
        assert_eq!(told.snapshots[0].1.fields().count(), printed, "{name}");
        assert_eq!(told.left, [""], "{name}");
    }
}

#[test]
fn whole_units_stay_as_written() {
    let text = sample("memstats", "seed-PrintMemStats-before-after.txt");
    let told = told_of(text.as_bytes());
    assert_eq!(told.left, ["Before:", "After:"]);
    let words: Vec<String> = told
        .snapshots
        .iter()
        .map(|(line, snapshot)| {
            let mut words = format!("{line}:");
            for (field, value) in snapshot.fields() {
                match value {
                    Value::Amount(amount) => write!(
                        words,
                        " {}={}{}",
                        field.name(),
                        amount.digits,
                        amount.unit.text
                    ),
                    other => write!(words, " {}={other:?}", field.name()),
                }
                .unwrap();
            }
            words
        })
        .collect();
    assert_eq!(
        words,
        [
            "2: Alloc=1MB TotalAlloc=1MB Sys=7MB NumGC=Integer(0)",
            "7: Alloc=2MB TotalAlloc=2MB Sys=7MB NumGC=Integer(0)",
        ]
    );
    for (name, text) in samples("memstats", "memprint-mib") {
        let told = told_of(text.as_bytes());
        assert_eq!(told.snapshots.len(), text.lines().count(), "{name}");
        assert_eq!(told.left, Vec::<String>::new(), "{name}");
    }
    for (name, text) in samples("memstats", "memprint-mb") {
        assert_eq!(told_of(text.as_bytes()).snapshots.len(), 2, "{name}");
    }
}

#[test]
fn numbers_without_names_are_told_by_their_relations() {
    let text = sample("memstats", "seed-bare-log-go1.9.2.txt");
    let told = told_of(text.as_bytes());
    assert_eq!(told.left, ["memory baseline…", "memory comparison..."]);
    let found: Vec<_> = told
        .snapshots
        .iter()
        .map(|(line, snapshot)| {
            let get = |field| snapshot.integer(field).unwrap();
            (
                *line,
                get(Field::Alloc),
                get(Field::TotalAlloc),
                get(Field::HeapAlloc),
                get(Field::HeapSys),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (2, 56480, 56480, 56480, 786432),
            (7, 200074312, 1000144520, 200074312, 200704000),
        ]
    );
    for (name, text) in samples("memstats", "memprint-bare") {
        assert_eq!(told_of(text.as_bytes()).snapshots.len(), 2, "{name}");
    }
    // A number before them does not hide them, and other numbers stay the application's.
    let told = told_of(b"7\n90000\n100000\n90000\n98304\n1\n2\n3\n4\n5");
    assert_eq!(told.snapshots[0].0, 2);
    assert_eq!(told.left, ["7", "1", "2", "3", "4", "5"]);
}

#[test]
fn logfmt_is_what_splitting_at_blanks_finds() {
    for (name, text) in samples("memstats", "logfmt") {
        let told = told_of(text.as_bytes());
        assert_eq!(told.snapshots.len(), 5, "{name}");
        for ((line, found), text) in told.snapshots.iter().zip(text.lines()) {
            let mut compared = 0;
            for (key, value) in text.split(' ').filter_map(|word| word.split_once('=')) {
                let wanted = key.replace('_', "");
                let Some((_, value_found)) = plain(found)
                    .into_iter()
                    .find(|(name, _)| name.to_lowercase() == wanted)
                else {
                    assert!(["level", "msg"].contains(&key), "{name}:{line}: {key}");
                    continue;
                };
                assert_eq!(value_found, value, "{name}:{line}: {key}");
                compared += 1;
            }
            assert_eq!(compared, 9);
        }
    }
}

#[test]
fn metrics_are_what_splitting_finds() {
    for (name, text) in samples("runtime-metrics", "memprint") {
        let found = only(&text);
        assert_eq!(found.form, Form::Metrics);
        let words: Vec<String> = found
            .metrics
            .iter()
            .map(|metric| match &metric.value {
                MetricValue::Integer(n) => format!("{}: {n}", metric.name),
                MetricValue::Float(n) => format!("{}: {n:.6}", metric.name),
                MetricValue::Text(text) => format!("{}: {text}", metric.name),
            })
            .collect();
        assert_eq!(words, text.lines().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn prometheus_text_is_one_snapshot() {
    let text = "# HELP go_goroutines Number of goroutines that currently exist.\n# TYPE go_goroutines gauge\n\
        go_goroutines 8\ngo_info{version=\"go1.23.4\"} 1\n# HELP go_memstats_alloc_bytes x\n\
        go_memstats_alloc_bytes 4.590944e+06\ngo_memstats_alloc_bytes_total{job=\"a b\"} 5.4542968e+07\n\
        go_memstats_next_gc_bytes 7.747016e+06 1738853783871\nprocess_cpu_seconds_total 0.02\n";
    let told = told_of(text.as_bytes());
    let values: Vec<_> = told.snapshots[0].1.fields().collect();
    assert_eq!(
        values,
        [
            (Field::Alloc, Value::Integer(4590944)),
            (Field::TotalAlloc, Value::Integer(54542968)),
            (Field::NextGC, Value::Integer(7747016)),
            (Field::Goroutines, Value::Integer(8)),
        ]
    );
    assert_eq!(told.left.len(), 5);
}

#[test]
fn evidence_makes_a_snapshot_and_prose_does_not() {
    for text in [
        "TotalAlloc = 1000144520",
        "2017/10/29 08:51:56 TotalAlloc = 1000144520",
        "2017/10/29 08:51:56.123456 main.go:12: HeapAlloc: 1000144520",
        "Alloc = 8 MB",
        "mem: Alloc = 5 MiB, Sys = 9 MiB",
        "Alloc=5 Sys=9 NumGC=1 after warm-up",
        r#"{"level":"info","alloc":57497872,"x":1,"total_alloc":58011248}"#,
        "time=2026-11-21T02:34:47Z level=INFO msg=mem heap_inuse_bytes=5 sys=9",
        "sys: 4\nfrees: 5\nmallocs: 6",
        "heap-sys: 11.34MB (11894784 bytes)\nheap-idle: 5.15MB (5398528 bytes)",
        "# Alloc = 1\n# Sys = 2",
        "&{Alloc:1 TotalAlloc:2 Sys:3}",
        "\"Alloc\": 1,\n\"HeapSys\": 2,",
    ] {
        let told = told_of(format!("{text}\n").as_bytes());
        assert_eq!(
            (told.snapshots.len(), told.left.len()),
            (1, 0),
            "{text}: {told:?}"
        );
    }
    for text in [
        "we saw Alloc = 5 and then left",
        "we saw Alloc = 5 and Sys = 9 after the restart",
        "Sys = 7",
        "sys: 4",
        "frees=12",
        "alloc=5 sys=6 but",
        "goroutines: 12",
        "allocated 5 bytes for heap objects: 3",
        "{\"Alloc\":5,\"id\":3}",
        "Alloc = lots",
        "mySys = 7",
        "/usr/bin/x: 5",
        "/gc/heap",
        "go_to_sleep 5",
        "\"Sys\": 5,",
        "# Sys = 5",
        "12345",
        "HeapAlloc",
    ] {
        let told = told_of(format!("{text}\nnext\n").as_bytes());
        assert_eq!(told.left, [text, "next"], "{told:?}");
        assert_eq!(told.unreadable, [], "{text}");
    }
}

#[test]
fn a_field_that_comes_again_begins_the_next_snapshot() {
    let told = told_of(b"Alloc = 1\nSys = 2\nAlloc = 3\nSys = 4\n\nSys = 5\n");
    let found: Vec<_> = told
        .snapshots
        .iter()
        .map(|(line, snapshot)| (*line, snapshot.lines, snapshot.integer(Field::Sys)))
        .collect();
    assert_eq!(found, [(1, 2, Some(2)), (3, 2, Some(4))]);
    assert_eq!(told.left, ["", "Sys = 5"]);
}

#[test]
fn one_moment_is_one_snapshot() {
    let gops = sample("memstats", "memprint-gops-go1.27.3.txt");
    assert!(gops.contains("\n\ngoroutines: 1\n"));
    for text in [gops.clone(), gops.replace("\n\n", "\n")] {
        let told = told_of(text.as_bytes());
        let [(line, snapshot)] = &told.snapshots[..] else {
            panic!("{told:?}");
        };
        assert_eq!((*line, snapshot.fields().count()), (1, 34));
        assert_eq!(snapshot.integer(Field::Threads), Some(9));
        // What follows is the next moment's.
        assert_eq!(told_of(text.repeat(2).as_bytes()).snapshots.len(), 2);
    }
    for sign in ["=", ":", " = ", ": "] {
        let sizes = "  Size: 8 Mallocs: 9 Frees: 1\n".repeat(61);
        let text = format!(
            "Alloc{sign}1000\nHeapSys{sign}2000\nBySize{sign}[\n{sizes}]\nMallocs{sign}77\nNumGC{sign}3\n"
        );
        let told = told_of(text.as_bytes());
        let [(1, snapshot)] = &told.snapshots[..] else {
            panic!("{told:?}");
        };
        assert_eq!(snapshot.integer(Field::Mallocs), Some(77), "{sign}");
        assert_eq!(snapshot.fields().count(), 4, "{sign}");
    }
}

#[test]
fn what_is_torn_is_reported_and_not_guessed() {
    let whole = sample("memstats", "memprint-plusv-go1.27.3.txt.gz");
    let json = sample("memstats", "orders-expvar-vars-go1.27.3.json.gz");
    let json = json.lines().find(|line| line.contains("{\"Alloc\":"));
    let json = json.unwrap();
    let all = [only(&whole), only(&format!("{json}\n"))];
    for (text, all) in [whole.as_str(), json].into_iter().zip(&all) {
        let start = text.find("{Alloc").or(text.find("{\"Alloc")).unwrap();
        let mut most = 0;
        for cut in (start + 60..text.trim_end().len() - 2).step_by(97) {
            let told = told_of(&text.as_bytes()[..cut]);
            if told.snapshots.is_empty() {
                assert!(cut < start + 100, "{cut}");
                continue;
            }
            assert_eq!(told.unreadable, [(1, "not a whole MemStats")], "{cut}");
            // The fields before the cut, as they are in the whole one.
            let found = &told.snapshots[0].1;
            for (field, value) in found.fields() {
                assert_eq!(all.get(field), Some(value), "{cut}: {field:?}");
            }
            assert!(found.fields().count() >= most, "{cut}");
            most = found.fields().count();
        }
        assert_eq!(most, all.fields().count(), "{text}");
    }
    let told = told_of(b"Alloc = 1\nTotalAlloc = 23");
    assert_eq!(told.snapshots[0].1.integer(Field::TotalAlloc), None);
    assert_eq!(told.unreadable, [(2, block::TORN)]);
    // With a unit, the end is the end.
    let told = told_of(b"Alloc = 1 MiB\nTotalAlloc = 23 MiB");
    assert_eq!(told.snapshots[0].1.fields().count(), 2);
    assert_eq!(told.unreadable, []);
    let text = "# runtime.MemStats\n# Alloc = 12\n# PauseNs = [1 2\n# Sys = x\n# NumGC = 3\n";
    let told = told_of(text.as_bytes());
    assert_eq!(
        told.unreadable
            .iter()
            .map(|(line, _)| *line)
            .collect::<Vec<_>>(),
        [3, 4]
    );
    assert_eq!(told.snapshots[0].1.integer(Field::NumGC), Some(3));
    let told = told_of(b"\"Alloc\": 1,\n\"HeapSys\": 2,\n\"PauseNs\": [\n1,\nhello\n");
    assert_eq!(
        told.unreadable,
        [(1, "an array of these memory statistics breaks off")]
    );
    assert!(told.snapshots[0].1.pause_ns.is_empty());
}

proptest! {
    /// A MemStats of any numbers, printed as each verb prints it, reads the same.
    #[test]
    fn what_is_printed_reads_the_same(
        numbers in proptest::collection::vec(any::<u64>(), 29), ring in proptest::collection::vec(any::<u64>(), 256),
        sizes in proptest::collection::vec(any::<(u32, u64, u64)>(), 1..70), fraction in 0.0f64..1.0,
    ) {
        let mut expected = Snapshot::new(Form::Format);
        let scalars = &Field::ALL[..Field::SCALARS];
        for (field, n) in scalars.iter().zip(&numbers) {
            let value = match field {
                Field::GCCPUFraction => Value::Float(fraction),
                Field::EnableGC | Field::DebugGC => Value::Bool(n % 2 == 0),
                _ => Value::Integer(*n),
            };
            expected.set(*field, value);
        }
        expected.pause_ns.clone_from(&ring);
        expected.pause_end = ring.iter().rev().copied().collect();
        expected.by_size = sizes.iter().map(|(s, m, f)| SizeClass { size: u64::from(*s), mallocs: *m, frees: *f }).collect();
        let text = |value: Value, hex: bool| match value {
            Value::Integer(n) if hex => format!("{n:#x}"),
            Value::Integer(n) => n.to_string(),
            Value::Float(n) => format!("{n:e}"),
            Value::Bool(b) => b.to_string(),
            Value::Amount(_) => unreachable!(),
        };
        let print = |names: bool, hex: bool| {
            let separator = if hex { ", " } else { " " };
            let numbers = |ring: &[u64]| {
                let ring: Vec<String> = ring.iter().map(|n| text(Value::Integer(*n), hex)).collect();
                if hex { format!("[256]uint64{{{}}}", ring.join(separator)) } else { format!("[{}]", ring.join(separator)) }
            };
            let label = |name: &str| if names { format!("{name}:") } else { String::new() };
            let class = |c: &SizeClass| {
                let parts = [("Size", c.size), ("Mallocs", c.mallocs), ("Frees", c.frees)];
                let parts: Vec<String> = parts.iter().map(|(n, v)| format!("{}{}", label(n), text(Value::Integer(*v), hex))).collect();
                let kind = if hex { "struct { Size uint32; Mallocs uint64; Frees uint64 }" } else { "" };
                format!("{kind}{{{}}}", parts.join(separator))
            };
            let mut parts = Vec::new();
            for field in scalars {
                if *field == Field::NumGC {
                    parts.push(format!("{}{}", label("PauseNs"), numbers(&expected.pause_ns)));
                    parts.push(format!("{}{}", label("PauseEnd"), numbers(&expected.pause_end)));
                }
                parts.push(format!("{}{}", label(field.name()), text(expected.get(*field).unwrap(), hex)));
            }
            let classes: Vec<String> = expected.by_size.iter().map(class).collect();
            let classes = classes.join(separator);
            parts.push(format!("{}{}", label("BySize"), if hex {
                format!("[61]struct {{ Size uint32; Mallocs uint64; Frees uint64 }}{{{classes}}}")
            } else {
                format!("[{classes}]")
            }));
            format!("{{{}}}", parts.join(separator))
        };
        for (names, hex) in [(true, false), (true, true), (false, false)] {
            let text = print(names, hex);
            let found = if names {
                let (found, whole) = object::named(text.as_bytes());
                whole.then_some(found)
            } else {
                object::positional(text.as_bytes())
            };
            prop_assert_eq!(found.as_ref(), Some(&expected), "{}", text);
            prop_assert_eq!(&only(&format!("{}{text}\n", if hex { "runtime.MemStats" } else { "" })), &expected);
        }
    }

    #[test]
    fn damage_gives_a_result(which in 0usize..7, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let name = [
            "memprint-plusv-go1.27.3.txt.gz", "memprint-v-go1.27.3.txt.gz", "memprint-gops-go1.27.3.txt",
            "memprint-json-go1.27.3.txt.gz", "memprint-mib-go1.27.3.txt", "orders-expvar-vars-go1.27.3.json.gz",
            "memprint-bare-go1.27.3.txt",
        ][which];
        let mut input = sample("memstats", name).into_bytes();
        let at = at.index(input.len());
        input[at] = byte;
        if cut {
            input.truncate(at);
        }
        let lines = memchr::memchr_iter(b'\n', &input).count() + 1;
        let told = told_of(&input);
        prop_assert!(told.snapshots.len() + told.left.len() + told.unreadable.len() <= 2 * lines);
    }
}
