//! What the document says behind the events: the axis, the inputs, their processes.

use super::Report;
use dumpview_model::timeline::{Bounds, StrandInfo};
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
    let strands: Vec<Value> = timeline.strands.iter().map(strand).collect();
    document.entry("strands", &strands)?;
    let unrecognized: Vec<Value> = timeline
        .unreadable
        .iter()
        .map(|lost| {
            json!({"source": lost.source + 1, "line": lost.line, "text": lost.text,
                   "format": lost.format, "why": lost.why})
        })
        .collect();
    document.entry("unrecognized", &unrecognized)?;
    document.entry("incomplete", &lost)
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
