//! Every byte of every core belongs to one part.

#[cfg(test)]
mod accounts {
    use dumpview_parsers::smaps;
    use dumpview_process::heap::Heap;
    use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
    use dumpview_process::mapped::OpenOptions;
    use dumpview_process::postmortem::Accounts;
    use dumpview_process::process::Process;
    use std::fmt::Write;
    use std::fs::File;
    use std::io::Read;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/fixtures")
    }

    fn unpacked(name: &str) -> Vec<u8> {
        let file = File::open(fixtures().join(format!("{name}.zst"))).expect(name);
        let mut bytes = Vec::new();
        let mut reader = ruzstd::decoding::StreamingDecoder::new(file).expect(name);
        reader.read_to_end(&mut bytes).expect(name);
        bytes
    }

    /// `PROGRAM-MODE-VARIANT-goX-ARCH.core` ran `PROGRAM-VARIANT-goX-ARCH.exe`.
    fn executable_of(core: &str, all: &[String]) -> Option<String> {
        let stem = core.trim_end_matches(".core");
        let fits = |exe: &&String| {
            let Some((program, rest)) = exe.split_once('-') else {
                return false;
            };
            stem.starts_with(program) && stem.ends_with(&format!("-{rest}"))
        };
        all.iter().filter(fits).max_by_key(|exe| exe.len()).cloned()
    }

    fn accounts(core: &[u8], exe: Option<&[u8]>, names: &str) -> Accounts {
        let arena = SectionArena::default();
        let core = CoreFile::parse(core).unwrap();
        let exe = exe.map(|exe| Executable::parse(exe, &arena).unwrap());
        let process = Process::open(&core, exe.as_ref(), &NoFiles, OpenOptions::default());
        let heap = Heap::read(&process).ok();
        let dominators = heap.as_ref().map(Heap::dominators);
        let reached = |object| dominators.as_ref().is_some_and(|d| d.is_reached(object));
        let told = Accounts::of(&process, heap.as_ref(), &reached, &smaps::parse(names));
        let mapped: u64 = core.segments.iter().map(|segment| segment.mem_size).sum();
        assert_eq!(told.total, mapped);
        let parts: u64 = told.parts.iter().map(|part| part.bytes).sum();
        assert_eq!(parts + told.gap, told.total, "{:#?}", told.parts);
        assert_eq!(told.dumped + told.not_dumped, told.total);
        told
    }

    #[test]
    fn parts_of_every_committed_core_sum_to_its_mappings() {
        let names: Vec<String> = std::fs::read_dir(fixtures())
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        let exes: Vec<String> = names
            .iter()
            .filter_map(|name| name.strip_suffix(".exe.zst").map(str::to_owned))
            .collect();
        let (mut whole, mut without) = (0, 0);
        for name in &names {
            let Some(core) = name
                .strip_suffix(".zst")
                .filter(|name| Path::new(name).extension().is_some_and(|e| e == "core"))
            else {
                continue;
            };
            let bytes = unpacked(core);
            if CoreFile::parse(&bytes).is_err() {
                continue;
            }
            let exe = executable_of(core, &exes).map(|exe| unpacked(&format!("{exe}.exe")));
            let told = accounts(&bytes, exe.as_deref(), "");
            assert_eq!(told.gap, 0, "{core}");
            if told.parts.iter().any(|part| part.name == "live") {
                for check in told.checks.iter().take(3) {
                    assert!(check.ok, "{core}: {check:?}\n{:#?}", told.parts);
                }
                assert!(told.checks.len() >= 3, "{core}: {:?}", told.checks);
                whole += 1;
            } else {
                without += 1;
            }
        }
        assert!(whole > 20, "{whole} heaps of {} cores", whole + without);
    }

    #[test]
    fn any_prefix_of_a_core_is_accounted_for() {
        let core = unpacked("crash-sigquit-noopt-go1.27.3-amd64.core");
        let exe = unpacked("crash-noopt-go1.27.3-amd64.exe");
        let mut answers = 0;
        for cut in 1..24 {
            let part = core.get(..core.len() / 24 * cut).unwrap();
            if CoreFile::parse(part).is_ok() {
                let told = accounts(part, Some(&exe), "");
                assert!(told.dumped <= part.len() as u64);
                answers += 1;
            }
        }
        assert!(answers > 10);
    }

    #[test]
    fn parts_of_cores_of_every_release_sum_and_agree_with_the_runtime() {
        let Ok(go) = std::env::var("DUMPVIEW_GO") else {
            println!(
                "nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases"
            );
            return;
        };
        let wanted = std::env::var("DUMPVIEW_RELEASES");
        let wanted = wanted
            .as_deref()
            .unwrap_or("1.19,1.21.13,1.22.10,1.23.9,1.24.11,1.25.5,1.26.6,1.27.3");
        let scratch = tempfile::tempdir().unwrap();
        let mut compared = 0;
        for release in wanted.split(',') {
            let exe = scratch.path().join(format!("leaks-{release}"));
            let done = Command::new(&go)
                .args([release, "build", "-o"])
                .args([exe.as_os_str(), "./leaks".as_ref()])
                .current_dir(fixtures().join("../programs"))
                .status()
                .unwrap();
            assert!(done.success(), "go {release} build leaks");
            let program = std::fs::read(&exe).unwrap();
            for mode in ["healthy", "dominator", "leaked", "http"] {
                let dir = scratch.path().join("run");
                std::fs::create_dir_all(&dir).unwrap();
                Command::new("sh")
                    .args([
                        "-c",
                        &format!("ulimit -c unlimited; exec {} {mode}", exe.display()),
                    ])
                    .current_dir(&dir)
                    .env("GOTRACEBACK", "crash")
                    .output()
                    .unwrap();
                let entries = std::fs::read_dir(&dir).unwrap().flatten();
                let left: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
                let core = std::fs::read(left.first().expect("a core")).unwrap();
                std::fs::remove_dir_all(&dir).unwrap();
                let told = accounts(&core, Some(&program), "");
                assert_eq!(told.gap, 0);
                for check in told.checks.iter().take(3) {
                    assert!(check.ok, "{release} {mode}: {check:?}\n{:#?}", told.parts);
                }
                compared += told.checks.len().min(3);
            }
        }
        assert!(compared >= 12, "only {compared} numbers were compared");
    }

    #[test]
    fn smaps_name_what_is_left_and_say_what_was_resident() {
        let core = unpacked("crash-sigquit-noopt-go1.27.3-amd64.core");
        let exe = unpacked("crash-noopt-go1.27.3-amd64.exe");
        let before = accounts(&core, Some(&exe), "");
        let parsed = CoreFile::parse(&core).unwrap();
        let mut text = String::new();
        for segment in &parsed.segments {
            let (start, end) = (segment.start.0, segment.start.0 + segment.mem_size);
            writeln!(
                text,
                "{start:x}-{end:x} rw-p 00000000 00:00 0 [anon: thing]"
            )
            .unwrap();
            text.push_str("Rss: 8 kB\nSwap: 4 kB\n");
        }
        let told = accounts(&core, Some(&exe), &text);
        let segments = parsed.segments.len() as u64;
        assert_eq!(
            (told.resident, told.swapped),
            (Some(segments << 13), Some(segments << 12))
        );
        assert!(before.parts.iter().any(|part| part.name == "unknown"));
        assert!(told.parts.iter().all(|part| part.name != "unknown"));
        assert_eq!(before.resident, None);
    }
}
