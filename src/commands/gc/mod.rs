//! `gc`: the collector's life, from gctrace lines.
//!
//! | file | in charge of |
//! |---|---|
//! | `text`, `charts` | the report for people |
//! | `compare` | two runs side by side |

mod charts;
mod compare;
mod text;

use crate::answer::{Exit, Stop};
use crate::case::{Files, Kind};
use crate::flags::TableFlags;
use crate::log::{self, Each, LogFlags, Origins, Reading, When};
use crate::out::Out;
use crate::verb::{About, First, Live, OnFiles, Verb};
use clap::Args;
use dumpview_model::finding::Finding;
use dumpview_model::gc::{Cycle, Process, Summary, findings};
use dumpview_model::log_model::{Fresh, LogModel, Parts};
use dumpview_model::units::plural;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::document::Incomplete;
use dumpview_view::document::Unread;
use dumpview_view::schema::Inline;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::path::PathBuf;

/// Flags of `gc`.
#[derive(Args, Debug, Clone, Default)]
pub struct GcFlags {
    /// How the log is read.
    #[command(flatten)]
    pub log: LogFlags,

    /// Hold it against another run: what differs, and whether that is more than chance.
    #[arg(long, value_name = "OTHER", conflicts_with_all = ["follow", "csv"])]
    pub compare: Option<PathBuf>,

    /// Which cycles.
    #[command(flatten)]
    pub table: TableFlags,
}

/// What the document says.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
pub enum Body<'a> {
    /// Written while the input is read, so that `cycles` comes first and one cycle stands on a line.
    Log(Inline<log::Body<Gc>>),
    /// With `--compare`.
    Pair(compare::PairDoc<'a>),
}

/// `gc`.
pub struct GcVerb;

impl Verb for GcVerb {
    type Args = GcFlags;
    type Body = Body<'static>;
    const ABOUT: About = About {
        examples: &[
            "GODEBUG=gctrace=1 ./app 2>&1 | dumpview gc -",
            "dumpview gc --follow /var/log/app.log",
            "dumpview gc app.log --since 10m --json",
            "dumpview gc app.log --sort -pause_ns --top 10",
            "dumpview gc before.log --compare after.log",
        ],
        notes: "With `-`, what else comes through the pipe is passed on to stderr as it comes (not with -q). On a terminal it \
                is drawn live, and the rest is on the screen Text. The input ends at its end or at Ctrl-C; then the summary \
                is printed. Exit status: 0 summed up, 1 no collector line in it, 3 unreadable, 4 summed up, but lines are \
                missing or could not be read.",
        ..About::log(
            "gc",
            "gctrace lines (GODEBUG=gctrace=1): the collector, live and summed up",
        )
    };
}

impl OnFiles for GcVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn live(files: &Files<'_>, args: &GcFlags) -> Option<Live> {
        let whole = args.compare.is_none() && args.table.asks_nothing();
        (whole && args.log.is_live(files.first())).then(|| Live {
            first: First::Gc,
            flags: args.log.clone(),
            is_ours: Gc::is_ours,
            sum_up: |model, out| log::sum_up(&Gc::of(model), out),
        })
    }

    fn answer(files: &Files<'_>, args: &GcFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        if let Some(other) = &args.compare {
            return compare::answer(files, other, args, out);
        }
        let choice = args.table.choice()?;
        log::answer(Gc::default(), files, &args.log, &choice, out)
    }
}

/// Cycles of all processes of a log.
pub struct Gc {
    model: LogModel,
}

impl Default for Gc {
    fn default() -> Self {
        Self {
            model: LogModel::new(Parts::GC),
        }
    }
}

/// What the document says behind the cycles.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "gc-tail")]
pub struct Tail {
    /// The process with the most cycles; null when there is none.
    summary: Option<Summary>,
    /// Every process of the stream, most cycles first, at most 64.
    processes: Vec<Summary>,
    /// What was too many to keep.
    more_processes: More,
}

/// Processes that were too many to keep.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "gc-more-processes")]
struct More {
    /// Processes that were too many to keep.
    processes: u64,
    /// Their cycles.
    cycles: u64,
}

impl Gc {
    /// Cycles that were collected elsewhere.
    pub const fn of(model: LogModel) -> Self {
        Self { model }
    }

    /// The process that the summary is about.
    fn main(&self) -> Option<&Process> {
        self.model.gc.main().map(AsRef::as_ref)
    }
}

impl Reading for Gc {
    type Row = Cycle;
    type Summary = Tail;
    const VERB: &'static str = "gc";
    const LINE: &'static str = "gctrace line";
    const HINT: &'static str = "GODEBUG=gctrace=1 ./app 2>&1 | dumpview gc - (the runtime writes one line a cycle to stderr)";

    fn is_ours(record: &Record<'_>) -> bool {
        match &record.kind {
            // The go command says it to people.
            Line::Gc(gctrace::Record::Package(_)) => false,
            Line::Gc(_) | Line::Scavenger(_) | Line::Pacer(_) | Line::Init(_) => true,
            // What could not be read is in the document; people are told its number.
            _ => false,
        }
    }

    fn when(record: &Record<'_>) -> When {
        match &record.kind {
            Line::Gc(gctrace::Record::Cycle(cycle)) => When::At(cycle.start.0),
            Line::Gc(gctrace::Record::OldCycle(_)) => When::Unknown,
            _ => When::WithPrevious,
        }
    }

    fn record(&mut self, _: usize, record: &Record<'_>, each: Each<'_, Cycle>) -> io::Result<()> {
        let mut given = Ok(());
        self.model.record(record, &mut |fresh| {
            if let Fresh::Cycle(cycle) = fresh {
                given = each(cycle);
            }
        });
        given
    }

    fn pass_by(&mut self, record: &Record<'_>) {
        self.model.pass_by(record);
    }

    fn end(&mut self, origins: Origins<'_>, _: Each<'_, Cycle>) -> io::Result<()> {
        self.model.finish(origins, &mut |_| {});
        Ok(())
    }

    fn found(&self) -> bool {
        self.main().is_some()
    }

    fn why_nothing(&self) -> Option<String> {
        let neighbours = self.model.gc.records();
        (neighbours > 0).then(|| {
            format!(
                "no gctrace line, though {} of its neighbours (scavenger, pacer, init)",
                plural(neighbours, "line")
            )
        })
    }

    fn unread(&self, _: &[String]) -> Unread {
        Unread::of(&self.model.unread, None)
    }

    fn gaps(&self) -> Vec<Incomplete> {
        let processes = self.model.gc.processes();
        let lost: u64 = processes.iter().map(|process| process.lost).sum();
        let gap = processes
            .iter()
            .filter_map(|process| process.first_gap.as_ref())
            .min_by_key(|gap| gap.place);
        let gap = gap.map(|gap| Incomplete {
            what: "cycles".to_owned(),
            why: format!(
                "{} missing between others, the first gap is before cycle {} in line {}",
                plural(lost, "cycle"),
                gap.number(),
                gap.place.line
            ),
        });
        gap.into_iter().collect()
    }

    fn findings(&self) -> Vec<Finding> {
        self.main()
            .map(|process| findings(&self.model.gc, &self.model.unread, process))
            .unwrap_or_default()
    }

    fn summary(&self) -> Tail {
        let more = self.model.gc.more();
        let processes = self.model.gc.processes();
        Tail {
            summary: self.main().map(Process::summary),
            processes: processes.iter().map(|of| of.summary()).collect(),
            more_processes: More {
                processes: more.processes,
                cycles: more.cycles,
            },
        }
    }

    fn text(&self, _: &[String], out: &mut Text<'_>) -> io::Result<()> {
        match self.main() {
            Some(process) => text::report(&self.model, process, out),
            None => Ok(()),
        }
    }
}
