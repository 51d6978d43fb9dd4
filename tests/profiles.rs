//! The profiles that a core carries, against those that the same program fetched from itself.
//!
//! `DUMPVIEW_GO` names a command that runs Go releases (`$DUMPVIEW_GO RELEASE build …`); `DUMPVIEW_RELEASES` narrows them. Both
//! files are read by `go tool pprof` of a newer release.

#[cfg(test)]
mod profiles {
    use std::collections::BTreeMap;
    use std::io::{BufRead, BufReader, Write};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    const NAMES: [&str; 6] = [
        "heap",
        "allocs",
        "mutex",
        "block",
        "goroutine",
        "threadcreate",
    ];
    const STRIPPED: &[&str] = &["-ldflags=-s -w"];
    const UNOPTIMISED: &[&str] = &["-gcflags=all=-N -l"];

    /// What `go tool pprof -raw` says.
    struct Raw {
        /// Types of values, period, comments; not the time.
        head: Vec<String>,
        /// Values, labels and locations of each sample, and how often there is such a one.
        samples: BTreeMap<String, usize>,
    }

    fn raw(go: &str, file: &Path) -> Raw {
        let output = Command::new(go)
            .args(["1.27.3", "tool", "pprof", "-symbolize=none", "-raw"])
            .arg(file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {output:?}", file.display());
        let text = String::from_utf8(output.stdout).unwrap();
        let (head, rest) = text.split_once("Samples:\n").unwrap();
        let (listed, rest) = rest.split_once("Locations\n").unwrap();
        let (places, _) = rest.split_once("Mappings\n").unwrap();
        let mut locations: BTreeMap<&str, String> = BTreeMap::new();
        let mut current = "";
        for line in places.lines() {
            let numbered = line.trim_start().split_once(": 0x");
            if let Some((number, text)) = numbered {
                current = number;
                let words = text
                    .split_whitespace()
                    .filter(|word| !word.starts_with("M="));
                locations.insert(number, words.collect::<Vec<_>>().join(" "));
            } else {
                let place = locations.get_mut(current).unwrap();
                place.push_str(" < ");
                place.push_str(line.trim());
            }
        }
        let mut listed = listed.lines();
        let types = listed.next().unwrap_or_default().replace("[dflt]", "");
        let mut all: Vec<String> = Vec::new();
        for line in listed {
            match line.split_once(':') {
                Some((values, stack)) if values.bytes().all(|b| b" -0123456789".contains(&b)) => {
                    let stack = stack.split_whitespace().map(|id| locations[id].as_str());
                    let stack: Vec<&str> = stack.collect();
                    let values: Vec<&str> = values.split_whitespace().collect();
                    all.push(format!("{}\n{}", values.join(" "), stack.join("\n")));
                }
                _ => {
                    let sample = all.last_mut().unwrap();
                    sample.push_str("\n# ");
                    sample.push_str(line.trim());
                }
            }
        }
        let mut samples = BTreeMap::new();
        for sample in all {
            *samples.entry(sample).or_default() += 1;
        }
        let head = head
            .lines()
            .filter(|line| line.starts_with("Period") || line.starts_with("Duration"));
        let head = head.map(str::to_owned).chain([types]).collect();
        Raw { head, samples }
    }

    fn exported(core: &Path, exe: &Path, name: &str, to: &Path) {
        let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .args([
                "export",
                "--to",
                "pprof",
                "--force",
                "--profile",
                name,
                "-o",
            ])
            .args([to, core, exe])
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
    }

    /// What the fetching itself changed is left out.
    fn compared(name: &str, raw: Raw) -> Raw {
        let is_compared = |sample: &String| match name {
            // The goroutine that fetched stood elsewhere.
            "goroutine" => !sample.contains(" main.main "),
            // Stacks that were first seen by fetching, nothing of which is published; and what reading a line took.
            "heap" | "allocs" => {
                !sample.starts_with("0 0 0 0\n") && !sample.contains("(*Reader).ReadString ")
            }
            // The runtime's own locks go on being contended after that (1.22 and later).
            "mutex" => !sample.lines().nth(1).is_some_and(|leaf| {
                leaf.contains(" runtime.unlock ") || leaf.contains("_LostContendedRuntimeLock ")
            }),
            _ => true,
        };
        let mut samples = BTreeMap::new();
        for (sample, count) in raw.samples {
            // From 1.23 on the words of the array that are not used are in the profile too.
            let used = sample
                .lines()
                .filter(|line| !line.starts_with("ffffffffffffffff "));
            let sample = used.collect::<Vec<_>>().join("\n");
            let sample = sample.trim_end().to_owned();
            if is_compared(&sample) {
                *samples.entry(sample).or_default() += count;
            }
        }
        Raw { samples, ..raw }
    }

    fn compare(go: &str, case: &str, dir: &Path, core: &Path, exe: &Path) -> usize {
        let mut compared_samples = 0;
        for name in NAMES {
            let ours = dir.join(format!("{name}.ours.pb.gz"));
            exported(core, exe, name, &ours);
            let ours = compared(name, raw(go, &ours));
            let theirs = compared(name, raw(go, &dir.join(format!("{name}.pb.gz"))));
            assert_eq!(ours.head, theirs.head, "{case} {name}");
            for (sample, count) in &theirs.samples {
                let same = ours.samples.get(sample);
                assert_eq!(same, Some(count), "{case} {name}: only theirs: {sample}");
            }
            for sample in ours.samples.keys() {
                assert!(
                    theirs.samples.contains_key(sample),
                    "{case} {name}: only ours: {sample}"
                );
            }
            assert!(
                !theirs.samples.is_empty(),
                "{case} {name}: nothing was compared"
            );
            compared_samples += theirs.samples.len();
        }
        compared_samples
    }

    fn built(go: &str, release: &str, flags: &[&str], exe: &Path) {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/programs");
        let built = Command::new(go)
            .args([release, "build", "-o"])
            .arg(exe)
            .args(flags)
            .arg("./profiles")
            .current_dir(programs)
            .env("CGO_ENABLED", "0")
            .output()
            .unwrap();
        assert!(built.status.success(), "{release}: {built:?}");
    }

    fn only_core(dir: &Path) -> PathBuf {
        let files = std::fs::read_dir(dir).unwrap().flatten().map(|e| e.path());
        let mut cores = files.filter(|p| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("core"))
        });
        cores.next().expect("no core was written")
    }

    /// The program fetches its profiles and dies.
    fn dead(exe: &Path, dir: &Path, rate: &str) -> PathBuf {
        let command = format!(
            "ulimit -c unlimited; exec {} {} {rate} dies",
            exe.display(),
            dir.display()
        );
        Command::new("sh")
            .args(["-c", &command])
            .current_dir(dir)
            .env("GOTRACEBACK", "crash")
            .stderr(Stdio::null())
            .status()
            .unwrap();
        only_core(dir)
    }

    /// A core is taken, then the program fetches its profiles.
    fn alive(exe: &Path, dir: &Path, rate: &str, mode: &str) -> PathBuf {
        let mut child = Command::new(exe)
            .args([dir.to_str().unwrap(), rate, mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let taken = Command::new("gcore")
            .args(["-o", dir.join("core").to_str().unwrap()])
            .arg(child.id().to_string())
            .output()
            .unwrap();
        assert!(taken.status.success(), "{taken:?}");
        child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert!(child.wait().unwrap().success());
        only_core(dir)
    }

    /// Runs the verb on a committed core and gives what it wrote, or said.
    fn of_fixture(args: &[&str]) -> String {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fixtures");
        let output = Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .args(args)
            .arg(fixtures.join("crash-sigquit-noopt-go1.27.3-amd64.core.zst"))
            .arg(fixtures.join("crash-noopt-go1.27.3-amd64.exe.zst"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn who_keeps_the_heap_adds_up_to_what_lives() {
        let work = tempfile::tempdir().unwrap();
        let heap: serde_json::Value =
            serde_json::from_str(&of_fixture(&["heap", "--json"])).unwrap();
        let live = heap["live"]["bytes"].as_u64().unwrap();
        let folded = work.path().join("kept.folded");
        let to = folded.to_str().unwrap();
        of_fixture(&[
            "export",
            "--to",
            "folded",
            "--profile",
            "retained",
            "-o",
            to,
        ]);
        let text = std::fs::read_to_string(&folded).unwrap();
        let bytes = |line: &str| -> u64 { line.rsplit_once(' ').unwrap().1.parse().unwrap() };
        assert!(live > 0 && text.lines().map(bytes).sum::<u64>() == live);
        assert!(
            text.lines()
                .any(|line| line.starts_with("main.modes;map[string]func() header"))
        );
        let dot = work.path().join("modes.dot");
        let to = dot.to_str().unwrap();
        of_fixture(&[
            "export",
            "--to",
            "dot",
            "--around",
            "main.modes",
            "--most",
            "9",
            "-o",
            to,
        ]);
        let text = std::fs::read_to_string(&dot).unwrap();
        assert!(
            text.lines().filter(|line| line.contains(" -> ")).count() >= 8,
            "{text}"
        );
        assert_eq!(
            text.lines()
                .filter(|line| line.contains("[label=") && !line.contains(" -> "))
                .count(),
            9
        );
        // graphviz reads it, where it is installed.
        match Command::new("dot").arg("-Tsvg").arg(&dot).output() {
            Ok(drawn) => {
                assert!(
                    drawn.status.success() && drawn.stderr.is_empty(),
                    "{drawn:?}"
                );
                let svg = String::from_utf8(drawn.stdout).unwrap();
                assert_eq!(svg.matches("class=\"node\"").count(), 9, "{svg}");
                assert!(svg.matches("class=\"edge\"").count() >= 8, "{svg}");
                assert!(svg.contains("main.modes"), "{svg}");
            }
            Err(_) => println!("graphviz drew nothing: there is no dot"),
        }
        let Ok(go) = std::env::var("DUMPVIEW_GO") else {
            println!(
                "pprof compared nothing: DUMPVIEW_GO does not name a command that runs Go releases"
            );
            return;
        };
        for profile in ["retained", "types"] {
            let file = work.path().join(format!("{profile}.pb.gz"));
            let to = file.to_str().unwrap();
            of_fixture(&["export", "--to", "pprof", "--profile", profile, "-o", to]);
            let raw = raw(&go, &file);
            let of = |sample: &String, count: &usize| {
                let values = sample.lines().next().unwrap().split(' ');
                values.map(|v| v.parse::<usize>().unwrap()).nth(1).unwrap() * count
            };
            let sum: usize = raw
                .samples
                .iter()
                .map(|(sample, count)| of(sample, count))
                .sum();
            assert_eq!(sum as u64, live, "{profile}");
        }
    }

    #[test]
    fn what_a_core_carries_is_what_the_program_fetched() {
        let Ok(go) = std::env::var("DUMPVIEW_GO") else {
            println!(
                "nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases"
            );
            return;
        };
        let releases = std::env::var("DUMPVIEW_RELEASES");
        let releases = releases.unwrap_or_else(|_| "1.19,1.22.10,1.24.11,1.27.3".to_owned());
        let work = tempfile::tempdir().unwrap();
        let has_gcore = Command::new("gcore").output().is_ok();
        let mut samples = 0;
        for release in releases.split(',') {
            let mut cases = vec![("opt", [].as_slice(), "1", "dies")];
            cases.push(("opt", &[], "4096", "dies"));
            cases.push(("noopt", UNOPTIMISED, "512", "dies"));
            cases.push(("stripped", STRIPPED, "4096", "dies"));
            if has_gcore {
                cases.push(("opt", &[], "4096", "waits"));
                cases.push(("opt", &[], "1", "never"));
            }
            for (variant, flags, rate, mode) in cases {
                let exe = work.path().join(format!("profiles-{variant}-{release}"));
                if !exe.exists() {
                    built(&go, release, flags, &exe);
                }
                let case = format!("{release} {variant} {rate} {mode}");
                let dir = work.path().join(case.replace(' ', "-"));
                std::fs::create_dir(&dir).unwrap();
                let core = match mode {
                    "dies" => dead(&exe, &dir, rate),
                    _ => alive(&exe, &dir, rate, mode),
                };
                let equal = compare(&go, &case, &dir, &core, &exe);
                println!("{case}: {equal} samples are equal");
                samples += equal;
            }
        }
        assert!(samples > 0);
    }
}
