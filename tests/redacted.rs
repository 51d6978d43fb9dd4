//! A redacted copy of a core: it opens in every view, here and in gdb, and nothing that the program stored is in it.
//!
//! `DUMPVIEW_GO` names a command that runs Go releases (`$DUMPVIEW_GO RELEASE build …`); `DUMPVIEW_RELEASES` narrows them.

#[cfg(test)]
#[path = "support/releases.rs"]
mod releases;

#[cfg(test)]
mod redacted {
    use crate::releases::of_each;
    use serde_json::Value;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

    /// What the program has, by the places that it has it in.
    const WORDS: [&str; 15] = [
        "zq-secret-global-xj",
        "zq-secret-inline-xj",
        "zq-secret-settings-xj",
        "zq-secret-name-xj",
        "zq-secret-token-xj",
        "zq-secret-field-xj",
        "zq-secret-key-xj",
        "zq-secret-value-xj",
        "zq-secret-queued-xj",
        "zq-secret-argument-xj",
        "zq-secret-local-xj-xj",
        "zq-secret-garbage-xj",
        "zq-secret-printed-xj",
        "zq-secret-argv-xj",
        "zq-secret-environment-xj",
    ];
    const NUMBERS: [u64; 5] = [
        0x5ec2_e7c0_ffee_1234,
        0x5ec2_e7c0_ffee_1235,
        0x5ec2_e7c0_ffee_5678,
        0x5ec2_e7c0_ffee_9abc,
        0x5ec2_e7c0_ffee_def0,
    ];

    fn dumpview(args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .args(args)
            .arg("--no-cache")
            .output()
            .unwrap()
    }

    fn json(args: &[&str]) -> Value {
        let output = dumpview(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn has(bytes: &[u8], what: &[u8]) -> bool {
        memchr::memmem::find(bytes, what).is_some()
    }

    /// What of the secrets is in a file.
    fn found(bytes: &[u8]) -> Vec<String> {
        let words = WORDS.iter().filter(|word| has(bytes, word.as_bytes()));
        let numbers = NUMBERS.iter().filter(|n| has(bytes, &n.to_le_bytes()));
        let words = words.map(|word| (*word).to_owned());
        words.chain(numbers.map(|n| format!("{n:#x}"))).collect()
    }

    fn core_in(dir: &Path) -> PathBuf {
        let files = std::fs::read_dir(dir).unwrap().flatten();
        let mut files = files.map(|entry| entry.path());
        let core = files.find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("core")
        });
        core.expect("no core was written")
    }

    /// What gdb says of threads and where they are.
    fn gdb(core: &Path, exe: &Path) -> Option<Vec<String>> {
        let output = Command::new("gdb")
            .args(["-batch", "-nx", "-iex", "set debuginfod enabled off"])
            .args(["-ex", "thread apply all -q printf \"at %lx\\n\", $pc"])
            .args([exe, core])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text.lines().filter(|line| line.starts_with("at "));
        Some(lines.map(str::to_owned).collect())
    }

    /// Both tell the same of what a redacted core still has.
    fn same_views(release: &str, core: &str, copy: &str, exe: &str) {
        for (verb, keys) in [
            (
                &["goroutines", "--with-stacks", "--system"][..],
                &["goroutines"][..],
            ),
            (&["threads"], &["threads"]),
            (&["heap"], &["live", "garbage", "runtime", "audit"]),
            (&["heap", "top"], &["rows"]),
            (&["heap", "top", "--by", "root"], &["rows"]),
            (&["memory"], &["parts", "total"]),
        ] {
            let ask = |file: &str| {
                let (names, flags): (Vec<&str>, Vec<&str>) = verb
                    .iter()
                    .partition(|word| !word.starts_with("--") && **word != "root");
                json(&[&names[..], &[file, exe], &flags].concat())
            };
            let (of_core, of_copy) = (ask(core), ask(copy));
            for key in keys {
                let (mut core, mut copy) = (of_core[key].clone(), of_copy[key].clone());
                // Types follow from values too, of which none is there: those of the program do not.
                for side in [&mut core, &mut copy] {
                    if *key == "rows"
                        && let Some(rows) = side.as_array_mut()
                    {
                        let is_programs =
                            |row: &Value| row["key"].as_str().unwrap().contains("main.");
                        rows.retain(is_programs);
                        assert!(!rows.is_empty());
                    }
                }
                assert_eq!(core, copy, "{release}: {verb:?} {key}");
            }
        }
    }

    fn check(release: &str, exe: &Path, dir: &Path) {
        let command = format!(
            "ulimit -c unlimited; exec timeout -s KILL 60 {} zq-secret-argv-xj",
            exe.display()
        );
        Command::new("sh")
            .args(["-c", &command])
            .current_dir(dir)
            .env("GOTRACEBACK", "crash")
            .env("SECRET", "zq-secret-environment-xj")
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let core = core_in(dir);
        let bytes = std::fs::read(&core).unwrap();
        let all = found(&bytes);
        assert_eq!(
            all.len(),
            WORDS.len() + NUMBERS.len(),
            "{release}: only {all:?}"
        );
        let copy = dir.join("shared");
        let files = [&copy, &core, &exe.to_owned()].map(|path| path.to_str().unwrap().to_owned());
        let export = [
            "export", "--to", "core", "--force", "-o", &files[0], &files[1], &files[2],
        ];
        let output = dumpview(&export);
        assert!(output.status.success(), "{release}: {output:?}");
        let bytes = std::fs::read(&copy).unwrap();
        let left: Vec<String> = found(&bytes);
        assert!(left.is_empty(), "{release}: {left:?}");
        let (before, after) = (core.metadata().unwrap(), copy.metadata().unwrap());
        assert_eq!(before.len(), after.len());
        println!(
            "{release}: {} KiB on disk of {} KiB",
            after.blocks() / 2,
            before.blocks() / 2
        );
        same_views(release, &files[1], &files[0], &files[2]);
        match (gdb(&core, exe), gdb(&copy, exe)) {
            (Some(of_core), Some(of_copy)) => {
                assert!(of_core.len() > 1, "{release}: {of_core:?}");
                assert_eq!(of_core, of_copy, "{release}: gdb");
            }
            _ => println!("gdb compared nothing: it is not installed"),
        }
        let kept = [&export[..], &["--keep", "^main[.](global|config)$"]].concat();
        let output = dumpview(&kept);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("variable main.global"), "{release}: {text}");
        assert!(
            text.contains("1 object of main.config"),
            "{release}: {text}"
        );
        let bytes = std::fs::read(&copy).unwrap();
        assert_eq!(found(&bytes), ["zq-secret-settings-xj"], "{release}");
        let nothing = dumpview(&[&export[..], &["--keep", "no such name"]].concat());
        assert_eq!(nothing.status.code(), Some(1), "{nothing:?}");
    }

    #[test]
    fn nothing_that_the_program_stored_is_in_the_copy() {
        of_each("secrets", &mut check);
    }

    /// Texts of the program in a core's heap, of which nothing is in the executable: those may stay nowhere.
    fn texts(core: &str, exe: &str) -> Vec<Vec<u8>> {
        let found = json(&["heap", "find", core, exe, "string bytes", "--top", "0"]);
        let image = std::fs::File::open(exe).unwrap();
        let image = ruzstd::decoding::StreamingDecoder::new(image).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut { image }, &mut bytes).unwrap();
        let objects = found["objects"].as_array().unwrap().iter();
        let texts = objects.filter_map(|object| {
            let text = object["value"].as_str()?.as_bytes();
            Some(text.get(..text.len().min(32))?.to_vec())
        });
        texts
            .filter(|text| text.len() >= 16 && !has(&bytes, text))
            .collect()
    }

    /// Position-independent ones, with C, of arm64: committed cores. One without symbols is refused, and it says why.
    #[test]
    fn copies_of_other_kinds_of_programs_tell_the_same_and_nothing_of_the_program() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fixtures");
        let file = |name: String| fixtures.join(name).to_str().unwrap().to_owned();
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("other-kinds.core");
        let copy = copy.to_str().unwrap();
        let export = |core: &str, exe: &str| {
            dumpview(&["export", "--to", "core", "--force", "-o", copy, core, exe])
        };
        for (core, exe) in [
            (
                "crash-nilptr-pie-go1.27.3-amd64",
                "crash-pie-go1.27.3-amd64",
            ),
            ("cgo-c-held-noopt-go1.19-amd64", "cgo-noopt-go1.19-amd64"),
            (
                "cgo-c-crash-pie-external-noopt-go1.27.3-amd64",
                "cgo-pie-external-noopt-go1.27.3-amd64",
            ),
            (
                "crash-nested-noopt-go1.19-arm64",
                "crash-noopt-go1.19-arm64",
            ),
            (
                "crash-nilptr-noopt-go1.27.3-arm64",
                "crash-noopt-go1.27.3-arm64",
            ),
        ] {
            let (core_file, exe) = (
                file(format!("{core}.core.zst")),
                file(format!("{exe}.exe.zst")),
            );
            let output = export(&core_file, &exe);
            assert!(output.status.success(), "{core}: {output:?}");
            let texts = texts(&core_file, &exe);
            assert!(texts.len() > 1, "{core}: {texts:?}");
            let bytes = std::fs::read(copy).unwrap();
            for text in texts {
                let text = String::from_utf8_lossy(&text).into_owned();
                assert!(!has(&bytes, text.as_bytes()), "{core}: {text:?}");
            }
            for (verb, key) in [
                (
                    &["goroutines", "--with-stacks", "--system"][..],
                    "goroutines",
                ),
                (&["threads"], "threads"),
                (&["heap"], "live"),
                (&["heap"], "audit"),
            ] {
                let ask = |file: &str| json(&[&[verb[0], file, &exe], &verb[1..]].concat());
                let (of_core, of_copy) = (ask(&core_file), ask(copy));
                assert!(!of_core[key].is_null(), "{core}: {verb:?} {key}");
                assert_eq!(of_core[key], of_copy[key], "{core}: {verb:?} {key}");
            }
        }
        let output = export(
            &file("crash-blocked-stripped-go1.27.3-amd64.core.zst".to_owned()),
            &file("crash-stripped-go1.27.3-amd64.exe.zst".to_owned()),
        );
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{talk}");
        assert!(talk.contains("without symbols"), "{talk}");
        std::fs::remove_file(copy).unwrap();
    }

    /// What is read is never written over, by whatever name.
    #[test]
    fn an_input_is_not_an_output() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/heapdumps");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("own");
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let (dump, link) = (dir.join("dump"), dir.join("link"));
        std::fs::copy(corpus.join("known-go1.27.3.dump.zst"), &dump).unwrap();
        std::os::unix::fs::symlink("dump", &link).unwrap();
        let before = std::fs::read(&dump).unwrap();
        for to in [&dump, &link] {
            let files = [to, &dump].map(|path| path.to_str().unwrap().to_owned());
            let output = dumpview(&[
                "export", "--to", "folded", "--force", "-o", &files[0], &files[1],
            ]);
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            assert!(std::fs::read(&dump).unwrap() == before, "{}", to.display());
        }
    }

    #[test]
    fn a_heap_dump_is_not_redacted() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/heapdumps");
        let dump = corpus.join("known-go1.27.3.dump.zst");
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no.core");
        let files = [&to, &dump].map(|path| path.to_str().unwrap().to_owned());
        let output = dumpview(&["export", "--to", "core", "-o", &files[0], &files[1]]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!to.exists());
    }
}
