//! Variables of every frame, and package variables, against the program's own account.

use super::case::Case;
use super::report::Report;
use super::value::{differences, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// How far values are followed: further than anything in the corpus goes.
const DEPTH: &str = "60";
const LENGTH: &str = "200000";

/// Every variable of every frame the truth tells of. Of programs with very many goroutines, a dozen or so are taken.
pub fn check(case: &Case, report: &mut Report) {
    let mut by_goroutine: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for frame in case.truth["frames"].as_array().into_iter().flatten() {
        let id = frame["goroutine"]
            .as_u64()
            .expect("a frame has a goroutine");
        by_goroutine.entry(id).or_default().push(frame);
    }
    let step = by_goroutine.len() / 16 + 1;
    for (id, told) in by_goroutine.into_iter().step_by(step) {
        goroutine(case, id, &told, report);
    }
}

fn goroutine(case: &Case, id: u64, told: &[&Value], report: &mut Report) {
    let id_text = id.to_string();
    let answer = case
        .dumpview()
        .ask("bt", &["-g", &id_text, "--depth", "500"]);
    if let Some(failure) = answer.failure() {
        report.problem(format!("bt -g {id}: {failure}"));
        return;
    }
    let frames = answer.list("frames");
    // A function may be on the stack more than once; both lists then go from the outermost inwards.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for told in told {
        let function = told["function"].as_str().expect("a frame has a function");
        let nth = seen.entry(function).or_default();
        let frame = frames
            .iter()
            .rev()
            .filter(|f| f["function"] == function)
            .nth(*nth);
        *nth += 1;
        match frame {
            Some(frame) => {
                let shown = shown_in(case, &id_text, frame, report);
                one_frame(case, function, told, &shown, report);
            }
            None => report.problem(format!("goroutine {id}: no frame of {function}")),
        }
    }
}

/// What `args` and `locals` show of a frame, followed to the end: of this frame only, since the runtime's frames
/// around it hold pointers to everything there is.
fn shown_in(case: &Case, id: &str, frame: &Value, report: &mut Report) -> Vec<Value> {
    let index = frame["index"].to_string();
    let mut shown = Vec::new();
    for verb in ["args", "locals"] {
        let flags = [
            "-g",
            id,
            "-f",
            &index,
            "--depth",
            DEPTH,
            "--max-len",
            LENGTH,
        ];
        let answer = case.dumpview().ask(verb, &flags);
        if let Some(failure) = answer.failure() {
            report.problem(format!("{verb} -g {id} -f {index}: {failure}"));
        }
        shown.extend_from_slice(answer.list("variables"));
    }
    shown
}

fn one_frame(case: &Case, function: &str, told: &Value, shown: &[Value], report: &mut Report) {
    let mut used = vec![false; shown.len()];
    for variable in told["variables"].as_array().into_iter().flatten() {
        let place = format!("{function} {}", variable["name"]);
        let at = (0..shown.len()).find(|&i| {
            !used[i] && shown[i]["name"] == variable["name"] && shown[i]["type"] == variable["type"]
        });
        let Some(at) = at else {
            absent(case, &place, variable, shown, report);
            continue;
        };
        used[at] = true;
        one_variable(case, &place, variable, &shown[at], report);
    }
    for name in told["absent"].as_array().into_iter().flatten() {
        report.compared("name out of scope");
        if shown.iter().any(|v| v["name"] == *name) {
            report.problem(format!("{function}: {name} is shown, and is not in scope"));
        }
    }
}

/// A variable that is not shown at all: only an optimised build may have lost it, or an inner one hides it.
fn absent(case: &Case, place: &str, told: &Value, shown: &[Value], report: &mut Report) {
    if told["shadowed"] == true {
        report.compared("variable hidden by an inner one");
    } else if case.unoptimised() {
        let namesakes: Vec<String> = shown
            .iter()
            .filter(|v| v["name"] == told["name"])
            .map(|v| v["type"].to_string())
            .collect();
        report.problem(format!(
            "{place} {}: missing; of that name there is {namesakes:?}",
            told["type"]
        ));
    } else {
        report.compared("variable the compiler dropped");
    }
}

fn one_variable(case: &Case, place: &str, told: &Value, found: &Value, report: &mut Report) {
    match found["standing"].as_str() {
        // A variable in pieces, some of which the compiler dropped: said so inside the value.
        Some("exact") if !case.unoptimised() && has_unreadable(&found["value"]) => {
            report.compared("variable readable in part");
        }
        Some(standing @ ("exact" | "inferred")) => {
            report.compared(if standing == "exact" {
                "value"
            } else {
                "value worked out from the code"
            });
            compare(case, place, told, found, report);
        }
        Some(standing @ ("stale" | "optimized_out" | "unreadable")) => {
            if found["why"].as_str().is_none_or(str::is_empty) {
                report.problem(format!("{place}: {standing}, and does not say why"));
            }
            if case.unoptimised() {
                report.problem(format!("{place}: {standing}: {}", found["why"]));
            } else {
                report.compared("variable not exact");
            }
        }
        _ => report.problem(format!("{place}: standing {}", found["standing"])),
    }
}

fn compare(case: &Case, place: &str, told: &Value, found: &Value, report: &mut Report) {
    let ty = told["type"].as_str().unwrap_or_default();
    let mut out = differences(ty, &told["value"], &found["value"], place);
    text(told, found, place, &mut out);
    if let Some(addr) = told.get("addr")
        && case.unoptimised()
        && found.get("addr") != Some(addr)
    {
        out.push(format!(
            "{place} addr: expected {addr}, found {}",
            found["addr"]
        ));
    }
    if let Some(origin) = told.get("origin")
        && found.get("origin").is_some_and(|o| o != origin)
    {
        out.push(format!(
            "{place} origin: expected {origin}, found {}",
            found["origin"]
        ));
    }
    if told["escaped"] == true && case.unoptimised() && found["escaped"] != true {
        out.push(format!("{place}: not shown as escaped"));
    }
    for line in out {
        report.problem(line);
    }
}

/// Package variables, asked for by name.
pub fn check_package(case: &Case, report: &mut Report) {
    for told in case.truth["vars"].as_array().into_iter().flatten() {
        let name = told["name"].as_str().expect("a variable has a name");
        let answer = case
            .dumpview()
            .ask("print", &[name, "--depth", DEPTH, "--max-len", LENGTH]);
        if let Some(failure) = answer.failure() {
            report.problem(format!("print {name}: {failure}"));
            continue;
        }
        report.compared("package variable");
        report.equal(
            "type of a package variable",
            name,
            &told["type"],
            &answer.json["type"],
        );
        let ty = told["type"].as_str().unwrap_or_default();
        for line in differences(ty, &told["value"], &answer.json["value"], name) {
            report.problem(line);
        }
        report.equal(
            "address of a package variable",
            name,
            &told["addr"],
            &answer.json["addr"],
        );
    }
}

/// `locals` and `args` of the innermost frame that is told of say what `bt --full` says.
pub fn check_verbs(case: &Case, report: &mut Report) {
    let Some(told) = case.truth["frames"].as_array().and_then(|f| f.last()) else {
        return;
    };
    let id = told["goroutine"].to_string();
    let full = ["-g", &id, "--full", "--value-depth", "3", "--max-len", "64"];
    let answer = case.dumpview().ask("bt", &full);
    let Some(frame) = answer
        .list("frames")
        .iter()
        .find(|f| f["function"] == told["function"])
    else {
        report.problem(format!("bt -g {id}: no frame of {}", told["function"]));
        return;
    };
    let index = frame["index"].to_string();
    for verb in ["args", "locals"] {
        let flags = ["-g", &id, "-f", &index, "--depth", "3", "--max-len", "64"];
        let one = case.dumpview().ask(verb, &flags);
        let place = format!("{verb} -g {id} -f {index}");
        report.equal(
            "answer of a verb",
            &place,
            &frame[verb],
            &one.json["variables"],
        );
    }
}

fn has_unreadable(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_unreadable),
        Value::Object(keys) => {
            keys.get("kind").is_some_and(|k| k == "unreadable") || keys.values().any(has_unreadable)
        }
        _ => false,
    }
}
