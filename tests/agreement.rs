//! Every verb that applies, on every text log of the corpus: what they count is the same. The report without a verb,
//! `timeline`, `goroutines`, `gc`, `sched`, `memstats` and `alloc` each say how many crashes, dumps, races, cycles, samples and
//! snapshots a log has, of which process each is, and which lines could not be read; none knows more than another.

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::Read;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    /// Things counted, by process: `("cycle", 2)`.
    type Counts = BTreeMap<(&'static str, u64), u64>;
    /// Unread lines, by format and line.
    type Unread = Vec<(String, u64)>;

    const VERBS: [&str; 7] = [
        "",
        "timeline",
        "goroutines",
        "gc",
        "sched",
        "memstats",
        "alloc",
    ];

    fn ask(verb: &str, file: &str) -> Value {
        let output = dumpview(verb, &[file, "--json"]);
        // A verb that finds nothing of its own in a log prints no document.
        serde_json::from_slice(&output).unwrap_or(Value::Null)
    }

    /// What is printed on stdout.
    fn dumpview(verb: &str, args: &[&str]) -> Vec<u8> {
        printed(
            Command::new(env!("CARGO_BIN_EXE_dumpview")),
            [verb].iter().chain(args),
        )
    }

    /// The same by one processor, where no scout goes ahead of the reader.
    fn alone(verb: &str, args: &[&str]) -> Vec<u8> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", env!("CARGO_BIN_EXE_dumpview")]);
        printed(command, [verb].iter().chain(args))
    }

    fn printed<'a>(mut command: Command, args: impl Iterator<Item = &'a &'a str>) -> Vec<u8> {
        command
            .env(
                "XDG_CACHE_HOME",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
            )
            .args(args.filter(|arg| !arg.is_empty()))
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .stdout
    }

    /// A text as a file.
    fn file(name: &str, text: &str) -> String {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
        value[key].as_array().map_or(&[], Vec::as_slice)
    }

    fn add(counts: &mut Counts, what: &'static str, process: &Value, n: &Value) {
        let process = process.as_u64().unwrap();
        match n.as_u64().unwrap() {
            0 => {}
            n => *counts.entry((what, process)).or_default() += n,
        }
    }

    /// What a verb's document counts of what it reads.
    fn counts(verb: &str, document: &Value) -> Counts {
        let mut counts = Counts::new();
        let one = Value::from(1);
        match verb {
            "" => {
                for of in list(document, "processes") {
                    for (what, key) in [
                        ("cycle", "cycles"),
                        ("sample", "samples"),
                        ("snapshot", "snapshots"),
                    ] {
                        add(&mut counts, what, &of["process"], &of[key]);
                    }
                }
                for of in list(document, "moments") {
                    let what = match of["kind"].as_str().unwrap() {
                        "crash" => "crash",
                        "dump" => "dump",
                        "race" => "race",
                        _ => continue,
                    };
                    add(&mut counts, what, &of["process"], &one);
                }
            }
            "timeline" => {
                for of in list(document, "events") {
                    let what = match (of["lane"].as_str().unwrap(), of["kind"].as_str()) {
                        ("gc", _) if of["number"].is_u64() => "cycle",
                        ("sched", _) => "sample",
                        ("memory", _) => "snapshot",
                        ("moment", Some("crash")) => "crash",
                        ("moment", Some("dump")) => "dump",
                        ("moment", Some("race")) => "race",
                        _ => continue,
                    };
                    add(&mut counts, what, &of["process"], &one);
                }
            }
            "goroutines" => {
                for of in list(document, "dumps") {
                    let what = if of["fatal"] == true { "crash" } else { "dump" };
                    add(&mut counts, what, &of["process"], &one);
                }
                for of in list(document, "races") {
                    add(&mut counts, "race", &of["process"], &one);
                }
            }
            "gc" => {
                for of in list(document, "cycles") {
                    add(&mut counts, "cycle", &of["process"], &one);
                }
            }
            "sched" => {
                for of in list(document, "samples") {
                    add(&mut counts, "sample", &of["process"], &one);
                }
            }
            "memstats" => {
                for of in list(&document["summary"], "processes") {
                    add(&mut counts, "snapshot", &of["process"], &of["snapshots"]);
                }
            }
            _ => {}
        }
        counts
    }

    fn unread(document: &Value) -> Unread {
        list(document, "unrecognized")
            .iter()
            .map(|of| {
                let format = of["format"].as_str().unwrap().to_owned();
                (format, of["line"].as_u64().unwrap())
            })
            .collect()
    }

    /// What a verb reads, of all that the report and the timeline count.
    fn reads(verb: &str) -> (&'static [&'static str], &'static [&'static str]) {
        match verb {
            "goroutines" => (&["crash", "dump", "race"], &["traceback", "race"]),
            "gc" => (
                &["cycle"],
                &["gctrace", "scavtrace", "pacertrace", "inittrace"],
            ),
            "sched" => (&["sample"], &["schedtrace"]),
            "memstats" => (&["snapshot"], &["memstats"]),
            "alloc" => (&[], &["alloctrace"]),
            _ => (&[], &[]),
        }
    }

    /// Compares the verbs on one log. Gives how many things were compared.
    fn compare(name: &str, file: &str, wrong: &mut Vec<String>) -> Counts {
        let report = ask("", file);
        if report["schema"] != "dumpview.log/1" {
            return Counts::new();
        }
        // More than the answers list are only counted.
        let many =
            list(&report, "moments").len() >= 1000 || list(&report, "unrecognized").len() >= 1000;
        let all = counts("", &report);
        let all_unread = unread(&report);
        let mut compared = Counts::new();
        for verb in VERBS.into_iter().skip(1) {
            let document = ask(verb, file);
            let mut thinned = list(&document, "processes").iter();
            if many
                || thinned.any(|of| {
                    of["lanes"]
                        .as_object()
                        .is_some_and(|lanes| lanes.values().any(|l| l["one_kept_in"] != 1))
                })
            {
                continue;
            }
            // The report keeps the processes with most cycles.
            let forgotten = document["more_processes"]["processes"]
                .as_u64()
                .unwrap_or(0)
                > 0;
            let (whats, formats) = reads(verb);
            let mut want = all.clone();
            let mut want_unread = all_unread.clone();
            if verb != "timeline" {
                want.retain(|(what, _), _| whats.contains(what));
                want_unread.retain(|(format, _)| formats.contains(&format.as_str()));
            }
            let got = counts(verb, &document);
            if want != got && !forgotten && !(verb == "timeline" && got.len() > 64) {
                wrong.push(format!(
                    "{name}: {verb} counts {got:?}, the report {want:?}"
                ));
            }
            // A verb that has nothing but unread lines says so and prints no document.
            if !document.is_null() && unread(&document) != want_unread {
                let got = unread(&document);
                wrong.push(format!(
                    "{name}: {verb} could not read {got:?}, the report {want_unread:?}"
                ));
            }
            for ((what, _), n) in &got {
                *compared.entry((what, 0)).or_default() += n;
            }
            *compared.entry(("unread", 0)).or_default() += want_unread.len() as u64;
        }
        compared
    }

    fn logs() -> Vec<PathBuf> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/logs");
        let mut files: Vec<PathBuf> = fs::read_dir(corpus)
            .unwrap()
            .map(|folder| folder.unwrap().path())
            .filter(|folder| folder.is_dir())
            .flat_map(|folder| fs::read_dir(folder).unwrap())
            .map(|file| file.unwrap().path())
            .filter(|file| {
                file.to_str()
                    .is_some_and(|name| name.contains(".txt") || name.contains(".log"))
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn all_verbs_count_the_same_in_every_log() {
        let files = logs();
        let next = AtomicUsize::new(0);
        let found = Mutex::new((Vec::new(), Counts::new()));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut wrong = Vec::new();
                        let name = file.file_name().unwrap().to_string_lossy();
                        let compared = compare(&name, file.to_str().unwrap(), &mut wrong);
                        let mut found = found.lock().unwrap();
                        found.0.extend(wrong);
                        for (what, n) in compared {
                            *found.1.entry(what).or_default() += n;
                        }
                    }
                });
            }
        });
        let (wrong, compared) = found.into_inner().unwrap();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for what in ["crash", "dump", "race", "cycle", "sample", "snapshot"] {
            let n = compared.get(&(what, 0)).copied().unwrap_or(0);
            assert!(n >= 40, "only {n} of {what} were compared: {compared:?}");
        }
    }

    /// All logs behind each other, so that records lie across the borders of chunks.
    fn together(files: &[PathBuf]) -> PathBuf {
        let mut all = Vec::new();
        for path in files {
            let packed = fs::read(path).unwrap();
            if path.extension().is_some_and(|ending| ending == "gz") {
                let mut decoder = flate2::read::GzDecoder::new(packed.as_slice());
                decoder.read_to_end(&mut all).unwrap();
            } else {
                all.extend(packed);
            }
            all.push(b'\n');
        }
        PathBuf::from(file("together.log", &String::from_utf8_lossy(&all)))
    }

    #[test]
    fn one_processor_answers_as_all_do() {
        let mut files = logs();
        files.push(together(&files));
        let next = AtomicUsize::new(0);
        let compared = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let file = file.to_str().unwrap();
                        for verb in ["gc", "sched", "goroutines"] {
                            let answer = dumpview(verb, &[file, "--json"]);
                            assert!(answer == alone(verb, &[file, "--json"]), "{verb} {file}");
                            compared.fetch_add(answer.len(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert!(compared.into_inner() > 1_000_000);
    }

    /// What a log may hold that trips one verb and not another, each with what it counts.
    #[test]
    fn all_verbs_count_the_same_in_what_once_divided_them() {
        let gc = |n: u32, at: u32| {
            format!(
                "gc {n} @{at}.000s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, 0 MB stacks, \
                 0 MB globals, 2 P\n"
            )
        };
        let section = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n\n";
        let of = |what: &'static str, process: u64, n: u64| ((what, process), n);
        let cases: [(&str, String, Counts); 5] = [
            (
                "a panic of two lines",
                format!("panic: line one\nline two\n\n{section}exit status 2\n"),
                Counts::from([of("crash", 1, 1)]),
            ),
            (
                "a restart, seen by collections and by statistics",
                format!(
                    "{}Alloc=1 TotalAlloc=50 NumGC=1\n{}Alloc=1 TotalAlloc=7 NumGC=1\nend\n",
                    gc(1, 90),
                    gc(1, 1)
                ),
                Counts::from([
                    of("cycle", 1, 1),
                    of("cycle", 2, 1),
                    of("snapshot", 1, 1),
                    of("snapshot", 2, 1),
                ]),
            ),
            (
                "a dump, then another process's crash",
                format!(
                    "hello\n{section}there\n{}panic: boom\n\n{section}exit status 2\n",
                    gc(1, 1)
                ),
                Counts::from([of("dump", 1, 1), of("cycle", 1, 1), of("crash", 1, 1)]),
            ),
            (
                "lines that cannot be read",
                format!(
                    "gc 5 @1.0s 2%: 0.087+1.0 ms x\nhello\nSCHED 12ms: gomaxprocs=x\nhello\n{}SCHED 9ms: gomaxprocs=2 idleprocs=0 threads=6 \
                     spinningthreads=0 needspinning=0 idlethreads=1 runqueue=1 [ 0 0 ]\n",
                    gc(1, 1)
                ),
                Counts::from([of("cycle", 1, 1), of("sample", 1, 1)]),
            ),
            (
                "a race and a crash",
                format!(
                    "==================\nWARNING: DATA RACE\nRead at 0x00c00001a068 by goroutine 8:\n  main.f()\n      /a.go:1 +0x1\n\n\
                     Previous write at 0x00c00001a068 by goroutine 7:\n  main.g()\n      /a.go:2 +0x1\n==================\n\
                     panic: b\n\n{section}exit status 2\n"
                ),
                Counts::from([of("race", 1, 1), of("crash", 1, 1)]),
            ),
        ];
        let mut unread = 0;
        for (name, text, want) in cases {
            let file = file("agreement.log", &text);
            let got = counts("", &ask("", &file));
            assert_eq!(got, want, "{name}");
            let mut wrong = Vec::new();
            let compared = compare(name, &file, &mut wrong);
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            assert!(!compared.is_empty(), "{name}");
            unread += compared.get(&("unread", 0)).copied().unwrap_or(0);
        }
        // The timeline has both, `gc` and `sched` one each.
        assert_eq!(unread, 4);
    }

    /// JSON has the input's characters; what a terminal must not see is escaped in text only.
    #[test]
    fn json_has_what_is_there_and_text_what_is_safe() {
        let text = "evil \u{202e}txt\u{1b}[31m\npanic: b\u{202e}ad\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\n";
        let file = file("characters.log", text);
        for (verb, of) in [
            ("", "moments"),
            ("goroutines", "dumps"),
            ("timeline", "events"),
        ] {
            let document = ask(verb, &file);
            assert!(!list(&document, of).is_empty(), "{verb}");
            let json = document.to_string();
            assert!(json.contains("b\u{202e}ad"), "{verb}: {json}");
            assert!(!json.contains("\\\\u"), "{verb}: {json}");
        }
        let before = &ask("", &file)["moments"][0]["before"][0];
        assert!(
            before.as_str().unwrap().contains("evil \u{202e}txt"),
            "{before}"
        );
        for verb in VERBS.into_iter().take(3) {
            let plain: &[&str] = if verb.is_empty() { &["--plain"] } else { &[] };
            let shown =
                String::from_utf8(dumpview(verb, &[&[file.as_str()], plain].concat())).unwrap();
            assert!(
                !shown.contains('\u{202e}') && shown.contains("ad"),
                "{verb}: {shown}"
            );
        }
    }
}
