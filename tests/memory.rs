//! `dumpview memstats` and `dumpview alloc` on recorded output, as users run them.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{run, run_with};
    use crate::samples::{self, text};
    use serde_json::Value;
    use std::path::PathBuf;

    fn logs() -> PathBuf {
        samples::corpus("logs")
    }

    fn sample(name: &str) -> String {
        logs().join(name).display().to_string()
    }

    /// A report with nothing on stderr. Of one input it names lines only, so it is the same on every machine.
    fn report(args: &[&str]) -> String {
        let ran = run(args);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{args:?}");
        ran.out
    }

    #[test]
    fn reports_read_as_recorded() {
        for (name, verb, input) in [
            (
                "gops",
                "memstats",
                "memstats/seed-gops-memstats-go1.23.4.txt",
            ),
            (
                "before-after",
                "memstats",
                "memstats/seed-PrintMemStats-before-after.txt",
            ),
            ("nameless", "memstats", "memstats/seed-bare-log-go1.9.2.txt"),
            (
                "expvar",
                "memstats",
                "memstats/orders-expvar-vars-go1.27.3.json.gz",
            ),
            (
                "metrics",
                "memstats",
                "runtime-metrics/memprint-go1.27.3.txt.gz",
            ),
            (
                "series",
                "memstats",
                "memstats/memprint-logfmt-go1.27.3.txt",
            ),
            (
                "alloc",
                "alloc",
                "allocfreetrace/alloctr-with-gctrace-go1.19.txt.gz",
            ),
            (
                "alloc-go1.3",
                "alloc",
                "allocfreetrace/legacy-seed-go1.3.txt",
            ),
        ] {
            insta::assert_snapshot!(name, report(&[verb, &sample(input)]));
        }
    }

    #[test]
    fn every_sample_has_a_document_without_unreadable_lines() {
        let mut snapshots = 0;
        for folder in ["memstats", "runtime-metrics", "allocfreetrace"] {
            for path in samples::all(&format!("logs/{folder}")) {
                let name = path.display().to_string();
                if name.contains("gops-list") || name.contains("gops-pid") {
                    continue;
                }
                let verb = if folder == "allocfreetrace" {
                    "alloc"
                } else {
                    "memstats"
                };
                let ran = run([verb, &name, "--json"]);
                assert_eq!(ran.status, 0, "{name}: {}", ran.err);
                let document = ran.json();
                assert_eq!(document["schema"], format!("dumpview.{verb}/1"));
                assert_eq!(document["unrecognized"], Value::Array(Vec::new()), "{name}");
                if verb == "memstats" {
                    let list = document["snapshots"].as_array().unwrap();
                    snapshots += list.len();
                    let rows = run([verb, &name, "--csv"]).out.lines().count();
                    assert_eq!(rows, list.len() + 1, "{name}");
                } else {
                    assert!(!document["events"].as_array().unwrap().is_empty(), "{name}");
                }
            }
        }
        assert!(snapshots > 100, "{snapshots} snapshots");
    }

    /// Two profiles of one process are one series, and its differences are what subtraction gives.
    #[test]
    fn several_files_are_one_series() {
        let files = [
            "pprof-text/orders-heap1gc-go1.27.3.txt.gz",
            "pprof-text/orders-heap1-go1.27.3.txt.gz",
        ];
        let alloc: Vec<i64> = files
            .iter()
            .map(|file| {
                let text = text(&logs().join(file));
                let line = text
                    .lines()
                    .find(|line| line.starts_with("# TotalAlloc = "))
                    .unwrap();
                line[15..].parse().unwrap()
            })
            .collect();
        let ran = run(["memstats", &sample(files[0]), &sample(files[1]), "--json"]);
        let document = ran.json();
        let processes = document["summary"]["processes"].as_array().unwrap();
        assert_eq!(processes.len(), 1, "{}", ran.out);
        let total = processes[0]["differences"]
            .as_array()
            .unwrap()
            .iter()
            .find(|difference| difference["field"] == "TotalAlloc")
            .unwrap();
        assert_eq!(total["delta"].as_i64(), Some(alloc[1] - alloc[0]));
    }

    #[test]
    fn a_process_that_starts_anew_is_another() {
        for name in ["alloctr-go1.19", "alloctr-go1.22.10"] {
            let path = samples::corpus("logs/allocfreetrace").join(format!("{name}.txt.gz"));
            let text = samples::bytes(&path);
            let one = run_with(["alloc", "-", "--json", "-q"], &text).json();
            let two = run_with(["alloc", "-", "--json", "-q"], &text.repeat(2)).json();
            let of = |document: &Value| document["summary"]["processes"].clone();
            let (one, two) = (of(&one), of(&two));
            assert_eq!(two.as_array().unwrap().len(), 2, "{name}: {two}");
            for process in two.as_array().unwrap() {
                for key in ["count", "bytes", "live", "vanished", "collections"] {
                    assert_eq!(process[key], one[0][key], "{name}: {key}");
                }
            }
        }
    }

    #[test]
    fn stdin_nothing_and_damage() {
        let ran = run_with(["memstats", "-"], b"Alloc = 5 MiB\nSys = 9 MiB\n");
        assert_eq!(ran.status, 0);
        assert!(
            ran.out.starts_with("9 MiB from the system; 5 MiB live"),
            "{}",
            ran.out
        );
        for verb in ["memstats", "alloc"] {
            let ran = run([verb, "-"]);
            assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{}", ran.err);
            assert!(ran.err.contains("hint: "), "{}", ran.err);
            assert_eq!(run([verb, "/nowhere/at/all"]).status, 3);
            let rubbish: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
            assert_eq!(run_with([verb, "-"], &rubbish).status, 1);
        }
        let ran = run_with(["memstats", "-"], b"{Alloc:5 TotalAlloc:9 Sys:12");
        assert_eq!(ran.status, 4, "{}", ran.err);
        assert!(
            ran.out.contains("line 1: not a whole MemStats"),
            "{}",
            ran.out
        );
        // Nothing of the input reaches a terminal as a command.
        let ran = run_with(
            ["alloc", "-"],
            b"tracealloc(0x10, 0x10, a\x1b[31mb)\ngoroutine 1 [running]:\n\n",
        );
        assert!(!ran.out.contains('\x1b'), "{:?}", ran.out);
    }

    /// By a parser that shares no code with this one.
    #[test]
    fn a_heap_dump_has_the_statistics_of_its_moment() {
        let folder = samples::corpus("heapdumps");
        let expected = std::fs::read(folder.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let mut compared = 0;
        for (name, expected) in expected.as_object().unwrap() {
            let dump = folder.join(format!("{name}.dump.zst"));
            let ran = run(["memstats", dump.to_str().unwrap(), "--json"]);
            assert_eq!(ran.status, 0, "{name}: {}", ran.err);
            let answer: Value = serde_json::from_str(&ran.out).unwrap();
            let snapshot = &answer["snapshots"][0];
            assert_eq!(snapshot["form"], "heap dump", "{name}: {snapshot:#}");
            for (field, number) in expected["memstats"].as_object().unwrap() {
                if field == "PauseNs" {
                    let pauses = snapshot["pauses"].as_array().cloned().unwrap_or_default();
                    let pauses: Vec<&Value> = pauses.iter().map(|pause| &pause["ns"]).collect();
                    let told: Vec<&Value> = number.as_array().unwrap().iter().collect();
                    assert!(
                        pauses.iter().all(|pause| told.contains(pause)),
                        "{name}: {pauses:?}"
                    );
                    assert_eq!(
                        pauses.len() as u64,
                        expected["memstats"]["NumGC"].as_u64().unwrap().min(256),
                        "{name}"
                    );
                } else {
                    assert_eq!(&snapshot["fields"][field], number, "{name}: {field}");
                }
                compared += 1;
            }
        }
        assert!(compared > 300, "only {compared} numbers were compared");
        // Two dumps are a series, beside which an executable says nothing.
        let file = |name: &str| folder.join(name).display().to_string();
        let (old, new) = (
            file("leaky-go1.25.5-first.dump.zst"),
            file("leaky-go1.25.5-second.dump.zst"),
        );
        let exe = file("known-go1.27.3.exe.zst");
        let text = report(&["memstats", &old, &new, &exe]);
        assert!(text.contains("2 snapshots"), "{text}");
        assert!(text.contains("= Sys"), "{text}");
    }
}
