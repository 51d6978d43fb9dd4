//! The JSON document, and the snapshots as CSV.

use super::{Report, view};
use crate::answer::{Incomplete, InputSummary};
use dumpview_model::memstats::{Field, Snapshot, Value};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use std::io::{self, Write};

struct Document<'a>(&'a Report);
struct Snapshots<'a>(&'a Report);

impl Report {
    fn snapshots(&self) -> impl Iterator<Item = (&str, usize, &Snapshot)> {
        let runs = self.collector.runs.iter().enumerate();
        runs.flat_map(move |(index, run)| {
            run.snapshots.iter().map(move |snapshot| {
                let name = self.names.get(snapshot.source).map_or("", String::as_str);
                (name, index, snapshot)
            })
        })
    }
}

impl Serialize for Snapshots<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (name, run, snapshot) in self.0.snapshots() {
            list.serialize_element(&view::snapshot(name, run, snapshot))?;
        }
        list.end()
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", "dumpview.memstats/1")?;
        map.serialize_entry(
            "input",
            &InputSummary {
                path: report.names.join(" "),
                kind: "memstats",
                executable: None,
                go_version: None,
                arch: None,
            },
        )?;
        let incomplete: Vec<Incomplete> = report
            .lost
            .iter()
            .map(|why| Incomplete {
                what: "input".to_owned(),
                why: why.clone(),
            })
            .collect();
        map.serialize_entry("incomplete", &incomplete)?;
        map.serialize_entry("snapshots", &Snapshots(report))?;
        let runs: Vec<Json> = report.collector.runs.iter().map(view::run).collect();
        map.serialize_entry(
            "summary",
            &json!({"processes": runs, "dropped": report.collector.dropped,
                    "unrecognized": report.collector.unrecognized_count}),
        )?;
        let findings: Vec<Json> = report
            .runs()
            .enumerate()
            .flat_map(|(run, (_, findings))| {
                findings.iter().map(move |finding| {
                    json!({"process": run + 1, "id": finding.id, "severity": finding.severity,
                           "text": finding.text, "evidence": finding.evidence})
                })
            })
            .collect();
        map.serialize_entry("findings", &findings)?;
        let unrecognized: Vec<Json> = report
            .collector
            .unrecognized
            .iter()
            .map(|lost| {
                let name = report.names.get(lost.source).map_or("", String::as_str);
                json!({"source": name, "line": lost.line, "text": lost.text, "why": lost.why})
            })
            .collect();
        map.serialize_entry("unrecognized", &unrecognized)?;
        map.end()
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Document(report))?;
    out.write_all(b"\n")
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// One line a snapshot; a field that was not printed is an empty cell.
pub(super) fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "source,line,process,time,form")?;
    for field in Field::ALL {
        write!(out, ",{}", field.name())?;
    }
    writeln!(out)?;
    for (name, run, snapshot) in report.snapshots() {
        let time = snapshot.stamp.map_or_else(String::new, view::time);
        let form = snapshot.form().name();
        write!(
            out,
            "{},{},{},{},{}",
            cell(name),
            snapshot.place.line,
            run + 1,
            cell(&time),
            cell(form)
        )?;
        for field in Field::ALL {
            let value = match snapshot.get(*field) {
                None => String::new(),
                Some(Value::Integer(n)) => n.to_string(),
                Some(Value::Float(n)) => n.to_string(),
                Some(Value::Bool(b)) => b.to_string(),
                Some(Value::Amount(amount)) => amount.to_string(),
            };
            write!(out, ",{value}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
