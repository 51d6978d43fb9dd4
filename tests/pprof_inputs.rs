//! Inputs of `dumpview pprof` that are no `profile.proto`: stacks of perf, folded ones, and profiles of addresses, which an executable
//! names.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{BINARY, Call};
    use crate::samples::{corpus, text};
    use dumpview_parsers::pprof::{self, Profile};
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use std::process::{Command, Output};

    fn run(folder: &Path, args: &[&str]) -> Output {
        Command::new(BINARY)
            .arg("pprof")
            .args(args)
            .current_dir(folder)
            .output()
            .unwrap()
    }

    fn json(folder: &Path, args: &[&str]) -> Value {
        let output = run(folder, &[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What functions cost themselves.
    fn flat(folder: &Path, args: &[&str]) -> BTreeMap<String, i64> {
        let all = ["-nodefraction=0", "-nodecount=0"];
        let answer = json(folder, &[&["top"], args, &all].concat());
        let rows = answer["rows"].as_array().unwrap().iter();
        let rows = rows.map(|row| {
            (
                row["name"].as_str().unwrap().to_owned(),
                row["flat"].as_i64().unwrap(),
            )
        });
        rows.filter(|(_, flat)| *flat != 0).collect()
    }

    #[test]
    fn perf_counts_what_its_own_report_does() {
        let folder = corpus("pprof/perf");
        let counts = flat(&folder, &["script.txt.zst", "-sample_index=samples"]);
        let total: i64 = counts.values().sum();
        assert_eq!(total, 186);
        let mut compared = 0;
        for line in text(&folder.join("report.txt.zst")).lines() {
            let line = line.trim();
            let Some((share, rest)) = line.split_once('%') else {
                continue;
            };
            let Some((_, symbol)) = rest.split_once("[.] ").or_else(|| rest.split_once("[k] "))
            else {
                continue;
            };
            let count = counts.get(symbol.trim()).copied().unwrap_or(0);
            let ours = f64::from(i32::try_from(count).unwrap()) / 186.0 * 100.0;
            assert_eq!(format!("{ours:.2}"), share, "{symbol}: {count}");
            compared += 1;
        }
        assert!(compared > 40, "{compared}");
        // Periods are nanoseconds of this clock, and the event is what counts by itself.
        let by_event = json(&folder, &["top", "script.txt.zst"]);
        assert_eq!(
            (&by_event["sample_type"], &by_event["unit"]),
            (&"cpu-clock".into(), &"nanoseconds".into())
        );
        assert_eq!(by_event["total"], 934_673_250);
    }

    /// A name as pclntab has it: instances of generic functions are not told apart, and neither are their ABIs.
    fn as_go_says(symbol: &str) -> String {
        let symbol = symbol.strip_suffix(".abi0").unwrap_or(symbol);
        // A wrapper of a method with a value for receiver counts as that, which the runtime says it is.
        let symbol = &symbol.replace("(*", "").replace(')', "");
        match (symbol.find('['), symbol.rfind(']')) {
            (Some(start), Some(end)) => format!("{}...{}", &symbol[..=start], &symbol[end..]),
            _ => symbol.to_owned(),
        }
    }

    /// Samples of each function of `perf.data`, as `perf report` counts them.
    fn reported(perf: &dyn Fn(&[&str]) -> Option<Output>) -> BTreeMap<String, i64> {
        let asked = "report --stdio --no-children -g none -F sample,sym -i perf.data";
        let asked: Vec<&str> = asked.split(' ').collect();
        let report = perf(&asked).unwrap();
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for line in String::from_utf8(report.stdout).unwrap().lines() {
            if let Some((count, symbol)) = line.split_once("[.] ") {
                let symbol = as_go_says(symbol.trim());
                *counts.entry(symbol).or_default() += count.trim().parse::<i64>().unwrap();
            }
        }
        counts
    }

    #[test]
    fn a_recording_of_perf_has_the_counts_of_perf_report() {
        let Some(go) = std::env::var_os("DUMPVIEW_GO") else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let perf = |args: &[&str]| {
            let ran = Command::new("perf")
                .args(args)
                .current_dir(folder.path())
                .output();
            ran.ok().filter(|output| output.status.success())
        };
        if perf(&["record", "-o", "probe", "-e", "cpu-clock", "true"]).is_none() {
            eprintln!("perf is not there, or may not record: nothing compared");
            return;
        }
        for (release, flags) in [("1.27.3", "-buildmode=pie"), ("1.19", "-buildmode=exe")] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/busy.go");
            let built = Command::new(&go)
                .args([release, "build", flags, "-o", "busy"])
                .arg(source)
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(built.status.success(), "{built:?}");
            perf(&[
                "record",
                "-e",
                "cpu-clock",
                "-F",
                "499",
                "-g",
                "-o",
                "perf.data",
                "./busy",
            ])
            .unwrap();
            let theirs = reported(&perf);
            assert!(theirs.len() > 5, "{release}: {theirs:?}");
            let asked = ["-sample_index=samples", "-noinlines"];
            let mut compared = 0;
            // A stripped program has the same build id, and its functions are known all the same.
            for stripped in [false, true] {
                if stripped {
                    let program = folder.path().join("busy");
                    assert!(
                        Command::new("strip")
                            .arg(program)
                            .status()
                            .unwrap()
                            .success()
                    );
                }
                let ours = flat(
                    folder.path(),
                    &[&["busy", "perf.data"], &asked[..]].concat(),
                );
                let mut named: BTreeMap<String, i64> = BTreeMap::new();
                for (name, count) in &ours {
                    *named.entry(as_go_says(name)).or_default() += count;
                }
                // What wraps a deferred call, or that of a `go` statement, is left out as in Go's own stacks; what it calls may
                // be inlined there.
                let is_wrapper = |symbol: &str| {
                    let last = symbol.rsplit('.').next().unwrap_or_default();
                    last.starts_with("deferwrap") || last.starts_with("gowrap")
                };
                let wrapped = theirs.iter().filter(|(symbol, _)| is_wrapper(symbol));
                let wrapped: i64 = wrapped.map(|(_, count)| count).sum();
                for (symbol, count) in &theirs {
                    // Functions of C libraries and of the kernel's page are of other files.
                    if !symbol.contains('.') || symbol.starts_with("0x") || is_wrapper(symbol) {
                        continue;
                    }
                    let ours = named.get(symbol).copied().unwrap_or_default();
                    assert!(
                        (*count..=count + wrapped).contains(&ours),
                        "{release} {symbol}: {ours}, not {count}: {named:#?}"
                    );
                    compared += 1;
                }
            }
            assert!(compared > 10, "{release}: {compared}");
            // What is piped has the same records without the tables.
            perf(&["inject", "-i", "perf.data", "-o", "piped.data"]).unwrap();
            let piped = flat(
                folder.path(),
                &[&["busy", "piped.data"], &asked[..]].concat(),
            );
            let whole = flat(
                folder.path(),
                &[&["busy", "perf.data"], &asked[..]].concat(),
            );
            assert_eq!(piped, whole);
        }
    }

    #[test]
    fn the_same_samples_folded_are_the_same_stacks() {
        let folder = corpus("pprof/perf");
        let script = run(
            &folder,
            &["folded", "script.txt.zst", "-sample_index=samples"],
        );
        let ours: BTreeMap<String, u64> = folded(&String::from_utf8(script.stdout).unwrap());
        // Another tool folded them, which put the command before and left out offsets of what has no name.
        let theirs: BTreeMap<String, u64> = folded(&text(&folder.join("collapsed.txt.zst")));
        let sum = |of: &BTreeMap<String, u64>| of.values().sum::<u64>();
        assert_eq!(sum(&ours), sum(&theirs));
        let mut compared = 0;
        for (stack, count) in &ours {
            if stack.contains('[') && stack.contains("0000") {
                continue;
            }
            let known = theirs.iter().filter(|(of, _)| {
                of.split_once(';')
                    .is_some_and(|(_, of)| of.replace(';', ":") == stack.replace(';', ":"))
            });
            assert_eq!(
                known.map(|(_, count)| count).sum::<u64>(),
                *count,
                "{stack}"
            );
            compared += 1;
        }
        assert!(compared > 100, "{compared}");
        let of_folded = flat(&folder, &["collapsed.txt.zst"]);
        assert_eq!(of_folded["compress/flate.(*fastEncL6).encode"], 12);
    }

    fn folded(text: &str) -> BTreeMap<String, u64> {
        let mut stacks = BTreeMap::new();
        for line in text.lines() {
            let (stack, count) = line.rsplit_once(' ').unwrap();
            *stacks.entry(stack.to_owned()).or_default() += count.parse::<u64>().unwrap();
        }
        stacks
    }

    #[test]
    fn fields_that_were_asked_for_are_read() {
        let folder = corpus("pprof/perf");
        let answer = json(&folder, &["tags", "fields.txt.zst"]);
        let keys = answer["tags"].as_array().unwrap().iter();
        let keys: Vec<&str> = keys.map(|of| of["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["comm", "pid", "tid"]);
    }

    #[test]
    fn what_is_opened_without_a_verb_is_told_by_its_content() {
        let folder = corpus("pprof/perf");
        for file in ["script.txt.zst", "collapsed.txt.zst"] {
            let output = Command::new(BINARY)
                .arg(file)
                .current_dir(&folder)
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(
                text.contains("compress/flate.(*fastEncL6).encode"),
                "{file}: {text}"
            );
        }
        let output = run(&folder, &["top", "http://localhost:6060/debug/pprof/heap"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("curl -o profile.pb.gz 'http://localhost:6060/debug/pprof/heap'"),
            "{said}"
        );
    }

    #[test]
    fn what_comes_through_a_pipe_is_opened_as_a_file_is() {
        let packed = std::fs::read(corpus("pprof/go1.27.3/cpu.pb.gz")).unwrap();
        let plain = crate::samples::bytes(&corpus("pprof/go1.27.3/cpu.pb.gz"));
        let of_verb = Call::new(["pprof", "-"]).input(&packed).run();
        assert!(
            of_verb.out.contains("The garbage collector"),
            "{}",
            of_verb.err
        );
        for (args, input) in [
            (&["-"][..], &packed),
            (&["-"], &plain),
            (&[], &packed),
            (&[], &plain),
        ] {
            let ran = Call::new(args).input(input).run();
            assert_eq!((ran.status, &ran.out), (0, &of_verb.out), "{}", ran.err);
        }
        // A pipe that is open and silent is no input: who typed nothing is told what can be typed.
        let mut child = Command::new(BINARY)
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .current_dir(corpus("pprof/perf"))
            .spawn()
            .unwrap();
        let open = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(2));
        drop(open);
    }

    #[test]
    fn a_profile_in_text_says_which_verb_reads_it() {
        let folder = corpus("pprof/go1.27.3");
        let mut opened = 0;
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let name = file.display().to_string();
            if !name.ends_with(".debug1.txt.zst") {
                continue;
            }
            let told = Call::new([&name]).run().out;
            assert!(told.contains(&format!("dumpview pprof {name}")), "{told}");
            let ran = Call::new(["pprof", &name]).run();
            assert_eq!(ran.status, 0, "{name}: {}", ran.err);
            opened += 1;
        }
        assert!(opened > 3, "{opened}");
    }

    const HEAP_OF_CPP: &str = "heap profile:      3:     5120 [     7:   900000] @ heap_v2/524288\n     1:     1024 [     2:     2048] @ 0x40a010 0x40a120 0x40b000\n     2:     4096 [     5:   897952] @ 0x40c000 0x40b000\n     0:        0 [     1:       16] @ 0x40c000\n\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 1234 /bin/server\n7f000000-7f100000 r-xp 00001000 08:01 99 /lib/libc.so.6\n";
    const GROWTH_OF_CPP: &str = "heap profile:      2:  2097152 [     2:  2097152] @ growthz\n     1:  1048576 [     1:  1048576] @ 0x40a010 0x40a120\n     1:  1048576 [     1:  1048576] @ 0x40c000\n\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 1234 /bin/server\n";
    const WAITS_OF_CPP: &str = "--- contentionz 1 ---\ncycles/second = 3201000044\nsampling period = 100\nms since reset = 16502830\ndiscarded samples = 0\n 19490304 27 @ 0xbccc97 0xc61202 0x42ed5f\n 768 1 @ 0xbccc97 0xa42dc7\n--- Memory map: ---\n  00400000-00fcb000: cppbench_server_main\n00400000-00fcb000 r-xp 00000000 08:01 1234 /bin/server\n";
    const THREADS_OF_CPP: &str = "--- threadz 1 ---\n\n--- Thread 7f794ab90940 (name: main/14748) stack: ---\n  PC: 0x00bc8f1c: helper(arg *)\n  0x0040be31: main\n--- Thread 7f7949b8f940 (name: worker/1) stack: ---\n  [same as previous thread]\n--- Thread 7f794918e940 (name: worker/2) stack: ---\n  0x0040bd6e 0x0040bd6d 0x0040af00\n--- Memory map: ---\n00400000-00fcb000 r-xp 00000000 08:01 1234 /bin/server\n";

    #[test]
    fn text_of_gperftools_is_read_as_pprof_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let go = std::env::var_os("DUMPVIEW_GO");
        let tool = go.map(|go| {
            let tool = Command::new(go)
                .args(["1.27.3", "tool", "-n", "pprof"])
                .output();
            String::from_utf8(tool.unwrap().stdout)
                .unwrap()
                .trim()
                .to_owned()
        });
        for (text, kind, total) in [
            (HEAP_OF_CPP, "inuse_space", None),
            (GROWTH_OF_CPP, "space", Some(2_097_152)),
            (WAITS_OF_CPP, "delay", Some(608_905_708)),
            (THREADS_OF_CPP, "thread", Some(3)),
        ] {
            std::fs::write(folder.path().join("of-cpp"), text).unwrap();
            let answer = json(folder.path(), &["top", "of-cpp"]);
            assert_eq!(answer["sample_type"], kind);
            if let Some(total) = total {
                assert_eq!(answer["total"], total, "{kind}");
            }
            // Opened without a verb it is a profile as well.
            let page = run(folder.path(), &["of-cpp"]);
            assert!(page.status.success(), "{page:?}");
            if let Some(tool) = &tool {
                for report in ["-raw", "-top", "-traces"] {
                    let args = ["-symbolize=none", report, "of-cpp"];
                    let theirs = Command::new(tool)
                        .args(args)
                        .env("TZ", "UTC")
                        .current_dir(folder.path())
                        .output()
                        .unwrap();
                    let ours = run(folder.path(), &args);
                    let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
                    assert_eq!(text(&ours), text(&theirs), "{kind} {report}");
                }
            }
        }
    }

    /// A profile without names, and with them.
    fn stripped(path: &Path) -> (Vec<u8>, Profile) {
        let whole = pprof::read(&crate::samples::bytes(path)).unwrap();
        let mut bare = whole.clone();
        bare.functions.clear();
        for location in &mut bare.locations {
            location.lines.clear();
        }
        let mut bytes = Vec::new();
        bare.write(&mut bytes).unwrap();
        (bytes, whole)
    }

    #[test]
    fn an_executable_names_what_a_profile_has_as_addresses() {
        let Some(go) = std::env::var_os("DUMPVIEW_GO") else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut compared = 0;
        for (release, flags) in [
            ("1.27.3", &["-trimpath"][..]),
            ("1.27.3", &["-buildmode=pie", "-ldflags=-s -w"][..]),
            ("1.19", &["-ldflags=-s -w"][..]),
        ] {
            let built = Command::new(&go)
                .args([release, "build", "-o"])
                .arg(at("judged"))
                .args(flags)
                .arg("./judged")
                .current_dir(corpus("programs"))
                .output()
                .unwrap();
            assert!(built.status.success(), "{built:?}");
            let ran = Command::new(at("judged"))
                .arg("json")
                .arg(at("cpu"))
                .status();
            assert!(ran.unwrap().success());
            let (bytes, whole) = stripped(&at("cpu"));
            std::fs::write(at("bare"), bytes).unwrap();
            let output = run(folder.path(), &["proto", "-output=named", "judged", "bare"]);
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{flags:?}: {output:?}"
            );
            let named = pprof::read(&crate::samples::bytes(&at("named"))).unwrap();
            for location in &named.locations {
                let known = whole
                    .locations
                    .iter()
                    .find(|of| of.address == location.address);
                let known = known.unwrap();
                let lines = |of: &pprof::Location,
                             profile: &Profile|
                 -> Vec<(String, String, i64)> {
                    let lines = of.lines.iter();
                    let lines = lines.map(|line| {
                        let function = &profile.functions[usize::try_from(line.function).unwrap()];
                        (function.name.clone(), function.file.clone(), line.line)
                    });
                    lines.collect()
                };
                let (mut ours, mut theirs) = (lines(location, &named), lines(known, &whole));
                // Profiles have one file for each name, that of the first place seen (runtime/pprof/proto.go:emitLocation), also where a
                // line of another file stands in the function.
                let without_file = |line: &mut (String, String, i64)| line.1.clear();
                ours.iter_mut().for_each(without_file);
                theirs.iter_mut().for_each(without_file);
                assert_eq!(ours, theirs, "{release} {flags:?} 0x{:x}", location.address);
                compared += 1;
            }
            // Those of 1.19 have the file of what was inlined and left out, too.
            let files = |of: &Profile| -> BTreeSet<(String, String)> {
                let functions = of.functions.iter();
                let files = functions.map(|of| (of.name.clone(), of.file.clone()));
                files.collect()
            };
            let (ours, theirs) = (files(&named), files(&whole));
            assert!(
                release == "1.19" || theirs.is_subset(&ours),
                "{release} {flags:?}: {:?}",
                theirs.difference(&ours)
            );
        }
        assert!(compared > 100, "{compared}");
        // With names already there it is said that the executable was not needed.
        let output = run(folder.path(), &["top", "judged", "cpu"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("every place in the profile has its name already"),
            "{said}"
        );
        // Instructions are read from it all the same.
        let output = run(folder.path(), &["disasm", "main", "judged", "cpu"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.is_empty(), "{said}");
    }

    #[test]
    fn without_a_build_id_the_code_says_whether_it_is_the_program() {
        let Some(go) = std::env::var_os("DUMPVIEW_GO") else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let build = |flags: &str| {
            let built = Command::new(&go)
                .args(["1.19", "build", "-ldflags=-s -w", flags, "-o"])
                .arg(at("judged"))
                .arg("./judged")
                .current_dir(corpus("programs"))
                .output()
                .unwrap();
            assert!(built.status.success(), "{built:?}");
        };
        build("-trimpath");
        let mut program = Command::new(at("judged"));
        let ran = program.arg("json").arg(at("cpu")).status();
        assert!(ran.unwrap().success());
        std::fs::write(at("bare"), stripped(&at("cpu")).0).unwrap();
        // It is the one, whatever its name and whether it was typed.
        std::fs::copy(at("judged"), at("other")).unwrap();
        let told = |args: &[&str]| {
            let output = run(folder.path(), args);
            assert!(output.status.success(), "{args:?}: {output:?}");
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            (text(output.stdout), text(output.stderr))
        };
        let (typed, said) = told(&["top", "other", "bare"]);
        assert!(
            typed.contains("encoding/json.") && said.is_empty(),
            "{typed} {said}"
        );
        assert_eq!(told(&["top", "bare"]), (typed, String::new()));
        // Of another build nothing is named, nor of one that differs in a few functions.
        for flags in ["-gcflags=-l", "-gcflags=encoding/json=-N"] {
            build(flags);
            for args in [&["top", "bare"][..], &["top", "judged", "bare"]] {
                let (rows, said) = told(args);
                assert!(
                    rows.contains("[judged]") && !rows.contains("json"),
                    "{flags}: {rows}"
                );
                assert!(
                    said.contains("it is another build, and names nothing"),
                    "{said}"
                );
            }
        }
    }
}
