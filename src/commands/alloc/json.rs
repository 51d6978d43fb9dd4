//! The JSON document, and the sums as CSV.

use super::Report;
use crate::answer::{Incomplete, InputSummary};
use dumpview_model::alloc::{By, Process, Row, Totals};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

fn totals(totals: &Totals) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, n) in [
        ("count", totals.count),
        ("bytes", totals.bytes),
        ("freed", totals.freed),
        ("freed_bytes", totals.freed_bytes),
        ("vanished", totals.vanished),
        ("live", totals.live()),
        ("live_bytes", totals.live_bytes()),
    ] {
        map.insert(name.to_owned(), n.into());
    }
    let age = totals
        .middle_age()
        .map(|age| json!({"p50": age.collections, "p50_exact": age.exact, "max": totals.oldest}));
    map.insert("freed_at_collections".to_owned(), age.into());
    map
}

fn row(row: &Row<'_>, by: By, process: usize) -> Value {
    let mut map = totals(row.totals);
    map.insert("process".to_owned(), process.into());
    map.insert("by".to_owned(), by.name().into());
    map.insert("key".to_owned(), row.key.as_str().into());
    if by == By::Stack {
        let frames: Vec<Value> = row
            .calls
            .iter()
            .map(|(function, place)| {
                let (file, line) = place.rsplit_once(':').unwrap_or((place, "0"));
                json!({"function": function, "file": file, "line": line.parse::<u64>().unwrap_or(0)})
            })
            .collect();
        map.insert("frames".to_owned(), frames.into());
    }
    map.into()
}

fn summary(process: &Process) -> Value {
    let mut map = totals(&process.all);
    for (name, n) in [
        ("collections", u64::from(process.collections())),
        ("unknown_frees", process.unknown_frees),
        ("unknown_freed_bytes", process.unknown_bytes),
        ("mismatched_sizes", process.mismatched),
        ("cut_stacks", process.cut_stacks),
        ("first_line", process.lines.0),
        ("last_line", process.lines.1),
    ] {
        map.insert(name.to_owned(), n.into());
    }
    map.insert("origin".to_owned(), process.origin.as_str().into());
    map.into()
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let bys = match report.by {
        Some(by) => vec![by],
        None => vec![By::Type, By::Size, By::Stack],
    };
    let mut events = Vec::new();
    let mut findings = Vec::new();
    for (index, (process, found)) in report.processes().enumerate() {
        for by in &bys {
            let rows = process.rows(*by);
            events.extend(
                rows.iter()
                    .take(report.top)
                    .map(|sum| row(sum, *by, index + 1)),
            );
        }
        findings.extend(found.iter().map(|finding| {
            json!({"process": index + 1, "id": finding.id, "severity": finding.severity, "text": finding.text,
                   "evidence": finding.evidence})
        }));
    }
    let incomplete: Vec<Incomplete> = report
        .lost
        .iter()
        .map(|why| Incomplete {
            what: "input".to_owned(),
            why: why.clone(),
        })
        .collect();
    let unrecognized: Vec<Value> = report
        .collector
        .unrecognized
        .iter()
        .map(|lost| json!({"line": lost.line, "text": lost.text, "why": lost.why}))
        .collect();
    let processes: Vec<Value> = report
        .processes()
        .map(|(process, _)| summary(process))
        .collect();
    let document = json!({
        "schema": "dumpview.alloc/1",
        "input": InputSummary {
            path: report.name.clone(),
            kind: "allocfreetrace",
            executable: None,
            go_version: None,
            arch: None,
        },
        "incomplete": incomplete,
        "summary": {
            "processes": processes, "dropped": report.collector.dropped,
            "unrecognized": report.collector.unrecognized_count,
        },
        "findings": findings,
        "events": events,
        "unrecognized": unrecognized,
    });
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// One line a sum; the calls of a stack are in one cell, the innermost first.
pub(super) fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let by = report.by.unwrap_or(By::Type);
    writeln!(
        out,
        "process,{},count,bytes,freed,freed_bytes,vanished,live,live_bytes,freed_at_p50,freed_at_max,stack",
        by.name()
    )?;
    for (index, (process, _)) in report.processes().enumerate() {
        for row in process.rows(by) {
            let calls: Vec<String> = row
                .calls
                .iter()
                .map(|(function, place)| format!("{function} {place}"))
                .collect();
            let age = row.totals.middle_age();
            writeln!(
                out,
                "{},{},{},{},{},{},{},{},{},{},{},{}",
                index + 1,
                cell(&row.key),
                row.totals.count,
                row.totals.bytes,
                row.totals.freed,
                row.totals.freed_bytes,
                row.totals.vanished,
                row.totals.live(),
                row.totals.live_bytes(),
                age.map_or_else(String::new, |age| age.collections.to_string()),
                age.map_or_else(String::new, |_| row.totals.oldest.to_string()),
                cell(&calls.join(" < "))
            )?;
        }
    }
    Ok(())
}
