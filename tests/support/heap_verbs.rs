//! The verbs on one heap, through the binary's JSON, against the account that its program kept.

use crate::heap::{HeapCase, address};
use crate::report::Report;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Structures and the type of their objects.
const OF_ONE_TYPE: [(&str, &str); 4] = [
    ("main.tree", "main.treeNode"),
    ("main.ring", "main.ringNode"),
    ("main.list", "main.listNode"),
    ("main.dag", "main.dagNode"),
];

/// A core, an executable, and the binary that is asked about them.
struct Asked<'c> {
    core: &'c Path,
    exe: &'c Path,
}

impl Asked<'_> {
    fn ask(&self, verb: &str, args: &[&str]) -> Result<Value, String> {
        let ran = Command::new(env!("CARGO_BIN_EXE_dumpview"))
            .env(
                "XDG_CACHE_HOME",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
            )
            .args(["heap", verb].iter().filter(|word| !word.is_empty()))
            .args([self.core, self.exe])
            .args(args)
            .arg("--json")
            .output()
            .expect("the binary runs");
        let err = String::from_utf8_lossy(&ran.stderr);
        let document: Value = serde_json::from_slice(&ran.stdout)
            .map_err(|_| format!("heap {verb} {args:?}: {}: {}", ran.status, err.trim()))?;
        // Why there is no answer is a document too.
        match document["error"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(document),
        }
    }
}

/// Asks every verb.
pub fn verbs(case: &HeapCase, core: &Path, exe: &Path, report: &mut Report) {
    let asked = Asked { core, exe };
    let checks = [report_of, totals, structures, strings];
    for check in checks {
        if let Err(why) = check(case, &asked, report) {
            report.problem(why);
        }
    }
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or(u64::MAX)
}

fn rows<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn report_of(_: &HeapCase, asked: &Asked<'_>, report: &mut Report) -> Result<(), String> {
    let heap = asked.ask("", &[])?;
    report.equal(
        "heap: audit",
        "agrees",
        &Value::Bool(true),
        &heap["audit"]["agrees"],
    );
    let allocated = number(&heap["live"], "objects") + number(&heap["garbage"], "objects");
    report.equal(
        "heap: objects",
        "all",
        number(&heap["runtime"], "objects"),
        allocated,
    );
    let mut kept = u64::MAX;
    for suspect in rows(&heap, "suspects") {
        let bytes = number(suspect, "retained_bytes");
        let what = format!("{} after {kept}", suspect["id"]);
        report.equal("heap: suspects in order", &what, true, bytes <= kept);
        report.equal(
            "heap: suspects lead on",
            &what,
            false,
            rows(suspect, "next").is_empty(),
        );
        kept = bytes;
    }
    // What is garbage, and what lives, by type: all of it.
    for (verb, whole) in [("top", "live"), ("garbage", "garbage")] {
        if number(&heap[whole], "objects") == 0 {
            continue;
        }
        let by_type = asked.ask(verb, &["--top", "0"])?;
        let sum = |key| {
            rows(&by_type, "rows")
                .iter()
                .map(|row| number(row, key))
                .sum::<u64>()
        };
        report.equal(
            "heap top: sums",
            verb,
            number(&heap[whole], "objects"),
            sum("objects"),
        );
        report.equal(
            "heap top: sums",
            verb,
            number(&heap[whole], "bytes"),
            sum("bytes"),
        );
    }
    Ok(())
}

/// What the program says of a variable.
fn said<'c>(case: &'c HeapCase, variable: &str) -> Option<&'c Value> {
    let structures = case.truth["structures"].as_array()?;
    structures.iter().find(|s| s["variable"] == variable)
}

/// Types by count and bytes, found and counted again one by one.
fn totals(case: &HeapCase, asked: &Asked<'_>, report: &mut Report) -> Result<(), String> {
    if case.name.contains("stripped") {
        // Variables have no types, and to 1.21 small objects have none either.
        return Ok(());
    }
    let by_type = asked.ask("top", &["--by", "type", "--top", "0"])?;
    for (variable, ty) in OF_ONE_TYPE {
        let Some(said) = said(case, variable) else {
            continue;
        };
        let row = rows(&by_type, "rows").iter().find(|row| row["key"] == ty);
        let Some(row) = row else {
            report.problem(format!("heap top has no {ty}"));
            continue;
        };
        let found = asked.ask("find", &[ty, "--top", "3"])?;
        report.equal(
            "heap find: count",
            ty,
            number(row, "objects"),
            number(&found, "count"),
        );
        if matches!(variable, "main.tree" | "main.list") {
            // Finalizers and goroutines have more of them, and each element of the list a string of its own.
            let own = number(said, "objects") / if variable == "main.list" { 2 } else { 1 };
            let has = number(row, "objects") >= own;
            report.equal("heap top: no fewer", ty, true, has);
            continue;
        }
        report.equal(
            "heap top: objects",
            ty,
            number(said, "objects"),
            number(row, "objects"),
        );
        report.equal(
            "heap top: bytes",
            ty,
            number(said, "bytes"),
            number(row, "bytes"),
        );
        let all = asked.ask("find", &[ty, "1 < 2", "--top", "3"])?;
        report.equal(
            "heap find: count",
            ty,
            number(said, "objects"),
            number(&all, "count"),
        );
        let none = asked.ask("find", &[ty, "1 > 2"]);
        report.equal("heap find: none", ty, true, none.is_err());
    }
    Ok(())
}

/// Retained bytes by tree, object and set; why an object is alive.
fn structures(case: &HeapCase, asked: &Asked<'_>, report: &mut Report) -> Result<(), String> {
    if case.name.contains("stripped") {
        // Variables have no names.
        return Ok(());
    }
    let mut together = (Vec::new(), 0, 0);
    for (variable, _) in OF_ONE_TYPE {
        let Some(said) = said(case, variable) else {
            continue;
        };
        let tree = asked.ask("tree", &[variable, "--depth", "0"])?;
        let top = rows(&tree, "tree").first().unwrap_or(&Value::Null);
        let kept = number(top, "retained_bytes");
        if kept != number(said, "bytes") && !case.name.contains("-panic-") {
            // A frame without a map has something of it.
            continue;
        }
        report.equal("heap tree: retained", variable, number(said, "bytes"), kept);
        together.0.push(variable);
        together.1 += number(said, "objects");
        together.2 += number(said, "bytes");
        for addr in rows(said, "addresses").iter().take(3) {
            let text = addr.as_str().unwrap_or_default();
            let object = asked.ask("object", &[text])?;
            report.equal(
                "heap object: live",
                text,
                &Value::Bool(true),
                &object["reachable"],
            );
            let slot = address(&object["addr"]);
            let inside = slot + number(&object, "offset");
            report.equal("heap object: address", text, address(addr), inside);
            let last = rows(&object, "dominators").last().unwrap_or(&Value::Null);
            let paths = asked.ask("paths", &[text])?;
            let root = &rows(&paths, "paths").first().unwrap_or(&Value::Null)["root"];
            if last["kind"] == "variable" {
                report.equal(
                    "heap object: kept by",
                    text,
                    &Value::from(variable),
                    &last["name"],
                );
                report.equal(
                    "heap paths: root",
                    text,
                    &Value::from(variable),
                    &root["name"],
                );
            }
            let refs = asked.ask("refs", &[text])?;
            let ways = rows(&refs, "references");
            let count = |way: &str| ways.iter().any(|row| row["direction"] == way);
            report.equal(
                "heap refs: in",
                text,
                number(&object, "referrers") > 0,
                count("in"),
            );
        }
    }
    let set = asked.ask("set", &[&together.0.join(", ")])?;
    report.equal(
        "heap set: objects",
        "all",
        together.1,
        number(&set, "objects"),
    );
    report.equal(
        "heap set: bytes",
        "all",
        together.2,
        number(&set, "retained_bytes"),
    );
    Ok(())
}

/// Copies are copies: each has the bytes of the slots that it says, and together they are what the document sums.
fn strings(_: &HeapCase, asked: &Asked<'_>, report: &mut Report) -> Result<(), String> {
    let found = match asked.ask("strings", &["--top", "0"]) {
        Err(why) if why.contains("is there twice") => return Ok(()),
        other => other?,
    };
    let all = rows(&found, "strings");
    let sum = |key| all.iter().map(|row| number(row, key)).sum::<u64>();
    report.equal(
        "heap strings: sums",
        "copies",
        number(&found, "copies"),
        sum("count"),
    );
    report.equal(
        "heap strings: sums",
        "wasted",
        number(&found, "wasted_bytes"),
        sum("wasted_bytes"),
    );
    for row in all {
        let (count, len) = (number(row, "count"), number(row, "len"));
        let what = row["text"].as_str().unwrap_or_default();
        report.equal("heap strings: copies", what, true, count > 1);
        report.equal(
            "heap strings: fit",
            what,
            true,
            number(row, "bytes") >= count * len,
        );
    }
    Ok(())
}
