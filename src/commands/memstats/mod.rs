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
use crate::flags::TableFlags;
use crate::log::{self, Each, LogFlags, Origins, Reading, Timeless, When};
use crate::out::Out;
use crate::verb::{About, Inputs, OnFiles, Verb};
use clap::Args;
use dumpview_model::finding::Finding;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_model::memstats::{Process, findings};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::document::Unread;
use dumpview_view::rows::MemorySnapshot;
use schemars::JsonSchema;
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
    type Body = log::Body<Memory>;
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
        log::answer(
            Memory {
                model: LogModel::new(Parts::MEMORY),
                unread: Vec::new(),
                findings: Vec::new(),
            },
            files,
            &args.log,
            &choice,
            out,
        )
    }
}

/// Snapshots of all processes.
pub struct Memory {
    model: LogModel,
    /// Lines of each input that has ended.
    unread: Vec<dumpview_model::log::Unread>,
    /// Of each process.
    findings: Vec<Vec<Finding>>,
}

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

impl Memory {
    fn processes(&self) -> impl Iterator<Item = (&Process, &[Finding])> {
        let findings = self.findings.iter().map(Vec::as_slice);
        self.model.memory.processes().zip(findings)
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
        _: usize,
        record: &Record<'_>,
        _: Each<'_, MemorySnapshot>,
    ) -> io::Result<()> {
        self.model.record(record, &mut |_| {});
        Ok(())
    }

    fn pass_by(&mut self, record: &Record<'_>) {
        self.model.pass_by(record);
    }

    fn end(&mut self, origins: Origins<'_>, _: Each<'_, MemorySnapshot>) -> io::Result<()> {
        self.model.finish(origins, &mut |_| {});
        self.unread.push(std::mem::take(&mut self.model.unread));
        self.model.begin_input();
        Ok(())
    }

    fn finish(&mut self, names: &[String], each: Each<'_, MemorySnapshot>) -> io::Result<()> {
        self.findings = self.model.memory.processes().map(findings).collect();
        for process in self.model.memory.processes() {
            for snapshot in &process.snapshots {
                each(&MemorySnapshot {
                    source: names.get(snapshot.source).cloned().unwrap_or_default(),
                    process: u64::from(process.id.0),
                    time: snapshot.stamp.map(view::time),
                    snapshot: snapshot.clone(),
                })?;
            }
        }
        Ok(())
    }

    fn found(&self) -> bool {
        self.model.memory.processes().len() > 0 || self.unread.iter().any(|of| of.count() > 0)
    }

    fn unread(&self, names: &[String]) -> Unread {
        let mut all = Unread::default();
        for (unread, name) in self.unread.iter().zip(names) {
            let of = Unread::of(unread, Some(name));
            all.lines.extend(of.lines);
            all.count += of.count;
        }
        all
    }

    fn findings(&self) -> Vec<Finding> {
        self.processes()
            .flat_map(|(process, found)| {
                let number = process.id.0;
                found.iter().map(move |f| f.clone().of(number.into()))
            })
            .collect()
    }

    fn summary(&self) -> Tail {
        Tail {
            summary: Summary {
                processes: self.model.memory.processes().map(view::process).collect(),
                dropped: self.model.memory.dropped,
            },
        }
    }

    fn text(&self, names: &[String], out: &mut Text<'_>) -> io::Result<()> {
        text::write(self, names, out)
    }
}
