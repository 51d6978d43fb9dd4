//! `memstats`: where the memory is, from MemStats in any form.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags |
//! | `view` | values as text and as JSON |
//! | `text` | the report for people |
//! | `json` | reports for programs |

mod args;
mod json;
mod text;
mod view;

pub use args::MemstatsArgs;

use dumpview_view::sink::ansi::{Ansi, Styles};

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use crate::commands::log::Within;
use crate::input::log::chunks;
use dumpview_model::finding::Finding;
use dumpview_model::memstats::{Collector, Run, findings};
use dumpview_parsers::log::Record;
use dumpview_view::Text;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// What was read.
struct Report {
    /// The inputs as typed.
    names: Vec<String>,
    collector: Collector,
    /// Of each process.
    findings: Vec<Vec<Finding>>,
    /// Why an input was not read whole.
    lost: Vec<String>,
}

impl Report {
    fn runs(&self) -> impl Iterator<Item = (&Run, &[Finding])> {
        let findings = self.findings.iter().map(Vec::as_slice);
        self.collector.runs.iter().zip(findings)
    }

    /// `a.log:12`, or `line 12` when there is only one input.
    fn place(&self, source: usize, line: u64) -> String {
        match self.names.get(source) {
            Some(name) if self.names.len() > 1 => {
                let name = name.rsplit('/').next().unwrap_or(name);
                format!("{name}:{line}")
            }
            _ => format!("line {line}"),
        }
    }
}

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &MemstatsArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    let report = read(args)?;
    if !common.quiet {
        for lost in &report.lost {
            complain(lost);
        }
        if report.collector.unrecognized_count > 0 {
            complain(&format!(
                "{} lines looked like memory statistics and could not be read",
                report.collector.unrecognized_count
            ));
        }
    }
    if report.collector.runs.is_empty() && report.collector.unrecognized_count == 0 {
        return Err(Failure::no_answer(format!(
            "{}: no memory statistics in it\n\n\
             hint: print runtime.MemStats (%+v, JSON), or fetch /debug/vars or /debug/pprof/heap?debug=1",
            report.names.join(" ")
        )));
    }
    let exit = if report.lost.is_empty() && report.collector.unrecognized_count == 0 {
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

fn read(args: &MemstatsArgs) -> Result<Report, Failure> {
    let mut collector = Collector::default();
    let mut lost = Vec::new();
    let mut names = Vec::new();
    for (source, log) in args.logs().enumerate() {
        let name = log.name();
        let mut window = log.window()?;
        let mut reader = log.reader()?;
        let mut each = |record: Record<'_>| {
            // What has no time is in every stretch.
            if window.admits(None, record.stamp) != Within::No {
                collector.record(source, &record);
            }
        };
        let ended = chunks(&log.file, log.follow, &mut |chunk| {
            reader.push(chunk, &mut each);
            ControlFlow::Continue(())
        })
        .map_err(|error| Failure::unreadable(format!("{name}: {error}")))?;
        reader.finish(&mut each);
        collector.end(|origin| String::from_utf8_lossy(reader.origin_name(origin)).into_owned());
        lost.extend(ended.lost.map(|why| format!("{name}: {why}")));
        names.push(name);
    }
    let findings = collector.runs.iter().map(findings).collect();
    Ok(Report {
        names,
        collector,
        findings,
        lost,
    })
}
