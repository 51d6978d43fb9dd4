//! What a log without a verb answers: what is inside, the worst of it first, and which verb says more.

use super::reading::UnreadLine;
use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::{Files, Kind};
use crate::flags::NoFlags;
use crate::input::log;
use crate::out::Out;
use crate::verb::{About, Group, OnFiles, Verb};
use dumpview_model::finding::{Finding, rank};
use dumpview_model::inventory::{Inventory, Part};
use dumpview_model::timeline::{Collector, Lane, Moment, MomentKind, Placed, Timeline, What};
use dumpview_model::units::{grouped, plural};
use dumpview_model::{memstats, sched};
use dumpview_parsers::log::{Kind as Line, LogReader, Record};
use dumpview_view::document::{Envelope, Incomplete, InputSummary};
use dumpview_view::finding::{self, Evidence};
use dumpview_view::safe::safe_bytes;
use dumpview_view::{Align, Role, Table, Text, styled};
use serde::{Serialize, Serializer};
use std::collections::VecDeque;
use std::io;
use std::path::Path;

/// So many lines of the application before a crash are shown.
const BEFORE: usize = 3;

/// So many findings are shown in text.
const FINDINGS: usize = 5;

#[derive(Serialize)]
struct Body<'a> {
    reason: Option<&'a str>,
    moments: &'a [MomentDoc],
    findings: &'a [Finding],
    contents: Vec<PartDoc>,
    unrecognized: Vec<UnreadLine>,
    unrecognized_count: u64,
}

#[derive(Serialize)]
struct PartDoc {
    format: &'static str,
    records: u64,
    first_line: u64,
    last_line: u64,
    verb: Option<&'static str>,
}

/// A crash, dump, kill.
#[derive(Serialize)]
pub struct MomentDoc {
    /// Which of these, as JSON spells it.
    pub kind: &'static str,
    /// The cause in the runtime's or kernel's words.
    pub text: String,
    /// Its line.
    pub line: u64,
    /// Goroutines that were printed, when any were.
    pub goroutines: Option<u64>,
    /// The application's last lines before it.
    pub before: Vec<String>,
}

/// What a log holds.
pub struct Report {
    path: String,
    /// Why not all of it was read, when so.
    pub lost: Option<String>,
    /// Crashes, dumps, kills.
    pub moments: Vec<MomentDoc>,
    /// What is worth knowing, the worst first.
    pub findings: Vec<Finding>,
    /// How much of what.
    pub inventory: Inventory,
    /// Lines that could not be read: number, why, text; the first of them.
    pub unreadable: Vec<(u64, &'static str, String)>,
    unreadable_count: u64,
}

/// The application's last lines, as the records come; and what they were when a crash began.
#[derive(Clone, Default)]
struct Before {
    last: VecDeque<(u64, String)>,
    in_crash: bool,
    /// By the line at which the crash begins.
    at: Vec<(u64, Vec<String>)>,
}

impl Before {
    fn record(&mut self, record: &Record<'_>) {
        const MOST_CRASHES: usize = 64;
        match &record.kind {
            Line::Log(text) => {
                self.in_crash = false;
                if text.trim_ascii().is_empty() {
                    return;
                }
                if self.last.len() == BEFORE {
                    self.last.pop_front();
                }
                let head = text.get(..400).unwrap_or(text);
                self.last
                    .push_back((record.place.line, safe_bytes(head).into_owned()));
            }
            Line::Traceback(_) if !self.in_crash => {
                self.in_crash = true;
                if self.at.len() < MOST_CRASHES {
                    let lines = self.last.iter().map(|(_, text)| text.clone()).collect();
                    self.at.push((record.place.line, lines));
                }
            }
            _ => {}
        }
    }

    fn of(&self, line: u64) -> Vec<String> {
        let found = self.at.iter().rev().find(|(at, _)| *at <= line);
        found.map_or_else(Vec::new, |(_, lines)| lines.clone())
    }
}

/// What FILE without a verb asks of a log.
pub struct ContentsVerb;

impl Verb for ContentsVerb {
    type Args = NoFlags;
    const ABOUT: About = About {
        group: Group::Opening,
        ..About::log(
            "log",
            "What a log holds, the worst of it first, and which verb says more",
        )
    };
}

impl OnFiles for ContentsVerb {
    const READS: &'static [Kind] = &[Kind::Log];

    fn answer(files: &Files<'_>, _: &NoFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let report = read(files.first())?;
        let incomplete = report.incomplete();
        out.complain_of(&report.path, &incomplete);
        let envelope = Envelope::new(
            "log",
            InputSummary {
                path: report.path.clone(),
                kind: "log",
                ..InputSummary::default()
            },
        );
        out.whole(&envelope, &incomplete, &report)?;
        Ok(if incomplete.is_empty() {
            Exit::Answered
        } else {
            Exit::Damaged
        })
    }
}

fn read(path: &Path) -> Result<Report, Failure> {
    let name = path.display().to_string();
    let mut reading = Reading::new(&name);
    let mut reader = LogReader::new();
    let ended = log::read(path, &mut reader, &mut |record| reading.record(&record))
        .map_err(|error| Failure::unreadable(format!("{name}: {error}")))?;
    if !reading.inventory.has_traces() {
        return Err(nothing_of_go(&name, &reading.inventory));
    }
    Ok(reading.report(&name, ended.lost))
}

/// What a log holds, as it is read.
#[derive(Clone)]
pub struct Reading {
    collector: Collector,
    sched: sched::Collector,
    memory: memstats::Collector,
    inventory: Inventory,
    before: Before,
}

impl Reading {
    /// Of a log of that name, nothing read yet.
    pub fn new(name: &str) -> Self {
        let mut collector = Collector::new();
        collector.begin_log(name);
        Self {
            collector,
            sched: sched::Collector::new(),
            memory: memstats::Collector::default(),
            inventory: Inventory::default(),
            before: Before::default(),
        }
    }

    /// Takes a record.
    pub fn record(&mut self, record: &Record<'_>) {
        self.inventory.record(record);
        self.before.record(record);
        self.sched.record(record, &mut |_| {});
        self.memory.record(0, record);
        self.collector.record(record);
    }

    /// What was read, on one axis.
    pub fn timeline(mut self) -> Timeline {
        self.collector.end_log(|_| String::new());
        self.collector.finish(&[])
    }

    /// What was read, the worst first.
    pub fn report(mut self, name: &str, lost: Option<String>) -> Report {
        self.collector.end_log(|_| String::new());
        self.sched.finish(&mut |_| {});
        self.memory.end(|_| String::new());
        let mut findings = self.collector.findings();
        if let Some(run) = self.sched.main() {
            findings.extend(sched::findings(&self.sched, run));
        }
        findings.extend(self.memory.runs.iter().flat_map(memstats::findings));
        rank(&mut findings);
        let unreadable_count = self.inventory.get(Part::Unreadable);
        let unreadable_count = unreadable_count.map_or(0, |extent| extent.records);
        let timeline = self.collector.finish(&[]);
        let moments = timeline
            .events
            .iter()
            .filter(|placed| placed.event.lane == Lane::Moment)
            .filter_map(|placed| moment(placed, &self.before))
            .collect();
        Report {
            path: name.to_owned(),
            lost,
            moments,
            findings,
            inventory: self.inventory,
            unreadable: timeline
                .unreadable
                .into_iter()
                .map(|lost| (lost.line, lost.why, lost.text))
                .collect(),
            unreadable_count,
        }
    }
}

fn nothing_of_go(name: &str, inventory: &Inventory) -> Failure {
    let what = match inventory.get(Part::Log) {
        None => "is empty: nothing was written".to_owned(),
        Some(lines) => format!(
            "not an ELF file, and among its {} there is nothing that a Go process, its compiler or the kernel's \
             killer prints",
            plural(lines.records, "line")
        ),
    };
    Failure::unreadable(format!(
        "{name}: {what}\n\n\
         hint: give a core dump, or a log with a crash, GODEBUG=gctrace=1 or schedtrace=1000 lines, MemStats, or \
         go build -gcflags=-m output"
    ))
}

fn moment(placed: &Placed, before: &Before) -> Option<MomentDoc> {
    let What::Moment(moment) = &placed.event.what else {
        return None;
    };
    let Moment {
        kind,
        text,
        goroutines,
    } = &**moment;
    let line = placed.event.place.line;
    Some(MomentDoc {
        kind: kind.as_str(),
        text: text.to_string(),
        line,
        goroutines: *goroutines,
        before: match kind {
            MomentKind::Crash => before.of(line),
            _ => Vec::new(),
        },
    })
}

impl Report {
    /// What is missing from the input.
    fn incomplete(&self) -> Vec<Incomplete> {
        let lost = self.lost.iter().map(|why| Incomplete {
            what: "input".to_owned(),
            why: why.clone(),
        });
        lost.collect()
    }

    /// What ended the process: the last crash or kill. What came after one that was survived is another's.
    pub fn death(&self) -> Option<&MomentDoc> {
        let ends = |moment: &&MomentDoc| moment.kind == "crash" || moment.kind == "oom";
        self.moments.iter().rev().find(ends)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unrecognized = self.unreadable.iter().map(|(line, why, text)| UnreadLine {
            source: None,
            line: *line,
            format: None,
            text: text.clone(),
            why,
        });
        let parts = self.inventory.parts().map(|(part, extent)| PartDoc {
            format: part.as_str(),
            records: extent.records,
            first_line: extent.first,
            last_line: extent.last,
            verb: part.verb(),
        });
        let body = Body {
            reason: self.death().map(|death| death.text.as_str()),
            moments: &self.moments,
            findings: &self.findings,
            contents: parts.collect(),
            unrecognized: unrecognized.collect(),
            unrecognized_count: self.unreadable_count,
        };
        body.serialize(serializer)
    }
}

impl Answer for Report {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        text(self, out)
    }
}

fn text(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    // A kill is told in full by its finding.
    if let Some(death) = report.death().filter(|death| death.kind != "oom") {
        out.line(styled(Role::Alarm, &death.text))?;
        let goroutines = death
            .goroutines
            .map_or_else(String::new, |n| format!(", {}", plural(n, "goroutine")));
        out.line(format_args!("  line {}{goroutines}", grouped(death.line)))?;
        if !death.before.is_empty() {
            out.line("  the application's last lines before it:")?;
            for line in &death.before {
                out.line(styled(Role::Dim, format_args!("    {line}")))?;
            }
        }
        out.line("")?;
    }
    others(report, out)?;
    for finding in report.findings.iter().take(FINDINGS) {
        finding::write(finding, Evidence::First(2), out)?;
    }
    if !report.findings.is_empty() {
        out.line("")?;
    }
    contents(report, out)?;
    if report.unreadable_count > 0 {
        out.line("")?;
        out.line(format_args!(
            "{} looked like traces and could not be read:",
            plural(report.unreadable_count, "line")
        ))?;
        for (line, why, _) in report.unreadable.iter().take(FINDINGS) {
            out.line(format_args!("  line {}: {why}", grouped(*line)))?;
        }
    }
    Ok(())
}

/// The moments beside the death, the last of them by name.
fn others(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    let death = report.death().map(|death| death.line);
    let others: Vec<&MomentDoc> = report
        .moments
        .iter()
        // Kills are among the findings.
        .filter(|moment| Some(moment.line) != death && moment.kind != "oom")
        .collect();
    let Some(left) = others.len().checked_sub(1) else {
        return Ok(());
    };
    if death.is_some() {
        out.line("also in it:")?;
    }
    for moment in others.iter().rev().take(FINDINGS) {
        let line = grouped(moment.line);
        out.line(format_args!(
            "  {} at line {line}: {}",
            moment.kind, moment.text
        ))?;
    }
    if left >= FINDINGS {
        out.line(format_args!(
            "  and {} before: dumpview timeline {} --lane moment",
            left + 1 - FINDINGS,
            report.path
        ))?;
    }
    out.line("")
}

fn contents(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    out.line(styled(Role::Heading, format_args!("{} holds", report.path)))?;
    let mut table = Table::new([
        ("  what", Align::Left),
        ("records", Align::Right),
        ("lines", Align::Left),
        ("more", Align::Left),
    ]);
    for (part, extent) in report.inventory.parts() {
        let more = part.verb().map_or_else(String::new, |verb| {
            format!("dumpview {verb} {}", report.path)
        });
        table.row([
            format!("  {}", part.as_str()),
            grouped(extent.records),
            format!("{}–{}", grouped(extent.first), grouped(extent.last)),
            more,
        ]);
    }
    table.write(out)
}
