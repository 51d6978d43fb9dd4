//! What the document says behind the events: the axis, the inputs, their processes.

use super::Report;
use dumpview_model::timeline::{Bounds, ProcessInfo};
use dumpview_view::document::{Document, Incomplete};
use serde_json::{Value, json};
use std::io;

/// Adds the entries.
pub(super) fn tail(
    report: &Report,
    lost: &[Incomplete],
    document: &mut Document<'_>,
) -> io::Result<()> {
    let timeline = &report.timeline;
    let axis = json!({"clock": timeline.axis.clock.as_str(), "zero_ns": timeline.axis.zero});
    document.entry("axis", &axis)?;
    document.entry("notes", &timeline.notes)?;
    let sources: Vec<Value> = timeline
        .sources
        .iter()
        .map(|source| {
            json!({"path": source.name, "kind": source.kind, "go_version": source.go_version})
        })
        .collect();
    document.entry("sources", &sources)?;
    let processes: Vec<Value> = timeline.processes.iter().map(process).collect();
    document.entry("processes", &processes)?;
    let unrecognized: Vec<Value> = timeline
        .unread
        .iter()
        .map(|lost| {
            let line = &lost.line;
            json!({"source": lost.source + 1, "line": line.line, "text": line.text,
                   "format": line.format, "why": line.why})
        })
        .collect();
    document.entry("unrecognized", &unrecognized)?;
    document.entry("unrecognized_count", &report.unread())?;
    document.entry("incomplete", &lost)
}

fn process(process: &ProcessInfo) -> Value {
    let lanes: serde_json::Map<String, Value> = process
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
        "source": process.source + 1,
        "origin": process.origin,
        "process": process.number,
        "joined": process.joined + 1,
        "start_ns": process.start.map(Bounds::mid),
        "start_plus_minus_ns": process.start.map(Bounds::plus_minus),
        "how": process.how,
        "assumed": process.assumed,
        "lanes": lanes,
    })
}
