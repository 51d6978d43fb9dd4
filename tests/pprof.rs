//! `dumpview pprof` against `go tool pprof`: what that printed of the profiles in the corpus, and, with `DUMPVIEW_GO`, what it prints
//! now when both are asked at random (`DUMPVIEW_PPROF=SEED..SEED`, a seed a question).
//!
//! Where pprof's own answer differs from run to run, the same lines in any order are the same answer. That is where it goes
//! over a map and its order leaves two equal: files without functions (internal/graph/graph.go:comparePrintableName says that
//! two nodes of one name are not equal, and neither less), edges of opposite weight (edgeList.Less), trees of contexts
//! (newTree, whose nodes of one function are told apart by nothing).

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{BINARY, Call};
    use crate::samples::{bytes, corpus, text};
    use dumpview_parsers::pprof::{self, Profile, TagValue};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn recorded() -> BTreeMap<String, Value> {
        serde_json::from_str(&text(&corpus("pprof/gopprof.json.zst"))).unwrap()
    }

    /// Arguments with files where they are in the corpus, which has texts compressed.
    fn placed(arg: &str, folder: &str) -> String {
        let (flag, file) = match arg.split_once('=') {
            Some((flag, file)) if flag.ends_with("base") => (format!("{flag}="), file),
            _ => (String::new(), arg),
        };
        let place = |name: String| {
            let place = format!("{folder}/{name}");
            corpus("pprof").join(&place).is_file().then_some(place)
        };
        let place = place(file.to_owned()).or_else(|| place(format!("{file}.zst")));
        place.map_or(arg.to_owned(), |place| format!("{flag}{place}"))
    }

    fn ours(args: &[String]) -> (bool, String) {
        let output = Command::new(BINARY)
            .args(["pprof", "-symbolize=none"])
            .args(args)
            .current_dir(corpus("pprof"))
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
        )
    }

    fn sorted(text: &str) -> Vec<&str> {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn every_recorded_answer_is_given() {
        let (mut same, mut in_any_order, mut counted_twice) = (0, 0, 0);
        for (folder, entries) in recorded() {
            for entry in entries.as_array().unwrap() {
                let name = entry["name"].as_str().unwrap();
                let args = entry["args"].as_array().unwrap().iter();
                let args: Vec<String> = args
                    .map(|arg| placed(arg.as_str().unwrap(), &folder))
                    .collect();
                let (_, mut text) = ours(&args);
                let mut theirs = entry["stdout"].as_str().unwrap().to_owned();
                if entry["head"].as_bool().unwrap() {
                    theirs = format!("{}\n", theirs.trim_end_matches('\n'));
                    let lines = theirs.lines().count();
                    let head: Vec<&str> = text.lines().take(lines).collect();
                    text = format!("{}\n", head.join("\n"));
                }
                if name.starts_with("mutex.legacy") && folder == "go1.21.13" {
                    // Text of a mutex profile is scaled up already, and pprof does it again: five times too many here
                    // (profile/legacy_profile.go:parseContentionSample; runtime/mprof.go:(*bucket).mp of that release).
                    assert_ne!(text, theirs, "{folder}/{name}");
                    counted_twice += 1;
                } else if args.iter().any(|arg| arg == "-files") {
                    // The running sum stands in the rows.
                    let without_sum = |text: &str| {
                        let rows = text.lines();
                        rows.map(|row| {
                            row.get(..17).unwrap_or(row).to_owned() + row.get(26..).unwrap_or("")
                        })
                        .collect::<Vec<_>>()
                        .join("\n")
                    };
                    let (ours, theirs) = (without_sum(&text), without_sum(&theirs));
                    assert_eq!(sorted(&ours), sorted(&theirs), "{folder}/{name} {args:?}");
                    in_any_order += 1;
                } else {
                    assert_eq!(text, theirs, "{folder}/{name} {args:?}");
                    same += 1;
                }
            }
        }
        assert_eq!((same, in_any_order, counted_twice), (350, 8, 2));
    }

    fn decoded(path: &Path) -> (usize, Profile) {
        let bytes = bytes(path);
        (bytes.len(), pprof::read(&bytes).unwrap())
    }

    #[test]
    fn every_profile_says_what_another_decoder_read() {
        let facts: BTreeMap<String, BTreeMap<String, Value>> =
            serde_json::from_str(&text(&corpus("pprof/facts.json.zst"))).unwrap();
        let mut compared = 0;
        for (folder, profiles) in facts {
            for (name, facts) in profiles {
                let path = corpus("pprof").join(&folder).join(&name);
                if !path.is_file() {
                    continue;
                }
                let (len, profile) = decoded(&path);
                let of = format!("{folder}/{name}");
                let number = |key: &str| facts[key].as_i64().unwrap();
                let count = |key: &str| usize::try_from(number(key)).unwrap();
                let types = profile.sample_types.iter();
                let types: Vec<String> = types.map(|t| format!("{}/{}", t.kind, t.unit)).collect();
                assert_eq!(
                    serde_json::to_value(&types).unwrap(),
                    facts["sample_types"],
                    "{of}"
                );
                assert_eq!(len, count("uncompressed_bytes"), "{of}");
                assert_eq!(profile.samples.len(), count("samples"), "{of}");
                assert_eq!(profile.locations.len(), count("locations"), "{of}");
                assert_eq!(profile.functions.len(), count("functions"), "{of}");
                assert_eq!(profile.period, number("period"), "{of}");
                assert_eq!(profile.time_nanos, number("time_nanos"), "{of}");
                assert_eq!(profile.duration_nanos, number("duration_nanos"), "{of}");
                let sums: Vec<i64> = (0..types.len())
                    .map(|index| profile.samples.column(index).sum())
                    .collect();
                assert_eq!(serde_json::to_value(sums).unwrap(), facts["sums"], "{of}");
                let inlined = profile.locations.iter().filter(|l| l.lines.len() > 1);
                assert_eq!(
                    inlined.count(),
                    count("locations_with_inlined_lines"),
                    "{of}"
                );
                let depth = profile
                    .samples
                    .iter()
                    .map(|sample| sample.stack.len())
                    .max();
                assert_eq!(depth.unwrap_or(0), count("max_depth_locations"), "{of}");
                let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
                for sample in profile.samples.iter() {
                    for tag in sample.tags {
                        assert!(matches!(
                            tag.value,
                            TagValue::Text(_) | TagValue::Number(..)
                        ));
                        *keys.entry(profile.texts.text(tag.key)).or_default() += 1;
                    }
                }
                assert_eq!(
                    serde_json::to_value(keys).unwrap(),
                    facts["label_keys"],
                    "{of}"
                );
                for (ours, theirs) in profile
                    .mappings
                    .iter()
                    .zip(facts["mappings"].as_array().unwrap())
                {
                    assert_eq!(ours.build_id, theirs["build_id"].as_str().unwrap(), "{of}");
                    assert_eq!(
                        format!("{:#x}", ours.start),
                        theirs["start"].as_str().unwrap(),
                        "{of}"
                    );
                }
                compared += 1;
            }
        }
        assert!(compared > 70, "{compared} profiles were compared");
    }

    #[test]
    fn a_binary_cpu_profile_is_read_as_pprof_reads_it() {
        let theirs = text(&corpus("pprof/legacy-cpu-converted.raw.txt"));
        let args = ["-raw", "legacy-cpu-converted.prof.zst"].map(str::to_owned);
        let (_, ours) = ours(&args);
        let lines = theirs.lines().count();
        assert!(lines > 20);
        let ours: Vec<&str> = ours.lines().take(lines).collect();
        assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_text_profile_has_the_rows_of_the_protocol_buffer() {
        for (folder, name, kind) in [
            ("go1.27.3", "goroutine", "goroutine"),
            ("go1.21.13", "goroutine", "goroutine"),
        ] {
            let asked = |file: String| {
                let path = corpus("pprof").join(folder).join(file);
                let ran = Call::new(["pprof", "traces", "--json"]).args([path]).run();
                let traces = ran.json();
                assert_eq!(traces["sample_type"], kind);
                traces["total"].as_i64().unwrap()
            };
            let text = asked(format!("{name}.debug1.txt.zst"));
            let proto = asked(format!("{name}.pb.gz"));
            // They were fetched one after the other.
            assert!((text - proto).abs() <= 3, "{folder} {name}: {text} {proto}");
        }
    }

    /// A small generator of numbers: what is asked depends on the seed alone.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }

        fn one_of<'t>(&mut self, list: &[&'t str]) -> &'t str {
            let len = list.len() as u64;
            list[usize::try_from(self.next() % len).unwrap()]
        }

        /// Of a hundred.
        fn chance(&mut self, percent: u64) -> bool {
            self.next() % 100 < percent
        }
    }

    const REGEX: &[&str] = &[
        "runtime",
        "^main\\.",
        "json",
        "compress|gzip",
        "net/http",
        "sync\\.",
        "\\(\\*",
        "malloc",
        "server",
        "nothing-like-it",
        "io\\.",
        "go$",
        "\\.so",
        "libc",
        "park|gopark",
        "mkItem",
        "\\[\\.\\.\\.\\]",
        "Syscall",
        ".*",
        "^$",
    ];
    const LABEL: &[&str] = &[
        "endpoint=tree",
        "put",
        "client=c1,c0",
        "c0,tree",
        "bytes=1kb:64kb",
        "bytes=:4kb",
        "64kb:",
        "bytes=48b",
        "endpoint=",
        "x=y",
        "key:",
        "nokey=1:2",
        "tree|put",
        "bytes=4096",
    ];
    const FLAGS: &[(u64, &str, &[&str])] = &[
        (20, "focus", REGEX),
        (15, "ignore", REGEX),
        (15, "hide", REGEX),
        (12, "show", REGEX),
        (10, "show_from", REGEX),
        (12, "prune_from", REGEX),
        (10, "tagfocus", LABEL),
        (10, "tagignore", LABEL),
        (6, "tagshow", &["client", "bytes", "end", "zzz"]),
        (6, "taghide", &["client", "bytes", "end", "zzz"]),
        (8, "tagroot", &["client", "endpoint,client", "bytes", "zzz"]),
        (
            8,
            "tagleaf",
            &["client", "endpoint,client", "bytes", "bytes,endpoint"],
        ),
        (40, "nodecount", &["0", "1", "3", "10", "30", "80", "200"]),
        (30, "nodefraction", &["0", "0.01", "0.1", "0.5"]),
        (30, "edgefraction", &["0", "0.01", "0.1", "0.5"]),
        (
            15,
            "unit",
            &[
                "auto", "ms", "s", "kb", "mb", "minimum", "us", "count", "hours",
            ],
        ),
        (10, "divide_by", &["2", "0.5", "3", "1000"]),
        (10, "trim", &["false"]),
        (5, "trim_path", &["/usr:net"]),
        (5, "source_path", &["/x/http"]),
        (5, "add_comment", &["hello"]),
    ];
    const SWITCHES: &[(u64, &str)] = &[
        (30, "cum"),
        (15, "mean"),
        (20, "noinlines"),
        (10, "showcolumns"),
        (15, "compact_labels"),
        (15, "relative_percentages"),
        (15, "drop_negative"),
        (5, "all_frames"),
    ];

    /// The question of a seed.
    fn question(seed: u64, files: &[PathBuf]) -> Vec<String> {
        let mut random = Random(seed);
        let file = &files[usize::try_from(random.next() % files.len() as u64).unwrap()];
        let folder = file.parent().unwrap();
        let kind = samples_kind(file);
        let alike: Vec<&PathBuf> = files
            .iter()
            .filter(|other| other.parent() == Some(folder) && samples_kind(other) == kind)
            .collect();
        let commands = [
            "top",
            "top",
            "tree",
            "tree",
            "peek",
            "list",
            "traces",
            "tags",
            "raw",
            "dot",
            "dot",
            "comments",
            "callgrind",
        ];
        let command = random.one_of(&commands);
        let mut args = vec![if matches!(command, "peek" | "list") {
            format!("-{command}={}", random.one_of(&REGEX[..18]))
        } else {
            format!("-{command}")
        }];
        for (percent, name) in SWITCHES {
            if random.chance(*percent) {
                args.push(format!("-{name}"));
            }
        }
        if random.chance(30) {
            let rows = random.one_of(&["functions", "filefunctions", "lines", "addresses"]);
            args.push(format!("-{rows}"));
        }
        for (percent, name, values) in FLAGS {
            if random.chance(*percent) {
                args.push(format!("-{name}={}", random.one_of(values)));
            }
        }
        if random.chance(50) {
            let types: &[&str] = match kind {
                "cpu" => &["0", "samples", "cpu"],
                "heap" | "allocs" => &["0", "alloc_space", "inuse_objects", "inuse_space"],
                "block" | "mutex" => &["0", "contentions", "delay"],
                _ => &["0", kind],
            };
            args.push(format!("-sample_index={}", random.one_of(types)));
        }
        let other = |random: &mut Random| {
            let at = usize::try_from(random.next() % alike.len() as u64).unwrap();
            alike[at].display().to_string()
        };
        if random.chance(30) {
            let base = random.one_of(&["base", "diff_base"]);
            args.push(format!("-{base}={}", other(&mut random)));
            if random.chance(30) {
                args.push("-normalize".to_owned());
            }
        }
        args.push(file.display().to_string());
        if random.chance(15) {
            args.push(other(&mut random));
        }
        args
    }

    /// What a profile counts, by its name.
    fn samples_kind(file: &Path) -> &str {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.split('.').next().unwrap()
    }

    /// A listing without what only one of the two says: pprof has nothing but an error where there is no source.
    fn told(text: &str) -> String {
        let mut without_source = false;
        let mut kept = String::new();
        for line in text.lines() {
            if line.starts_with(" Error: ") {
                without_source = true;
            } else if !without_source || !line.ends_with(':') {
                without_source = false;
                kept.push_str(line);
                kept.push('\n');
            }
        }
        kept
    }

    #[test]
    fn both_answer_the_same_when_asked_at_random() {
        let Some(go) = std::env::var_os("DUMPVIEW_GO") else {
            return;
        };
        let seeds = std::env::var("DUMPVIEW_PPROF").unwrap_or_else(|_| "0..200".to_owned());
        let (first, last) = seeds.split_once("..").unwrap();
        let seeds = first.parse::<u64>().unwrap()..last.parse().unwrap();
        let tool = Command::new(&go)
            .args(["1.27.3", "tool", "-n", "pprof"])
            .output()
            .unwrap();
        let tool = String::from_utf8(tool.stdout).unwrap();
        let mut files: Vec<PathBuf> = Vec::new();
        for folder in recorded().keys() {
            let entries = std::fs::read_dir(corpus("pprof").join(folder)).unwrap();
            let entries = entries.flatten().map(|entry| entry.path());
            files.extend(entries.filter(|file| file.extension().is_some_and(|of| of == "gz")));
        }
        files.sort();
        let (mut same, mut refused, mut in_any_order) = (0, 0, 0);
        for seed in seeds {
            let args = question(seed, &files);
            let output = tempfile::NamedTempFile::new().unwrap();
            let theirs = Command::new(tool.trim())
                .args(["-symbolize=none", "-output"])
                .arg(output.path())
                .args(&args)
                .current_dir(corpus("pprof"))
                .env("TZ", "UTC")
                .output()
                .unwrap();
            let (answered, ours) = ours(&args);
            let what = format!(
                "seed {seed}: dumpview pprof -symbolize=none {}",
                args.join(" ")
            );
            assert_eq!(answered, theirs.status.success(), "{what}: {theirs:?}");
            if !answered {
                refused += 1;
                continue;
            }
            let theirs = std::fs::read_to_string(output.path()).unwrap();
            let (ours, theirs) = (told(&ours), told(&theirs));
            if ours == theirs {
                same += 1;
            } else {
                let (ours, theirs) = (sorted(&ours), sorted(&theirs));
                let differs = ours
                    .iter()
                    .zip(&theirs)
                    .find(|(ours, theirs)| ours != theirs);
                assert!(ours == theirs, "{what}: {differs:#?}");
                in_any_order += 1;
            }
        }
        println!(
            "seeds {first}..{last}: {same} the same, {in_any_order} in another order, {refused} refused by both"
        );
        assert!(
            same > 10 * in_any_order && same > refused,
            "{same} {in_any_order} {refused}"
        );
    }
}
