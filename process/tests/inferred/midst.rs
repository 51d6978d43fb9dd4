//! Frames that a signal interrupted between any two instructions, as one that stops a computation does.
//!
//! The program ([`PROGRAM`]) has each of its functions twice, and the twin says what every variable becomes. An instruction of the
//! function is replaced in a copy of the executable by one that raises a signal; whatever is shown as certain of a variable
//! there is a value that the twin gave it. Where it gave it is not compared: the compiler moves computations.

use super::compare::{self, Seen};
use super::live;
use dumpview_model::value::{Data, Standing, Value};
use dumpview_process::image::{Executable, SectionArena};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Behind `// =` stand the variables that a statement gave a value.
const PROGRAM: &str = include_str!("midst.go");

/// The values that each variable has, by function and name, as they are printed.
type Truth = BTreeMap<(String, String), BTreeSet<String>>;

/// How many values were right, and which were not.
#[derive(Default)]
pub struct Found {
    pub right: usize,
    pub stops: usize,
    pub wrong: Vec<String>,
}

/// The program: of every function marked `//twin` a second one that reports after each assignment.
pub fn source() -> String {
    let (mut text, mut twin) = (String::new(), None::<String>);
    let mut is_marked = false;
    for line in PROGRAM.lines() {
        let (code, reported) = line.split_once(" // = ").unwrap_or((line, ""));
        let _ = writeln!(text, "{code}");
        is_marked |= code == "//twin";
        if is_marked && code.starts_with("func ") {
            twin = Some(code.replacen('(', "Twin(", 1) + "\n");
            is_marked = false;
        } else if let Some(of) = &mut twin {
            let _ = writeln!(of, "{code}");
        }
        let Some(of) = &mut twin else {
            continue;
        };
        for name in reported.split_whitespace() {
            let _ = writeln!(of, "\tseen(\"{name}\", {name})");
        }
        if code == "}" {
            let _ = writeln!(text, "\n{}", twin.take().unwrap_or_default());
        }
    }
    text
}

/// The functions that have twins.
pub fn functions() -> Vec<String> {
    let mut lines = PROGRAM.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line == "//twin"
            && let Some(head) = lines.nth(1)
        {
            let name = head.trim_start_matches("func ").split('(').next();
            found.extend(name.map(str::to_owned));
        }
    }
    found
}

/// What the program says of itself: `function variable value`.
fn truth(stdout: &str) -> Truth {
    let mut truth = Truth::new();
    for line in stdout.lines() {
        let mut words = line.split(' ');
        if let (Some(of), Some(name), Some(value)) = (words.next(), words.next(), words.next()) {
            let of = truth.entry((of.to_owned(), name.to_owned()));
            of.or_default().insert(value.to_owned());
        }
    }
    truth
}

/// Where a function's instructions are in the file.
fn instructions(exe: &[u8], arch: &str, function: &str) -> Vec<usize> {
    let arena = SectionArena::default();
    let executable = Executable::parse(exe, &arena).unwrap();
    let wanted = format!("main.{function}");
    let (at, size, _) = executable
        .symbols()
        .find(|(.., name)| *name == wanted.as_bytes())
        .unwrap();
    let elf = goblin::elf::Elf::parse(exe).unwrap();
    let covers =
        |of: &&goblin::elf::ProgramHeader| of.p_vaddr <= at.0 && at.0 < of.p_vaddr + of.p_filesz;
    let segment = elf.program_headers.iter().find(covers).unwrap();
    let start = usize::try_from(at.0 - segment.p_vaddr + segment.p_offset).unwrap();
    let end = start + usize::try_from(size).unwrap();
    if arch == "arm64" {
        return (start..end).step_by(4).collect();
    }
    let mut decoder = iced_x86::Decoder::new(64, &exe[start..end], iced_x86::DecoderOptions::NONE);
    let mut found = Vec::new();
    while decoder.can_decode() {
        found.push(start + decoder.position());
        let _ = decoder.decode();
    }
    found
}

/// Stops the program at every `step`th instruction of every function, from the `first` on.
pub fn judge(go: &live::Go, release: &str, arch: &str, first: usize, step: usize) -> Found {
    let text = source();
    let environment = [("GOARCH", arch), ("CGO_ENABLED", "0")];
    let built = go.build(release, "program", &text, &[], &environment);
    let exe = std::fs::read(&built).unwrap();
    let clean = go.scratch().join(format!("midst-{release}-{arch}"));
    std::fs::write(&clean, &exe).unwrap();
    let mut found = Found::default();
    for function in functions() {
        for at in instructions(&exe, arch, &function)
            .into_iter()
            .skip(first)
            .step_by(step)
        {
            let mut changed = exe.clone();
            // HLT, which no process may run, and UDF.
            if arch == "arm64" {
                changed[at..at + 4].fill(0);
            } else {
                changed[at] = 0xf4;
            }
            std::fs::write(&built, changed).unwrap();
            // What the program never comes to lets it end well.
            let Some(dead) = live::die(&built, arch, &[]) else {
                continue;
            };
            let truth = truth(&dead.stdout);
            let stacks =
                compare::stacks(&dead.core, &clean, &text, &super::goroutines(&dead.stdout));
            let seen = stacks.values().flatten().find(|seen| seen.interrupted);
            let Some(seen) = seen.filter(|seen| seen.function == format!("main.{function}")) else {
                continue;
            };
            found.stops += 1;
            check(
                seen,
                &truth,
                &format!("{release} {arch} {function} at {at:#x}"),
                &mut found,
            );
        }
    }
    std::fs::remove_file(clean).unwrap();
    found
}

fn check(seen: &Seen, truth: &Truth, place: &str, found: &mut Found) {
    let function = seen.function.trim_start_matches("main.");
    for variable in &seen.variables {
        let is_certain = matches!(
            variable.standing,
            Standing::Exact | Standing::Inferred { .. }
        );
        let Some(value) = variable.value.as_ref().filter(|_| is_certain) else {
            continue;
        };
        let mut leaves = Vec::new();
        flatten(&variable.name, value, &mut leaves);
        for (path, value) in leaves {
            let Some(values) = truth.get(&(function.to_owned(), path.clone())) else {
                continue;
            };
            if values.contains(&value) {
                found.right += 1;
            } else {
                let line = seen.line;
                let standing = &variable.standing;
                found.wrong.push(format!(
                    "{place}, line {line}: {path} is {value}, and was {values:?}; {standing:?}"
                ));
            }
        }
    }
}

/// The numbers in a value, each with what it is called.
fn flatten(path: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    match &value.data {
        Data::Int(number) => leaves.push((path.to_owned(), number.to_string())),
        Data::Uint(number) => leaves.push((path.to_owned(), number.to_string())),
        Data::Struct { fields, .. } => {
            for field in fields {
                flatten(&format!("{path}.{}", field.name), &field.value, leaves);
            }
        }
        Data::Unreadable(why) => leaves.push((path.to_owned(), format!("unreadable: {why}"))),
        _ => {}
    }
}
