//! `dumpview escapes` on recorded compiler output of Go 1.4 to 1.27.
//!
//! The counts are compared with those of a matcher written here after what one would type into grep, which
//! shares nothing with the program.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{self, Ran};
    use crate::samples::{self, bytes, name, text};
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    fn corpus() -> PathBuf {
        samples::corpus("escapes")
    }

    fn run_with(args: &[&str], stdin: &[u8]) -> Ran {
        run::run_with([&["escapes"], args].concat(), stdin)
    }

    fn run(args: &[&str]) -> Ran {
        run_with(args, b"")
    }

    /// The message of a line: after the first `: ` that follows a line number; all of it when there is none.
    fn message(line: &str) -> Option<&str> {
        if let Some(rest) = line.strip_prefix("<unknown line number>: ") {
            return Some(rest);
        }
        line.match_indices(": ")
            .find(|(at, _)| {
                let number = line[..*at].rsplit(':').next().unwrap();
                !number.is_empty()
                    && number.bytes().all(|b| b.is_ascii_digit())
                    && line[..*at].contains(':')
            })
            .map(|(at, _)| &line[at + 2..])
    }

    /// What grep would count a line as; `None` for everything that is not compared.
    fn category(line: &str) -> Option<&'static str> {
        if line.starts_with("# ") {
            return Some("package_header");
        }
        if line.starts_with(['.', ' ', '\t']) && !line.starts_with("./") {
            return None;
        }
        let text = message(line).unwrap_or(line);
        let starts = |word: &str| text.starts_with(word);
        Some(match text {
            _ if starts("  flow: ")
                || starts("    from ")
                || starts("\tfrom ")
                || starts("  warning: trunc") =>
            {
                "explanation_step"
            }
            _ if starts("can inline ") => "can_inline",
            _ if starts("cannot inline ") => "cannot_inline",
            _ if starts("inlining call to ") => "inlining_call",
            _ if starts("moved to heap: ") => "moved_to_heap",
            _ if starts("leaking param content: ") => "leaking_param_content",
            _ if starts("leaking param: ") && text.contains(" level=") => "leaking_param_to_result",
            _ if starts("leaking param: ") => "leaking_param",
            _ if text.ends_with(':')
                && (text.contains(" escapes to heap") || text.contains(" leaks to ")) =>
            {
                "explanation"
            }
            _ if text.ends_with(" escapes to heap") => "escapes_to_heap",
            _ if text.ends_with(" does not escape") => "does_not_escape",
            _ if text.contains(" ignoring self-assignment in ") => "ignored_self_assignment",
            _ if text.contains(" capturing by ") => "capture",
            "zero-copy string->[]byte conversion" => "zero_copy_conversion",
            "Found IsInBounds" | "Found IsSliceInBounds" => "bounds_check",
            _ => return None,
        })
    }

    fn counted(text: &str) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for line in text.lines() {
            if let Some(category) = category(line) {
                *counts.entry(category).or_insert(0) += 1;
            }
        }
        counts
    }

    #[test]
    fn every_file_is_explained_and_counts_are_those_of_grep() {
        let mut compared = 0;
        for path in samples::all("escapes") {
            let name = name(&path);
            if !name.ends_with(".txt.gz") {
                continue;
            }
            let text = text(&path);
            let ran = run(&[path.to_str().unwrap(), "--json", "--by", "package"]);
            assert_eq!(ran.status, 0, "{name}: {}", ran.err);
            let document = ran.json();
            assert_eq!(
                document["unrecognized_count"], 0,
                "{name}: {}",
                document["unrecognized"]
            );
            let lines = document["summary"]["lines"].as_object().unwrap();
            let total: u64 = lines.values().map(|v| v.as_u64().unwrap()).sum();
            assert_eq!(total, text.lines().count() as u64, "{name}: lines");
            let expected = counted(&text);
            for (category, count) in &expected {
                assert_eq!(
                    lines.get(*category).and_then(Value::as_u64),
                    Some(*count),
                    "{name}: {category}"
                );
                compared += 1;
            }
            for category in lines.keys() {
                let other = [
                    "ir_dump",
                    "debug",
                    "devirtualization",
                    "pgo",
                    "inlining_note",
                    "unsafe_uintptr",
                    "compile_error",
                    "build_noise",
                ];
                assert!(
                    expected.contains_key(category.as_str()) || other.contains(&category.as_str()),
                    "{name}: {category} is not what grep finds"
                );
            }
        }
        assert!(compared > 300, "only {compared} counts compared");
    }

    /// What the three commands decided, from their terse lines.
    fn terse(text: &str) -> BTreeSet<(String, String)> {
        text.lines()
            .filter_map(|line| {
                let said = category(line)?;
                let message = message(line)?;
                let place = line.strip_suffix(message)?.trim_end_matches(": ");
                let what = match said {
                    "escapes_to_heap" => message.strip_suffix(" escapes to heap")?,
                    "does_not_escape" => message.strip_suffix(" does not escape")?,
                    "moved_to_heap" => message.strip_prefix("moved to heap: ")?,
                    "leaking_param" => message.strip_prefix("leaking param: ")?,
                    "leaking_param_content" => message.strip_prefix("leaking param content: ")?,
                    "leaking_param_to_result" => message
                        .strip_prefix("leaking param: ")?
                        .split(" to result ")
                        .next()?,
                    _ => return None,
                };
                Some((place.to_owned(), what.to_owned()))
            })
            .collect()
    }

    #[test]
    fn three_appended_builds_give_each_decision_once_with_its_flow() {
        let mut files = 0;
        for version in [
            "1.19", "1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3",
        ] {
            let path = corpus().join(format!("escdemo-appended-go{version}.txt.gz"));
            let text = text(&path);
            let document = run(&[path.to_str().unwrap(), "--json"]).json();
            let mut seen = BTreeSet::new();
            let mut flows = 0;
            for decision in document["decisions"].as_array().unwrap() {
                let number = |key: &str| decision[key].as_u64().unwrap();
                let mut place =
                    format!("{}:{}", decision["file"].as_str().unwrap(), number("line"));
                if number("column") > 0 {
                    place = format!("{place}:{}", number("column"));
                }
                let what = decision["what"].as_str().unwrap().to_owned();
                let outcomes = decision["outcomes"].as_array().unwrap();
                if outcomes.iter().all(|o| o["explanation_only"] == true) {
                    continue;
                }
                assert!(
                    seen.insert((place.clone(), what.clone())),
                    "{version}: {place} {what} twice"
                );
                if decision["kind"].as_str().unwrap().ends_with("to_heap") {
                    let flow = decision["flow"].as_array().unwrap();
                    assert!(!flow.is_empty(), "{version}: {place} {what} has no flow");
                    assert_ne!(
                        decision["reason"], "unexplained",
                        "{version}: {place} {what}"
                    );
                    flows += 1;
                }
            }
            assert!(flows > 60, "{version}: {flows} flows");
            assert_eq!(seen, terse(&text), "{version}");
            let builds: Vec<&str> = document["summary"]["builds"]
                .as_array()
                .unwrap()
                .iter()
                .map(|b| b["flags"].as_str().unwrap())
                .collect();
            assert_eq!(builds, ["-m", "-m=2", "-m=2 -l"], "{version}");
            files += 1;
        }
        assert_eq!(files, 8);
    }

    /// One file of a log, without its directory and whatever its name.
    #[test]
    fn a_bare_log_says_what_its_directory_says() {
        for release in ["1.19", "1.24.11", "1.27.3"] {
            let dir = tempfile::tempdir().unwrap();
            let name = format!("escdemo-logopt-main-go{release}.json.gz");
            let log = bytes(&corpus().join(name));
            fs::write(dir.path().join("main.json"), &log).unwrap();
            let bare = tempfile::NamedTempFile::new().unwrap();
            fs::write(bare.path(), &log).unwrap();
            let said = |args: &[&str]| {
                let ran = run::run(args);
                assert_eq!(ran.status, 0, "{release} {args:?}: {}", ran.err);
                let mut document = ran.json();
                document["input"]["path"].take();
                document
            };
            let path = bare.path().to_str().unwrap();
            let want = said(&["escapes", dir.path().to_str().unwrap(), "--json"]);
            assert!(want["decisions"].as_array().unwrap().len() > 60);
            assert_eq!(said(&["escapes", path, "--json"]), want, "{release}");
            // It is known for what it is.
            assert_eq!(said(&[path, "--json"]), want, "{release}");
        }
    }

    #[test]
    fn a_log_directory_says_what_the_text_says() {
        let dir = tempfile::tempdir().unwrap();
        let package = dir.path().join("main");
        fs::create_dir(&package).unwrap();
        fs::write(
            package.join("main.json"),
            bytes(&corpus().join("escdemo-logopt-main-go1.27.3.json.gz")),
        )
        .unwrap();
        let log = run(&[dir.path().to_str().unwrap(), "--json"]);
        assert_eq!(log.status, 0, "{}", log.err);
        let log = log.json();
        assert_eq!(log["input"]["go_version"], "go1.27.3");
        let text = corpus().join("escdemo-appended-go1.27.3.txt.gz");
        let both = run(&[
            text.to_str().unwrap(),
            dir.path().to_str().unwrap(),
            "--json",
        ])
        .json();
        let alone = run(&[text.to_str().unwrap(), "--json"]).json();
        // The log speaks of the same things in the same places, so it adds no decision.
        let places = |document: &Value| -> BTreeSet<String> {
            document["decisions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|d| {
                    format!(
                        "{} {}:{}:{} {}",
                        d["package"], d["file"], d["line"], d["column"], d["what"]
                    )
                })
                .collect()
        };
        assert!(log["decisions"].as_array().unwrap().len() > 60);
        assert_eq!(places(&both), places(&alone));
        assert_eq!(both["unrecognized_count"], 0);
    }

    #[test]
    fn inputs_that_are_no_compiler_output_are_refused_kindly() {
        for (input, word) in [
            (&b""[..], "is empty"),
            (b"hello\nworld\n", "no compiler output"),
            (
                b"gc 1 @0.026s 1%: 0.1+0.2+0.3 ms clock\n",
                "no compiler output",
            ),
            (
                b"\x7fELF\x02\x01\x01\0\0\n\0\0\xff\xfe",
                "an executable, which escapes does not read",
            ),
            (b"./main.go:12:22: undefined: x\n", "no compiler output"),
        ] {
            let ran = run_with(&["-"], input);
            assert_eq!(ran.status, 3, "{}", ran.err);
            assert!(ran.err.contains(word), "{}", ran.err);
            assert!(ran.out.is_empty());
        }
        let missing = run(&["/no/such/file"]);
        assert_eq!(missing.status, 3);
        assert!(missing.err.contains("/no/such/file"));
        assert_eq!(run(&["-", "--filter", "kind:nothing"]).status, 2);
    }

    #[test]
    fn line_ends_encodings_and_prefixes_change_nothing() {
        let path = corpus().join("escdemo-appended-go1.25.5.txt.gz");
        let text = text(&path);
        let decisions = |input: &[u8]| {
            let ran = run_with(&["-", "--json"], input);
            assert_eq!(ran.status, 0, "{}", ran.err);
            let document = ran.json();
            assert_eq!(document["unrecognized_count"], 0);
            document["decisions"].clone()
        };
        let plain = decisions(text.as_bytes());
        assert!(plain.as_array().unwrap().len() > 100);
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(decisions(crlf.as_bytes()), plain);
        let utf16: Vec<u8> = format!("\u{feff}{crlf}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decisions(&utf16), plain);
        let stamp = "2026-11-21T02:23:36.1234567Z ";
        let stamped: String = text.lines().flat_map(|line| [stamp, line, "\n"]).collect();
        assert_eq!(decisions(stamped.as_bytes()), plain);
        assert_eq!(decisions(&fs::read(&path).unwrap()), plain);
    }

    #[test]
    fn windows_paths_keep_their_drive() {
        let path = corpus().join("escdemo-appended-go1.25.5.txt.gz");
        let text = text(&path);
        let plain = run_with(&["-", "--json"], text.as_bytes()).json();
        for to in [r"C:\src dir\main.go:", r".\main.go:"] {
            let windows = text.replace("./main.go:", to);
            let document = run_with(&["-", "--json"], windows.as_bytes()).json();
            assert_eq!(document["unrecognized_count"], 0);
            assert_eq!(document["summary"]["kinds"], plain["summary"]["kinds"]);
            assert_eq!(document["summary"]["reasons"], plain["summary"]["reasons"]);
        }
    }

    #[test]
    fn a_cut_input_gives_what_it_had_and_says_so() {
        let path = corpus().join("escdemo-appended-go1.25.5.txt.gz");
        let text = bytes(&path);
        let end = text.len() - 9;
        let ran = run_with(&["-", "--json"], &text[..end]);
        assert_eq!(ran.status, 4, "{}", ran.err);
        assert!(ran.err.contains("has no end"), "{}", ran.err);
        assert!(!ran.json()["incomplete"].as_array().unwrap().is_empty());
        let packed = fs::read(&path).unwrap();
        let ran = run_with(&["-", "--json"], &packed[..packed.len() / 2]);
        assert_eq!(ran.status, 4, "{}", ran.err);
        assert!(!ran.json()["decisions"].as_array().unwrap().is_empty());
    }

    #[test]
    fn packages_built_at_the_same_time_come_apart() {
        let lines_of = |name: &str| {
            let text = text(&corpus().join(name));
            text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        let a = lines_of("pgo-devirt-m2-go1.27.3.txt.gz");
        let b: Vec<String> = lines_of("pgo-devirt-m2-go1.24.11.txt.gz")
            .iter()
            .map(|line| {
                line.replace("./main.go", "./other.go")
                    .replace("<autogenerated>", "<autogenerated2>")
            })
            .collect();
        let flows = |lines: &[String]| -> BTreeSet<String> {
            let document = run_with(&["-", "--json"], (lines.join("\n") + "\n").as_bytes()).json();
            assert_eq!(document["unrecognized_count"], 0);
            document["decisions"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|d| !d["file"].as_str().unwrap().starts_with('<'))
                .map(|d| format!("{} {} {} {}", d["file"], d["line"], d["what"], d["flow"]))
                .collect()
        };
        let mut mixed = Vec::new();
        for at in 0..a.len().max(b.len()) {
            mixed.extend(a.get(at).cloned());
            mixed.extend(b.get(at).cloned());
        }
        let expected: BTreeSet<String> = flows(&a).into_iter().chain(flows(&b)).collect();
        assert!(expected.len() > 10);
        assert_eq!(flows(&mixed), expected);
    }

    const OLD: &str =
        "# p\n./x.go:3:6: can inline f with cost 3 as: func() {  }\n./x.go:4:2: moved to heap: a\n";

    #[test]
    fn a_new_escape_fails_where_asked() {
        let dir = tempfile::tempdir().unwrap();
        let old = dir.path().join("old.txt");
        let old = old.to_str().unwrap();
        fs::write(old, OLD).unwrap();
        let moved = OLD.replace(":4:", ":9:").replace(":3:", ":8:");
        let ran = run_with(&["--diff", old, "-", "--fail-on-new"], moved.as_bytes());
        assert_eq!(
            (ran.status, ran.out.lines().next().unwrap()),
            (0, "0 appeared, 0 went, 1 stayed")
        );
        let new = format!("{moved}./x.go:10:2: b escapes to heap\n");
        let ran = run_with(&["--diff", old, "-", "--fail-on-new"], new.as_bytes());
        assert_eq!(ran.status, 1);
        assert!(
            ran.out.contains("./x.go:10:2: b escapes to heap"),
            "{}",
            ran.out
        );
        let ran = run_with(&["--diff", old, "-"], new.as_bytes());
        assert_eq!(ran.status, 0);
        let ran = run_with(&["--diff", old, "-", "--github"], new.as_bytes());
        assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
        assert!(
            ran.out
                .starts_with("::warning file=x.go,line=10,col=2,title="),
            "{}",
            ran.out
        );
        let json = run_with(&["--diff", old, "-", "--json"], new.as_bytes()).json();
        assert_eq!(json["diff"]["appeared"][0]["what"], "b");
        assert_eq!(json["diff"]["kept"], 1);
    }

    #[test]
    fn budgets_fail_by_function() {
        let dir = tempfile::tempdir().unwrap();
        let budget = dir.path().join("budget");
        let path = budget.to_str().unwrap();
        for (text, status, word) in [
            ("p.f", 1, "over  p.f: 1 on the heap, 0 allowed"),
            ("p.f 1", 0, "ok    p.f"),
            ("p.f 1\np.g", 0, "no such function"),
            ("p.g", 1, "none of its functions"),
            ("p.f x", 2, "expected a number"),
        ] {
            fs::write(&budget, text).unwrap();
            let ran = run_with(&["-", "--budget", path], OLD.as_bytes());
            assert_eq!(ran.status, status, "{text}: {}", ran.err);
            assert!(
                format!("{}{}", ran.out, ran.err).contains(word),
                "{text}: {}{}",
                ran.out,
                ran.err
            );
        }
    }

    #[test]
    fn a_profile_ranks_the_sites() {
        let dir = tempfile::tempdir().unwrap();
        let profile = dir.path().join("heap.txt");
        fs::write(
        &profile,
        "heap profile: 0: 0 [3: 96] @ heap/2\n0: 0 [1: 32] @ 0x1\n#\t0x11\tmain.leakGlobal+0x1\t/src/main.go:57\n\
         0: 0 [2: 64] @ 0x2\n#\t0x22\tmain.bigArray+0x2\t/src/main.go:72\n",
    )
    .unwrap();
        let text = corpus().join("escdemo-appended-go1.27.3.txt.gz");
        let json = run(&[
            text.to_str().unwrap(),
            "--alloc",
            profile.to_str().unwrap(),
            "--json",
        ])
        .json();
        let sites: Vec<(u64, u64)> = json["alloc"]["sites"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| {
                (
                    s["bytes"].as_u64().unwrap(),
                    s["decisions"][0]["line"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(sites, [(64, 72), (32, 57)]);
        let asked = |profile: &Path| {
            run(&[
                text.to_str().unwrap(),
                "--alloc",
                profile.to_str().unwrap(),
                "--json",
            ])
        };
        // The same as a profile.proto, and one that counts something else.
        let proto = dir.path().join("heap.pb.gz");
        fs::write(&proto, packed(&["alloc_objects", "alloc_space"])).unwrap();
        assert_eq!(asked(&proto).json()["alloc"], json["alloc"]);
        fs::write(&proto, packed(&["samples", "cpu"])).unwrap();
        let ran = asked(&proto);
        assert_eq!(ran.status, 3);
        assert!(ran.err.contains("it counts samples, cpu"), "{}", ran.err);
        fs::write(&profile, "nothing\n").unwrap();
        let ran = asked(&profile);
        assert_eq!(ran.status, 3);
        assert!(ran.err.contains("heap profile:"), "{}", ran.err);
    }

    /// The profile of the test above as `/debug/pprof/allocs` answers it: samples are scaled up, runtime calls left out.
    fn packed(types: &[&str]) -> Vec<u8> {
        use dumpview_parsers::pprof::{Builder, Function, Line, Location, Sample, ValueType};
        let mut builder = Builder::default();
        let types = types.iter().map(|name| ValueType::new(name, "count"));
        builder.profile.sample_types = types.collect();
        for (name, line, values) in [
            ("main.leakGlobal", 57, [1, 32]),
            ("main.bigArray", 72, [2, 64]),
        ] {
            let function = builder.function(Function {
                name: name.to_owned(),
                file: "/src/main.go".to_owned(),
                ..Function::default()
            });
            let location = builder.location(Location {
                id: u64::try_from(line).unwrap(),
                lines: vec![Line {
                    function,
                    line,
                    column: 0,
                }],
                ..Location::default()
            });
            builder.profile.add(&Sample {
                locations: vec![location],
                values: values.to_vec(),
                labels: Vec::new(),
            });
        }
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        builder.profile.write(&mut out).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn csv_and_sarif_have_one_entry_a_decision() {
        let path = corpus().join("escdemo-appended-go1.22.10.txt.gz");
        let path = path.to_str().unwrap();
        let json = run(&[path, "--json"]).json();
        let heap = json["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|d| d["kind"].as_str().unwrap().ends_with("to_heap"))
            .count();
        let csv = run(&[path, "--csv"]).out;
        // No expression of this program has a line end in it.
        assert_eq!(
            csv.lines().count(),
            1 + json["decisions"].as_array().unwrap().len()
        );
        let sarif: Value = serde_json::from_str(&run(&[path, "--sarif"]).out).unwrap();
        assert_eq!(sarif["version"], "2.1.0");
        assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), heap);
        assert!(heap > 60);
    }

    #[test]
    fn a_finding_is_drawn_on_its_source_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("x.go"),
            "package p\n\nfunc f() *int {\n\ta := 1\n\treturn &a\n}\n",
        )
        .unwrap();
        let text = "# p\n./x.go:4:2: a escapes to heap:\n./x.go:4:2:   flow: ~r0 = &a:\n\
                ./x.go:4:2:     from &a (address-of) at ./x.go:5:9\n\
                ./x.go:4:2:     from return &a (return) at ./x.go:5:2\n./x.go:4:2: moved to heap: a\n";
        let ran = run_with(
            &["-", "--source", dir.path().to_str().unwrap()],
            text.as_bytes(),
        );
        assert_eq!(ran.status, 0, "{}", ran.err);
        let expected = "  ./x.go:4:2: moved to heap: a  f\n         4 │     a := 1\n           │     ^\n      returned to the caller\n        ~r0 ← &a\n";
        assert!(ran.out.starts_with(expected), "{}", ran.out);
    }

    #[test]
    fn the_verb_may_be_left_out() {
        let path = corpus().join("escdemo-appended-go1.27.3.txt.gz");
        let path = path.to_str().unwrap();
        assert_eq!(run::run([path]).out, run(&[path]).out);
    }

    #[test]
    fn the_summary_reads_as_recorded() {
        let path = corpus().join("escdemo-appended-go1.27.3.txt.gz");
        let ran = run(&[path.to_str().unwrap()]);
        insta::assert_snapshot!(ran.out);
        let again = run(&[path.to_str().unwrap()]);
        assert_eq!(again.out, ran.out);
    }
}
