//! `alloc`: allocations by type, size and stack, from allocfreetrace.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `text` | the report for people |
//! | `json` | reports for programs |

mod args;
mod json;
mod text;

pub use args::AllocArgs;

use dumpview_view::sink::ansi::{Ansi, Styles};

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use crate::commands::log::Within;
use crate::input::log::chunks;
use dumpview_model::alloc::{By, Collector, Process, findings};
use dumpview_model::finding::Finding;
use dumpview_parsers::log::Record;
use dumpview_view::Text;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// What was read and what was asked.
struct Report {
    /// The input as typed.
    name: String,
    collector: Collector,
    /// Of each process.
    findings: Vec<Vec<Finding>>,
    by: Option<By>,
    top: usize,
    /// Why the input was not read whole.
    lost: Option<String>,
}

impl Report {
    fn processes(&self) -> impl Iterator<Item = (&Process, &[Finding])> {
        let findings = self.findings.iter().map(Vec::as_slice);
        let processes = self.collector.processes.iter().map(|(_, process)| process);
        processes.zip(findings)
    }
}

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &AllocArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    let name = args.log.name();
    let mut window = args.log.window()?;
    let mut collector = Collector::default();
    let mut reader = args.log.reader()?;
    let mut each = |record: Record<'_>| {
        // What has no time is in every stretch.
        if window.admits(None, record.stamp) != Within::No {
            collector.record(&record);
        }
    };
    let ended = chunks(&args.log.file, args.log.follow, &mut |chunk| {
        reader.push(chunk, &mut each);
        ControlFlow::Continue(())
    })
    .map_err(|error| Failure::unreadable(format!("{name}: {error}")))?;
    reader.finish(&mut each);
    collector.end(|origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned());
    if collector.processes.is_empty() && collector.unrecognized_count == 0 {
        return Err(Failure::no_answer(format!(
            "{name}: no allocation traces in it\n\n\
             hint: run the program with GODEBUG=allocfreetrace=1; Go 1.23 and later have none, there a heap profile \
             tells who allocates"
        )));
    }
    let report = Report {
        findings: collector
            .processes
            .iter()
            .map(|(_, process)| findings(process))
            .collect(),
        lost: ended.lost.map(|why| format!("{name}: {why}")),
        by: args.by.map(args::ByArg::by),
        top: match args.top {
            0 => usize::MAX,
            top => top,
        },
        name,
        collector,
    };
    if !common.quiet {
        if let Some(lost) = &report.lost {
            complain(lost);
        }
        if report.collector.unrecognized_count > 0 {
            complain(&format!(
                "{} lines looked like allocation traces and could not be read",
                report.collector.unrecognized_count
            ));
        }
    }
    let exit = if report.lost.is_none() && report.collector.unrecognized_count == 0 {
        Exit::Answered
    } else {
        Exit::Damaged
    };
    let written = if common.json {
        json::write(&report, out)
    } else if args.csv {
        json::csv(&report, out)
    } else {
        text::write(&report, &mut Text::new(&mut Ansi::new(out, Styles::Ansi)))
    };
    Ok(written.map(|()| exit))
}
