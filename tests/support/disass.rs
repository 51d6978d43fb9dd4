//! Instructions of every frame of a crash.

use super::{Case, Report};
use serde_json::Value;

fn number(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

/// In every frame exactly one instruction is marked; the frame's pc is where it starts (interrupted there) or ends
/// (a call), it stands on the frame's line, and the function is the frame's.
pub fn check(case: &Case, report: &mut Report) {
    let binary = case.dumpview();
    let bt = binary.ask("bt", &["--depth", "30"]);
    if let Some(failure) = bt.failure() {
        report.problem(failure);
        return;
    }
    let frames = bt.list("frames");
    let mut before = &Value::Null;
    for frame in frames {
        let index = frame["index"].to_string();
        let answer = binary.ask("disass", &["-f", &index]);
        if let Some(failure) = answer.failure() {
            report.problem(format!("frame {index}: {failure}"));
            continue;
        }
        let marked: Vec<&Value> = answer
            .list("instructions")
            .iter()
            .filter(|instruction| instruction["pc"] == true)
            .collect();
        report.compared("frame");
        // Code of a library that does not export the function: shown from the pc on, for nothing says where it begins.
        if answer.json["entry"].is_null() {
            let first = answer.list("instructions").first();
            let first = first.map_or(&Value::Null, |first| &first["addr"]);
            report.equal("code of unknown extent", &index, &frame["pc"], first);
            continue;
        }
        let [marked] = marked.as_slice() else {
            report.problem(format!("frame {index}: {} are marked", marked.len()));
            continue;
        };
        let length = marked["bytes"]
            .as_str()
            .map_or(0, |hex| hex.len() as u64 / 2);
        let (pc, start) = (number(&frame["pc"]), number(&marked["addr"]));
        let end = start.map(|start| start + length);
        if pc.is_none() || (pc != start && pc != end) {
            report.problem(format!("frame {index}: {pc:x?} is inside {marked}"));
        }
        if pc == end && pc != start {
            report.compared("call");
        }
        if frame["inlined"] == false {
            report.equal(
                "function",
                &index,
                &frame["function"],
                &answer.json["function"],
            );
        }
        // Of the calls that share a pc the innermost is the instruction's own.
        if *before != frame["pc"] {
            let place = |of: &Value| (of["file"].clone(), of["line"].clone());
            report.equal("line", &index, place(frame), place(marked));
        }
        before = &frame["pc"];
    }
}
