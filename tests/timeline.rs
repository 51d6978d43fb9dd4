//! `dumpview timeline` on the log and the core of one process, against what the process itself knew of its clocks: the
//! committed runs of corpus/timeline, and new ones when `DUMPVIEW_GO` names a command that runs Go releases.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::run;
    use crate::samples;
    use serde_json::Value;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn corpus() -> PathBuf {
        samples::corpus("timeline")
    }

    fn timeline(args: &[&str]) -> Value {
        let ran = run([&["timeline", "--json"], args].concat());
        // Lines may be torn, which is said.
        assert!(matches!(ran.status, 0 | 4), "{}", ran.err);
        ran.json()
    }

    /// What one run left.
    struct Left {
        log: String,
        core: String,
        exe: String,
        truth: Value,
    }

    fn committed(release: &str) -> Left {
        let file = |end: &str| corpus().join(format!("traced-go{release}.{end}.zst"));
        let path = |end: &str| file(end).to_str().unwrap().to_owned();
        let truth = samples::bytes(&file("truth.json"));
        Left {
            log: path("log"),
            core: path("core"),
            exe: path("exe"),
            truth: serde_json::from_slice(&truth).unwrap(),
        }
    }

    fn of_lane<'v>(document: &'v Value, lane: &str) -> Vec<&'v Value> {
        let events = document["events"].as_array().unwrap();
        events.iter().filter(|e| e["lane"] == lane).collect()
    }

    /// Milliseconds of slack for what the program did between reading its clock and writing the line.
    const SLACK: i64 = 5_000_000;

    /// The log has no wall clock and the core no line numbers; together they give both.
    fn check(left: &Left) {
        let truth = &left.truth;
        let document = timeline(&[&left.log, &left.core, &left.exe]);
        assert_eq!(document["axis"]["clock"], "wall");
        let zero = document["axis"]["zero_ns"].as_i64().unwrap();
        let processes = document["processes"].as_array().unwrap();
        assert_eq!(processes.len(), 2);
        assert_eq!(
            processes[0]["joined"], processes[1]["joined"],
            "{processes:?}"
        );
        assert!(processes.iter().all(|s| s["assumed"] == false));

        // Collections: the log's, placed by the core's clocks, end when the program saw them end.
        let pauses = truth["Pauses"].as_array().unwrap();
        let cycles = of_lane(&document, "gc");
        assert_eq!(cycles.len() as u64, truth["NumGC"].as_u64().unwrap());
        // A cycle that ends while runtime.GC waits to start the next prints that one's flag: mgc.go's gcStart sets
        // work.userForced before gcMarkTermination of the cycle before has printed its line.
        let forced = cycles.iter().filter(|c| c["forced"] == true).count() as u64;
        let asked = truth["Forced"].as_u64().unwrap();
        assert!((asked..=2 * asked).contains(&forced), "{forced} of {asked}");
        let mut compared = 0;
        for cycle in &cycles {
            let pause = pauses.iter().find(|p| p["Cycle"] == cycle["number"]);
            let pause = pause.unwrap_or_else(|| panic!("no pause of {cycle}"));
            let began = cycle["at_ns"].as_i64().unwrap();
            let uncertain = cycle["plus_minus_ns"].as_i64().unwrap();
            assert!(uncertain <= 1_000_000, "{cycle}");
            let end = began + cycle["span_ns"].as_i64().unwrap();
            let truth = pause["End"].as_i64().unwrap() - zero;
            // The length was cut down when printed, by up to a tenth.
            let cut = cycle["span_ns"].as_i64().unwrap() / 9 + 100_000;
            assert!(
                (end - uncertain..=end + uncertain + cut).contains(&truth),
                "{end} ±{uncertain}, in truth {truth}: {cycle}"
            );
            compared += 1;
        }
        assert!(compared >= 10, "only {compared} collections were compared");

        // The core's own ring of pauses is the program's, to the nanosecond.
        let ring = of_lane(&document, "pause");
        assert_eq!(ring.len(), pauses.len());
        for (found, pause) in ring.iter().zip(pauses) {
            assert_eq!(found["number"], pause["Cycle"]);
            assert_eq!(found["pause_ns"], pause["Ns"]);
            let at = found["at_ns"].as_i64().unwrap();
            assert_eq!(at + zero, pause["End"].as_i64().unwrap());
        }

        // Lines without any time stand between their neighbours, within what is said of them.
        let said = truth["Said"].as_array().unwrap();
        let lines = of_lane(&document, "log");
        for said in said {
            let line = lines.iter().find(|l| l["text"] == said["Text"]).unwrap();
            assert_eq!(line["by"], "neighbours");
            let at = line["at_ns"].as_i64().unwrap();
            let uncertain = line["plus_minus_ns"].as_i64().unwrap();
            let truth = said["At"].as_i64().unwrap() - zero;
            assert!(
                (at - uncertain - SLACK..=at + uncertain + SLACK).contains(&truth),
                "{at} ±{uncertain}, in truth {truth}: {line}"
            );
        }

        // Both tell of the one death.
        let moments = of_lane(&document, "moment");
        let kinds: Vec<&str> = moments
            .iter()
            .map(|m| m["kind"].as_str().unwrap())
            .collect();
        assert!(
            kinds.contains(&"crash") && kinds.contains(&"core"),
            "{kinds:?}"
        );
        for moment in &moments {
            let text = moment["text"].as_str().unwrap();
            assert!(text.contains("the end of the trace"), "{moment}");
        }
        let core = moments.iter().find(|m| m["kind"] == "core").unwrap();
        let died = core["at_ns"].as_i64().unwrap() + zero;
        let truth = left.truth["DiesAt"].as_i64().unwrap();
        assert!(
            (truth - 100_000_000..truth + 100_000_000).contains(&died),
            "{died} {truth}"
        );
    }

    #[test]
    fn a_log_and_a_core_of_one_process_share_their_clocks() {
        for release in ["1.19", "1.27.3"] {
            check(&committed(release));
        }
    }

    /// A run whose log can be read whole: the runtime's lines now and then fall into each other so that nobody can tell
    /// what was what. Then every collection has to be read or reported, and another run is made.
    fn whole(out: &Path, release: &str) -> Left {
        const TRIES: usize = 12;
        let path = |end: &str| {
            let path = out.join(format!("traced-go{release}.{end}"));
            path.to_str().unwrap().to_owned()
        };
        for _ in 0..TRIES {
            let made = Command::new(corpus().join("make"))
                .arg(out)
                .arg(release)
                .status()
                .unwrap();
            assert!(made.success());
            let left = Left {
                log: path("log"),
                core: path("core"),
                exe: path("exe"),
                truth: serde_json::from_slice(&fs::read(path("truth.json")).unwrap()).unwrap(),
            };
            let document = timeline(&[&left.log]);
            let reported = document["unrecognized"].as_array().unwrap().len();
            if reported == 0 {
                return left;
            }
            let read = of_lane(&document, "gc").len();
            let there = left.truth["NumGC"].as_u64().unwrap();
            assert!(
                (read + reported) as u64 >= there,
                "{read} and {reported} of {there}"
            );
            println!("go {release}: {reported} lines were torn");
        }
        panic!("go {release}: no run of {TRIES} could be read whole");
    }

    #[test]
    fn runs_made_now_share_their_clocks() {
        if std::env::var_os("DUMPVIEW_GO").is_none() {
            println!(
                "nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases"
            );
            return;
        }
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timeline");
        let _ = fs::remove_dir_all(&out);
        for release in ["1.19", "1.22.10", "1.24.11", "1.27.3"] {
            check(&whole(&out, release));
        }
        let _ = fs::remove_dir_all(&out);
    }

    #[test]
    fn alone_a_log_stands_on_its_process_clock() {
        let left = committed("1.27.3");
        let document = timeline(&[&left.log]);
        assert_eq!(document["axis"]["clock"], "process");
        let samples = of_lane(&document, "sched");
        assert!(samples.len() > 3);
        // The scheduler's clock begins a little after the process's.
        assert!(samples[0]["plus_minus_ns"].as_i64().unwrap() < 20_000_000);
    }

    #[test]
    fn lanes_and_times_narrow() {
        let left = committed("1.27.3");
        let all = timeline(&[&left.log]);
        let some = timeline(&[
            &left.log, "--lane", "gc", "--since", "50ms", "--until", "100ms",
        ]);
        let expected = of_lane(&all, "gc")
            .into_iter()
            .filter(|e| (50_000_000..=100_000_000).contains(&e["at_ns"].as_i64().unwrap()))
            .count();
        assert!(expected > 0);
        assert_eq!(some["events"].as_array().unwrap().len(), expected);
        let ran = run(["timeline", &left.log, "--csv"]);
        assert_eq!(ran.status, 0);
        assert_eq!(
            ran.out.lines().count(),
            all["events"].as_array().unwrap().len() + 1
        );
    }

    #[test]
    fn sources_stand_where_the_user_says() {
        let left = committed("1.27.3");
        let at = |align: &str| {
            let document = timeline(&[&left.log, "--align", align]);
            of_lane(&document, "gc")[0]["at_ns"].as_i64().unwrap()
        };
        assert_eq!(at("1=+1.5s") - at("1=+0s"), 1_500_000_000);
        for (wrong, says) in [
            ("1", "SOURCE=OFFSET"),
            ("7=1s", "no such source"),
            ("1=later", "wants +1.5s"),
        ] {
            let ran = run(["timeline", &left.log, "--align", wrong]);
            assert_eq!(ran.status, 2, "{}", ran.err);
            assert!(ran.err.contains(says), "{}", ran.err);
        }
    }

    #[test]
    fn nothing_to_show_says_so() {
        let left = committed("1.27.3");
        let ran = run(["timeline", "/dev/null"]);
        assert_eq!(ran.status, 1, "{}", ran.err);
        let ran = run(["timeline", &left.exe]);
        assert_eq!(ran.status, 2, "{}", ran.err);
        let ran = run(["timeline", "/nonexistent"]);
        assert_eq!(ran.status, 3, "{}", ran.err);
    }

    /// A log that is opened without a verb says why its process died, and what else is in it.
    #[test]
    fn a_log_without_a_verb_tells_its_death_first() {
        let left = committed("1.27.3");
        let ran = run([&left.log]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        let out = ran.out;
        assert!(out.starts_with("panic: the end of the trace"), "{out}");
        for holds in [
            "round 11 is over",
            "gctrace",
            "schedtrace",
            "inittrace",
            "dumpview gc ",
        ] {
            assert!(out.contains(holds), "{holds}: {out}");
        }
        let document = run([&left.log, "--json"]).json();
        let contents = document["contents"].as_array().unwrap();
        let gc = contents.iter().find(|c| c["format"] == "gctrace").unwrap();
        assert_eq!(gc["records"], left.truth["NumGC"]);
        assert_eq!(document["moments"][0]["before"][2], "round 11 is over");
        // The writer of nothing, and of nothing that is Go's.
        let ran = run(["/proc/cpuinfo"]);
        assert_eq!(ran.status, 3, "{}", ran.err);
        assert!(ran.err.contains("hint:"), "{}", ran.err);
    }
}
