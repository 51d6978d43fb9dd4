//! Two moments of a process, against what the program says it allocated, dropped and kept between them.
//!
//! `DUMPVIEW_GO` names a command that runs Go releases (`$DUMPVIEW_GO RELEASE build …`); `DUMPVIEW_RELEASES` narrows them.

#[cfg(test)]
#[path = "support/releases.rs"]
mod releases;

#[cfg(test)]
mod moments {
    use crate::releases::of_each;
    use serde_json::Value;
    use std::io::{BufRead, BufReader, Write};
    use std::path::{Path, PathBuf};
    use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

    const TYPE: &str = "main.session";

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

    /// The program, as it goes from moment to moment.
    struct Program {
        child: Child,
        input: ChildStdin,
        output: BufReader<ChildStdout>,
    }

    impl Program {
        fn start(exe: &Path, args: &[&str]) -> Self {
            let mut child = Command::new(exe)
                .args(args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            Self {
                input: child.stdin.take().unwrap(),
                output: BufReader::new(child.stdout.take().unwrap()),
                child,
            }
        }

        /// Waits for a moment, and gives what the program says of itself.
        fn moment(&mut self) -> Value {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            let said = line.splitn(3, ' ').nth(2).unwrap_or_default();
            serde_json::from_str(said).unwrap_or_else(|error| panic!("{line}: {error}"))
        }

        fn core(&self, prefix: &Path) -> PathBuf {
            let taken = Command::new("gcore")
                .arg("-o")
                .arg(prefix)
                .arg(self.child.id().to_string())
                .output()
                .unwrap();
            assert!(taken.status.success(), "{taken:?}");
            PathBuf::from(format!("{}.{}", prefix.display(), self.child.id()))
        }

        fn go_on(&mut self) {
            self.input.write_all(b"go on\n").unwrap();
        }
    }

    /// The row of the program's own objects, and the whole document.
    fn compared(files: &[&str], by: &str) -> (Value, Value) {
        let document = json(&[&["heap", "diff"], files, &["--by", by]].concat());
        assert_eq!(document["same_process"], true, "{document:#}");
        let rows = document["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == TYPE);
        (row.cloned().unwrap_or_default(), document)
    }

    fn number(of: &Value, key: &str) -> u64 {
        of[key].as_u64().unwrap_or_else(|| panic!("{key}: {of}"))
    }

    /// Sums hold, whatever is told: what lives now was born, survived or is untold.
    fn sums(row: &Value) {
        let now = number(row, "born") + number(row, "survived") + number(row, "untold");
        assert_eq!(now, number(row, "new_objects"), "{row}");
        let then = number(row, "died") + number(row, "survived") + number(row, "untold");
        assert_eq!(then, number(row, "old_objects"), "{row}");
    }

    /// Everything is told, as the program says it was.
    fn is_exact(case: &str, row: &Value, said: &Value) {
        sums(row);
        let slot = number(row, "new_bytes") / number(row, "new_objects");
        assert!(slot >= number(said, "Size"), "{case}: {row}");
        for (key, wanted) in [("born", "Born"), ("died", "Dropped"), ("survived", "Kept")] {
            assert_eq!(
                number(row, key),
                number(said, wanted),
                "{case} {key}: {row}"
            );
            let bytes = number(said, wanted) * slot;
            assert_eq!(number(row, &format!("{key}_bytes")), bytes, "{case}: {row}");
        }
        assert_eq!(number(row, "untold"), 0, "{case}: {row}");
    }

    /// What cannot be told is not said to be anything else.
    fn is_cautious(case: &str, row: &Value, said: &Value) {
        sums(row);
        let (born, died) = (number(said, "Born"), number(said, "Dropped"));
        let reused = number(said, "Reused");
        assert!(
            (born - reused..=born).contains(&number(row, "born")),
            "{case}: {row}"
        );
        assert!(
            (died - reused..=died).contains(&number(row, "died")),
            "{case}: {row}"
        );
        assert!(
            number(row, "survived") <= number(said, "Kept"),
            "{case}: {row}"
        );
        assert!(number(row, "untold") > 0, "{case}: {row}");
    }

    /// Who keeps what was born, as the program says.
    fn keepers(case: &str, document: &Value, said: &Value) {
        let kept = document["kept_by"].as_array().unwrap();
        let kept = kept.iter().find(|growth| growth["type"] == TYPE).unwrap();
        assert_eq!(kept["born"]["objects"], said["Born"], "{case}: {kept:#}");
        let of = |root: &str| {
            let keepers = kept["keepers"].as_array().unwrap();
            let keeper = keepers.iter().find(|keeper| keeper["root"] == root);
            keeper.map_or(0, |keeper| number(&keeper["kept"], "objects"))
        };
        let aside = number(said, "Aside");
        assert_eq!(of("main.other"), aside, "{case}: {kept:#}");
        assert_eq!(
            of("main.registry"),
            number(said, "Born") - aside,
            "{case}: {kept:#}"
        );
    }

    fn of_cores(release: &str, mode: &str, exe: &Path, dir: &Path) {
        let case = format!("{release} {mode}");
        let mut program = Program::start(exe, &[mode]);
        program.moment();
        let old = program.core(&dir.join(format!("{mode}-old")));
        program.go_on();
        let said = program.moment();
        let new = program.core(&dir.join(format!("{mode}-new")));
        program.go_on();
        assert!(program.child.wait().unwrap().success());
        let (old_file, new_file) = (old.to_str().unwrap(), new.to_str().unwrap());
        let files = [old_file, new_file, exe.to_str().unwrap()];
        let (row, document) = compared(&files, "type");
        if mode == "busy" {
            is_cautious(&case, &row, &said);
        } else {
            is_exact(&case, &row, &said);
            keepers(&case, &document, &said);
        }
        assert_eq!(
            number(&said, "Reused") > 0,
            mode != "still",
            "{case}: {said}"
        );
        if mode == "one" {
            views(&case, &files, &said);
        }
        std::fs::remove_file(old).unwrap();
        std::fs::remove_file(new).unwrap();
    }

    /// The other ways to ask, and the other ways to answer.
    fn views(case: &str, files: &[&str; 3], said: &Value) {
        let born = number(said, "Born");
        let by_root = json(&[&["heap", "diff"], &files[..], &["--by", "root"]].concat());
        let registry = by_root["rows"].as_array().unwrap().iter();
        let mut registry = registry.filter(|row| row["key"] == "main.registry");
        let registry = registry.next().unwrap();
        assert!(
            number(registry, "born") >= born - number(said, "Aside"),
            "{case}: {registry}"
        );
        let text = dumpview(&[&["heap", "diff"], &files[..]].concat());
        let text = String::from_utf8(text.stdout).unwrap();
        let sentence = format!("of 2,500 new {TYPE}, 2,490 are kept by main.registry");
        assert!(text.contains(&sentence), "{case}: {text}");
        let csv = dumpview(&[&["heap", "diff"], &files[..], &["--csv"]].concat());
        let csv = String::from_utf8(csv.stdout).unwrap();
        let line = csv
            .lines()
            .find(|line| line.ends_with(&format!(",{TYPE}")))
            .unwrap();
        assert!(line.contains(&format!(",{born},")), "{case}: {line}");
        // The younger for the older, and a core for another process's.
        let swapped = dumpview(&["heap", "diff", files[1], files[0], files[2]]);
        assert_eq!(swapped.status.code(), Some(2), "{swapped:?}");
        assert!(
            String::from_utf8_lossy(&swapped.stderr).contains("younger"),
            "{swapped:?}"
        );
    }

    fn of_dumps(release: &str, exe: &Path, dir: &Path) {
        for mode in ["still", "busy"] {
            let (old, new) = (dir.join("old.dump"), dir.join("new.dump"));
            let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
            let mut program = Program::start(exe, &[mode, old, new]);
            program.moment();
            program.go_on();
            let said = program.moment();
            program.go_on();
            assert!(program.child.wait().unwrap().success());
            let (row, _) = compared(&[old, new, exe.to_str().unwrap()], "type");
            let case = format!("{release} dumps {mode}");
            if mode == "still" {
                is_exact(&case, &row, &said);
            } else {
                is_cautious(&case, &row, &said);
            }
        }
    }

    /// A row of `heap top`, by its key: objects, bytes, retained bytes.
    fn top(files: [&str; 2], by: &str) -> std::collections::BTreeMap<String, [u64; 3]> {
        let document = json(&["heap", "top", files[0], files[1], "--by", by]);
        let rows = document["rows"].as_array().unwrap().iter();
        let rows = rows.map(|row| {
            let numbers = ["objects", "bytes", "retained_bytes"].map(|key| number(row, key));
            (row["key"].as_str().unwrap().to_owned(), numbers)
        });
        rows.collect()
    }

    /// A heap dump and the core of the same moment tell the same heap.
    fn dump_and_core(release: &str, exe: &Path, dir: &Path) {
        let command = format!("ulimit -c unlimited; exec {} dies heap.dump", exe.display());
        Command::new("sh")
            .args(["-c", &command])
            .current_dir(dir)
            .env("GOTRACEBACK", "crash")
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let files = std::fs::read_dir(dir).unwrap().flatten();
        let mut names = files.map(|entry| entry.path());
        let core = names.find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("core")
        });
        let core = core.expect("no core was written");
        let (core, exe) = (core.to_str().unwrap(), exe.to_str().unwrap());
        let dump = dir.join("heap.dump");
        let dump = dump.to_str().unwrap();
        let whole = |file: &str| json(&["heap", file, exe]);
        let (of_dump, of_core) = (whole(dump), whole(core));
        for key in ["objects", "bytes"] {
            let runtime = |of: &Value| number(&of["runtime"], key);
            assert_eq!(runtime(&of_dump), runtime(&of_core), "{release}: {key}");
        }
        assert_eq!(of_core["not_in_dump"], Value::Null);
        let minor: u32 = release.split('.').nth(1).unwrap().parse().unwrap();
        assert_eq!(
            of_dump["not_in_dump"].is_array(),
            minor >= 23,
            "{of_dump:#}"
        );
        let mut compared = 0;
        for by in ["type", "variable"] {
            let (dump, core) = (top([dump, exe], by), top([core, exe], by));
            for (key, numbers) in core.iter().filter(|(key, _)| key.contains("main.")) {
                assert_eq!(dump.get(key), Some(numbers), "{release}: {key}");
                compared += 1;
            }
        }
        assert!(compared > 5, "{release}: {compared} rows were compared");
        std::fs::remove_file(core).unwrap();
        std::fs::remove_file(dump).unwrap();
    }

    #[test]
    fn born_died_and_survived_are_what_the_program_says() {
        of_each("moments", &mut |release, exe, dir| {
            for mode in ["still", "one", "quiet", "busy"] {
                of_cores(release, mode, exe, dir);
            }
            of_dumps(release, exe, dir);
            dump_and_core(release, exe, dir);
            println!("{release}: four pairs of cores and two of dumps are as the program says");
        });
    }

    fn fixture(name: &str) -> String {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fixtures");
        fixtures.join(name).to_str().unwrap().to_owned()
    }

    #[test]
    fn different_processes_are_compared_by_type_only() {
        let old = fixture("crash-blocked-noopt-go1.27.3-amd64.core.zst");
        let new = fixture("crash-deadlock-noopt-go1.27.3-amd64.core.zst");
        let exe = fixture("crash-noopt-go1.27.3-amd64.exe.zst");
        let document = json(&["heap", "diff", &old, &new, &exe, "--by", "root"]);
        assert_eq!(document["same_process"], false);
        assert_eq!(document["by"], "type");
        assert!(document.get("born").is_none(), "{document:#}");
        let row = &document["rows"][0];
        assert!(
            row["born"].is_null() && row["new_objects"].is_u64(),
            "{row}"
        );
        // A core and itself are one moment: everything survived.
        let document = json(&["heap", "diff", &old, &old, &exe]);
        assert_eq!(
            document["survived"]["objects"],
            document["new_live"]["objects"]
        );
        assert_eq!(document["born"]["objects"], 0);
        let alone = dumpview(&["heap", "diff", &old]);
        assert_eq!(alone.status.code(), Some(2), "{alone:?}");
    }
}
