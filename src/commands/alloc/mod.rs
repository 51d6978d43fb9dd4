//! `alloc`: allocations by type, size and stack, from allocfreetrace.

mod text;

use crate::answer::{Exit, Stop};
use crate::case::{Files, Kind};
use crate::flags::TableFlags;
use crate::log::{self, Each, LogFlags, Origins, Reading, Timeless, When};
use crate::out::{Form, Out};
use crate::verb::{About, OnFiles, Verb};
use clap::{Args, ValueEnum};
use dumpview_model::alloc::{By, Process, Totals, findings};
use dumpview_model::finding::Finding;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::document::Unread;
use dumpview_view::rows::{Ages, Allocation};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// Flags of `alloc`.
#[derive(Args, Debug, Clone, Default)]
pub struct AllocFlags {
    /// How the log is read.
    #[command(flatten)]
    pub log: LogFlags,

    /// Sum up by this only.
    #[arg(long, value_name = "WHAT")]
    pub by: Option<ByArg>,

    /// Which sums; 15 of each kind in the report when left out.
    #[command(flatten)]
    pub table: TableFlags,
}

/// What `--by` sums up by.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByArg {
    /// The type.
    Type,
    /// The size class.
    Size,
    /// The stack that allocated.
    Stack,
}

/// `alloc`.
pub struct AllocVerb;

impl Verb for AllocVerb {
    type Args = AllocFlags;
    type Body = log::Body<Alloc>;
    const ABOUT: About = About {
        examples: &[
            "GODEBUG=allocfreetrace=1 app 2>&1 | dumpview alloc -",
            "dumpview alloc trace.log --by stack --top 5",
        ],
        ..About::log(
            "alloc",
            "allocfreetrace records (GODEBUG=allocfreetrace=1, up to Go 1.22): what was allocated, by type, size and stack",
        )
    };
}

impl OnFiles for AllocVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn answer(files: &Files<'_>, args: &AllocFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let mut bys = match args.by {
            None => vec![By::Type, By::Size, By::Stack],
            Some(ByArg::Type) => vec![By::Type],
            Some(ByArg::Size) => vec![By::Size],
            Some(ByArg::Stack) => vec![By::Stack],
        };
        if out.form() == Form::Csv {
            bys.truncate(1);
        }
        // Of each kind of sums the largest are shown; the table takes as many in all.
        let top = match args.table.top {
            None => 15,
            Some(0) => usize::MAX,
            Some(top) => top,
        };
        let table = TableFlags {
            top: None,
            ..args.table.clone()
        };
        let reading = Alloc {
            model: LogModel::new(Parts::ALLOC),
            findings: Vec::new(),
            bys,
            top,
            rows: if out.form() == Form::Csv {
                usize::MAX
            } else {
                top
            },
        };
        log::answer(reading, files, &args.log, &table.choice()?, out)
    }
}

/// Allocations of all processes of a log.
pub struct Alloc {
    model: LogModel,
    /// Of each process.
    findings: Vec<Vec<Finding>>,
    bys: Vec<By>,
    /// Sums of each kind in the report.
    top: usize,
    /// Sums of each kind in the document.
    rows: usize,
}

/// What the document says behind the sums.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alloc-tail")]
pub struct Tail {
    /// What all events come to.
    summary: Summary,
}

/// What all events come to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alloc-summary")]
struct Summary {
    /// Every process of the stream.
    processes: Vec<ProcessSummary>,
    /// Records of processes that were too many to keep.
    dropped: u64,
}

/// What the events of one process come to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alloc-process")]
struct ProcessSummary {
    /// Its number, which every verb on that log counts.
    process: u32,
    /// Objects allocated.
    count: u64,
    /// Their bytes, by size class.
    bytes: u64,
    /// Objects freed.
    freed: u64,
    /// Their bytes.
    freed_bytes: u64,
    /// Objects whose address was allocated again without a free in the trace.
    vanished: u64,
    /// Objects alive at the end.
    live: u64,
    /// Their bytes.
    live_bytes: u64,
    /// The age in collections at which objects were freed; null when none were.
    freed_at_collections: Option<Ages>,
    /// Collections of the collector.
    collections: u32,
    /// Objects freed that were allocated before the trace begins.
    unknown_frees: u64,
    /// Their bytes.
    unknown_freed_bytes: u64,
    /// Frees whose size is not the size that was allocated.
    mismatched_sizes: u64,
    /// Stacks that were cut off.
    cut_stacks: u64,
    /// Line of its first record, from 1.
    first_line: u64,
    /// Line of its last record, from 1.
    last_line: u64,
    /// What the prefix of its lines calls it; empty without one.
    origin: String,
}

impl ProcessSummary {
    fn new(process: &Process) -> Self {
        let all: &Totals = &process.all;
        Self {
            process: process.id.0,
            count: all.count,
            bytes: all.bytes,
            freed: all.freed,
            freed_bytes: all.freed_bytes,
            vanished: all.vanished,
            live: all.live(),
            live_bytes: all.live_bytes(),
            freed_at_collections: all.middle_age().map(|age| Ages {
                p50: age.collections,
                p50_exact: age.exact,
                max: all.oldest,
            }),
            collections: process.collections(),
            unknown_frees: process.unknown_frees,
            unknown_freed_bytes: process.unknown_bytes,
            mismatched_sizes: process.mismatched,
            cut_stacks: process.cut_stacks,
            first_line: process.lines.0,
            last_line: process.lines.1,
            origin: process.origin.clone(),
        }
    }
}

impl Alloc {
    fn processes(&self) -> impl Iterator<Item = (&Process, &[Finding])> {
        let findings = self.findings.iter().map(Vec::as_slice);
        let processes = self.model.alloc.processes.iter();
        processes.zip(findings)
    }
}

impl Reading for Alloc {
    type Row = Allocation;
    type Summary = Tail;
    const VERB: &'static str = "alloc";
    const LINE: &'static str = "allocation trace";
    const HINT: &'static str = "run the program with GODEBUG=allocfreetrace=1; Go 1.23 and later have none, there a heap \
                                profile tells who allocates";

    const TIMELESS: Timeless = Timeless::Kept;

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::Alloc(_))
    }

    fn when(record: &Record<'_>) -> When {
        if Self::is_ours(record) {
            When::Unknown
        } else {
            When::WithPrevious
        }
    }

    fn record(&mut self, _: usize, record: &Record<'_>, _: Each<'_, Allocation>) -> io::Result<()> {
        self.model.record(record, &mut |_| {});
        Ok(())
    }

    fn pass_by(&mut self, record: &Record<'_>) {
        self.model.pass_by(record);
    }

    fn end(&mut self, origins: Origins<'_>, _: Each<'_, Allocation>) -> io::Result<()> {
        self.model.finish(origins, &mut |_| {});
        Ok(())
    }

    fn finish(&mut self, _: &[String], each: Each<'_, Allocation>) -> io::Result<()> {
        let processes = &self.model.alloc.processes;
        self.findings = processes.iter().map(findings).collect();
        for (process, _) in self.processes() {
            for by in &self.bys {
                for row in process.rows(*by).into_iter().take(self.rows) {
                    each(&Allocation::new(u64::from(process.id.0), *by, row))?;
                }
            }
        }
        Ok(())
    }

    fn found(&self) -> bool {
        !self.model.alloc.processes.is_empty() || self.model.unread.count() > 0
    }

    fn unread(&self, _: &[String]) -> Unread {
        Unread::of(&self.model.unread, None)
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
        let processes = self
            .processes()
            .map(|(process, _)| ProcessSummary::new(process));
        Tail {
            summary: Summary {
                processes: processes.collect(),
                dropped: self.model.alloc.dropped,
            },
        }
    }

    fn text(&self, _: &[String], out: &mut Text<'_>) -> io::Result<()> {
        text::write(self, out)
    }
}
