//! The JSON document, and the same events as CSV. Events are written one by one.

use super::Report;
use super::view;
use crate::answer::{Incomplete, InputSummary};
use dumpview_model::timeline::{Bounds, StrandInfo};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::io::{self, Write};

struct Document<'a>(&'a Report);
struct Events<'a>(&'a Report);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for placed in self.0.chosen() {
            list.serialize_element(&view::object(&self.0.timeline, placed))?;
        }
        list.end()
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let timeline = &report.timeline;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", "dumpview.timeline/1")?;
        map.serialize_entry(
            "input",
            &InputSummary {
                path: report.name(),
                kind: "timeline",
                executable: None,
                go_version: timeline.sources.iter().find_map(|s| s.go_version.clone()),
                arch: None,
            },
        )?;
        map.serialize_entry("incomplete", &incomplete(report))?;
        map.serialize_entry(
            "axis",
            &json!({"clock": timeline.axis.clock.as_str(), "zero_ns": timeline.axis.zero}),
        )?;
        map.serialize_entry("notes", &timeline.notes)?;
        let sources: Vec<Value> = timeline
            .sources
            .iter()
            .map(|source| {
                json!({"path": source.name, "kind": source.kind, "go_version": source.go_version})
            })
            .collect();
        map.serialize_entry("sources", &sources)?;
        let strands: Vec<Value> = timeline.strands.iter().map(strand).collect();
        map.serialize_entry("strands", &strands)?;
        map.serialize_entry("events", &Events(report))?;
        let unrecognized: Vec<Value> = timeline
            .unreadable
            .iter()
            .map(|lost| {
                json!({"source": lost.source + 1, "line": lost.line, "text": lost.text,
                       "format": lost.format, "why": lost.why})
            })
            .collect();
        map.serialize_entry("unrecognized", &unrecognized)?;
        map.end()
    }
}

fn incomplete(report: &Report) -> Vec<Incomplete> {
    let lost = report.lost.iter().map(|why| Incomplete {
        what: "input".to_owned(),
        why: why.clone(),
    });
    lost.collect()
}

fn strand(strand: &StrandInfo) -> Value {
    let lanes: serde_json::Map<String, Value> = strand
        .lanes
        .iter()
        .map(|(lane, seen, stride)| {
            (
                lane.as_str().to_owned(),
                json!({"events": seen, "one_kept_in": stride}),
            )
        })
        .collect();
    json!({
        "source": strand.source + 1,
        "origin": strand.origin,
        "run": strand.run + 1,
        "process": strand.process + 1,
        "start_ns": strand.start.map(Bounds::mid),
        "start_plus_minus_ns": strand.start.map(Bounds::plus_minus),
        "how": strand.how,
        "assumed": strand.assumed,
        "lanes": lanes,
    })
}

/// Writes the document.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Document(report))?;
    out.write_all(b"\n")
}

/// Writes the events as comma-separated values.
pub(super) fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "at_ns,plus_minus_ns,by,lane,source,strand,line,span_ns,what"
    )?;
    for placed in report.chosen() {
        let event = &placed.event;
        let number = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
        let source = report
            .timeline
            .strands
            .get(placed.strand)
            .map_or(0, |strand| strand.source + 1);
        writeln!(
            out,
            "{},{},{},{},{source},{},{},{},\"{}\"",
            number(placed.at.map(Bounds::mid)),
            number(view::plus_minus(placed)),
            placed.by.as_str(),
            event.lane.as_str(),
            placed.strand + 1,
            event.place.line,
            event.span,
            view::sentence(event).replace('"', "\"\"")
        )?;
    }
    Ok(())
}
