//! `memstats`: where the memory is, from MemStats in any form.
//!
//! | file | in charge of |
//! |---|---|
//! | `view` | values as text, a process as JSON |
//! | `text` | the report for people |

mod text;
mod view;

use crate::answer::{Exit, Stop};
use crate::case::{Files, Kind};
use crate::commands::log::{
    self, Each, LogFlags, Origins, Reading, Timeless, Unread, UnreadLine, When,
};
use crate::flags::TableFlags;
use crate::out::Out;
use crate::verb::{About, Inputs, OnFiles, Verb};
use clap::Args;
use dumpview_model::finding::Finding;
use dumpview_model::memstats::{Collector, Run, findings};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::rows::MemorySnapshot;
use serde::Serialize;
use std::io;

/// Flags of `memstats`.
#[derive(Args, Debug, Clone, Default)]
pub struct MemstatsFlags {
    /// How the inputs are read.
    #[command(flatten)]
    pub log: LogFlags,

    /// Which snapshots.
    #[command(flatten)]
    pub table: TableFlags,
}

/// `memstats`.
pub struct MemstatsVerb;

impl Verb for MemstatsVerb {
    type Args = MemstatsFlags;
    const ABOUT: About = About {
        inputs: Inputs::Files,
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
}

impl OnFiles for MemstatsVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn answer(files: &Files<'_>, args: &MemstatsFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let choice = args.table.choice()?;
        log::answer(Memory::default(), files, &args.log, &choice, out)
    }
}

/// Snapshots of all processes.
#[derive(Default)]
pub struct Memory {
    collector: Collector,
    /// Of each process.
    findings: Vec<Vec<Finding>>,
}

/// What the document says behind the snapshots.
#[derive(Serialize)]
pub struct Tail {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    processes: Vec<serde_json::Value>,
    /// Snapshots of processes that were too many to keep.
    dropped: u64,
}

impl Memory {
    fn runs(&self) -> impl Iterator<Item = (&Run, &[Finding])> {
        let findings = self.findings.iter().map(Vec::as_slice);
        self.collector.runs.iter().zip(findings)
    }
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
    type Row = MemorySnapshot;
    type Summary = Tail;
    const VERB: &'static str = "memstats";
    const LINE: &'static str = "memory statistic";
    const HINT: &'static str =
        "print runtime.MemStats (%+v, JSON), or fetch /debug/vars or /debug/pprof/heap?debug=1";
    const TIMELESS: Timeless = Timeless::Kept;

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::MemStats(_))
    }

    fn when(record: &Record<'_>) -> When {
        if Self::is_ours(record) {
            When::Unknown
        } else {
            When::WithPrevious
        }
    }

    fn record(
        &mut self,
        source: usize,
        record: &Record<'_>,
        _: Each<'_, MemorySnapshot>,
    ) -> io::Result<()> {
        self.collector.record(source, record);
        Ok(())
    }

    fn end(&mut self, origins: Origins<'_>, _: Each<'_, MemorySnapshot>) -> io::Result<()> {
        self.collector.end(origins);
        Ok(())
    }

    fn finish(&mut self, names: &[String], each: Each<'_, MemorySnapshot>) -> io::Result<()> {
        self.findings = self.collector.runs.iter().map(findings).collect();
        for (process, run) in (1..).zip(&self.collector.runs) {
            for snapshot in &run.snapshots {
                each(&MemorySnapshot {
                    source: names.get(snapshot.source).cloned().unwrap_or_default(),
                    process,
                    time: snapshot.stamp.map(view::time),
                    snapshot: snapshot.clone(),
                })?;
            }
        }
        Ok(())
    }

    fn found(&self) -> bool {
        !self.collector.runs.is_empty() || self.collector.unrecognized_count > 0
    }

    fn unread(&self, names: &[String]) -> Unread {
        let lines = self.collector.unrecognized.iter().map(|line| UnreadLine {
            source: names.get(line.source).cloned(),
            line: line.line,
            format: None,
            text: line.text.clone(),
            why: line.why,
        });
        Unread {
            lines: lines.collect(),
            count: self.collector.unrecognized_count,
        }
    }

    fn findings(&self) -> Vec<Finding> {
        (1..)
            .zip(&self.findings)
            .flat_map(|(process, findings)| findings.iter().map(move |f| f.clone().of(process)))
            .collect()
    }

    fn summary(&self) -> Tail {
        Tail {
            summary: Summary {
                processes: self.collector.runs.iter().map(view::run).collect(),
                dropped: self.collector.dropped,
            },
        }
    }

    fn text(&self, names: &[String], out: &mut Text<'_>) -> io::Result<()> {
        text::write(self, names, out)
    }
}
