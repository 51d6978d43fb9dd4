//! `alloc`: allocations by type, size and stack, from allocfreetrace.

mod text;

use crate::answer::Failure;
use crate::log::{self, Each, Inputs, LogArgs, OnLog, Reading, Timeless};
use crate::out::Form;
use crate::verb::About;
use clap::{Args, ValueEnum};
use dumpview_model::alloc::{By, Process, Totals, findings};
use dumpview_model::finding::Finding;
use dumpview_model::log_model::{LogModel, Parts};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::rows::{Ages, Allocation};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// Flags of `alloc`. `--top` is 15 of each kind in the report when left out.
#[derive(Args, Debug, Clone, Default)]
pub struct AllocFlags {
    /// Sum up by this only.
    #[arg(long, value_name = "WHAT")]
    pub by: Option<ByArg>,
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
pub type AllocVerb = OnLog<Alloc>;

/// Allocations of all processes of a log.
#[derive(Default)]
pub struct Alloc {
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
            freed_at_collections: Ages::of(all),
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

impl Reading for Alloc {
    type Own = AllocFlags;
    type Row = Allocation;
    type Summary = Tail;
    type Body = log::Body<Self>;
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
    const LINE: &'static str = "allocation trace";
    const HINT: &'static str = "run the program with GODEBUG=allocfreetrace=1; Go 1.23 and later have none, there a heap \
                                profile tells who allocates";

    const PARTS: Parts = Parts::ALLOC;
    const TIMELESS: Timeless = Timeless::Kept;

    fn asked(args: &mut LogArgs<AllocFlags>, form: Form) -> Result<Self, Failure> {
        let mut bys = match args.own.by {
            None => vec![By::Type, By::Size, By::Stack],
            Some(ByArg::Type) => vec![By::Type],
            Some(ByArg::Size) => vec![By::Size],
            Some(ByArg::Stack) => vec![By::Stack],
        };
        // Of each kind of sums the largest are shown; the table takes as many in all.
        let top = match args.table.top.take() {
            None => 15,
            Some(0) => usize::MAX,
            Some(top) => top,
        };
        let mut rows = top;
        if form == Form::Csv {
            bys.truncate(1);
            rows = usize::MAX;
        }
        Ok(Self { bys, top, rows })
    }

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::Alloc(_))
    }

    fn finish(&self, inputs: &Inputs, each: Each<'_, Allocation>) -> io::Result<()> {
        for process in &inputs.model.alloc.processes {
            for by in &self.bys {
                for row in process.rows(*by).into_iter().take(self.rows) {
                    each(&Allocation::new(u64::from(process.id.0), *by, row))?;
                }
            }
        }
        Ok(())
    }

    fn found(&self, inputs: &Inputs) -> bool {
        !inputs.model.alloc.processes.is_empty() || inputs.model.unread.count() > 0
    }

    fn findings(&self, model: &LogModel) -> Vec<Finding> {
        let processes = model.alloc.processes.iter();
        processes
            .flat_map(|process| {
                let found = findings(process).into_iter();
                found.map(|finding| finding.of(process.id.0.into()))
            })
            .collect()
    }

    fn summary(&self, model: &LogModel) -> Tail {
        let processes = model.alloc.processes.iter();
        Tail {
            summary: Summary {
                processes: processes.map(ProcessSummary::new).collect(),
                dropped: model.alloc.dropped,
            },
        }
    }

    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
        text::write(self, &inputs.model, out)
    }
}
