//! Suspects of programs that keep memory in one known way each, and of programs that do not.
//!
//! `DUMPVIEW_GO` names a command that runs Go releases (`$DUMPVIEW_GO RELEASE build …`); `DUMPVIEW_RELEASES` narrows
//! them. The program `corpus/programs/leaks` says which suspects there are, and how many bytes are theirs.

#[cfg(test)]
mod suspects {
    use dumpview_process::heap::Heap;
    use dumpview_process::heap::suspects::{Suspect, Thresholds, find};
    use dumpview_process::heap::types::Labels;
    use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
    use dumpview_process::mapped::OpenOptions;
    use dumpview_process::process::Process;
    use serde_json::Value;
    use std::io::Read;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn corpus() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
    }

    fn suspects(core: &[u8], exe: &[u8], thresholds: &Thresholds) -> Vec<Suspect> {
        let arena = SectionArena::default();
        let core = CoreFile::parse(core).unwrap();
        let exe = Executable::parse(exe, &arena).unwrap();
        let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
        let heap = Heap::read(&process).unwrap();
        let labels = Labels::find(&process, &heap).unwrap();
        let dominators = heap.dominators();
        let found = find(&process, &heap, &labels, &dominators, thresholds);
        for suspect in &found {
            assert!(!suspect.next.is_empty(), "no next command");
            assert!(!suspect.finding.evidence.is_empty(), "no evidence");
        }
        found
    }

    fn unpacked(name: &str) -> Vec<u8> {
        let path = corpus().join("fixtures").join(format!("{name}.zst"));
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).expect(name);
        let mut reader = ruzstd::decoding::StreamingDecoder::new(file).expect(name);
        reader.read_to_end(&mut bytes).expect(name);
        bytes
    }

    #[test]
    fn small_programs_are_not_suspect() {
        let mut silent = 0;
        for entry in std::fs::read_dir(corpus().join("fixtures"))
            .unwrap()
            .flatten()
        {
            let name = entry.file_name().into_string().unwrap();
            let Some(stem) = name.strip_suffix(".core.zst") else {
                continue;
            };
            // One of each kind of program and release; they share their executables.
            let Some(rest) = stem
                .strip_prefix("types-maps-")
                .or_else(|| stem.strip_prefix("types-basic-"))
            else {
                continue;
            };
            let found = suspects(
                &unpacked(&format!("{stem}.core")),
                &unpacked(&format!("types-{rest}.exe")),
                &Thresholds::default(),
            );
            assert!(found.is_empty(), "{stem}: {found:?}");
            silent += 1;
        }
        assert!(silent > 4, "only {silent} cores were looked at");
    }

    /// Runs a program until it is dead and gives what it said and its core.
    fn dead(exe: &Path, args: &[&str], dir: &Path) -> (String, Vec<u8>) {
        let _ = std::fs::remove_dir_all(dir);
        std::fs::create_dir_all(dir).unwrap();
        let script = format!(
            "ulimit -c unlimited; exec {} {}",
            exe.display(),
            args.join(" ")
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(dir)
            .env("GOTRACEBACK", "crash")
            .output()
            .unwrap();
        let core = std::fs::read_dir(dir)
            .unwrap()
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with("core"))
            .unwrap_or_else(|| {
                panic!(
                    "{args:?} left no core: {}",
                    String::from_utf8_lossy(&output.stderr)
                )
            });
        let bytes = std::fs::read(core.path()).unwrap();
        let _ = std::fs::remove_dir_all(dir);
        (String::from_utf8(output.stdout).unwrap(), bytes)
    }

    /// What differs between what a program says and what was found.
    fn differences(said: &Value, found: &[Suspect]) -> Vec<String> {
        let expected = said["suspects"].as_array().unwrap();
        let mut problems = Vec::new();
        let mut ids: Vec<&str> = expected.iter().map(|s| s["id"].as_str().unwrap()).collect();
        let mut have: Vec<&str> = found.iter().map(|s| s.finding.id).collect();
        ids.sort_unstable();
        have.sort_unstable();
        if ids != have {
            problems.push(format!("found {have:?}, there are {ids:?}"));
        }
        for one in expected {
            let Some(suspect) = found.iter().find(|s| s.finding.id == one["id"]) else {
                continue;
            };
            let (least, most) = (
                one["least"].as_u64().unwrap(),
                one["most"].as_u64().unwrap(),
            );
            if !(least..=most).contains(&suspect.retained_bytes) {
                let bytes = suspect.retained_bytes;
                problems.push(format!(
                    "{}: {bytes} bytes, not {least} to {most}",
                    suspect.finding.id
                ));
            }
            let next: Vec<String> = suspect.next.iter().map(ToString::to_string).collect();
            let said = format!("{}\n{}", suspect.finding.text, next.join("\n"));
            for words in one["words"].as_array().unwrap() {
                if !said.contains(words.as_str().unwrap()) {
                    problems.push(format!("{words} is not in {said:?}"));
                }
            }
        }
        problems
    }

    #[test]
    fn leaks_are_found_as_the_program_says_and_nothing_else() {
        let Ok(go) = std::env::var("DUMPVIEW_GO") else {
            println!(
                "nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases"
            );
            return;
        };
        let wanted = std::env::var("DUMPVIEW_RELEASES");
        let wanted = wanted.as_deref().unwrap_or("1.19,1.22.10,1.24.11,1.27.3");
        let scratch = tempfile::tempdir().unwrap();
        let build = |release: &str, program: &str, flags: &[&str]| {
            let exe = scratch.path().join(format!("{program}-{release}"));
            let directory = match program {
                "leaks" => corpus().join("programs"),
                _ => corpus().join("../benches/programs"),
            };
            let source = match program {
                "leaks" => "./leaks".to_owned(),
                _ => format!("{program}/main.go"),
            };
            let done = Command::new(&go)
                .args([release, "build"])
                .args(flags)
                .arg("-o")
                .arg(&exe)
                .arg(source)
                .current_dir(directory)
                .status()
                .unwrap();
            assert!(done.success(), "go {release} build {program}");
            exe
        };
        let mut problems = Vec::new();
        let mut compared = 0;
        for release in wanted.split(',') {
            for flags in [&[][..], &["-gcflags=all=-N -l"][..]] {
                let exe = build(release, "leaks", flags);
                let modes = Command::new(&exe).arg("modes").output().unwrap().stdout;
                let program = std::fs::read(&exe).unwrap();
                for mode in String::from_utf8(modes).unwrap().split_whitespace() {
                    let (said, core) = dead(&exe, &[mode], &scratch.path().join("run"));
                    let said: Value = serde_json::from_str(&said).unwrap();
                    let thresholds = Thresholds {
                        leaked_wait_ms: 1,
                        ..Thresholds::default()
                    };
                    let found = suspects(&core, &program, &thresholds);
                    for problem in differences(&said, &found) {
                        problems.push(format!("{release} {flags:?} {mode}: {problem}"));
                    }
                    compared += 1;
                }
            }
            // A server that has much and wastes little: there is one owner of everything, and no more to say.
            let exe = build(release, "orders", &[]);
            let program = std::fs::read(&exe).unwrap();
            let (_, core) = dead(&exe, &["20000"], &scratch.path().join("run"));
            let found = suspects(&core, &program, &Thresholds::default());
            let ids: Vec<&str> = found.iter().map(|s| s.finding.id).collect();
            if ids != ["heap.dominator"] {
                problems.push(format!("{release} orders: {found:#?}"));
            }
        }
        assert!(compared >= 17, "only {compared} programs were compared");
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
