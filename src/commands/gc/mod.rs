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
use crate::commands::browse::{self, First};
use crate::commands::log::{self, Each, LogFlags, Reading, Unread, UnreadLine, When};
use crate::flags::TableFlags;
use crate::out::{Form, Out};
use crate::verb::{About, OnFiles, Verb};
use clap::Args;
use dumpview_model::finding::Finding;
use dumpview_model::gc::{Collector, Cycle, Run, Summary, findings};
use dumpview_model::units::plural;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_view::Text;
use dumpview_view::document::Incomplete;
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

/// `gc`.
pub struct GcVerb;

impl Verb for GcVerb {
    type Args = GcFlags;
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

    fn answer(files: &Files<'_>, args: &GcFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        if let Some(other) = &args.compare {
            return compare::answer(files, other, args, out);
        }
        let choice = args.table.choice()?;
        let live = args.log.is_live(files.first()) && !choice.asks_for_table();
        if live && out.form() == Form::Text && browse::is_wanted(files.common) {
            return Ok(browse::browse_log(
                files.first(),
                &args.log,
                files.common,
                First::Gc,
            )?);
        }
        log::answer(Gc::default(), files, &args.log, &choice, out)
    }
}

/// Cycles of all processes of a log.
#[derive(Default)]
pub struct Gc {
    collector: Collector,
}

/// What the document says behind the cycles.
#[derive(Serialize)]
pub struct Tail {
    summary: Option<Summary>,
    runs: Vec<Summary>,
    more_runs: More,
}

#[derive(Serialize)]
struct More {
    runs: u64,
    cycles: u64,
}

impl Gc {
    /// Cycles that were collected elsewhere.
    pub fn of(mut collector: Collector) -> Self {
        collector.finish();
        Self { collector }
    }

    /// The process that the summary is about.
    fn main(&self) -> Option<&Run> {
        self.collector.main()
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
        match self.collector.record(record) {
            Some(cycle) => each(&cycle),
            None => Ok(()),
        }
    }

    fn finish(&mut self, _: &[String], _: Each<'_, Cycle>) -> io::Result<()> {
        self.collector.finish();
        Ok(())
    }

    fn found(&self) -> bool {
        self.main().is_some()
    }

    fn why_nothing(&self) -> Option<String> {
        let neighbours = self.collector.records();
        (neighbours > 0).then(|| {
            format!(
                "no gctrace line, though {} of its neighbours (scavenger, pacer, init)",
                plural(neighbours, "line")
            )
        })
    }

    fn unread(&self, _: &[String]) -> Unread {
        let lines = self.collector.unrecognized().iter().map(|line| UnreadLine {
            source: None,
            line: line.line,
            format: Some(line.format),
            text: line.text.clone(),
            why: line.why,
        });
        Unread {
            lines: lines.collect(),
            count: self.collector.unrecognized_count(),
        }
    }

    fn gaps(&self) -> Vec<Incomplete> {
        let runs = self.collector.runs();
        let lost: u64 = runs.iter().map(|run| run.lost).sum();
        let gap = runs
            .iter()
            .filter_map(|run| run.first_gap.as_ref())
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
            .map(|run| findings(&self.collector, run))
            .unwrap_or_default()
    }

    fn summary(&self) -> Tail {
        let more = self.collector.more();
        Tail {
            summary: self.main().map(Run::summary),
            runs: self
                .collector
                .runs()
                .iter()
                .map(|run| run.summary())
                .collect(),
            more_runs: More {
                runs: more.runs,
                cycles: more.cycles,
            },
        }
    }

    fn text(&self, _: &[String], out: &mut Text<'_>) -> io::Result<()> {
        match self.main() {
            Some(run) => text::report(&self.collector, run, out),
            None => Ok(()),
        }
    }
}
