//! Bad input: one clear message or a partial answer marked incomplete; never a panic, a hang, or memory beyond 1 GB.
//!
//! Every run of the binary here is held to a data limit of 1 GB and the patience of `support/run.rs`, whatever it is given.

#[cfg(test)]
#[path = "support/run.rs"]
mod run;
#[cfg(test)]
#[path = "support/samples.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use crate::run::{BINARY, Call, Ran};
    use crate::samples;
    use std::fs::{self, File, OpenOptions};
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::OnceLock;

    const CORE: &str = "crash-nilptr-noopt-go1.27.3-amd64.core.zst";
    const EXE: &str = "crash-noopt-go1.27.3-amd64.exe.zst";
    const OTHER_EXE: &str = "crash-noopt-go1.19-amd64.exe.zst";
    const STRINGS: &str = "types-all-noopt-go1.27.3-amd64.core.zst";
    const STRINGS_EXE: &str = "types-noopt-go1.27.3-amd64.exe.zst";

    fn scratch() -> &'static Path {
        static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
        DIRECTORY.get_or_init(|| {
            let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
            fs::create_dir_all(&directory).unwrap();
            directory
        })
    }

    /// A fixture, decompressed into a file of its own that the test may damage.
    fn fixture(name: &str, copy: &str) -> PathBuf {
        let path = scratch().join(copy);
        let packed = samples::corpus("fixtures").join(name);
        samples::unpack(&packed, &mut File::create(&path).unwrap());
        path
    }

    fn run(call: Call, args: &str) -> Ran {
        let ran = call.run();
        assert!(!ran.err.contains("panicked"), "{args}: {}", ran.err);
        assert!(
            (0..=4).contains(&ran.status),
            "{args}: {}: {}",
            ran.status,
            ran.err
        );
        ran
    }

    /// The binary under a data limit of 1 GB.
    fn ask(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Ran {
        let args: Vec<_> = args.iter().map(AsRef::as_ref).collect();
        run(Call::limited(1 << 20, &args), &format!("{args:?}"))
    }

    /// Everything the first screen needs, and every goroutine.
    fn ask_all(core: &Path, exe: &Path) -> [Ran; 2] {
        [
            ask(&[&core, &exe]),
            ask(&[&"goroutines", &core, &exe, &"--group", &"--system"]),
        ]
    }

    #[test]
    fn a_core_is_known_through_a_pipe_packed_or_not() {
        let packed = fs::read(samples::corpus(&format!("fixtures/{CORE}"))).unwrap();
        let whole = fs::read(fixture(CORE, "core-for-a-pipe")).unwrap();
        for bytes in [&packed, &whole] {
            let exe = samples::corpus(&format!("fixtures/{EXE}"));
            let args = ["bt".as_ref(), "-".as_ref(), exe.as_os_str()];
            let ran = Call::new(args).input(bytes).run();
            assert_eq!(ran.status, 0, "{ran:?}");
            assert!(ran.out.contains("main.(*Store).find"), "{ran:?}");
        }
    }

    #[test]
    fn files_that_are_no_core_are_named_for_what_they_are() {
        let text = scratch().join("text");
        fs::write(&text, "hello\n").unwrap();
        let empty = scratch().join("empty");
        fs::write(&empty, "").unwrap();
        let fifo = scratch().join("fifo");
        let _ = fs::remove_file(&fifo);
        assert!(
            Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        let exe = fixture(EXE, "exe-as-core");
        let missing = scratch().join("missing");
        let cases = [
            (&text, "not an ELF file"),
            (&empty, "empty"),
            (&fifo, "not a regular file"),
            (&scratch().to_owned(), "directory"),
            (&exe, "an executable, where a core dump is expected"),
            (&missing, "no such file"),
        ];
        for (path, says) in cases {
            let outcome = ask(&[&"info", path]);
            assert_eq!(outcome.status, 3, "{}: {}", path.display(), outcome.err);
            assert!(
                outcome.err.contains(says),
                "{}: {}",
                path.display(),
                outcome.err
            );
            assert_eq!(outcome.out, "");
        }
    }

    #[test]
    fn a_core_nobody_may_read_says_so() {
        use std::os::unix::fs::PermissionsExt;
        // Where others can get at it, with the binary beside it.
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let core = directory.path().join("core");
        fs::write(&core, "x").unwrap();
        fs::set_permissions(&core, fs::Permissions::from_mode(0o000)).unwrap();
        let binary = directory.path().join("dumpview");
        fs::copy(BINARY, &binary).unwrap();
        let mut command = Command::new(&binary);
        command.arg("info").arg(&core);
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if is_root {
            command.uid(65534);
        }
        let outcome = run(Call::of(command), "info");
        assert_eq!(outcome.status, 3, "{}", outcome.err);
        assert!(outcome.err.contains("may not be read"), "{}", outcome.err);
        assert!(outcome.err.contains("hint:"), "{}", outcome.err);
    }

    #[test]
    fn the_executable_of_another_program_is_refused_and_the_core_still_answers() {
        let (core, other) = (
            fixture(CORE, "core-mismatch"),
            fixture(OTHER_EXE, "exe-mismatch"),
        );
        let outcome = ask(&[&"threads", &core, &other]);
        assert_eq!(outcome.status, 4);
        assert!(
            outcome.err.contains("not the program that left this core"),
            "{}",
            outcome.err
        );
        assert!(outcome.out.contains("wrote the core"), "{}", outcome.out);
        let [_, goroutines] = ask_all(&core, &other);
        assert_ne!(goroutines.status, 0);
    }

    #[test]
    fn without_an_executable_there_are_still_version_signal_and_threads() {
        let core = fixture(CORE, "core-alone");
        let outcome = ask(&[&"info", &core, &"--json"]);
        let info: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        assert_eq!(info["input"]["go_version"], "go1.27.3");
        assert_eq!(info["signal"]["name"], "SIGABRT");
        assert!(info["threads"].as_u64().unwrap() > 1);
        assert!(
            info["incomplete"][0]["why"]
                .as_str()
                .unwrap()
                .contains("none given")
        );
    }

    #[test]
    fn a_core_cut_anywhere_gives_what_is_left() {
        let (core, exe) = (fixture(CORE, "core-cut"), fixture(EXE, "exe-cut"));
        let whole = fs::metadata(&core).unwrap().len();
        let file = OpenOptions::new().write(true).open(&core).unwrap();
        // From nearly whole to nothing: every sixteenth, and each byte of the headers that matters.
        let mut cuts: Vec<u64> = (1..16).map(|n| whole * n / 16).collect();
        cuts.extend([
            whole - 1,
            65536,
            8192,
            4096,
            2000,
            1000,
            500,
            200,
            120,
            64,
            63,
            40,
            20,
            17,
            16,
            5,
            4,
            1,
        ]);
        cuts.sort_unstable_by(|a, b| b.cmp(a));
        let mut answered = 0;
        for cut in cuts {
            file.set_len(cut).unwrap();
            for outcome in ask_all(&core, &exe) {
                assert_ne!(
                    outcome.status, 0,
                    "cut at {cut}: a damaged core must not pass for a whole one"
                );
                assert!(!outcome.err.is_empty(), "cut at {cut}");
                answered += u32::from(outcome.status == 4);
            }
        }
        assert!(answered > 10, "only {answered} answers from cut cores");
    }

    /// A small generator: the same bytes are flipped on every run.
    fn random(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    /// How the report on [`CORE`] begins.
    const CAUSE: &str = "panic: runtime error: invalid memory address or nil pointer dereference";

    /// [`CORE`] has 5 threads, which only its notes tell of, and 6 goroutines. Damage that is spread thin may cost one of
    /// these.
    fn assert_all_are_there(core: &Path, exe: &Path) {
        let count = |verb: &str, flag: &str| {
            let outcome = ask(&[&verb, &core, &exe, &"--ignore-build-id", &"--json", &flag]);
            let list = outcome.json()[verb].as_array().map(Vec::len);
            list.unwrap_or_else(|| panic!("{verb}: {}", outcome.err))
        };
        assert_eq!(count("threads", "--quiet"), 5);
        let goroutines = count("goroutines", "--system");
        assert!(goroutines >= 5, "{goroutines} goroutines");
    }

    #[test]
    fn bytes_changed_anywhere_in_the_executable_do_no_harm() {
        let (core, exe) = (fixture(CORE, "core-exe-flips"), fixture(EXE, "exe-flips"));
        let size = fs::metadata(&exe).unwrap().len();
        let mut seed = 0x5eed_1234_5678_9abc;
        for round in 0..24 {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&exe)
                .unwrap();
            for _ in 0..=round * 8 {
                let at = random(&mut seed) % size;
                file.seek(SeekFrom::Start(at)).unwrap();
                file.write_all(&[random(&mut seed).to_le_bytes()[0]])
                    .unwrap();
            }
            let outcome = ask(&[&core, &exe, &"--ignore-build-id"]);
            assert!(outcome.out.starts_with(CAUSE), "{}", outcome.out);
            assert_all_are_there(&core, &exe);
        }
    }

    #[test]
    fn words_changed_in_the_core_do_no_harm() {
        let (core, exe) = (fixture(CORE, "core-flips"), fixture(EXE, "exe-core-flips"));
        let size = fs::metadata(&core).unwrap().len();
        let mut seed = 0x0dd_ba11_dead_beef;
        for _ in 0..24 {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&core)
                .unwrap();
            for _ in 0..200 {
                let at = (random(&mut seed) % size) & !7;
                let mut word = [0u8; 8];
                file.seek(SeekFrom::Start(at)).unwrap();
                // Holes stay holes; what is data becomes a wild pointer, a huge number, or the neighbour.
                if file.read(&mut word).unwrap() < 8 || word == [0; 8] {
                    continue;
                }
                let wild = match random(&mut seed) % 4 {
                    0 => u64::MAX,
                    1 => random(&mut seed),
                    2 => u64::from_le_bytes(word) + 8,
                    _ => 1 << 40,
                };
                file.seek(SeekFrom::Start(at)).unwrap();
                file.write_all(&wild.to_le_bytes()).unwrap();
            }
            let [first, _] = ask_all(&core, &exe);
            assert!(first.out.starts_with(CAUSE), "{}", first.out);
            assert_all_are_there(&core, &exe);
        }
    }

    /// Overwrites 8 bytes of process memory in a core file, at a variable that the executable's symbols name.
    fn poke(core: &Path, exe: &Path, addr: &str, values: &[u64]) {
        let outcome = ask(&[
            &"x", &core, &exe, &"--addr", &addr, &"--count", &"1", &"--size", &"8", &"--json",
        ]);
        assert_eq!(outcome.status, 0, "{}", outcome.err);
        let target = u64::from_str_radix(addr.trim_start_matches("0x"), 16).unwrap();
        let bytes = fs::read(core).unwrap();
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let half = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
        let (first, count) = (usize::try_from(word(32)).unwrap(), usize::from(half(56)));
        let offset = (0..count).map(|n| first + n * 56).find_map(|ph| {
            let (offset, vaddr, size) = (word(ph + 8), word(ph + 16), word(ph + 32));
            (vaddr <= target && target < vaddr + size).then(|| offset + target - vaddr)
        });
        let mut file = OpenOptions::new().write(true).open(core).unwrap();
        file.seek(SeekFrom::Start(offset.expect("the address is in the core")))
            .unwrap();
        for value in values {
            file.write_all(&value.to_le_bytes()).unwrap();
        }
    }

    fn address_of(core: &Path, exe: &Path, variable: &str) -> String {
        let expr = format!("&{variable}");
        let outcome = ask(&[&"print", &core, &exe, &"--json", &expr]);
        let printed: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        printed["value"]["addr"]
            .as_str()
            .unwrap_or_else(|| panic!("{variable}: {printed}"))
            .to_owned()
    }

    #[test]
    fn a_list_of_goroutines_that_points_into_nowhere_is_survived() {
        let exe = fixture(EXE, "exe-allgs");
        for values in [[0x1234_5678, 1 << 60], [0, u64::MAX], [u64::MAX - 7, 5]] {
            let core = fixture(CORE, "core-allgs");
            for variable in ["runtime.allgs", "runtime.allgptr"] {
                let addr = address_of(&core, &exe, variable);
                let count = if variable == "runtime.allgs" { 2 } else { 1 };
                poke(&core, &exe, &addr, &values[..count]);
            }
            let addr = address_of(&core, &exe, "runtime.allglen");
            poke(&core, &exe, &addr, &values[1..]);
            for outcome in ask_all(&core, &exe) {
                assert!(!outcome.out.contains("goroutine 4611"), "{}", outcome.out);
            }
        }
    }

    #[test]
    fn a_stack_that_leads_in_a_circle_ends() {
        let (core, exe) = (fixture(CORE, "core-circle"), fixture(EXE, "exe-circle"));
        let outcome = ask(&[&"bt", &core, &exe, &"--json", &"--runtime"]);
        let bt: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        let frames = bt["frames"].as_array().unwrap();
        let mine: Vec<_> = frames
            .iter()
            .filter(|f| f["function"].as_str().unwrap().starts_with("main."))
            .collect();
        assert!(mine.len() > 2);
        // Every word of the frame becomes a return address into the frame's own function.
        let pc = u64::from_str_radix(mine[1]["pc"].as_str().unwrap().trim_start_matches("0x"), 16)
            .unwrap();
        let sp = mine[1]["sp"].as_str().unwrap();
        poke(&core, &exe, sp, &[pc; 512]);
        for outcome in ask_all(&core, &exe) {
            assert!(outcome.out.len() < 50 << 20);
        }
    }

    #[test]
    fn a_core_of_a_program_that_is_not_go_has_threads_registers_and_signal() {
        let core = scratch().join("core-of-c");
        fs::write(&core, synthetic_core(11, 0x18)).unwrap();
        let outcome = ask(&[&"info", &core, &"--json"]);
        let info: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        assert_eq!(info["kind"], "signal");
        assert_eq!(info["signal"]["name"], "SIGSEGV");
        assert_eq!(info["signal"]["fault_addr"], "0x18");
        assert_eq!(info["input"]["go_version"], serde_json::Value::Null);
        let outcome = ask(&[&"threads", &core, &"--json"]);
        let threads: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        assert_eq!(threads["threads"][0]["tid"], 4711);
        assert_eq!(threads["threads"][0]["pc"], "0x401000");
        let outcome = ask(&[&"regs", &core]);
        assert!(
            outcome.out.contains("rip = 0x0000000000401000"),
            "{}",
            outcome.out
        );
        let outcome = ask(&[&"goroutines", &core]);
        assert_eq!(outcome.status, 1, "{}", outcome.err);
    }

    /// A minimal amd64 core: one `PT_NOTE` with one thread and a siginfo.
    fn synthetic_core(signal: u32, fault: u64) -> Vec<u8> {
        let mut status = vec![0u8; 336];
        status[0..4].copy_from_slice(&signal.to_le_bytes());
        status[32..36].copy_from_slice(&4711u32.to_le_bytes());
        status[112 + 16 * 8..112 + 17 * 8].copy_from_slice(&0x40_1000u64.to_le_bytes());
        let mut info = vec![0u8; 128];
        info[0..4].copy_from_slice(&signal.to_le_bytes());
        info[8..12].copy_from_slice(&1u32.to_le_bytes());
        info[16..24].copy_from_slice(&fault.to_le_bytes());
        let mut notes = Vec::new();
        for (kind, desc) in [(1u32, status), (0x5349_4749, info)] {
            notes.extend(5u32.to_le_bytes());
            notes.extend(u32::try_from(desc.len()).unwrap().to_le_bytes());
            notes.extend(kind.to_le_bytes());
            notes.extend(b"CORE\0\0\0\0");
            notes.extend(desc);
        }
        let mut out = vec![0u8; 64 + 56];
        out[..16].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
        out[16..20].copy_from_slice(&[4, 0, 62, 0]);
        out[20] = 1;
        out[32..40].copy_from_slice(&64u64.to_le_bytes());
        out[52..58].copy_from_slice(&[64, 0, 56, 0, 1, 0]);
        out[64] = 4;
        out[64 + 8..64 + 16].copy_from_slice(&120u64.to_le_bytes());
        out[64 + 32..64 + 40].copy_from_slice(&(notes.len() as u64).to_le_bytes());
        out.extend(notes);
        out
    }

    /// A packed core whose bytes were changed, or that is cut, is answered as far as it goes, and that is told.
    #[test]
    fn damage_in_a_packed_core_is_told() {
        let packed = fs::read(samples::corpus(&format!("fixtures/{CORE}"))).unwrap();
        let path = scratch().join("packed-damaged");
        let told = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let outcome = ask(&[&"info", &path]);
            assert!(!outcome.err.contains("panicked"), "{}", outcome.err);
            outcome
        };
        for part in [3, 5, 9] {
            let outcome = told(packed.get(..packed.len() * part / 10).unwrap());
            // Before the end of the first block there is nothing to answer from.
            let expected: &[i32] = if part == 9 { &[4] } else { &[3, 4] };
            assert!(expected.contains(&outcome.status), "{}", outcome.err);
            assert!(outcome.err.contains("cut short"), "{}", outcome.err);
        }
        for at in (20..packed.len()).step_by(packed.len() / 12) {
            let mut changed = packed.clone();
            changed[at] ^= 4;
            let outcome = told(&changed);
            assert!(
                [3, 4].contains(&outcome.status),
                "byte {at}: {}",
                outcome.err
            );
        }
        let outcome = Call::new(["info".as_ref(), path.as_os_str()])
            .env("TMPDIR", Path::new("/nowhere"))
            .run();
        assert_eq!(outcome.status, 3);
        assert!(outcome.err.contains("/nowhere (TMPDIR)"), "{}", outcome.err);
    }

    /// The same bytes claimed by thousands of program headers are read once.
    #[test]
    fn headers_that_claim_the_same_bytes_cost_one_reading() {
        const CLAIMS: u16 = 3_000;
        let one = synthetic_core(11, 8);
        let notes = one.get(120..).unwrap();
        // A thousand threads in the notes, and three thousand headers for them: three million threads if each were read.
        let many = notes.repeat(1_000);
        for kind in [4u32, 1] {
            let mut core = one.get(..64).unwrap().to_vec();
            let first = 64 + 56 * (u64::from(CLAIMS) + 1);
            core[56..58].copy_from_slice(&(CLAIMS + 1).to_le_bytes());
            for claim in 0..=u64::from(CLAIMS) {
                let mut header = vec![0u8; 56];
                let kind = if claim == 0 { 4 } else { kind };
                header[..4].copy_from_slice(&u32::to_le_bytes(kind));
                header[4] = 6;
                header[8..16].copy_from_slice(&first.to_le_bytes());
                header[16..24].copy_from_slice(&(claim << 24).to_le_bytes());
                for size in [32, 40] {
                    header[size..size + 8].copy_from_slice(&(many.len() as u64).to_le_bytes());
                }
                core.extend(header);
            }
            core.extend(&many);
            let path = scratch().join(format!("claims-{kind}"));
            fs::write(&path, core).unwrap();
            let outcome = ask(&[&"info", &path, &"--json"]);
            assert!(matches!(outcome.status, 0 | 4), "{}", outcome.err);
            let info: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
            assert_eq!(info["threads"], 1_000, "{info}");
            assert_eq!(
                outcome.out.contains("3000 note segments lie over others"),
                kind == 4
            );
        }
    }

    #[test]
    fn strings_of_the_dump_reach_the_terminal_without_control_characters() {
        let (core, exe) = (
            fixture(STRINGS, "core-strings"),
            fixture(STRINGS_EXE, "exe-strings"),
        );
        let mut seen = 0;
        for color in ["never", "auto"] {
            let outcome = ask(&[&"bt", &core, &exe, &"--full", &"--color", &color]);
            assert!(
                outcome.out.contains("\\x1b") || outcome.out.contains("\\u001b"),
                "no escape in it"
            );
            let odd = outcome.out.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(odd, None);
            seen += outcome.out.len();
        }
        assert!(seen > 1000);
    }
}
