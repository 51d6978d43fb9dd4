//! Values of real frames and package variables against what the program said of itself before it died.
//!
//! `DUMPVIEW_CORES` names a directory of `NAME.core`, `NAME.truth.json` and the executables, as `corpus/make`
//! leaves them; `DUMPVIEW_CASES` picks the cases whose name contains it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a panic"
)]

#[path = "../../tests/support/value.rs"]
mod value;

use dumpview_process::addr::GoId;
use dumpview_process::expr::{Expressions, FrameScope};
use dumpview_process::frames::Variables;
use dumpview_process::image::{CoreFile, Executable, Files, SectionArena};
use dumpview_process::mapped::OpenOptions;
use dumpview_process::process::Process;
use dumpview_process::value::Limits;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// No library is at hand.
struct Nothing;

impl<'a> Files<'a> for Nothing {
    fn image(&self, _path: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

/// Further than anything in the programs goes.
const LIMITS: Limits = Limits {
    depth: 60,
    len: 200_000,
    string: 200_000,
    nodes: 2_000_000,
};

#[derive(Default)]
struct Tally {
    exact: u64,
    missing: u64,
    not_exact: u64,
    problems: Vec<String>,
}

fn json(variable: &dumpview_model::value::Variable) -> Value {
    // Through text, so that both sides are parsed alike.
    serde_json::from_str(&serde_json::to_string(variable).unwrap()).unwrap()
}

fn compare(place: &str, told: &Value, found: &Value, tally: &mut Tally) {
    let ty = told["type"].as_str().unwrap();
    let mut out = value::differences(ty, &told["value"], &found["value"], place);
    value::text(told, found, place, &mut out);
    // Addresses are the end-to-end tests' matter: a stack that grew after the account was given has moved. Up to
    // Go 1.22 nothing says what a closure captures.
    out.retain(|line| !line.contains(".addr (") && !line.ends_with(": capture missing"));
    tally.problems.extend(out);
}

fn frames(process: &Process<'_>, truth: &Value, unoptimised: bool, tally: &mut Tally) {
    // A function may be on the stack more than once; both accounts then go from the outermost inwards.
    let mut seen: BTreeMap<(u64, &str), usize> = BTreeMap::new();
    for told in truth["frames"].as_array().into_iter().flatten() {
        let id = GoId(told["goroutine"].as_u64().unwrap());
        let function = told["function"].as_str().unwrap();
        let Some(goroutine) = process.goroutines().unwrap().by_id(id) else {
            tally.problems.push(format!("no goroutine {id}"));
            continue;
        };
        let nth = seen.entry((id.0, function)).or_default();
        let unwound = process.unwound(goroutine);
        let Some(call) = unwound
            .calls
            .iter()
            .rev()
            .filter(|c| c.frame.function == function)
            .nth(*nth)
        else {
            tally
                .problems
                .push(format!("goroutine {id}: no frame of {function}"));
            continue;
        };
        *nth += 1;
        let variables = match process.variables(&unwound, call, LIMITS) {
            Variables::Named(variables) => variables,
            Variables::Words(_) => panic!("{function}: words"),
            Variables::None(why) => {
                tally.problems.push(format!("{function}: {why}"));
                continue;
            }
        };
        for told in told["variables"].as_array().into_iter().flatten() {
            let place = format!("{function} {}", told["name"]);
            let found = variables
                .iter()
                .find(|v| told["name"] == *v.name && told["type"] == *v.ty);
            if told["shadowed"] == true && found.is_none() {
                continue;
            }
            let Some(found) = found.map(json) else {
                tally.missing += 1;
                if unoptimised {
                    tally.problems.push(format!("{place}: missing"));
                }
                continue;
            };
            if found["standing"] == "exact" {
                tally.exact += 1;
                compare(&place, told, &found, tally);
            } else {
                tally.not_exact += 1;
                if unoptimised {
                    tally
                        .problems
                        .push(format!("{place}: {} {}", found["standing"], found["why"]));
                }
            }
        }
    }
}

fn package_variables(process: &Process<'_>, truth: &Value, tally: &mut Tally) {
    let scope = FrameScope::without_frame(process.types(), process.arch());
    let expressions = Expressions {
        sources: process.sources(),
        scope: &scope,
    };
    for told in truth["vars"].as_array().into_iter().flatten() {
        let name = told["name"].as_str().unwrap();
        match expressions.print(name, LIMITS) {
            Ok(found) => {
                tally.exact += 1;
                compare(name, told, &json(&found), tally);
                assert_eq!(
                    expressions.whatis(name).unwrap(),
                    told["type"].as_str().unwrap()
                );
            }
            Err(error) => tally.problems.push(format!("{name}: {error}")),
        }
    }
}

fn one(core_path: &Path, tally: &mut Tally) {
    let name = core_path.file_stem().unwrap().to_str().unwrap();
    let truth = core_path.with_extension("truth.json");
    let truth: Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
    let parts: Vec<&str> = name.split('-').collect();
    let exe = cores().unwrap().join(format!(
        "{}-{}.exe",
        parts[0],
        parts[parts.len() - 3..].join("-")
    ));
    let (core, exe) = (
        std::fs::read(core_path).unwrap(),
        std::fs::read(exe).unwrap(),
    );
    let arena = SectionArena::default();
    let (core, exe) = (
        CoreFile::parse(&core).unwrap(),
        Executable::parse(&exe, &arena).unwrap(),
    );
    let process = Process::open(&core, Some(&exe), &Nothing, OpenOptions::default());
    if process.dwarf().is_none() {
        return;
    }
    frames(&process, &truth, name.contains("-noopt-"), tally);
    package_variables(&process, &truth, tally);
}

fn cores() -> Option<PathBuf> {
    std::env::var_os("DUMPVIEW_CORES").map(PathBuf::from)
}

#[test]
fn values_are_what_the_program_said() {
    let Some(directory) = cores() else {
        eprintln!("DUMPVIEW_CORES is not set: nothing compared");
        return;
    };
    let only = std::env::var("DUMPVIEW_CASES").unwrap_or_else(|_| "types-all-".to_owned());
    let mut all: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "core"))
        .filter(|path| path.to_str().unwrap().contains(&only))
        .collect();
    all.sort();
    let mut problems = 0;
    for path in &all {
        let mut tally = Tally::default();
        one(path, &mut tally);
        eprintln!(
            "{}: {} exact, {} not exact, {} missing, {} problems",
            path.file_stem().unwrap().to_str().unwrap(),
            tally.exact,
            tally.not_exact,
            tally.missing,
            tally.problems.len()
        );
        for problem in &tally.problems {
            eprintln!("    {problem}");
        }
        problems += tally.problems.len();
    }
    assert!(!all.is_empty(), "no case compared");
    assert_eq!(problems, 0);
}
