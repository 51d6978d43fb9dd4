//! Reports as people paste them, and the right answer to each: what was once read wrongly.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::run;
    use crate::samples::{all, bytes, corpus, name};
    use serde_json::Value;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The report of that name, unpacked: its lines are asked for by number.
    fn report(name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}.txt"));
        let packed = corpus("logs/reports").join(format!("{name}.txt.zst"));
        fs::write(&path, bytes(&packed)).unwrap();
        path
    }

    /// What a verb says of a report.
    fn ask(verb: &str, name: &str) -> Value {
        let path = report(name);
        let ran = run([verb, "--json", path.to_str().unwrap()]);
        assert!(
            [0, 4].contains(&ran.status),
            "{name}: {} {}",
            ran.status,
            ran.err
        );
        ran.json()
    }

    /// The goroutines of the dump that is shown: number, state, function and line it stands at.
    fn goroutines(document: &Value) -> Vec<String> {
        let list = document["goroutines"].as_array().unwrap();
        let line = |g: &Value| {
            let at = &g["location"];
            let file = at["file"].as_str().unwrap_or_default();
            let file = file.rsplit(['/', '\\']).next().unwrap_or_default();
            let state = g["wait_reason"].as_str().or(g["status"].as_str()).unwrap();
            let function = at["function"].as_str().unwrap_or_default();
            let function = function.rsplit('/').next().unwrap_or_default();
            format!("{} {state} {function} {file}:{}", g["id"], at["line"])
        };
        list.iter().map(line).collect()
    }

    fn reason(document: &Value) -> &str {
        document["death"]["reason"].as_str().unwrap_or_default()
    }

    /// The same crash behind what hosts put before lines.
    fn hosted(boom: &str) -> Vec<(&'static str, String, u64, usize)> {
        let boom = boom.to_owned();
        let mut cases: Vec<(&str, String, u64, usize)> = Vec::new();
        for form in ["cf", "foreman", "gitlab", "golog", "heroku", "pm2", "stern"] {
            cases.push((
                &*format!("hosted-log-prefixes-{form}").leak(),
                boom.clone(),
                7,
                2,
            ));
        }
        for form in ["cloudwatch", "gcp-nd", "journal-"] {
            let form = form.trim_end_matches('-');
            let name = if form == "gcp-nd" {
                "gcp-ndjson".to_owned()
            } else {
                format!("{form}-json")
            };
            cases.push((
                format!("json-lines-exports-{name}").leak(),
                boom.clone(),
                7,
                2,
            ));
        }
        cases
    }

    /// Every crash, and why: the reason, the goroutine that crashed (0: none), and how many goroutines there are.
    #[test]
    fn a_crash_says_why() {
        let nil = "panic: runtime error: invalid memory address or nil pointer dereference";
        let nil_at = |at: &str| format!("{nil} [SIGSEGV: segmentation violation, address {at}]");
        let boom = "panic: boom went the cache".to_owned();
        let mut cases: Vec<(&str, String, u64, usize)> = vec![
            (
                "gvisor-out-of-memory",
                "fatal error: out of memory".into(),
                1,
                1,
            ),
            ("k8s-klog-stacktrace", nil_at("0x8"), 2003, 1),
            ("k8s-klog-stacktrace-only-observed", nil.into(), 2003, 1),
            ("repanic-with-spaces", nil_at("0x8"), 972, 1),
            ("repanic-with-spaces-karpenter", nil_at("0x0"), 321, 1),
            (
                "repanic-with-spaces-minimal",
                "panic: second (after the panic: first)".into(),
                1,
                1,
            ),
            (
                "compose-morestack-on-g0",
                "fatal error: morestack on g0 [SIGTRAP: trace trap]".into(),
                29881,
                1,
            ),
            (
                "morestack-on-g0",
                "fatal error: morestack on g0 [SIGTRAP: trace trap]".into(),
                17,
                1,
            ),
            (
                "prometheus-several-threads-fault",
                "fatal error: fault [SIGBUS: bus error, address 0xe28970b000]".into(),
                1187,
                1,
            ),
            (
                "found-bad-pointer",
                "fatal error: found bad pointer in Go heap (incorrect use of unsafe or cgo?)"
                    .into(),
                0,
                1,
            ),
            (
                "terraform-provider-log",
                "panic: interface conversion: interface {} is nil, not *aws.AWSClient".into(),
                48,
                1,
            ),
            ("whole-crash-in-one-field-gcp", "panic: boom".into(), 1, 1),
            (
                "whole-crash-in-one-field-caddy",
                "panic: runtime error: index out of range [3] with length 2".into(),
                61,
                1,
            ),
            (
                "windows-exception-no-header-go-11710",
                "Exception 0xc0000005 0x8 0x0 0x0".into(),
                0,
                2,
            ),
            (
                "cause-after-unfinished-line-gominer",
                "SIGABRT: abort".into(),
                6,
                1,
            ),
        ];
        cases.extend(hosted(&boom));
        for (name, why, crashed, count) in cases {
            let document = ask("goroutines", name);
            assert_eq!(reason(&document), why, "{name}");
            assert_eq!(
                document["death"]["goroutine"].as_u64().unwrap_or(0),
                crashed,
                "{name}"
            );
            assert_eq!(goroutines(&document).len(), count, "{name}");
        }
    }

    #[test]
    fn the_runtimes_own_notes_belong_to_a_crash() {
        let document = ask("goroutines", "found-bad-pointer");
        let notes = document["death"]["notes"].as_array().unwrap();
        assert_eq!(notes.len(), 7);
        let document = ask("goroutines", "gvisor-out-of-memory");
        let note = document["death"]["notes"][0]["text"].as_str().unwrap();
        assert!(
            note.contains("1073741824-byte block (6446022656 in use)"),
            "{note}"
        );
        let document = ask("goroutines", "prometheus-several-threads-fault");
        let note = document["death"]["notes"][0]["text"].as_str().unwrap();
        assert_eq!(note, "unexpected fault address 0xe28970b000");
    }

    /// The stack that an exception came from has no header on Windows; that of g0 is a thread's.
    #[test]
    fn a_stack_of_nobody_is_shown() {
        let document = ask("goroutines", "windows-exception-no-header-go-11710");
        let frames = document["thread_stacks"][0]["frames"].as_array().unwrap();
        let main = frames
            .iter()
            .find(|frame| frame["function"] == "main.main")
            .unwrap();
        assert_eq!(main["line"], 16);
        assert!(
            main["file"]
                .as_str()
                .unwrap()
                .ends_with("oracle-connect.go"),
            "{main}"
        );
        assert_eq!(document["thread_stacks"].as_array().unwrap().len(), 1);
        let document = ask("goroutines", "morestack-on-g0");
        assert_eq!(
            document["thread_stacks"][0]["frames"][0]["function"],
            "runtime.abort"
        );
    }

    #[test]
    fn a_dump_in_one_field_has_all_its_goroutines() {
        let document = ask("goroutines", "docker-usr1-logfmt");
        let mut found = goroutines(&document);
        found.sort();
        assert_eq!(
            found,
            [
                "1 chan receive main.(*DaemonCli).start daemon.go:308",
                "11 running signal.DumpStacks trap.go:74",
                "17 syscall runtime.goexit asm_amd64.s:1998",
                "6 syscall signal.loop signal_unix.go:22",
            ]
        );
        assert_eq!(
            document["goroutines"][0]["waiting_ns"],
            3098 * 60_000_000_000u64
        );
    }

    /// Arrays in the middle of statistics, and names without a sign before their values.
    #[test]
    fn statistics_are_one_snapshot() {
        for (name, field, value) in [
            ("geth-debug-memstats", "BuckHashSys", 16_016_695u64),
            ("memstats-println", "Sys", 2_428_028),
        ] {
            let document = ask("memstats", name);
            let list = document["snapshots"].as_array().unwrap();
            assert_eq!(list.len(), 1, "{name}");
            assert!(
                list[0].to_string().contains(&value.to_string()),
                "{name}: {field} {}",
                list[0]
            );
        }
    }

    #[test]
    fn numbers_that_stand_for_something_else_are_not_taken_for_numbers() {
        let document = ask("gc", "gogc-off");
        assert_eq!(document["summary"]["gogc"], Value::Null);
        assert_eq!(document["summary"]["goal_mib"], Value::Null);
        assert_eq!(document["summary"]["no_goal"], true);
        let document = ask("gc", "clock-overflow");
        let wall = document["summary"]["wall_ns"].as_u64().unwrap();
        assert!((26_000_000..28_000_000).contains(&wall), "{wall}");
        let findings = document["findings"].to_string();
        assert!(findings.contains("gc.clock-before-start"), "{findings}");
        let document = ask("timeline", "clock-overflow");
        let at = |index: usize| document["events"][index]["at_ns"].as_i64();
        assert_eq!(at(1).unwrap() - at(0).unwrap(), 26_000_000);
    }

    #[test]
    fn a_goroutine_has_those_from_which_it_comes() {
        let document = ask("goroutines", "tracebackancestors");
        let ids: Vec<u64> = document["goroutines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|g| g["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, [1, 25, 29]);
        let descent = |index: usize| {
            let ancestors = document["goroutines"][index]["ancestors"].as_array();
            let ancestors = ancestors.cloned().unwrap_or_default();
            let one = |of: &Value| {
                let frames = of["frames"].as_array().unwrap();
                assert!(!frames.is_empty(), "{of}");
                of["goroutine"].as_u64().unwrap()
            };
            ancestors.iter().map(one).collect::<Vec<u64>>()
        };
        assert_eq!(descent(0), [0u64; 0]);
        assert_eq!(descent(1), [24, 23, 22, 21, 20, 1]);
        assert_eq!(descent(1).len() + descent(2).len(), 10);
        let last = &document["goroutines"][1]["ancestors"][5];
        assert_eq!(last["created_by"], Value::Null, "{last}");
        assert_eq!(
            last["frames"].as_array().unwrap().last().unwrap()["function"],
            "main.main"
        );
    }

    /// Every report that is kept is asked for above or below.
    #[test]
    fn nothing_is_kept_without_a_question() {
        let source = include_str!("reports.rs");
        for path in all("logs/reports") {
            let name = name(&path);
            let name = name.trim_end_matches(".txt.zst");
            let form = name.rsplit('-').next().unwrap();
            let is_form = name.starts_with("hosted-") || name.starts_with("json-lines-");
            let asked = source.contains(name) || is_form && (source.contains(form));
            assert!(asked, "{name}");
        }
    }
}
