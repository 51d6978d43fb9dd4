//! `sched`: the scheduler's life, from schedtrace lines.
//!
//! | file | in charge of |
//! |---|---|
//! | `text` | the report for people |
//! | `at` | one sample in full |

mod at;
mod text;

use crate::answer::Failure;
use crate::log::{self, Each, Inputs, LogArgs, OnLog, Reading, When};
use crate::out::Form;
use crate::times::duration;
use crate::verb::{About, First};
use clap::Args;
use dumpview_model::log::Sums;
use dumpview_model::log_model::{Fresh, LogModel, Parts};
use dumpview_model::sched::{Sample, Summary};
use dumpview_parsers::log::{Kind as Line, Record};
use dumpview_parsers::schedtrace;
use dumpview_view::Text;
use std::io;

/// Flags of `sched`.
#[derive(Args, Debug, Clone, Default)]
pub struct SchedFlags {
    /// Show the sample of this time after the first (300ms, 2s) in full: Ps, threads, goroutines.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["csv", "follow"])]
    pub at: Option<String>,
}

/// `sched`.
pub type SchedVerb = OnLog<Sched>;

/// Samples of all processes of a log.
#[derive(Default)]
pub struct Sched {
    /// Only the last sample at or before this many milliseconds is wanted.
    at: Option<u64>,
    /// That sample.
    kept: Option<Sample>,
}

impl Reading for Sched {
    type Own = SchedFlags;
    type Row = Sample;
    type Summary<'m> = Sums<Summary>;
    type Body = log::Body<Self>;
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
    const LINE: &'static str = "scheduler line";
    const HINT: &'static str = "GODEBUG=schedtrace=1000 ./app 2>&1 | dumpview sched - (the runtime writes a line a second to stderr)";
    const PARTS: Parts = Parts::SCHED;
    const FIRST: Option<First> = Some(First::Sched);

    fn asked(args: &mut LogArgs<SchedFlags>, _: Form) -> Result<Self, Failure> {
        let Some(time) = args.own.at.as_deref() else {
            return Ok(Self::default());
        };
        let at = duration(time).ok_or_else(|| {
            let hint = "300ms, 2s, 1m30s after the first sample";
            Failure::usage(format!("--at: not a time: {time}\n\nhint: {hint}"))
        })?;
        let at = Some(at / 1_000_000);
        Ok(Self { at, kept: None })
    }

    fn is_whole(own: &SchedFlags) -> bool {
        own.at.is_none()
    }

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

    fn fresh<'f>(&mut self, fresh: Fresh<'f>) -> Option<&'f Sample> {
        match (fresh, self.at) {
            (Fresh::Sample(sample), None) => Some(sample),
            (Fresh::Sample(sample), Some(at)) => {
                at::keep(&mut self.kept, sample, at);
                None
            }
            _ => None,
        }
    }

    fn finish(&self, _: &Inputs, each: Each<'_, Sample>) -> io::Result<()> {
        self.kept.as_ref().map_or(Ok(()), each)
    }

    fn found(&self, inputs: &Inputs) -> bool {
        inputs.model.sched.main().is_some() && (self.at.is_none() || self.kept.is_some())
    }

    fn why_nothing(&self, model: &LogModel) -> Option<String> {
        let at = self.at.filter(|_| model.sched.main().is_some())?;
        Some(format!("no sample at or before {at} ms"))
    }

    fn gap(model: &LogModel) -> Option<String> {
        model.sched.gap()
    }

    fn summary(&self, model: &LogModel) -> Sums<Summary> {
        model.sched.sums()
    }

    fn text(&self, inputs: &Inputs, out: &mut Text<'_>) -> io::Result<()> {
        match (&self.kept, inputs.model.sched.main()) {
            (Some(sample), _) => at::text(sample, out),
            (None, Some(process)) => text::report(&inputs.model, process, out),
            (None, None) => Ok(()),
        }
    }
}
