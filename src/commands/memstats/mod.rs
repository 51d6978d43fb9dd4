//! `memstats`: where the memory is, from MemStats in any form.
//!
//! | file | in charge of |
//! |---|---|
//! | `view` | values as text, a process as JSON |
//! | `text` | the report for people |

mod text;
mod view;

use crate::flags::NoFlags;
use crate::log::{self, Each, Inputs, OnLog, Reading, Timeless};
use crate::verb::{self, About};
use dumpview_model::finding::Finding;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::memstats::findings;
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::rows::MemorySnapshot;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// `memstats`.
pub type MemstatsVerb = OnLog<Memory>;

/// Snapshots of all processes.
#[derive(Default)]
pub struct Memory;

/// What the document says behind the snapshots.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "memstats-tail")]
pub struct Tail {
    /// What all snapshots come to.
    summary: Summary,
}

/// What all snapshots come to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "memstats-summary")]
struct Summary {
    /// Every process of the inputs. A process is told from the one before by counters that fell.
    processes: Vec<view::ProcessDoc>,
    /// Snapshots of processes that were too many to keep.
    dropped: u64,
}

/// `a.log:12`, or `line 12` when there is only one input.
fn place(names: &[String], source: usize, line: u64) -> String {
    match names.get(source) {
        Some(name) if names.len() > 1 => {
            let name = name.rsplit('/').next().unwrap_or(name);
            format!("{name}:{line}")
        }
        _ => format!("line {line}"),
    }
}

impl Reading for Memory {
    type Own = NoFlags;
    type Row = MemorySnapshot;
    type Summary = Tail;
    type Body = log::Body<Self>;
    const ABOUT: About = About {
        inputs: verb::Inputs::Files,
        examples: &[
            "curl -s localhost:6060/debug/vars | dumpview memstats -",
            "dumpview memstats heap-1.txt heap-2.txt     (from /debug/pprof/heap?debug=1: what changed)",
            "dumpview memstats app.log                   (Alloc = 5 MiB, alloc=5242880, %+v, JSON, …)",
            "gops memstats 4711 | dumpview memstats -",
        ],
        notes: "Several inputs are read as one series, in the order given.",
        ..About::log(
            "memstats",
            "runtime.MemStats as expvar, profiles, gops or logs print it: where the memory is",
        )
    };
    const LINE: &'static str = "memory statistic";
    const HINT: &'static str =
        "print runtime.MemStats (%+v, JSON), or fetch /debug/vars or /debug/pprof/heap?debug=1";
    const PARTS: Parts = Parts::MEMORY;
    const TIMELESS: Timeless = Timeless::Kept;

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::MemStats(_))
    }

    fn finish(&self, inputs: &Inputs, each: Each<'_, MemorySnapshot>) -> io::Result<()> {
        for process in inputs.model.memory.processes() {
            for snapshot in &process.snapshots {
                let source = inputs.names.get(snapshot.source);
                each(&MemorySnapshot {
                    source: source.cloned().unwrap_or_default(),
                    process: u64::from(process.id.0),
                    time: snapshot.stamp.map(view::time),
                    snapshot: snapshot.clone(),
                })?;
            }
        }
        Ok(())
    }

    fn found(&self, inputs: &Inputs) -> bool {
        inputs.model.memory.processes().len() > 0 || inputs.unread::<Self>().count > 0
    }

    fn findings(&self, model: &LogModel) -> Vec<Finding> {
        let processes = model.memory.processes();
        processes
            .flat_map(|process| {
                let found = findings(process).into_iter();
                found.map(|finding| finding.of(process.id.0.into()))
            })
            .collect()
    }

    fn summary(&self, model: &LogModel) -> Tail {
        Tail {
            summary: Summary {
                processes: model.memory.processes().map(view::process).collect(),
                dropped: model.memory.dropped,
            },
        }
    }

    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
        text::write(inputs, out)
    }
}
