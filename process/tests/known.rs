//! Values of well-known types, read as the program itself says they read (`corpus/programs/known`).
//!
//! The committed cores always; and where `DUMPVIEW_CORES` names a directory of `NAME.core`, `NAME.truth.json` and
//! the executables, as `corpus/make` leaves them, those of the program `known`.

#![expect(clippy::unwrap_used, reason = "a failure is a panic")]

use dumpview_model::value::{Data, Pointee, Value};
use dumpview_process::expr::{Expressions, FrameScope};
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use dumpview_process::value::Limits;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A dump takes no longer than this after the program has said how long its timers have to go; and so much earlier
/// may be the time that the process is known to have reached.
const SOON: i64 = 120_000_000_000;

/// The first reading from the root on: of the value, or of what it points at or holds.
fn reading(value: &Value) -> Option<&str> {
    value.reading_text().or_else(|| match &value.data {
        Data::Pointer {
            pointee: Pointee::Value(inner),
            ..
        }
        | Data::Interface {
            value: Some(inner), ..
        } => reading(inner),
        _ => None,
    })
}

/// `1h0m0.5s` in nanoseconds.
fn nanoseconds(text: &str) -> Option<i64> {
    let mut all = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_alphabetic() || c == 'µ')?;
        let (number, more) = rest.split_at(digits);
        let end = more
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(more.len());
        let (unit, more) = more.split_at(end);
        let unit = match unit {
            "h" => 3.6e12,
            "m" => 6e10,
            "s" => 1e9,
            "ms" => 1e6,
            "µs" => 1e3,
            "ns" => 1.0,
            _ => return None,
        };
        all += number.parse::<f64>().ok()? * unit;
        rest = more;
    }
    #[expect(clippy::cast_possible_truncation, reason = "hours in nanoseconds")]
    Some(all as i64)
}

/// Whether a timer's text has the words, and says a time that is near the one that was told.
fn is_due(text: &str, words: &str, due: i64) -> bool {
    let (before, after) = words.split_once("within ").unwrap();
    let Some(rest) = text
        .strip_prefix(before)
        .and_then(|t| t.strip_prefix("within "))
    else {
        return false;
    };
    let Some(time) = rest.strip_suffix(after) else {
        return false;
    };
    nanoseconds(time).is_some_and(|ns| (due - SOON..due + SOON).contains(&ns))
}

/// What is wrong with one core, and how many values were compared.
fn compare(name: &str, core: &[u8], exe: &[u8], truth: &serde_json::Value) -> (usize, Vec<String>) {
    let arena = SectionArena::default();
    let core = CoreFile::parse(core).unwrap();
    let exe = Executable::parse(exe, &arena).unwrap();
    let process = Process::open(&core, Some(&exe), &NoFiles, OpenOptions::default());
    let scope = FrameScope::without_frame(process.types(), process.arch());
    let expressions = Expressions {
        sources: process.sources(),
        scope: &scope,
    };
    let told = truth["texts"].as_array().unwrap();
    let mut problems = Vec::new();
    for told in told {
        let (variable, text) = (
            told["name"].as_str().unwrap(),
            told["text"].as_str().unwrap(),
        );
        let found = expressions.print(variable, Limits::default());
        let value = found.as_ref().ok().and_then(|v| v.value.as_ref());
        let found = value.and_then(reading);
        let right = match (found, told["due"].as_i64()) {
            (Some(found), Some(due)) => is_due(found, text, due),
            (Some(found), None) => found == text,
            (None, _) => false,
        };
        if !right {
            problems.push(format!(
                "{name} {variable}: expected {text:?}, found {found:?}"
            ));
        }
    }
    (told.len(), problems)
}

fn unpacked(path: &Path) -> Vec<u8> {
    let file = std::fs::File::open(path).unwrap();
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(file)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn settle(compared: usize, problems: &[String]) {
    assert!(compared >= 60, "only {compared} values were compared");
    let list = problems.join("\n");
    assert!(problems.is_empty(), "of {compared}:\n{list}");
}

#[test]
fn committed_cores_read_as_the_program_said() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/fixtures");
    let (mut compared, mut problems) = (0, Vec::new());
    for entry in std::fs::read_dir(&fixtures).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(case) = name
            .strip_prefix("known-all-")
            .and_then(|rest| rest.strip_suffix(".core.zst"))
        else {
            continue;
        };
        let file = |what: &str| unpacked(&fixtures.join(format!("known-{case}.{what}.zst")));
        let witnesses: serde_json::Value = serde_json::from_slice(&file("witnesses.json")).unwrap();
        let core = unpacked(&fixtures.join(&name));
        let one = compare(case, &core, &file("exe"), &witnesses["all"]["truth"]);
        compared += one.0;
        problems.extend(one.1);
    }
    eprintln!("{compared} values compared");
    settle(compared, &problems);
}

#[test]
fn cores_made_now_read_as_the_program_said() {
    let Some(directory) = std::env::var_os("DUMPVIEW_CORES").map(PathBuf::from) else {
        eprintln!("DUMPVIEW_CORES is not set: nothing compared");
        return;
    };
    let (mut compared, mut problems) = (0, Vec::new());
    let mut cores: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "core"))
        .collect();
    cores.sort();
    for core in cores {
        let name = core.file_stem().unwrap().to_str().unwrap();
        let Some(case) = name.strip_prefix("known-all-") else {
            continue;
        };
        let exe = std::fs::read(directory.join(format!("known-{case}.exe"))).unwrap();
        let truth = std::fs::read(core.with_extension("truth.json")).unwrap();
        let truth = serde_json::from_slice(&truth).unwrap();
        let one = compare(case, &std::fs::read(&core).unwrap(), &exe, &truth);
        eprintln!("{case}: {} values compared, {} wrong", one.0, one.1.len());
        compared += one.0;
        problems.extend(one.1);
    }
    eprintln!("{compared} values compared");
    settle(compared, &problems);
}
