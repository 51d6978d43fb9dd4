//! What is to be said of the stream that cycles stand in: whose they are, and what of them is not there.

use super::collect::{Collector, FORMATS};
use super::process::Process;
use crate::finding::{Finding, Severity};
use crate::log::Unread;
use crate::units::plural;

/// All of it, in the order in which it is told.
pub(super) fn stream(collector: &Collector, unread: &Unread, process: &Process) -> Vec<Finding> {
    let found = [
        processes(collector, process),
        doubt(process),
        before_start(process),
        lost(collector, process),
        mended(process),
        edited(process),
        unreadable(unread),
    ];
    found.into_iter().flatten().collect()
}

fn processes(collector: &Collector, process: &Process) -> Option<Finding> {
    let processes = collector.processes();
    let more = collector.more();
    let count = processes.len() as u64 + more.processes;
    if count < 2 {
        return None;
    }
    let cycles: u64 = processes.iter().map(|process| process.cycles).sum::<u64>() + more.cycles;
    let mut finding = Finding::new(
        "gc.processes",
        Severity::Info,
        format!(
            "{count} processes write to this stream, {} in all: numbers start anew or do not follow each other (restarts, \
             go run, go build, several services). This is about the one with the most, {}; --json has all",
            plural(cycles, "cycle"),
            plural(process.cycles, "cycle"),
        ),
    );
    for other in processes
        .iter()
        .filter(|other| other.id != process.id)
        .take(8)
    {
        let name = match &other.package {
            Some(package) => format!(" of the compiler of {package}"),
            None if !other.name.is_empty() => format!(" of {}", other.name),
            None => String::new(),
        };
        finding = finding.at(
            other.first.place.line,
            format!("{}{name} from here", plural(other.cycles, "cycle")),
        );
    }
    Some(finding)
}

fn doubt(process: &Process) -> Option<Finding> {
    let first = process.first_doubt.as_ref()?;
    Some(
        Finding::new(
            "gc.doubtful-process",
            Severity::Warning,
            format!(
                "{} may belong to another process and are not counted: their numbers, times, heaps and shares of CPU fit behind \
                 two, many are missing between, or they stand among torn lines. Prefixes that name the process (docker, kubectl --prefix) would tell",
                plural(process.doubtful, "cycle")
            ),
        )
        .at(first.place.line, first.words()),
    )
}

fn before_start(process: &Process) -> Option<Finding> {
    let first = process.first.is_before_start().then_some(&process.first)?;
    Some(
        Finding::new(
            "gc.clock-before-start",
            Severity::Warning,
            "the times since the start are nonsense: the machine's clock was set back while the process ran, and the runtime \
             (Go 1.8 and earlier, or a clock that is not monotonic) prints the difference as a very large number. Times between \
             cycles are right",
        )
        .at(first.place.line, first.words()),
    )
}

fn lost(collector: &Collector, process: &Process) -> Option<Finding> {
    let first = process.first_gap.as_ref()?;
    let why = if collector.surely_lost(process) == process.lost {
        "lines were lost, cut, or written into each other, so totals are too low"
    } else {
        "lines were lost, cut, or written into each other, or these are among those that may be another process's; either way \
         totals are too low"
    };
    Some(
        Finding::new(
            "gc.lost-cycles",
            Severity::Warning,
            format!(
                "{} missing between cycles {} and {}: {why}",
                plural(process.lost, "cycle"),
                process.first.number(),
                process.last.number()
            ),
        )
        .at(
            first.place.line,
            format!("the first gap is before {}", first.words()),
        ),
    )
}

fn mended(process: &Process) -> Option<Finding> {
    (process.mended > 0).then(|| {
        Finding::new(
            "gc.mended",
            Severity::Info,
            format!(
                "{} pieced together from several lines: the program writes to the same descriptor, and its output stands \
                 between the runtime's",
                plural(process.mended, "cycle")
            ),
        )
    })
}

fn edited(process: &Process) -> Option<Finding> {
    let first = process.first_edited.as_ref()?;
    Some(
        Finding::new(
            "gc.edited",
            Severity::Info,
            format!(
                "{} with times that are not written as the runtime writes them (0.1 for 0.10): rounded, edited, or made by a \
                 tool; they are taken as they stand",
                plural(process.edited, "cycle")
            ),
        )
        .at(first.place.line, first.words()),
    )
}

fn unreadable(unread: &Unread) -> Option<Finding> {
    let first = unread.first_of(&FORMATS)?;
    Some(
        Finding::new(
            "gc.unreadable",
            Severity::Warning,
            format!(
                "{} looked like traces and could not be read (--json lists them under unrecognized)",
                plural(unread.count_of(&FORMATS), "line")
            ),
        )
        .at(first.line, first.why),
    )
}
