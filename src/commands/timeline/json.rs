//! What the document says behind the events: the axis, the inputs, their processes.

use super::Report;
use dumpview_model::timeline::{Bounds, ProcessInfo};
use dumpview_view::document::{Document, Incomplete, Unread, Unrecognized};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// What stands behind the events.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Tail {
    /// The clock that times are told by.
    axis: AxisDoc,
    /// What a reader has to know about the clocks, a sentence each.
    notes: Vec<String>,
    /// The inputs, numbered from 1 in this order.
    sources: Vec<SourceDoc>,
    /// The processes of each input.
    processes: Vec<ProcessDoc>,
    #[serde(flatten)]
    unread: Unread,
}

/// The clock that times are told by.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "axis")]
struct AxisDoc {
    /// `wall` (since 1970) or `process` (since the process started).
    clock: &'static str,
    /// Where the axis begins on that clock, in nanoseconds.
    zero_ns: i64,
}

/// An input of a timeline.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "timeline-source")]
struct SourceDoc {
    /// As typed.
    path: String,
    /// `log` or `core`.
    kind: &'static str,
    /// `go1.27.3`; null where it is not known.
    go_version: Option<String>,
}

/// A process of an input.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "timeline-process")]
struct ProcessDoc {
    /// Its input, counted from 1.
    source: usize,
    /// Its number in that input, which every verb on it counts.
    process: u32,
    /// What the prefix of its lines calls it; empty without one.
    origin: String,
    /// A number that is the same for entries that are one and the same process.
    joined: usize,
    /// When it started, from the axis' zero in nanoseconds; null when that is not known.
    start_ns: Option<i64>,
    /// How far that may be off, in nanoseconds; null when the start is not known.
    start_plus_minus_ns: Option<i64>,
    /// By what its place on the axis, and that it is the same as others, is known: a sentence each.
    how: Vec<String>,
    /// Whether nothing proves that it is the same process as those with the same `joined`.
    assumed: bool,
    /// Lane to what it has in it.
    lanes: BTreeMap<&'static str, LaneDoc>,
}

/// What a process has in a lane.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "timeline-lane")]
struct LaneDoc {
    /// How many events there were.
    events: u64,
    /// Only one in so many is in the list.
    one_kept_in: u64,
}

/// Adds the entries.
pub(super) fn tail(
    report: &Report,
    lost: &[Incomplete],
    document: &mut Document<'_>,
) -> io::Result<()> {
    let timeline = &report.timeline;
    let sources = timeline.sources.iter();
    let unread = timeline.unread.iter().map(|lost| {
        let source = timeline.sources.get(lost.source);
        Unrecognized::of(&lost.line, source.map(|source| &source.name))
    });
    let tail = Tail {
        axis: AxisDoc {
            clock: timeline.axis.clock.as_str(),
            zero_ns: timeline.axis.zero,
        },
        notes: timeline.notes.clone(),
        sources: sources
            .map(|source| SourceDoc {
                path: source.name.clone(),
                kind: source.kind,
                go_version: source.go_version.clone(),
            })
            .collect(),
        processes: timeline.processes.iter().map(process).collect(),
        unread: Unread {
            lines: unread.collect(),
            count: report.unread(),
        },
    };
    document.entries(&tail)?;
    document.entry("incomplete", &lost)
}

fn process(process: &ProcessInfo) -> ProcessDoc {
    let lanes = process.lanes.iter().map(|(lane, seen, stride)| {
        let lane_of = LaneDoc {
            events: *seen,
            one_kept_in: *stride,
        };
        (lane.as_str(), lane_of)
    });
    ProcessDoc {
        source: process.source + 1,
        process: process.number.0,
        origin: process.origin.clone(),
        joined: process.joined + 1,
        start_ns: process.start.map(Bounds::mid),
        start_plus_minus_ns: process.start.map(Bounds::plus_minus),
        how: process.how.clone(),
        assumed: process.assumed,
        lanes: lanes.collect(),
    }
}
