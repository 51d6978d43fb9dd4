//! What a log without a verb answers: what is inside, the worst of it first, and which verb says more.

use crate::answer::{Exit, Failure, Incomplete, InputSummary};
use crate::cli::Common;
use crate::input::log;
use dumpview_model::finding::{self, Finding};
use dumpview_model::inventory::{Inventory, Part};
use dumpview_model::timeline::{Collector, Lane, Moment, MomentKind, Placed, Timeline, What};
use dumpview_model::units::{grouped, plural};
use dumpview_model::{memstats, sched};
use dumpview_parsers::log::{Kind, LogReader, Record};
use dumpview_view::safe::safe_bytes;
use dumpview_view::sink::ansi::{Ansi, Styles};
use dumpview_view::{Align, Role, Table, Text, styled};
use serde::Serialize;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::Path;

/// So many lines of the application before a crash are shown.
const BEFORE: usize = 3;

/// So many findings are shown in text.
const FINDINGS: usize = 5;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    input: InputSummary,
    incomplete: Vec<Incomplete>,
    reason: Option<&'a str>,
    moments: &'a [MomentDoc],
    findings: &'a [Finding],
    contents: Vec<PartDoc>,
    unrecognized: Vec<serde_json::Value>,
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
            Kind::Log(text) => {
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
            Kind::Traceback(_) if !self.in_crash => {
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

/// Answers. The inner result is about writing the answer.
pub fn run(
    path: &Path,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    let report = read(path)?;
    if let Some(lost) = report.lost.as_deref().filter(|_| !common.quiet) {
        complain(&format!("{}: {lost}", report.path));
    }
    let exit = if report.lost.is_some() {
        Exit::Damaged
    } else {
        Exit::Answered
    };
    let written = if common.json {
        json(&report, out)
    } else {
        text(&report, &mut Text::new(&mut Ansi::new(out, Styles::Ansi)))
    };
    Ok(written.map(|()| exit))
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
        finding::rank(&mut findings);
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
    /// What ended the process: the last crash or kill. What came after one that was survived is another's.
    pub fn death(&self) -> Option<&MomentDoc> {
        let ends = |moment: &&MomentDoc| moment.kind == "crash" || moment.kind == "oom";
        self.moments.iter().rev().find(ends)
    }
}

fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: "dumpview.log/1",
        input: InputSummary {
            path: report.path.clone(),
            kind: "log",
            executable: None,
            go_version: None,
            arch: None,
        },
        incomplete: report
            .lost
            .iter()
            .map(|why| Incomplete {
                what: "input".to_owned(),
                why: why.clone(),
            })
            .collect(),
        reason: report.death().map(|death| death.text.as_str()),
        moments: &report.moments,
        findings: &report.findings,
        contents: report
            .inventory
            .parts()
            .map(|(part, extent)| PartDoc {
                format: part.as_str(),
                records: extent.records,
                first_line: extent.first,
                last_line: extent.last,
                verb: part.verb(),
            })
            .collect(),
        unrecognized: report
            .unreadable
            .iter()
            .map(|(line, why, text)| serde_json::json!({"line": line, "why": why, "text": text}))
            .collect(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
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
        out.line(format_args!(
            "{}: {}",
            finding.severity.name(),
            finding.text
        ))?;
        for evidence in finding.evidence.iter().take(2) {
            let line = format_args!("    line {}: {}", grouped(evidence.line), evidence.what);
            out.line(styled(Role::Dim, line))?;
        }
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
