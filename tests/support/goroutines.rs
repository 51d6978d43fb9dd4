//! Goroutines and frames against the runtime's traceback and the program's own count.

use super::case::Case;
use super::report::Report;
use super::traceback::Frame;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// States that change while a process dies: other threads run on until the signal reaches them.
const MOVING: [&str; 7] = [
    "running",
    "runnable",
    "syscall",
    "preempted",
    "waiting",
    "copystack",
    "runnable (scan)",
];

fn state(goroutine: &Value) -> String {
    let status = goroutine["status"].as_str().unwrap_or_default();
    match (status, goroutine["wait_reason"].as_str()) {
        ("waiting", Some(reason)) => reason.to_owned(),
        _ => status.to_owned(),
    }
}

/// Ids, states, creators and every frame.
pub fn check(case: &Case, report: &mut Report) {
    let answer = case
        .dumpview()
        .ask("goroutines", &["--system", "--with-stacks"]);
    if let Some(failure) = answer.failure() {
        report.problem(format!("goroutines: {failure}"));
        return;
    }
    let found: BTreeMap<u64, &Value> = answer
        .list("goroutines")
        .iter()
        .filter_map(|g| Some((g["id"].as_u64()?, g)))
        .collect();
    against_truth(case, &found, report);
    against_traceback(case, &found, report);
}

/// The program's own view of its goroutines, taken just before it died.
fn against_truth(case: &Case, found: &BTreeMap<u64, &Value>, report: &mut Report) {
    let list = |key: &str| case.truth[key].as_array().cloned().unwrap_or_default();
    let ended: BTreeSet<u64> = list("ended").iter().filter_map(Value::as_u64).collect();
    let mut users = BTreeSet::new();
    for g in list("goroutines") {
        let id = g["id"].as_u64().expect("the truth has ids");
        if ended.contains(&id) {
            continue;
        }
        users.insert(id);
        let Some(got) = found.get(&id) else {
            report.problem(format!("goroutine {id} is missing"));
            continue;
        };
        let said = g["state"].as_str().unwrap_or_default();
        let said = said.split(", ").next().unwrap_or(said);
        report.compared("goroutine of the truth");
        let state = state(got);
        if !MOVING.contains(&said) && said != state {
            report.problem(format!("goroutine {id}: said {said:?}, found {state:?}"));
        }
        if got["system"] != false {
            report.problem(format!("goroutine {id}: a user's, shown as the runtime's"));
        }
    }
    for member in list("members") {
        let id = member["id"].as_u64().unwrap_or_default();
        let Some(got) = found.get(&id) else { continue };
        let place = format!("goroutine {id} ({})", member["what"]);
        report.equal("labels", &place, &member["labels"], &got["labels"]);
        if let Some(creator) = member["created_by"].as_str() {
            let got = got["created_by"]["function"].as_str();
            report.equal("creator", &place, Some(creator), got);
        }
    }
}

fn against_traceback(case: &Case, found: &BTreeMap<u64, &Value>, report: &mut Report) {
    for (id, said) in &case.traceback.goroutines {
        let Some(got) = found.get(id) else {
            report.problem(format!("goroutine {id} of the traceback is missing"));
            continue;
        };
        let place = format!("goroutine {id}");
        report.compared("goroutine of the traceback");
        let system = got["system"] == true;
        let state = state(got);
        if !system
            && !MOVING.contains(&said.state.as_str())
            && !MOVING.contains(&state.as_str())
            && said.state != state
        {
            report.problem(format!(
                "{place}: printed {:?}, found {state:?}",
                said.state
            ));
        }
        if let Some((creator, by)) = &said.created_by {
            let got = &got["created_by"];
            report.compared("creator of the traceback");
            let agrees = got["function"] == creator.function.as_str()
                && file_agrees(&creator.file, got["file"].as_str())
                && got["line"].as_u64() == Some(creator.line)
                && by.is_none_or(|by| got["goroutine"].as_u64() == Some(by));
            if !agrees {
                report.problem(format!(
                    "{place}: created by {creator:?} {by:?}, found {got}"
                ));
            }
        }
        // What ran on while the process died stands elsewhere now than when it was printed.
        let still = case.traceback.first == Some(*id) || !MOVING.contains(&said.state.as_str());
        if still {
            let frames = got["frames"].as_array().map_or(&[][..], Vec::as_slice);
            stack(
                &place,
                &said.frames,
                said.after_gap.as_deref(),
                frames,
                report,
            );
        }
    }
}

fn file_agrees(said: &str, found: Option<&str>) -> bool {
    found == Some(said)
}

/// The frames printed must be those found, in order. Found frames that were not printed may only be the
/// runtime's above the first printed one, and wrappers.
pub fn stack(
    place: &str,
    said: &[Frame],
    after_gap: Option<&[Frame]>,
    found: &[Value],
    report: &mut Report,
) {
    let mut rest = found;
    let mut first = true;
    for (i, frame) in said.iter().enumerate() {
        report.compared("frame");
        let Some(at) = advance(frame, rest, first) else {
            let got = rest.first().map(describe);
            report.problem(format!(
                "{place} frame {i}: printed {} {}:{}, found {}",
                frame.function,
                frame.file,
                frame.line,
                got.unwrap_or_else(|| "nothing".to_owned())
            ));
            return;
        };
        rest = &rest[at + 1..];
        first = false;
    }
    if let Some(tail) = after_gap {
        for (frame, got) in tail.iter().rev().zip(rest.iter().rev()) {
            report.compared("frame");
            if !same(frame, got) {
                report.problem(format!(
                    "{place}: printed {frame:?}, found {}",
                    describe(got)
                ));
                return;
            }
        }
    } else if !said.is_empty()
        && let Some(extra) = rest.iter().find(|f| !hidden(f))
    {
        report.problem(format!("{place}: not printed: {}", describe(extra)));
    }
}

fn describe(frame: &Value) -> String {
    format!("{} {}:{}", frame["function"], frame["file"], frame["line"])
}

/// How far on in `found` the printed frame is; what is passed over must be of the kind that is not printed.
fn advance(frame: &Frame, found: &[Value], first: bool) -> Option<usize> {
    for (at, got) in found.iter().enumerate() {
        if same(frame, got) {
            return Some(at);
        }
        if !(hidden(got) || first && got["runtime"] == true) {
            return None;
        }
    }
    None
}

/// Frames that the runtime does not print: wrappers it generated, the outermost of its own, and the C code that called Go,
/// whose names are of no package.
fn hidden(frame: &Value) -> bool {
    let is_go = |file: &str| matches!(file.rsplit('.').next(), Some("go" | "s"));
    let name = frame["function"].as_str().unwrap_or_default();
    let is_c =
        !name.is_empty() && !name.contains('.') && !frame["file"].as_str().is_some_and(is_go);
    is_c || frame["file"] == "<autogenerated>"
        || matches!(
            frame["function"].as_str(),
            Some(
                "runtime.goexit" | "runtime.goexit0" | "runtime.asmcgocall" | "runtime.systemstack"
            )
        )
}

fn same(said: &Frame, found: &Value) -> bool {
    let function = found["function"].as_str().unwrap_or_default();
    let name = if function == "runtime.gopanic" && said.function == "panic" {
        "panic"
    } else {
        function
    };
    name == said.function
        && found["line"].as_u64() == Some(said.line)
        && file_agrees(&said.file, found["file"].as_str())
}
