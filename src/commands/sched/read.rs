//! An input to runs, in memory that does not grow with it.

use crate::answer::Failure;
use crate::cli::Common;
use crate::commands::log::{LogArgs, Step, Stop, Within, drive};
use crate::input::log::Ended;
use dumpview_model::sched::{Collector, Run, Sample};
use dumpview_model::units::plural;
use dumpview_parsers::log::{Kind, Record};
use dumpview_parsers::schedtrace;
use std::io;
use std::path::Path;

/// What was read.
pub(super) struct Input {
    pub(super) collector: Collector,
    ended: Ended,
    /// Samples outside of --since and --until.
    outside: u64,
    /// Samples without a time to compare with them.
    timeless: u64,
    name: String,
}

fn is_ours(record: &Record<'_>) -> bool {
    matches!(&record.kind, Kind::Sched(_))
}

/// Reads an input, and gives its samples as they come; nothing when there are no more for now.
pub(super) fn read(
    path: &Path,
    args: &LogArgs,
    common: &Common,
    each: &mut dyn FnMut(Option<&Sample>) -> io::Result<()>,
) -> Result<Input, Stop> {
    let mut window = args.window()?;
    let mut collector = Collector::new();
    let (mut outside, mut timeless) = (0, 0);
    let mut within = Within::Yes;
    let ended = drive(path, args, common, is_ours, &mut |step| {
        let record = match step {
            Step::Record(record) => record,
            Step::Settled => return each(None),
        };
        if let Kind::Sched(schedtrace::Record::Sample(sample)) = &record.kind {
            let since_start = sample.millis.saturating_mul(1_000_000);
            within = window.admits(Some(since_start), record.stamp);
            match within {
                Within::Yes => {}
                Within::No => outside += 1,
                Within::Unknown => timeless += 1,
            }
        }
        // Ps, Ms and Gs go with their sample.
        if within != Within::Yes {
            return Ok(());
        }
        let mut result = Ok(());
        collector.record(record, &mut |sample| {
            if result.is_ok() {
                result = each(Some(sample));
            }
        });
        result
    })?;
    let mut result = Ok(());
    collector.finish(&mut |sample| {
        if result.is_ok() {
            result = each(Some(sample));
        }
    });
    result?;
    Ok(Input {
        collector,
        ended,
        outside,
        timeless,
        name: args.name(),
    })
}

impl Input {
    /// What was read elsewhere, whole.
    pub(super) fn of(collector: Collector, ended: Ended, name: &str) -> Self {
        Self {
            collector,
            ended,
            outside: 0,
            timeless: 0,
            name: name.to_owned(),
        }
    }

    /// The process that the summary is about; without one, why, and how to get a trace.
    pub(super) fn main(&self) -> Result<&Run, Failure> {
        if let Some(run) = self.collector.main() {
            return Ok(run);
        }
        let why = if self.ended.bytes == 0 {
            "is empty".to_owned()
        } else if self.timeless > 0 {
            format!(
                "{} without a time stamp that --since and --until could be compared with",
                plural(self.timeless, "sample")
            )
        } else if self.outside > 0 {
            format!(
                "{}, all of them outside of --since and --until",
                plural(self.outside, "sample")
            )
        } else if let Some(first) = self.collector.unrecognized().first() {
            format!(
                "no whole scheduler line, but {} that could not be read (the first is line {}: {})",
                plural(self.collector.unrecognized_count(), "line"),
                first.line,
                first.why
            )
        } else {
            "no scheduler line in it".to_owned()
        };
        Err(Failure::no_answer(format!(
            "{}: {why}\n\nhint: GODEBUG=schedtrace=1000 ./app 2>&1 | dumpview sched - (the runtime writes a line a second to \
             stderr)",
            self.name
        )))
    }

    /// What is missing, one sentence each.
    pub(super) fn incomplete(&self) -> Vec<String> {
        let name = &self.name;
        let mut missing = Vec::new();
        if let Some(lost) = &self.ended.lost {
            missing.push(format!("{name}: {lost}"));
        }
        if let Some(first) = self.collector.unrecognized().first() {
            missing.push(format!(
                "{name}: {} looked like scheduler traces and could not be read, the first is line {}: {}",
                plural(self.collector.unrecognized_count(), "line"),
                first.line,
                first.why
            ));
        }
        if let (count, Some(line)) = self.collector.orphans() {
            missing.push(format!(
                "{name}: {} of scheddetail without the sample before them, the first is line {line}",
                plural(count, "line")
            ));
        }
        if self.timeless > 0 {
            missing.push(format!(
                "{name}: {} left out, without a time stamp to compare with --since and --until",
                plural(self.timeless, "sample")
            ));
        }
        missing
    }
}
