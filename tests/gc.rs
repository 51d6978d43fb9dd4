//! `dumpview gc` on recorded traces of Go 1.3 to 1.27, and on inputs that are none.
//!
//! Cycles are compared with those of a second matcher, written here as one would type it into grep: it knows whole
//! lines only, so what the binary finds beyond it has to be pieced together from several.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{Call, run, run_with, signal, wait};
    use crate::samples::{self, lossy, name};
    use regex::Regex;
    use serde_json::Value;
    use std::fs;
    use std::io::{BufRead, BufReader, Write};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    fn corpus(path: &str) -> PathBuf {
        samples::corpus("logs").join(path)
    }

    fn document(path: &Path) -> Value {
        let ran = run(["gc", "--json", path.to_str().unwrap()]);
        assert!(
            matches!(ran.status, 0 | 4),
            "{}: {}",
            path.display(),
            ran.err
        );
        ran.json()
    }

    /// Nanoseconds of a decimal number of milliseconds.
    fn ms(text: &str) -> u64 {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{fraction:0<6}");
        whole.parse::<u64>().unwrap() * 1_000_000 + digits.parse::<u64>().unwrap()
    }

    /// (line, number, pause, live or heap before) of every whole line.
    fn naive(text: &str) -> Vec<(u64, u64, u64, u64)> {
        let new = Regex::new(
            r"gc (\d+) @[\d.]+s \d+%[^:]*: ((?:\d+(?:\.\d+)?\+)+\d+(?:\.\d+)?) ms clock, [\d.+/]+ ms cpu, \d+->\d+->(\d+) MB, \d+ MB goal, .*\d P",
        )
        .unwrap();
        let old = Regex::new(r"gc(\d+)\(\d+\): ([\d+]+) us, \d+ -> (\d+) MB,").unwrap();
        let mut cycles = Vec::new();
        for (line, text) in (1u64..).zip(text.lines()) {
            if let Some(found) = new.captures(text) {
                let clock: Vec<&str> = found[2].split('+').collect();
                let pause = ms(clock[0]) + ms(clock[clock.len() - 1]);
                cycles.push((
                    line,
                    found[1].parse().unwrap(),
                    pause,
                    found[3].parse().unwrap(),
                ));
            } else if let Some(found) = old.captures(text) {
                let pause: u64 = found[2]
                    .split('+')
                    .map(|us| us.parse::<u64>().unwrap() * 1000)
                    .sum();
                cycles.push((
                    line,
                    found[1].parse().unwrap(),
                    pause,
                    found[3].parse().unwrap(),
                ));
            }
        }
        cycles
    }

    #[test]
    fn every_sample_agrees_with_a_naive_matcher() {
        let (mut compared, mut mended) = (0, 0);
        for path in samples::all("logs/gctrace") {
            let text = lossy(&path);
            let want = naive(&text);
            if want.is_empty() {
                continue;
            }
            let name = name(&path);
            let document = document(&path);
            let cycles = document["cycles"].as_array().unwrap();
            let mut got: Vec<(u64, u64, u64, u64)> = Vec::new();
            for cycle in cycles {
                let n = |key: &str| cycle[key].as_u64();
                let heap = n("heap_live_mib").or(n("heap_to_mib")).unwrap();
                let row = (
                    n("line").unwrap(),
                    n("number").unwrap(),
                    n("pause_ns").unwrap(),
                    heap,
                );
                if want.contains(&row) {
                    got.push(row);
                } else {
                    // The program wrote into it: no second matcher reads such a line.
                    let read = want.iter().any(|whole| whole.0 == row.0);
                    assert!(n("pieces").unwrap() > 1 || !read, "{name}: {cycle}");
                    mended += 1;
                }
            }
            for row in &want {
                assert!(
                    got.contains(row),
                    "{name}: (line, number, pause, heap) {row:?} is missing"
                );
            }
            // What may be another process's is in no sum.
            let pauses: u64 = cycles
                .iter()
                .filter(|cycle| cycle["doubtful"] == false)
                .map(|cycle| cycle["pause_ns"].as_u64().unwrap())
                .sum();
            let summed: u64 = document["processes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|run| run["pause"]["total_ns"].as_u64().unwrap())
                .sum();
            assert_eq!(pauses, summed, "{name}");
            compared += want.len();
        }
        assert!(compared > 500, "{compared} cycles were compared");
        assert!(mended * 10 < compared, "{mended} are no whole lines");
    }

    #[test]
    fn percentiles_are_those_of_the_lines() {
        let path = corpus("gctrace/orders-go1.22.10.txt.gz");
        let mut pauses: Vec<u64> = naive(&lossy(&path)).iter().map(|cycle| cycle.2).collect();
        pauses.sort_unstable();
        let rank = |percent: usize| pauses[(pauses.len() * percent).div_ceil(100).max(1) - 1];
        let pause = &document(&path)["summary"]["pause"];
        for (key, percent) in [
            ("p50_ns", 50),
            ("p90_ns", 90),
            ("p99_ns", 99),
            ("max_ns", 100),
        ] {
            assert_eq!(pause[key], rank(percent), "{key}");
        }
        assert_eq!(pause["relative_error"], 0.0);
    }

    #[test]
    fn the_seed_of_go_1_23_gives_the_numbers_of_its_article() {
        let document = document(&corpus("gctrace/seed-go1.23.4.txt"));
        let first = &document["cycles"][0];
        for (key, value) in [
            ("number", 1),
            ("start_ns", 9_000_000),
            ("cpu_percent", 2),
            ("sweep_termination_ns", 87_000),
            ("mark_ns", 1_000_000),
            ("mark_termination_ns", 11_000),
            ("cpu_assist_ns", 720_000),
            ("cpu_background_ns", 1_700_000),
            ("cpu_idle_ns", 40_000),
            ("heap_start_mib", 4),
            ("heap_end_mib", 4),
            ("heap_live_mib", 3),
            ("goal_mib", 4),
            ("stacks_mib", 0),
            ("globals_mib", 0),
            ("procs", 12),
        ] {
            assert_eq!(first[key], value, "{key}");
        }
        let summary = &document["summary"];
        assert_eq!(summary["cycles"], 6);
        assert_eq!(summary["pause"]["total_ns"], 1_012_000);
        assert_eq!(summary["pause"]["max_at"]["number"], 6);
    }

    #[test]
    fn the_seed_of_go_1_3_gives_the_numbers_of_its_article() {
        let document = document(&corpus("gctrace/legacy-seed-go1.3.txt"));
        let second = &document["cycles"][1];
        for (key, value) in [
            ("number", 10),
            ("threads", 2),
            ("stop_ns", 12_000),
            ("sweep_ns", 6_769_000),
            ("stopped_mark_ns", 767_000),
            ("rest_ns", 3_000),
            ("pause_ns", 7_551_000),
            ("heap_from_mib", 1),
            ("heap_to_mib", 1),
            ("objects", 4222),
            ("allocated_objects", 593_983),
            ("freed_objects", 589_761),
            ("spans", 4825),
            ("swept_in_pause", 1898),
            ("stolen", 93),
            ("os_yields", 10),
        ] {
            assert_eq!(second[key], value, "{key}");
        }
        assert_eq!(document["summary"]["live"]["last_mib"], 1);
    }

    #[test]
    fn processes_in_one_stream_are_told_apart() {
        let document = document(&corpus("gctrace/go-run-go1.27.3.txt.gz"));
        let processes = document["processes"].as_array().unwrap();
        let shown: Vec<(Option<&str>, u64)> = processes
            .iter()
            .map(|of| (of["package"].as_str(), of["cycles"].as_u64().unwrap()))
            .collect();
        assert_eq!(
            shown[0],
            (None, 9),
            "the go command goes on between its compilers"
        );
        assert!(shown.contains(&(Some("reflect"), 2)), "{shown:?}");
        assert_eq!(document["incomplete"], Value::Array(Vec::new()));
    }

    #[test]
    fn prefixes_change_nothing_but_stamps() {
        let plain = document(&corpus("gctrace/orders-go1.23.9.txt.gz"));
        let mut compared = 0;
        for path in samples::all("logs/prefixed") {
            let name = name(&path);
            if !name.starts_with("gctrace-") {
                continue;
            }
            let document = document(&path);
            let cycles = document["cycles"].as_array().unwrap();
            assert!(!cycles.is_empty(), "{name}");
            assert_eq!(document["unrecognized_count"], 0, "{name}");
            if name.contains("go1.23.9")
                && cycles.len() == plain["cycles"].as_array().unwrap().len()
            {
                assert_eq!(
                    document["summary"]["pause"]["total_ns"], plain["summary"]["pause"]["total_ns"],
                    "{name}"
                );
                compared += 1;
            }
        }
        eprintln!("{compared} prefixed files hold the plain one");
    }

    #[test]
    fn the_report_reads_as_recorded() {
        let seed = corpus("gctrace/seed-go1.23.4.txt");
        let ran = run(["gc", seed.to_str().unwrap()]);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        insta::assert_snapshot!("gc_seed", ran.out);
        let path = corpus("gctrace/orders-go1.22.10.txt.gz");
        let ran = run(["gc", path.to_str().unwrap()]);
        insta::assert_snapshot!("gc_orders", ran.out);
    }

    #[test]
    fn csv_has_a_line_a_cycle_and_the_same_numbers() {
        let path = corpus("gctrace/orders-go1.27.3.txt.gz");
        let ran = run(["gc", "--csv", path.to_str().unwrap()]);
        assert_eq!(ran.status, 0);
        let mut lines = ran.out.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let document = document(&path);
        let cycles = document["cycles"].as_array().unwrap();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), cycles.len());
        for (row, cycle) in rows.iter().zip(cycles) {
            for (name, cell) in names.iter().zip(row) {
                let value = match &cycle[name] {
                    Value::Null => String::new(),
                    Value::String(word) => word.clone(),
                    other => other.to_string(),
                };
                assert_eq!(*cell, value, "{name}");
            }
        }
    }

    #[test]
    fn inputs_without_a_cycle_say_what_to_do() {
        let rubbish: Vec<u8> = (0..100_000u32)
            .map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2])
            .collect();
        let endless = vec![b'x'; 64 << 20];
        for input in [&b""[..], &rubbish, &endless, b"hello\n", b"gc 12"] {
            let ran = run_with(["gc", "-", "-q"], input);
            assert_eq!((ran.status, ran.out.as_str()), (1, ""));
            assert!(ran.err.contains("GODEBUG=gctrace=1"), "{}", ran.err);
        }
        let ran = run(["gc", "/nowhere/at/all"]);
        assert_eq!(ran.status, 3, "{}", ran.err);
    }

    const LINE: &str = "gc 1 @0.009s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, \
                        0 MB stacks, 0 MB globals, 12 P\n";

    #[test]
    fn a_stream_that_stops_in_a_line_gives_what_it_had() {
        let whole = LINE.to_owned() + &LINE.replace("gc 1 @0.009", "gc 2 @0.109");
        for cut in [whole.len() - 1, whole.len() - 30, LINE.len() + 3] {
            let ran = run_with(["gc", "-", "--json", "-q"], &whole.as_bytes()[..cut]);
            let document = ran.json();
            let cycles = document["cycles"].as_array().unwrap().len();
            let unreadable = document["unrecognized_count"].as_u64().unwrap();
            if cut == whole.len() - 1 {
                assert_eq!((cycles, unreadable, ran.status), (2, 0, 0));
            } else {
                assert_eq!(cycles, 1, "cut at {cut}");
                let code = if unreadable > 0 { 4 } else { 0 };
                assert_eq!(ran.status, code, "cut at {cut}");
            }
        }
    }

    #[test]
    fn lines_of_a_tool_are_read_and_marked() {
        let line = LINE
            .replace("@0.009s", "@0.1s")
            .replace("0.087+1.0+", "0.1+1+")
            .replace("0.72/1.7/0.040", "0.7/1.7/0.04");
        let ran = run_with(["gc", "-", "--json", "-q"], line.as_bytes());
        assert_eq!(ran.status, 0, "{}", ran.err);
        let document = ran.json();
        let cycle = &document["cycles"][0];
        assert_eq!(cycle["edited"], true, "{cycle}");
        assert_eq!(cycle["start_ns"], 100_000_000, "{cycle}");
        assert_eq!(cycle["cpu_idle_ns"], 40_000, "{cycle}");
        assert_eq!(document["summary"]["edited"], 1);
        assert_eq!(document["findings"][0]["id"], "gc.edited");
        let document = run_with(["gc", "-", "--json", "-q"], LINE.as_bytes()).json();
        assert_eq!(document["cycles"][0]["edited"], false);
    }

    #[test]
    fn packages_alone_are_read() {
        let path = corpus("inittrace/misc-go1.27.3.txt.gz");
        let path = path.to_str().unwrap();
        let document = run(["gc", "--json", path]).json();
        let alone = &document["without_cycles"][0];
        assert_eq!(document["summary"], Value::Null);
        assert_eq!(alone["inits"], 87, "{alone}");
        let ran = run(["gc", path]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(
            ran.out.contains("init        87 packages in "),
            "{}",
            ran.out
        );
        // Each stands where it says that it began.
        let document = run(["timeline", "--json", "--lane", "init", path]).json();
        let events = document["events"].as_array().unwrap();
        assert_eq!(events.len(), 87);
        assert!(
            events.iter().all(|event| event["at_ns"].is_number()),
            "{}",
            events[0]
        );
    }

    #[test]
    fn what_could_not_be_read_is_lacking_wherever_it_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("torn.log");
        let torn = "gc 2 @0.09s 2%: 0.08\n";
        let text = [LINE, torn, &LINE.replace("gc 1 @0.009", "gc 3 @0.209")].concat();
        fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        for verb in [&["gc"][..], &["timeline"], &[]] {
            let ran = run(verb.iter().chain(&["--json", path]));
            assert_eq!(ran.status, 4, "{verb:?}: {}", ran.err);
            let document = ran.json();
            let lacks = document["incomplete"].as_array().unwrap();
            let lines = lacks.iter().find(|lack| lack["what"] == "lines");
            let why = lines.unwrap()["why"].as_str().unwrap();
            assert!(
                why.starts_with(
                    "1 line looked like a trace and could not be read, the first is line 2"
                ),
                "{why}"
            );
        }
    }

    #[test]
    fn the_applications_output_is_passed_on_to_stderr() {
        let input = format!("listening on :8080\n{LINE}2026/11/21 02:23:36 done\n");
        let ran = run_with(["gc", "-", "--csv"], input.as_bytes());
        assert_eq!((ran.status, ran.out.lines().count()), (0, 2));
        assert_eq!(ran.err, "listening on :8080\n2026/11/21 02:23:36 done\n");
        let ran = run_with(["gc", "-", "--csv", "-q"], input.as_bytes());
        assert_eq!(ran.err, "");
    }

    #[test]
    fn since_until_and_strip_prefix_choose_lines() {
        let mut input = String::new();
        for n in 1..=60 {
            let line = LINE.replace("gc 1 @0.009", &format!("gc {n} @{n}.000"));
            input += "web-1> ";
            input += &line;
        }
        let count = |args: &[&str]| {
            let mut all = vec!["gc", "-", "-q", "--csv", "--strip-prefix", r"web-\d+> "];
            all.extend(args);
            let ran = run_with(all, input.as_bytes());
            (
                ran.status,
                ran.out.lines().count().saturating_sub(1),
                ran.err,
            )
        };
        assert_eq!(count(&[]).1, 60);
        assert_eq!(count(&["--since", "10s"]).1, 51);
        assert_eq!(count(&["--since", "10s", "--until", "20s"]).1, 11);
        let (code, _, err) = count(&["--since", "2m"]);
        assert_eq!(code, 1);
        assert!(err.contains("outside of --since"), "{err}");
        assert_eq!(count(&["--since", "soon"]).0, 2);
    }

    #[test]
    fn a_run_differs_from_another_and_not_from_itself() {
        let one = corpus("gctrace/orders-go1.22.10.txt.gz");
        let two = corpus("gctrace/orders-go1.27.3.txt.gz");
        let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
        let ran = run(["gc", one, "--compare", one]);
        assert_eq!(ran.status, 0);
        assert!(ran.out.starts_with("gc: no difference"), "{}", ran.out);
        let document = run(["gc", one, "--compare", two, "--json"]).json();
        let interval = document["compare"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == "interval_p50")
            .unwrap();
        assert_eq!(interval["verdict"], "real");
    }

    #[test]
    fn a_reader_that_leaves_is_no_error() {
        let mut child = Call::new(["gc", "-", "--csv"]).start();
        let mut stdin = child.stdin.take().unwrap();
        let feed = std::thread::spawn(move || {
            (1..200_000u32).try_for_each(|n| {
                let line = LINE.replace("gc 1 @0.009", &format!("gc {n} @{n}.000"));
                stdin.write_all(line.as_bytes())
            })
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(first.starts_with("process,"), "{first}");
        let ran = wait(child, "gc - --csv");
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        assert!(feed.join().unwrap().is_err(), "it stopped reading");
    }

    #[test]
    fn ctrl_c_ends_the_input_and_not_the_answer() {
        let mut child = Call::new(["gc", "-"]).start();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(format!("ready\n{LINE}").as_bytes())
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        signal("INT", child.id());
        let ran = wait(child, "gc -");
        assert_eq!(ran.status, 0, "{}", ran.out);
        assert!(ran.out.starts_with("gc: 1 cycle"), "{}", ran.out);
        drop(stdin);
    }

    /// Of a live pipe a cycle without a time of its own was printed when it came.
    #[test]
    fn a_cycle_that_comes_through_a_live_pipe_is_stamped() {
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_nanos()
        };
        let stamps = |args: &[&str], input: &str| -> Vec<Value> {
            let ran = run_with(args, input.as_bytes());
            assert_eq!(ran.status, 0, "{}", ran.err);
            let document = ran.json();
            let cycles = document["cycles"].as_array().unwrap();
            cycles
                .iter()
                .map(|cycle| cycle["stamp_ns"].clone())
                .collect()
        };
        let own = format!("2026-11-21T02:00:00Z {}", LINE.replace("gc 1 ", "gc 2 "));
        let input = format!("{LINE}{own}");
        let before = now();
        let live = stamps(&["gc", "-", "--follow", "--json"], &input);
        let arrived = u128::from(live[0].as_u64().unwrap());
        assert!((before..=now()).contains(&arrived), "{live:?}");
        assert_eq!(live[1], 1_795_226_400_000_000_000u64);
        // A pipe that is only read says nothing of when it was written.
        let read = stamps(&["gc", "-", "--json"], &input);
        assert_eq!((&read[0], &read[1]), (&Value::Null, &live[1]));
    }

    #[test]
    fn a_followed_file_may_be_rotated_and_truncated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let cycle = |n: u32| LINE.replace("gc 1 @0.009", &format!("gc {n} @{n}.000"));
        fs::write(&path, cycle(1)).unwrap();
        let child = Call::new(["gc", "--csv", "--follow", path.to_str().unwrap()]).start();
        let pause = || std::thread::sleep(Duration::from_millis(700));
        pause();
        fs::rename(&path, dir.path().join("app.log.1")).unwrap();
        fs::write(&path, cycle(2) + &cycle(3)).unwrap();
        pause();
        fs::write(&path, cycle(4)).unwrap();
        pause();
        signal("INT", child.id());
        let ran = wait(child, "gc --follow");
        assert_eq!(ran.status, 0);
        let numbers: Vec<&str> = ran
            .out
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(6).unwrap())
            .collect();
        assert_eq!(numbers, ["1", "2", "3", "4"]);
    }
}
