//! Sums against the printed Sys, pauses against a naive ring reader, processes told apart, findings.

use super::*;
use crate::finding::Finding;
use crate::log::Processes;
use dumpview_parsers::log::LogReader;
use std::path::{Path, PathBuf};

fn load(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let unpacked = std::process::Command::new("gzip")
            .arg("-dc")
            .arg(path)
            .output()
            .unwrap();
        return String::from_utf8(unpacked.stdout).unwrap();
    }
    String::from_utf8(bytes).unwrap()
}

fn samples() -> Vec<(String, String)> {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/logs");
    let mut all: Vec<PathBuf> = ["memstats", "runtime-metrics", "pprof-text"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(logs.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    all.iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (name.to_owned(), load(path))
        })
        .collect()
}

fn collect(inputs: &[&str]) -> Collector {
    let mut collector = Collector::new();
    let mut processes = Processes::new();
    for (source, input) in inputs.iter().enumerate() {
        let mut reader = LogReader::new();
        let mut sink = |record: dumpview_parsers::log::Record<'_>| {
            collector.record(source, &record, processes.of(&record));
        };
        reader.push(input.as_bytes(), &mut sink);
        reader.finish(&mut sink);
        processes.begin_input();
        collector.end(|origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned());
    }
    collector
}

fn nth(collector: &Collector, index: usize) -> &Process {
    collector.processes().nth(index).unwrap()
}

fn ids(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.id).collect()
}

/// Every sample with an account of Sys, and the same sum by other fields than the model's.
#[test]
fn the_parts_are_sys_to_the_byte() {
    let mut compared = 0;
    for (name, text) in samples() {
        for process in collect(&[&text]).processes() {
            for snapshot in &process.snapshots {
                let Some(parts) = snapshot.parts() else {
                    continue;
                };
                assert_eq!((parts.gap, parts.missing.len()), (0, 0), "{name}");
                let get = |field| snapshot.integer(field).unwrap_or_default();
                let printed = [
                    Field::HeapSys,
                    Field::StackSys,
                    Field::MSpanSys,
                    Field::MCacheSys,
                    Field::GCSys,
                    Field::OtherSys,
                ];
                let sum: u64 = printed.iter().map(|field| get(*field)).sum();
                let profiling = parts
                    .parts
                    .iter()
                    .find(|part| part.name == "profiling")
                    .unwrap();
                assert_eq!(sum + profiling.bytes, get(Field::Sys), "{name}");
                assert_eq!(
                    !profiling.printed,
                    snapshot.form() == Form::Gops,
                    "{name}: gops does not print it"
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 50, "{compared} compared");
}

#[test]
fn pauses_are_the_ring_in_order_and_add_up_to_the_total() {
    let mut compared = 0;
    for (name, text) in samples() {
        for process in collect(&[&text]).processes() {
            let last = process.snapshots.last().unwrap();
            let pauses = last.pauses();
            let Some(cycles) = last.integer(Field::NumGC).filter(|_| pauses.len() > 1) else {
                continue;
            };
            assert_eq!(pauses.len() as u64, cycles.min(256), "{name}");
            assert!(pauses.is_sorted_by_key(|pause| pause.end_unix_ns), "{name}");
            assert_eq!(
                Some(pauses.last().unwrap().end_unix_ns),
                last.integer(Field::LastGC),
                "{name}"
            );
            let figures = figures(&pauses).unwrap();
            if let Some(total) = last.integer(Field::PauseTotalNs) {
                assert_eq!(figures.total_ns, total, "{name}");
            }
            assert!(figures.p50_ns <= figures.p99_ns && figures.p99_ns <= figures.max_ns);
            compared += 1;
        }
    }
    assert!(compared >= 40, "{compared} compared");
}

/// A ring that has gone round, of a MemStats with 300 collections.
#[test]
fn a_ring_that_went_round_keeps_the_newest_last() {
    let mut ns = [0u64; 256];
    let mut end = [0u64; 256];
    for cycle in 1..=300u64 {
        let slot = usize::try_from((cycle + 255) % 256).unwrap();
        (ns[slot], end[slot]) = (cycle * 10, 1_000_000 + cycle);
    }
    let json = serde_json::json!({"Alloc": 1, "Sys": 2, "NumGC": 300, "PauseNs": ns.to_vec(), "PauseEnd": end.to_vec()});
    let collector = collect(&[&json.to_string()]);
    let pauses = nth(&collector, 0).snapshots[0].pauses();
    let numbers: Vec<u64> = pauses.iter().map(|pause| pause.ns / 10).collect();
    assert_eq!(numbers, (45..=300).collect::<Vec<u64>>());
    let figures = figures(&pauses).unwrap();
    assert_eq!(
        (figures.p50_ns, figures.max_ns, figures.last_ns),
        (1720, 3000, 3000)
    );
    assert_eq!(figures.p99_ns, 2980);
}

#[test]
fn metrics_and_memstats_of_one_moment_are_the_same_account() {
    for (name, text) in samples() {
        if !name.starts_with("memprint-go") {
            continue;
        }
        let collector = collect(&[&text]);
        let snapshot = &nth(&collector, 0).snapshots[0];
        let get = |field| snapshot.integer(field).unwrap();
        assert_eq!(
            get(Field::HeapSys),
            get(Field::HeapInuse) + get(Field::HeapIdle),
            "{name}"
        );
        assert_eq!(
            get(Field::Mallocs) - get(Field::Frees),
            get(Field::HeapObjects),
            "{name}"
        );
        assert_eq!(snapshot.parts().unwrap().gap, 0, "{name}");
    }
}

#[test]
fn inputs_go_on_and_counters_that_fall_are_another_process() {
    let (a, b) = (
        "TotalAlloc = 10\nNumGC = 1\n",
        "TotalAlloc = 30\nNumGC = 2\n",
    );
    let collector = collect(&[a, b]);
    assert_eq!(collector.processes().len(), 1);
    let differences = nth(&collector, 0).differences();
    assert_eq!(differences[0].delta, Some(20));
    assert_eq!(differences[0].per_second, None, "no time is known");
    let collector = collect(&[b, a]);
    let fell: Vec<_> = collector.processes().map(|process| process.fell).collect();
    assert_eq!(fell, [None, Some(Field::TotalAlloc)]);
    assert_eq!(ids(&findings(nth(&collector, 1))), ["memstats.restart"]);
}

#[test]
fn long_series_keep_a_bounded_number_and_both_ends() {
    use std::fmt::Write;
    let mut text = String::new();
    for i in 0..20_000 {
        writeln!(text, "Alloc={i} TotalAlloc={i} NumGC={i}").unwrap();
    }
    let collector = collect(&[&text]);
    let process = nth(&collector, 0);
    assert_eq!(process.count, 20_000);
    assert!(
        process.snapshots.len() <= MOST,
        "{}",
        process.snapshots.len()
    );
    let total = |snapshot: &Snapshot| snapshot.integer(Field::TotalAlloc).unwrap();
    assert_eq!(total(process.snapshots.first().unwrap()), 0);
    assert_eq!(total(process.snapshots.last().unwrap()), 19_999);
    let steps: Vec<u64> = process.snapshots.iter().map(total).collect();
    assert!(
        steps[..steps.len() - 1]
            .windows(2)
            .all(|w| w[1] - w[0] == process.stride)
    );
}

#[test]
fn findings_say_what_the_numbers_mean() {
    let mib = |n: u64| n << 20;
    let rising: Vec<String> = (1..=6)
        .map(|i| {
            format!(
                "HeapAlloc={} NumGC={i} HeapObjects={}",
                mib(50 * i),
                1000 * i
            )
        })
        .collect();
    let collector = collect(&[&(rising.join("\n") + "\n")]);
    let found = findings(nth(&collector, 0));
    assert_eq!(ids(&found), ["memstats.growth"]);
    assert!(
        found[0].text.starts_with(
            "HeapAlloc rises: from 50.0 MiB to 300.0 MiB, objects from 1,000 to 6,000"
        )
    );

    let full = format!(
        "HeapAlloc={} HeapInuse={} HeapIdle={} HeapReleased={} HeapSys={} Sys={} StackSys={} MaxRSS={} \
         GCCPUFraction=0.31 NumGC=40 NumForcedGC=30\n",
        mib(50),
        mib(100),
        mib(300),
        mib(100),
        mib(400),
        mib(500),
        mib(100),
        mib(900)
    );
    let collector = collect(&[&full]);
    let mut found = ids(&findings(nth(&collector, 0)));
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "memstats.forced",
            "memstats.fragmentation",
            "memstats.free-kept",
            "memstats.gc-cpu",
            "memstats.not-go",
            "memstats.stacks",
        ]
    );
    let collector = collect(&["Alloc = 5\nSys = 71\n"]);
    assert_eq!(ids(&findings(nth(&collector, 0))), ["memstats.no-unit"]);
    let collector = collect(&["Alloc = 5 MB\nSys = 71 MB\n"]);
    assert_eq!(ids(&findings(nth(&collector, 0))), ["memstats.unit"]);
}

#[test]
fn rates_need_stamps_of_one_clock() {
    let text = "TotalAlloc = 1000\n";
    let collector = collect(&[text]);
    let mut first = nth(&collector, 0).snapshots[0].clone();
    let mut last = nth(&collect(&["TotalAlloc = 5000\n"]), 0).snapshots[0].clone();
    use dumpview_parsers::log::Stamp;
    (first.stamp, last.stamp) = (Some(Stamp::Utc(0)), Some(Stamp::Utc(2_000_000_000)));
    assert_eq!(differences(&first, &last)[0].per_second, Some(2000.0));
    last.stamp = Some(Stamp::Boot(2_000_000_000));
    assert_eq!(differences(&first, &last)[0].per_second, None);
}
