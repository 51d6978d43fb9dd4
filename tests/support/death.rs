//! Why it died, against the program's intent and the runtime's words.

use super::case::Case;
use super::report::Report;
use super::value::differences;
use serde_json::Value;

/// Checks `info`.
pub fn check(case: &Case, report: &mut Report) {
    let answer = case.dumpview().ask("info", &[]);
    if let Some(failure) = answer.failure() {
        report.problem(format!("info: {failure}"));
        return;
    }
    let info = &answer.json;
    let death = &case.truth["death"];
    // A panic whose value cannot be printed ends as a fatal error, whatever the program meant.
    let kind = match (death["kind"].as_str(), &case.traceback.fatal) {
        (Some("panic"), Some(_)) => Some("fatal"),
        (kind, _) => kind,
    };
    report.equal("kind of death", "info", kind, info["kind"].as_str());
    if info["reason"].as_str().is_none_or(str::is_empty) {
        report.problem("info: no reason");
    }
    let version = info["input"]["go_version"].as_str();
    report.equal("Go version", "info", case.truth["go"].as_str(), version);
    signal(case, info, report);
    panics(case, info, report);
    if let Some(text) = &case.traceback.fatal {
        let kind = death["kind"].as_str().unwrap_or_default();
        if !matches!(kind, "signal" | "panic" | "abort" | "quit") {
            let found = info["fatal_error"].as_str();
            report.equal("fatal error", "info", Some(text.as_str()), found);
        }
    }
    let crashed = case.truth["goroutine"]
        .as_u64()
        .or(match death["kind"].as_str() {
            Some("concurrent_map") => case.traceback.first,
            _ => None,
        });
    let found = info["goroutine"].as_u64();
    if death["kind"].as_str() == Some("concurrent_map") && case.traceback.fatals > 1 {
        // Two goroutines threw at once, and the traceback shows the one that got to print: either one died of it.
        let threw = found.is_some_and(|id| id != 1 && case.traceback.goroutines.contains_key(&id));
        report.equal("goroutine that threw", "info", Some(true), Some(threw));
    } else if let Some(id) = crashed {
        report.equal("crashed goroutine", "info", Some(id), found);
    }
    // The answer's own checks: what was walked against the runtime's counters.
    for line in info["audit"].as_array().into_iter().flatten() {
        report.compared("line of the audit");
        if line["ok"] != true {
            report.problem(format!("audit: {line}"));
        }
    }
}

fn signal(case: &Case, info: &Value, report: &mut Report) {
    let kind = case.truth["death"]["kind"].as_str().unwrap_or_default();
    let found = &info["signal"];
    if let Some((name, addr)) = &case.traceback.signal {
        report.equal(
            "signal",
            "info",
            Some(name.as_str()),
            found["name"].as_str(),
        );
        let addr = format!("{addr:#x}");
        report.equal(
            "fault address",
            "info",
            Some(addr.as_str()),
            found["fault_addr"].as_str(),
        );
    } else if matches!(kind, "signal" | "quit" | "abort") {
        let name = case.truth["death"]["signal"].as_str();
        report.equal("signal", "info", name, found["name"].as_str());
    }
}

/// The runtime's line for a panic without what it says about recovery.
fn without_marks(text: &str) -> (&str, bool) {
    for mark in [" [recovered, repanicked]", " [recovered]"] {
        if let Some(text) = text.strip_suffix(mark) {
            return (text, true);
        }
    }
    (text, false)
}

fn panics(case: &Case, info: &Value, report: &mut Report) {
    let none = Vec::new();
    let said: Vec<&String> = case
        .traceback
        .panics
        .iter()
        .filter(|_| case.truth["death"]["kind"] == "panic")
        .collect();
    let found = info["panics"].as_array().unwrap_or(&none);
    let mut found: Vec<&Value> = found.iter().filter(|p| p["goexit"] != true).collect();
    // The runtime prints one line for a value that was recovered and raised again.
    if said
        .iter()
        .any(|line| line.ends_with("[recovered, repanicked]"))
    {
        found.dedup_by(|later, earlier| later["text"] == earlier["text"]);
    }
    if case.truth["death"]["kind"] == "panic" && case.traceback.fatal.is_none() {
        report.equal("number of panics", "info", said.len(), found.len());
    }
    for (said, found) in said.iter().zip(&found) {
        let (text, recovered) = without_marks(said);
        report.equal("recovered", said, recovered, found["recovered"] == true);
        // Of a type it cannot print the runtime gives only the address; there is more to say.
        let opaque = text.starts_with('(') && text.contains(") 0x");
        if !opaque {
            report.equal(
                "text of a panic",
                "info",
                Some(text),
                found["text"].as_str(),
            );
        }
    }
    let told = case.truth["panics"].as_array().unwrap_or(&none);
    if told.len() != found.len() {
        return;
    }
    let only = told.len() == 1;
    for (told, found) in told.iter().zip(&found) {
        // Of several the program could only tell what they would be like, not which ones.
        let told = if only {
            told.clone()
        } else {
            without_addresses(told)
        };
        let place = format!("panic {}", found["text"]);
        report.equal(
            "runtime error",
            &place,
            &told["runtime_error"],
            &found["runtime_error"],
        );
        if told["type"].is_string() && found["type"].is_string() && told.get("value").is_some() {
            report.equal("type of a panic", &place, &told["type"], &found["type"]);
            if let Some(value) = found.get("value").filter(|v| !v.is_null()) {
                report.compared("value of a panic");
                let ty = told["type"].as_str().unwrap_or_default();
                for line in differences(ty, &told["value"], value, &place) {
                    report.problem(line);
                }
            }
        }
    }
}

fn without_addresses(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_addresses).collect(),
        Value::Object(keys) => keys
            .iter()
            .filter(|(key, _)| *key != "addr")
            .map(|(key, value)| (key.clone(), without_addresses(value)))
            .collect(),
        other => other.clone(),
    }
}
