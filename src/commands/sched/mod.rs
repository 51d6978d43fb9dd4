//! `sched`: the scheduler's life, from schedtrace lines.
//!
//! | file | in charge of |
//! |---|---|
//! | `text` | the report for people |
//! | `at` | one sample in full |

mod at;
mod text;

use crate::answer::{Exit, Failure, Stop};
use crate::case::{Files, Kind};
use crate::flags::TableFlags;
use crate::log::{self, Each, LogFlags, Origins, Reading, When, duration};
use crate::out::Out;
use crate::verb::{About, First, Live, OnFiles, Verb};
use clap::Args;
use dumpview_model::finding::Finding;
use dumpview_model::log_model::{Fresh, LogModel, Parts};
use dumpview_model::sched::{Process, Sample, Summary, findings};
use dumpview_model::units::plural;
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_parsers::schedtrace;
use dumpview_view::Text;
use dumpview_view::document::Incomplete;
use dumpview_view::document::Unread;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// Flags of `sched`.
#[derive(Args, Debug, Clone, Default)]
pub struct SchedFlags {
    /// How the log is read.
    #[command(flatten)]
    pub log: LogFlags,

    /// Show the sample of this time after the first (300ms, 2s) in full: Ps, threads, goroutines.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["csv", "follow"])]
    pub at: Option<String>,

    /// Which samples.
    #[command(flatten)]
    pub table: TableFlags,
}

/// `sched`.
pub struct SchedVerb;

impl Verb for SchedVerb {
    type Args = SchedFlags;
    type Body = log::Body<Sched>;
    const ABOUT: About = About {
        examples: &[
            "GODEBUG=schedtrace=1000 ./app 2>&1 | dumpview sched -",
            "dumpview sched app.log --since 2m",
            "dumpview sched app.log --filter 'runnable>100' --columns line,millis,runnable",
            "GODEBUG=schedtrace=1000,scheddetail=1 ./app 2>sched.txt; dumpview sched sched.txt --at 3s",
        ],
        notes: "With `-`, what else comes through the pipe is passed on to stderr as it comes (not with -q). Exit status: 0 \
                summed up, 1 no scheduler line in it, 3 unreadable, 4 summed up, but lines could not be read.",
        ..About::log(
            "sched",
            "schedtrace lines (GODEBUG=schedtrace=1000): run queues, idle processors, threads",
        )
    };
}

impl OnFiles for SchedVerb {
    const READS: &'static [Kind] = &[Kind::Log, Kind::Compiler];

    fn live(files: &Files<'_>, args: &SchedFlags) -> Option<Live> {
        let whole = args.at.is_none() && args.table.asks_nothing();
        (whole && args.log.is_live(files.first())).then(|| Live {
            first: First::Sched,
            flags: args.log.clone(),
            is_ours: Sched::is_ours,
            sum_up: |model, out| log::sum_up(&Sched::of(model), out),
        })
    }

    fn answer(files: &Files<'_>, args: &SchedFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let choice = args.table.choice()?;
        let at = args.at.as_deref().map(|time| {
            duration(time).ok_or_else(|| {
                Failure::usage(format!(
                    "--at: not a time: {time}\n\nhint: 300ms, 2s, 1m30s after the first sample"
                ))
            })
        });
        let reading = Sched {
            at: at.transpose()?.map(|ns| ns / 1_000_000),
            ..Sched::of(LogModel::new(Parts::SCHED))
        };
        log::answer(reading, files, &args.log, &choice, out)
    }
}

/// Samples of all processes of a log.
pub struct Sched {
    model: LogModel,
    /// Only the last sample at or before this many milliseconds is wanted.
    at: Option<u64>,
    /// That sample.
    kept: Option<Sample>,
}

/// What the document says behind the samples.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sched-tail")]
pub struct Tail {
    /// The process with the most samples; null when there is none.
    summary: Option<Summary>,
    /// Every process of the stream.
    processes: Vec<Summary>,
}

impl Sched {
    /// Samples that were collected elsewhere.
    pub const fn of(model: LogModel) -> Self {
        Self {
            model,
            at: None,
            kept: None,
        }
    }

    /// The process that the summary is about.
    fn main(&self) -> Option<&Process> {
        self.model.sched.main().map(AsRef::as_ref)
    }

    /// Collects, and gives what is collected to `each` or keeps it, as was asked.
    fn collect(
        &mut self,
        collect: impl FnOnce(&mut LogModel, &mut dyn FnMut(Fresh<'_>)),
        each: Each<'_, Sample>,
    ) -> io::Result<()> {
        let Self { model, at, kept } = self;
        let mut result = Ok(());
        collect(model, &mut |fresh| match (fresh, &at) {
            (Fresh::Sample(sample), Some(at)) => at::keep(kept, sample, *at),
            (Fresh::Sample(sample), None) if result.is_ok() => result = each(sample),
            _ => {}
        });
        result
    }
}

impl Reading for Sched {
    type Row = Sample;
    type Summary = Tail;
    const VERB: &'static str = "sched";
    const LINE: &'static str = "scheduler line";
    const HINT: &'static str = "GODEBUG=schedtrace=1000 ./app 2>&1 | dumpview sched - (the runtime writes a line a second to stderr)";

    fn is_ours(record: &Record<'_>) -> bool {
        matches!(&record.kind, Line::Sched(_))
    }

    fn when(record: &Record<'_>) -> When {
        // Ps, Ms and Gs go with their sample.
        match &record.kind {
            Line::Sched(schedtrace::Record::Sample(sample)) => {
                When::At(sample.millis.saturating_mul(1_000_000))
            }
            _ => When::WithPrevious,
        }
    }

    fn record(&mut self, _: usize, record: &Record<'_>, each: Each<'_, Sample>) -> io::Result<()> {
        self.collect(|model, give| model.record(record, give), each)
    }

    fn pass_by(&mut self, record: &Record<'_>) {
        self.model.pass_by(record);
    }

    fn end(&mut self, origins: Origins<'_>, each: Each<'_, Sample>) -> io::Result<()> {
        self.collect(|model, give| model.finish(origins, give), each)
    }

    fn finish(&mut self, _: &[String], each: Each<'_, Sample>) -> io::Result<()> {
        self.kept.as_ref().map_or(Ok(()), each)
    }

    fn found(&self) -> bool {
        self.main().is_some() && (self.at.is_none() || self.kept.is_some())
    }

    fn why_nothing(&self) -> Option<String> {
        let at = self.at.filter(|_| self.main().is_some())?;
        Some(format!("no sample at or before {at} ms"))
    }

    fn unread(&self, _: &[String]) -> Unread {
        Unread::of(&self.model.unread, None)
    }

    fn gaps(&self) -> Vec<Incomplete> {
        let (count, first) = self.model.sched.orphans();
        let orphans = first.map(|line| Incomplete {
            what: "samples".to_owned(),
            why: format!(
                "{} of scheddetail without the sample before them, the first is line {line}",
                plural(count, "line")
            ),
        });
        orphans.into_iter().collect()
    }

    fn findings(&self) -> Vec<Finding> {
        self.main()
            .map(|process| findings(&self.model.sched, &self.model.unread, process))
            .unwrap_or_default()
    }

    fn summary(&self) -> Tail {
        let processes = self.model.sched.processes();
        Tail {
            summary: self.main().map(Process::summary),
            processes: processes.iter().map(|of| of.summary()).collect(),
        }
    }

    fn text(&self, _: &[String], out: &mut Text<'_>) -> io::Result<()> {
        match (&self.kept, self.main()) {
            (Some(sample), _) => at::text(sample, out),
            (None, Some(process)) => text::report(&self.model, process, out),
            (None, None) => Ok(()),
        }
    }
}
