//! An input to runs, in memory that does not grow with it.

use crate::answer::Failure;
use crate::cli::Common;
use crate::commands::log::{LogArgs, Step, Stop, Within, drive};
use crate::input::log::Ended;
use dumpview_model::gc::{Collector, Cycle, Run};
use dumpview_model::units::plural;
use dumpview_parsers::gctrace;
use dumpview_parsers::log::{Kind, Record};
use std::io;
use std::path::Path;

/// What was read.
pub(super) struct Input {
    pub(super) collector: Collector,
    ended: Ended,
    /// Cycles outside of --since and --until.
    outside: u64,
    /// Cycles without a time to compare with them.
    timeless: u64,
    name: String,
}

/// Lines that `gc` reads; the rest is the application's.
fn is_ours(record: &Record<'_>) -> bool {
    match &record.kind {
        // The go command says it to people.
        Kind::Gc(gctrace::Record::Package(_)) => false,
        Kind::Gc(_) | Kind::Scavenger(_) | Kind::Pacer(_) | Kind::Init(_) => true,
        // It is in the document; people are told its number.
        Kind::Unreadable(_) | _ => false,
    }
}

/// Reads an input, and gives its cycles as they come; nothing when there are no more for now.
pub(super) fn read(
    path: &Path,
    args: &LogArgs,
    common: &Common,
    each: &mut dyn FnMut(Option<&Cycle>) -> io::Result<()>,
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
        let start = match &record.kind {
            Kind::Gc(gctrace::Record::Cycle(cycle)) => Some(Some(cycle.start.0)),
            Kind::Gc(gctrace::Record::OldCycle(_)) => Some(None),
            _ => None,
        };
        if let Some(start) = start {
            within = window.admits(start, record.stamp);
            match within {
                Within::Yes => {}
                Within::No => outside += 1,
                Within::Unknown => timeless += 1,
            }
        }
        // What stands between cycles goes with the one before.
        if within != Within::Yes {
            return Ok(());
        }
        match collector.record(record) {
            Some(cycle) => each(Some(&cycle)),
            None => Ok(()),
        }
    })?;
    let name = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    collector.finish();
    Ok(Input {
        collector,
        ended,
        outside,
        timeless,
        name,
    })
}

impl Input {
    /// What was read elsewhere, whole.
    pub(super) fn of(mut collector: Collector, ended: Ended, name: &str) -> Self {
        collector.finish();
        Self {
            collector,
            ended,
            outside: 0,
            timeless: 0,
            name: name.to_owned(),
        }
    }

    /// The process that the summary is about; without one, why, and how to get a trace.
    pub(super) fn main(&self, name: &str) -> Result<&Run, Failure> {
        if let Some(run) = self.collector.main() {
            return Ok(run);
        }
        let how = "hint: GODEBUG=gctrace=1 ./app 2>&1 | dumpview gc - (the runtime writes one line a cycle to stderr)";
        let why = if self.ended.bytes == 0 {
            "is empty".to_owned()
        } else if self.timeless > 0 {
            format!(
                "{} without a time that --since and --until could be compared with: durations (90s) need Go 1.5 or later, \
                 clock times need time stamps before the lines",
                plural(self.timeless, "cycle")
            )
        } else if self.outside > 0 {
            format!(
                "{}, all of them outside of --since and --until",
                plural(self.outside, "cycle")
            )
        } else if self.collector.unrecognized_count() > 0 {
            let first = self.collector.unrecognized().first();
            format!(
                "no whole gctrace line, but {} that could not be read (the first is line {}: {})",
                plural(self.collector.unrecognized_count(), "line"),
                first.map_or(0, |first| first.line),
                first.map_or("", |first| first.why)
            )
        } else if self.collector.records() > 0 {
            format!(
                "no gctrace line, though {} of its neighbours (scavenger, pacer, init)",
                plural(self.collector.records(), "line")
            )
        } else {
            "no gctrace line in it".to_owned()
        };
        Err(Failure::no_answer(format!("{name}: {why}\n\n{how}")))
    }

    /// What is missing, one sentence each.
    pub(super) fn incomplete(&self) -> Vec<String> {
        let name = &self.name;
        let mut missing = Vec::new();
        if let Some(lost) = &self.ended.lost {
            missing.push(format!("{name}: {lost}"));
        }
        let count = self.collector.unrecognized_count();
        if let Some(first) = self.collector.unrecognized().first() {
            missing.push(format!(
                "{name}: {} looked like traces and could not be read, the first is line {}: {}",
                plural(count, "line"),
                first.line,
                first.why
            ));
        }
        let runs = self.collector.runs();
        let lost: u64 = runs.iter().map(|run| run.lost).sum();
        let gap = runs
            .iter()
            .filter_map(|run| run.first_gap.as_ref())
            .min_by_key(|gap| gap.place);
        if let Some(gap) = gap {
            missing.push(format!(
                "{name}: {} missing between others, the first gap is before cycle {} in line {}",
                plural(lost, "cycle"),
                gap.number(),
                gap.place.line
            ));
        }
        if self.timeless > 0 {
            missing.push(format!(
                "{name}: {} left out, without a time to compare with --since and --until",
                plural(self.timeless, "cycle")
            ));
        }
        missing
    }
}
