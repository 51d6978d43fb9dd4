//! `dumpview goroutines` on recorded crashes, dumps, race reports and profiles of Go 1.19 to 1.27.
//!
//! Two opinions that share nothing with the program: a count of lines that begin as sections do, and the reader in
//! `support/traceback.rs`, which knows the runtime's tracebacks of the corpus.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;
#[cfg(test)]
#[path = "support/traceback.rs"]
mod traceback;

#[cfg(test)]
mod tests {
    use super::traceback::Traceback;
    use crate::run::{Call, Ran};
    use crate::samples::{self, corpus, lossy, name};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::fmt::Write;
    use std::fs;
    use std::path::PathBuf;

    /// Recorded texts of a folder whose names contain `part`.
    fn samples(folder: &str, part: &str) -> Vec<(String, PathBuf, String)> {
        let out: Vec<_> = samples::all(&format!("logs/{folder}"))
            .into_iter()
            .map(|path| (name(&path), path))
            .filter(|(name, _)| name.contains(".txt") && name.contains(part))
            .map(|(name, path)| {
                let text = lossy(&path);
                (name, path, text)
            })
            .collect();
        assert!(!out.is_empty(), "{folder} has nothing like {part}");
        out
    }

    fn sample(folder: &str, name: &str) -> PathBuf {
        samples(folder, name).swap_remove(0).1
    }

    fn run_with(args: &[&str], stdin: &[u8]) -> Ran {
        let ran = Call::new([&["goroutines"], args].concat())
            .folder(&corpus("logs"))
            .input(stdin)
            .run();
        assert!(
            !ran.err.contains('\u{fffd}'),
            "stderr is UTF-8: {}",
            ran.err
        );
        ran
    }

    fn run(args: &[&str]) -> Ran {
        run_with(args, b"")
    }

    fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
        value[key].as_array().map_or(&[], Vec::as_slice)
    }

    #[test]
    fn every_recorded_goroutine_is_in_one_of_the_dumps() {
        let mut compared = 0;
        for (name, path, text) in samples("traceback", "") {
            // At level crash threads print goroutines again; see the test below.
            if text.contains("\n-----\n") {
                continue;
            }
            let ran = run(&[path.to_str().unwrap(), "--json", "--system"]);
            assert_eq!(ran.status, 0, "{name}: {}", ran.err);
            let json = ran.json();
            let found: u64 = list(&json, "dumps")
                .iter()
                .map(|d| d["goroutines"].as_u64().unwrap() + d["repeated"].as_u64().unwrap())
                .sum();
            let plain = text.replace("\\n", "\n");
            let begins = |line: &&str| {
                let at = line.rfind("\"goroutine ").map_or(0, |at| at + 1);
                let line = line[at..]
                    .strip_prefix("{\"Output\":\"")
                    .unwrap_or(&line[at..]);
                line.starts_with("goroutine ")
                    && !line.starts_with("goroutine 0 ")
                    && line.ends_with("]:")
                    || line.starts_with("goroutine ") && line.ends_with("}:")
            };
            assert_eq!(found, plain.lines().filter(begins).count() as u64, "{name}");
            compared += found;
        }
        assert!(compared > 1000, "{compared}");
    }

    /// Of both kinds of input: what is exported is what the verb lists, and nothing that exists is overwritten unasked.
    #[test]
    fn folded_stacks_are_those_of_the_goroutines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("folded").display().to_string();
        let export = |input: &[&str], more: &[&str]| {
            let args = ["export", "--to", "folded", "-o", &file, "--system"];
            Call::new([&args, input, more].concat())
                .folder(&corpus("fixtures"))
                .run()
        };
        let manifest: Value =
            serde_json::from_slice(&samples::bytes(&corpus("manifest.json"))).unwrap();
        let mut inputs: Vec<Vec<String>> = Vec::new();
        for case in list(&manifest, "cases").iter().step_by(13) {
            let name = |key: &str| case["files"][key]["file"].as_str().unwrap().to_owned();
            inputs.push(vec![name("core"), name("exe")]);
        }
        for (_, path, _) in samples("traceback", "go1.2").into_iter().step_by(5) {
            inputs.push(vec![path.display().to_string()]);
        }
        let mut compared = 0;
        for (index, input) in inputs.iter().enumerate() {
            let input: Vec<&str> = input.iter().map(String::as_str).collect();
            if index > 0 {
                let refused = export(&input, &[]);
                assert_eq!(refused.status, 1, "{input:?}: {}", refused.err);
                assert!(refused.err.contains("exists already"), "{}", refused.err);
            }
            let ran = export(&input, if index > 0 { &["--force"] } else { &[] });
            assert!(matches!(ran.status, 0 | 4), "{input:?}: {}", ran.err);
            let listed = Call::new(
                [
                    &["goroutines", "--json", "--with-stacks", "--system"],
                    &*input,
                ]
                .concat(),
            )
            .folder(&corpus("fixtures"))
            .run()
            .json();
            let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
            for goroutine in list(&listed, "goroutines") {
                let mut calls: Vec<String> = list(goroutine, "frames")
                    .iter()
                    .map(|frame| match frame["function"].as_str().unwrap() {
                        "" => "[unknown]".to_owned(),
                        function => function.replace(';', ","),
                    })
                    .collect();
                if let Some(after) = goroutine["elided"]["after"].as_u64() {
                    let count = &goroutine["elided"]["count"];
                    let after = usize::try_from(after).unwrap();
                    calls.insert(after, format!("[{count} frames elided]"));
                }
                if goroutine["why_incomplete"].is_string() {
                    calls.push("[incomplete]".to_owned());
                }
                if calls.is_empty() {
                    calls.push("[no calls]".to_owned());
                }
                calls.reverse();
                *wanted.entry(calls.join(";")).or_default() += 1;
            }
            let text = fs::read_to_string(&file).unwrap();
            let found: BTreeMap<String, u64> = text
                .lines()
                .map(|line| line.rsplit_once(' ').unwrap())
                .map(|(stack, count)| (stack.to_owned(), count.parse().unwrap()))
                .collect();
            assert_eq!(found, wanted, "{input:?}");
            compared += wanted.values().sum::<u64>();
        }
        assert!(compared > 100, "{compared}");
    }

    #[test]
    fn the_runtimes_tracebacks_of_the_corpus_are_read_as_by_another_reader() {
        let manifest: Value =
            serde_json::from_slice(&samples::bytes(&corpus("manifest.json"))).unwrap();
        let mut witnesses: BTreeMap<String, Value> = BTreeMap::new();
        let (mut goroutines, mut frames) = (0, 0);
        for case in list(&manifest, "cases") {
            let file = case["files"]["witnesses"]["file"]
                .as_str()
                .unwrap()
                .to_owned();
            let said = witnesses.entry(file.clone()).or_insert_with(|| {
                let text = samples::bytes(&corpus("fixtures").join(&file));
                serde_json::from_slice(&text).unwrap()
            });
            let stderr = said[case["mode"].as_str().unwrap()]["stderr"]
                .as_str()
                .unwrap();
            let wanted = Traceback::parse(stderr);
            let name = case["name"].as_str().unwrap();
            if wanted.goroutines.is_empty() {
                continue;
            }
            let ran = run_with(
                &["-", "--json", "--system", "--with-stacks"],
                stderr.as_bytes(),
            );
            assert_eq!(ran.status, 0, "{name}: {}", ran.err);
            let json = ran.json();
            let found: BTreeMap<u64, &Value> = list(&json, "goroutines")
                .iter()
                .map(|g| (g["id"].as_u64().unwrap(), g))
                .collect();
            assert_eq!(
                found.keys().collect::<Vec<_>>(),
                wanted.goroutines.keys().collect::<Vec<_>>(),
                "{name}"
            );
            for (id, said) in &wanted.goroutines {
                let got = found[id];
                let reason = got["wait_reason"]
                    .as_str()
                    .or(got["status"].as_str())
                    .unwrap();
                // The other reader keeps what stands behind the reason.
                assert!(
                    said.state.starts_with(reason),
                    "{name} goroutine {id}: {} {reason}",
                    said.state
                );
                let printed = said.frames.iter().chain(said.after_gap.iter().flatten());
                let mut count = 0;
                for (printed, got) in printed.zip(list(got, "frames")) {
                    assert_eq!(
                        got["function"],
                        printed.function.as_str(),
                        "{name} goroutine {id}"
                    );
                    assert_eq!(
                        (Some(printed.file.as_str()), Some(printed.line)),
                        (got["file"].as_str(), got["line"].as_u64()),
                        "{name} goroutine {id}"
                    );
                    count += 1;
                }
                assert_eq!(count, list(got, "frames").len(), "{name} goroutine {id}");
                goroutines += 1;
                frames += count;
                if let Some((creator, by)) = &said.created_by {
                    let got = &got["created_by"];
                    assert_eq!(
                        got["function"],
                        creator.function.as_str(),
                        "{name} goroutine {id}"
                    );
                    assert_eq!(got["goroutine"].as_u64(), *by, "{name} goroutine {id}");
                }
            }
            if let Some(fatal) = &wanted.fatal {
                assert_eq!(json["death"]["fatal_error"], fatal.as_str(), "{name}");
            }
            if let Some((signal, addr)) = &wanted.signal {
                assert_eq!(json["death"]["fault"]["name"], signal.as_str(), "{name}");
                assert_eq!(
                    json["death"]["fault"]["addr"],
                    format!("{addr:#x}"),
                    "{name}"
                );
            }
        }
        assert!(goroutines > 1000 && frames > 3000, "{goroutines} {frames}");
    }

    #[test]
    fn reports_read_as_reviewed() {
        for (folder, name, args) in [
            ("traceback", "deadlocks-go1.27.3", &["--dump", "1"][..]),
            ("traceback", "httppanic-go1.23.9", &[]),
            ("traceback", "fatal-during-panic-go1.27.3", &[]),
            ("traceback", "blockers-sigquit-minutes-go1.19", &["--group"]),
            (
                "traceback",
                "blockers-quitspin-levels-go1.27.3",
                &["--filter", "main.spin"],
            ),
            (
                "traceback",
                "cgocrash-go1.27.3",
                &["--dump", "1", "--with-stacks"],
            ),
            ("traceback", "synctest-go1.25.5", &["--dump", "1"]),
            ("race", "races-go1.27.3", &[]),
            ("race", "races-go-test-go1.19", &[]),
            ("pprof-text", "leaks-goroutineleak-debug1-go1.27.3", &[]),
            (
                "pprof-text",
                "blockers-goroutine-debug2-go1.27.3",
                &["--filter", "label:request_id=42"],
            ),
        ] {
            let path = sample(folder, name);
            let file = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            let mut all = vec![file.as_str()];
            all.extend(args);
            let ran = run(&all);
            assert_eq!(ran.status, 0, "{name}: {}", ran.err);
            insta::assert_snapshot!(name, ran.out);
        }
    }

    const CRASH: &str = "panic: boom\n\ngoroutine 7 [running]:\nmain.f(0x1)\n\t/src/main.go:3 +0x1\nexit status 2\n";

    #[test]
    fn stdin_passes_through_until_a_crash() {
        let app = "2026/11/21 one\r\ntwo \u{1b}[31mred\u{1b}[0m\nno runtime here: goroutine 5\n";
        let ran = run_with(&["-"], format!("{app}{CRASH}").as_bytes());
        assert_eq!(ran.status, 0, "{}", ran.err);
        let (passed, report) = ran.out.split_once("exit status 2\n").unwrap();
        assert_eq!(passed, app);
        assert!(report.starts_with("panic: boom\n"), "{report}");
        assert!(
            !report.contains("[running]:"),
            "the dump itself is not repeated"
        );
        let quiet = run_with(&["-"], app.as_bytes());
        assert_eq!((quiet.status, quiet.out.as_str()), (1, app));
    }

    #[test]
    fn a_dump_on_stdin_is_answered_not_passed() {
        let dump = CRASH.lines().skip(2).take(3).collect::<Vec<_>>().join("\n");
        let ran = run_with(&["-"], format!("{dump}\n").as_bytes());
        assert_eq!(
            ran.out,
            "  goroutine 7 [running] main.f /src/main.go:3\n1 goroutine\n"
        );
    }

    #[test]
    fn a_torn_dump_is_answered_and_said_to_be_torn() {
        let torn = &CRASH[..CRASH.len() - 22];
        let ran = run_with(&["-", "--json"], torn.as_bytes());
        assert_eq!(ran.status, 4, "{}", ran.err);
        let json = ran.json();
        assert_eq!(json["unrecognized_count"], 1);
        assert_eq!(json["goroutines"][0]["id"], 7);
        assert_eq!(json["incomplete"].as_array().unwrap().len(), 1);
        assert!(ran.err.contains("line 5"), "{}", ran.err);
    }

    #[test]
    fn two_dumps_are_compared_by_id() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, states: &[(u64, &str)]| {
            let sections: Vec<String> = states
                .iter()
                .map(|(id, state)| {
                    format!("goroutine {id} [{state}]:\nmain.f(0x1)\n\t/src/main.go:3 +0x1\n")
                })
                .collect();
            let path = dir.path().join(name);
            fs::write(&path, sections.join("\n")).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let old = write("old", &[(1, "select"), (2, "chan send, 1 minutes")]);
        let new = write("new", &[(2, "chan send, 4 minutes"), (3, "select")]);
        let json = run(&["--diff", &old, &new, "--json"]).json();
        let diff = &json["diff"];
        assert_eq!(diff["appeared"][0]["id"], 3);
        assert_eq!(diff["gone"][0]["id"], 1);
        assert_eq!(diff["stayed"][0]["waited_longer_ns"], 180_000_000_000_u64);
        let text = run(&["--diff", &old, &new]).out;
        assert!(
            text.starts_with("1 appeared, 1 gone, 1 stayed (1 of them where they were)"),
            "{text}"
        );
    }

    /// Crashes an hour apart, of a service whose lines have times.
    #[test]
    fn a_stretch_of_a_log_has_its_own_crashes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let mut log = String::new();
        for (hour, what) in ["first", "second", "third"].iter().enumerate() {
            let crash = format!(
                "up\npanic: {what}\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1d\nexit status 2\n"
            );
            for line in crash.lines() {
                writeln!(log, "2026-11-21T0{hour}:00:00Z {line}").unwrap();
            }
        }
        fs::write(&path, &log).unwrap();
        let path = path.to_str().unwrap();
        let cases: [(&[&str], usize, &str); 4] = [
            (&[], 3, "third"),
            (&["--until", "01:30"], 2, "second"),
            (
                &["--since", "00:30", "--until", "2026-11-21T01:30"],
                1,
                "second",
            ),
            (&["--since", "2026-11-21T00:30"], 2, "third"),
        ];
        for verb in ["goroutines", "waits"] {
            for (flags, count, last) in cases {
                let ran = Call::new([&[verb, path, "--json"], flags].concat()).run();
                assert_eq!(ran.status, 0, "{verb} {flags:?}: {}", ran.err);
                if verb == "goroutines" {
                    let document = ran.json();
                    assert_eq!(document["dump_count"], count, "{flags:?}");
                    assert_eq!(document["death"]["reason"], format!("panic: {last}"));
                }
            }
            let ran = Call::new([verb, path, "--since", "2026-11-22"]).run();
            assert_eq!(ran.status, 1);
            assert!(
                ran.err.contains("3 dumps, all of them outside of --since"),
                "{}",
                ran.err
            );
            let ran = Call::new([verb, path, "--since", "90s"]).run();
            assert_eq!(ran.status, 1);
            assert!(
                ran.err.contains("3 dumps without a time that"),
                "{}",
                ran.err
            );
        }
        let ran = Call::new(["goroutines", path, "--csv"]).run();
        assert_eq!((ran.status, ran.out.lines().count()), (0, 2), "{}", ran.err);
    }

    #[test]
    fn what_holds_no_goroutines_says_so() {
        for text in ["", "hello\n", "goroutine\n"] {
            let ran = run_with(&["-"], text.as_bytes());
            assert_eq!(ran.status, 1, "{text}");
            assert!(ran.err.contains("hint:"), "{}", ran.err);
        }
        assert_eq!(
            run(&["--dump", "9", "traceback/../traceback/README.md"]).status,
            1
        );
        assert_eq!(run(&["no such file"]).status, 3);
        assert_eq!(run(&["--filter", "colour=red", "race/README.md"]).status, 2);
    }
}
