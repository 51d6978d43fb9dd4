//! The heap as a Java heap dump, read back by a reader that is not ours (`tools/hprof-reader`): what it finds of each class is
//! what `heap top` and `heap garbage` say of each type.
//!
//! `DUMPVIEW_HPROF_READER` names that reader, built.

#[cfg(test)]
mod hprof {
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    fn dumpview(args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .args(args)
            .output()
            .unwrap()
    }

    fn corpus(name: &str) -> String {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        corpus.join(name).to_str().unwrap().to_owned()
    }

    fn exported(name: &str, files: &[String]) -> PathBuf {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut args = vec![
            "export",
            "--to",
            "hprof",
            "--force",
            "-o",
            file.to_str().unwrap(),
        ];
        args.extend(files.iter().map(String::as_str));
        let output = dumpview(&args);
        assert!(output.status.success(), "{name}: {output:?}");
        file
    }

    /// Objects and bytes of every type, garbage included.
    fn types(files: &[String]) -> BTreeMap<String, (u64, u64)> {
        let mut types: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for verb in [&["heap", "top"], &["heap", "garbage"]] {
            let mut args = verb.to_vec();
            args.extend(files.iter().map(String::as_str));
            args.push("--json");
            let output = dumpview(&args);
            let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            for row in document["rows"].as_array().into_iter().flatten() {
                let total = types
                    .entry(row["key"].as_str().unwrap().to_owned())
                    .or_default();
                total.0 += row["objects"].as_u64().unwrap();
                total.1 += row["bytes"].as_u64().unwrap();
            }
        }
        types
    }

    /// What the reader prints: by kind and name, how many and how many bytes.
    fn read(file: &Path) -> Option<BTreeMap<(String, String), (u64, u64)>> {
        let reader = std::env::var_os("DUMPVIEW_HPROF_READER")?;
        let output = Command::new(reader).arg(file).output().unwrap();
        assert!(output.status.success(), "{}: {output:?}", file.display());
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().map(|line| {
            let parts: Vec<&str> = line.splitn(4, '\t').collect();
            let numbers = (parts[1].parse().unwrap(), parts[2].parse().unwrap());
            ((parts[0].to_owned(), parts[3].to_owned()), numbers)
        });
        Some(lines.collect())
    }

    /// The Go type of a class: of one name there are several where slots differ in size.
    fn go_name(class: &str) -> String {
        let array = class.strip_prefix("[L");
        let array = array.and_then(|class| class.strip_suffix(';'));
        let name = array.unwrap_or(class);
        let numbered = name.rsplit_once(" (");
        let numbered = numbered.filter(|(_, rest)| {
            let number = rest.strip_suffix(')');
            number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
        });
        numbered.map_or(name, |(name, _)| name).to_owned()
    }

    fn compare(name: &str, files: &[String], words: &[&str]) {
        let file = exported(name, files);
        let Some(found) = read(&file) else {
            println!("nothing was compared: DUMPVIEW_HPROF_READER does not name a reader");
            return;
        };
        let of = |kind: &'static str| found.iter().filter(move |((of, _), _)| of == kind);
        assert_eq!(of("nowhere").count(), 0, "{name}: references lead nowhere");
        let mut classes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for ((_, class), (count, bytes)) in of("class").chain(of("array")) {
            let total = classes.entry(go_name(class)).or_default();
            *total = (total.0 + count, total.1 + bytes);
        }
        let threads = classes.remove("java.lang.Thread").unwrap_or_default().0;
        let strings = classes.remove("java.lang.String").unwrap_or_default().0;
        let (mut compared, mut numbers) = (0, (0, 0));
        for (ty, total) in types(files) {
            if ty == "(type not known)" {
                // With pointers it is an array of references, without an array of bytes.
                let class = classes.remove(&ty).unwrap_or_default();
                numbers = (numbers.0 + total.0 - class.0, numbers.1 + total.1 - class.1);
            } else if let Some(class) = classes.remove(&ty) {
                assert_eq!(class, total, "{name}: {ty}");
                compared += 1;
            } else if ty == "string bytes" {
                // The names of threads are strings too.
                assert_eq!(strings - threads, total.0, "{name}: {ty}");
            } else {
                numbers = (numbers.0 + total.0, numbers.1 + total.1);
            }
        }
        assert!(classes.is_empty(), "{name}: types of nothing: {classes:?}");
        assert!(compared > 10, "{name}: {compared} classes were compared");
        let arrays: u64 = of("numbers").map(|(_, (count, _))| count).sum();
        assert_eq!(arrays - strings, numbers.0, "{name}: arrays of numbers");
        let roots: Vec<&str> = of("root").map(|((_, kind), _)| kind.as_str()).collect();
        for kind in ["class", "frame", "thread"] {
            assert!(roots.contains(&kind), "{name}: {roots:?}");
        }
        for word in words {
            let is_there = found.keys().any(|(_, text)| text.contains(word));
            assert!(is_there, "{name}: {word} is not in it");
        }
        println!("{name}: {compared} classes, {arrays} arrays of numbers, {strings} strings");
    }

    #[test]
    fn another_reader_finds_what_there_is_of_each_type() {
        let fixture = |name: &str| corpus(&format!("fixtures/{name}"));
        for release in ["1.19", "1.27.3"] {
            let core = fixture(&format!("types-maps-noopt-go{release}-amd64.core.zst"));
            let exe = fixture(&format!("types-noopt-go{release}-amd64.exe.zst"));
            compare(
                &format!("maps-{release}.hprof"),
                &[core, exe],
                &["package main."],
            );
        }
        let dump = |name: &str| corpus(&format!("heapdumps/known-go1.27.3.{name}.zst"));
        compare(
            "known.hprof",
            &[dump("dump"), dump("exe")],
            &["package main.Head"],
        );
    }

    #[test]
    fn a_file_that_is_there_stays_unless_it_was_said_otherwise() {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("there.hprof");
        std::fs::write(&file, "mine").unwrap();
        let core = corpus("fixtures/crash-blocked-noopt-go1.27.3-amd64.core.zst");
        let exe = corpus("fixtures/crash-noopt-go1.27.3-amd64.exe.zst");
        let args = [
            "export",
            "--to",
            "hprof",
            "-o",
            file.to_str().unwrap(),
            &core,
            &exe,
        ];
        let output = dumpview(&args);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--force"));
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
        let narrow = corpus("heapdumps/known-386-go1.27.3.dump.zst");
        let output = dumpview(&["export", "--to", "hprof", "--force", "-o", args[4], &narrow]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}
