//! What a log without a verb answers: what is inside, the worst of it first, and which verb says more.

mod death;

pub use self::death::DeathDoc;
use super::info;
use crate::answer::{Answer, Exit, Failure, Stop};
use crate::case::{Files, Kind};
use crate::flags::NoFlags;
use crate::log::{LogFlags, Whole, whole};
use crate::out::Out;
use crate::verb::{About, Group, OnFiles, Verb};
use crate::words::quoted;
use dumpview_model::finding::Finding;
use dumpview_model::inventory::{Inventory, Part};
use dumpview_model::log::{ProcessId, Unread};
use dumpview_model::log_model::{LogModel, LogProcess, Parts};
use dumpview_model::oom::Killing;
use dumpview_model::traceback::{Race, Summary};
use dumpview_model::units::{grouped, plural};
use dumpview_view::document::{self, Envelope, Incomplete, LogTail};
use dumpview_view::finding;
use dumpview_view::{Align, Role, Table, Text, styled};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::io;
use std::path::Path;

/// So many findings are shown in text.
const FINDINGS: usize = 5;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "log-contents")]
pub struct Body<'a> {
    /// The cause of the last crash or kill in it; null when there is none.
    reason: Option<&'a str>,
    /// Crashes, goroutine dumps, kills, races, in order of their lines.
    moments: &'a [MomentDoc],
    /// What else is known of that crash, or of the last goroutine dump when nothing crashed; null without one.
    death: Option<&'a DeathDoc>,
    /// How much of what is in it.
    contents: Vec<PartDoc>,
    /// Every process that printed something of Go's.
    processes: &'a [ProcessDoc],
    #[serde(flatten)]
    tail: LogTail,
}

/// How much a process printed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "log-process")]
struct ProcessDoc {
    /// Its number, which every verb on that log counts.
    process: ProcessId,
    /// Cycles of the collector, those included that may be of another process.
    cycles: u64,
    /// Samples of the scheduler.
    samples: u64,
    /// Memory statistics.
    snapshots: u64,
    /// Deaths.
    crashes: usize,
    /// Dumps of goroutines without a death.
    dumps: usize,
    /// Race reports.
    races: usize,
}

/// A kind of records in a log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "log-part")]
struct PartDoc {
    /// What it is: `gctrace`, `log`.
    format: &'static str,
    /// How many records.
    records: u64,
    /// Line of the first, from 1.
    first_line: u64,
    /// Line of the last, from 1.
    last_line: u64,
    /// The verb that says more of it; null when none does.
    verb: Option<&'static str>,
}

/// A crash, a dump, a kill or a race.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "moment")]
pub struct MomentDoc {
    /// `crash` (a death), `dump` (goroutines printed without one), `oom` (a kill), `race`.
    pub kind: &'static str,
    /// The cause in the runtime's or kernel's words, whole, with its newlines.
    pub text: String,
    /// Its line, from 1.
    pub line: u64,
    /// Who printed it; 0 for a kill, which the kernel prints.
    pub process: ProcessId,
    /// Goroutines that were printed; null when none were.
    pub goroutines: Option<u64>,
    /// The application's last three lines before a crash or dump.
    pub before: Vec<String>,
}

/// What a log holds.
pub struct Report {
    path: String,
    /// Why not all of it was read, when so.
    pub lost: Option<String>,
    /// Crashes, dumps, kills, races, in order.
    pub moments: Vec<MomentDoc>,
    /// What is worth knowing, the worst first.
    pub findings: Vec<Finding>,
    /// How much of what.
    pub inventory: Inventory,
    /// Lines that could not be read.
    pub unread: Unread,
    processes: Vec<ProcessDoc>,
    /// What else is known of the last crash, or of the last dump.
    pub told: Option<DeathDoc>,
}

/// What FILE without a verb asks of a log.
pub struct ContentsVerb;

impl Verb for ContentsVerb {
    type Args = NoFlags;
    type Body = Body<'static>;
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
        let envelope = Envelope::of_log("log", &report.path);
        out.whole(&envelope, &incomplete, &report)?;
        Ok(Exit::lacking(&incomplete))
    }
}

fn read(path: &Path) -> Result<Report, Failure> {
    let name = path.display().to_string();
    let read = whole(path, &LogFlags::default(), LogModel::new(Parts::OVERVIEW))?;
    let Whole { model, ended, .. } = read;
    if !model.inventory.has_traces() {
        return Err(nothing_of_go(&name, &model.inventory));
    }
    Ok(Report::of(&model, &name, ended.lost))
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

impl MomentDoc {
    fn of_dump(dump: &Summary) -> Self {
        Self {
            kind: if dump.fatal { "crash" } else { "dump" },
            text: dump.text().to_owned(),
            line: dump.line,
            process: dump.process,
            goroutines: (dump.goroutines > 0).then_some(dump.goroutines as u64),
            before: dump.before.iter().map(|line| line.text.clone()).collect(),
        }
    }

    fn of_race(race: &Race) -> Self {
        Self {
            kind: "race",
            text: race.title(),
            line: race.line,
            process: race.process,
            goroutines: None,
            before: Vec::new(),
        }
    }

    fn of_kill(killing: &Killing) -> Self {
        Self {
            kind: "oom",
            text: killing.sentence(),
            line: killing.place.line,
            process: ProcessId::default(),
            goroutines: None,
            before: Vec::new(),
        }
    }
}

impl ProcessDoc {
    fn of(process: &LogProcess<'_>) -> Self {
        Self {
            process: process.id,
            cycles: process.gc.map_or(0, |gc| gc.cycles + gc.doubtful),
            samples: process.sched.map_or(0, |sched| sched.samples),
            snapshots: process.memory.map_or(0, |memory| memory.count),
            crashes: process.crashes.len(),
            dumps: process.dumps.len(),
            races: process.races.len(),
        }
    }
}

impl Report {
    /// What was read so far, the worst first.
    pub fn of(model: &LogModel, name: &str, lost: Option<String>) -> Self {
        let found = model.tracebacks.found();
        let dumps = found.dumps.iter().map(|dump| MomentDoc::of_dump(dump));
        let races = found.races.iter().map(|race| MomentDoc::of_race(race));
        let kills = model.kills.killings.iter().map(MomentDoc::of_kill);
        let mut moments: Vec<MomentDoc> = dumps.chain(races).chain(kills).collect();
        moments.sort_by_key(|moment| moment.line);
        Self {
            path: name.to_owned(),
            lost,
            moments,
            findings: model.findings(),
            inventory: model.inventory.clone(),
            unread: model.unread.clone(),
            processes: model.processes().iter().map(ProcessDoc::of).collect(),
            told: DeathDoc::of(model),
        }
    }

    /// What is missing from the input.
    fn incomplete(&self) -> Vec<Incomplete> {
        let lost = self.lost.iter().map(|why| Incomplete {
            what: "input".to_owned(),
            why: why.clone(),
        });
        let unread = document::Unread::of(&self.unread, None);
        lost.chain(unread.incomplete()).collect()
    }

    /// What ended the process: the last crash or kill. What came after one that was survived is another's.
    pub fn death(&self) -> Option<&MomentDoc> {
        let ends = |moment: &&MomentDoc| moment.kind == "crash" || moment.kind == "oom";
        self.moments.iter().rev().find(ends)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
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
            death: self.told.as_ref(),
            contents: parts.collect(),
            processes: &self.processes,
            tail: LogTail {
                findings: self.findings.clone(),
                unread: document::Unread::of(&self.unread, None),
            },
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
    let told = report.told.as_ref();
    if let Some(death) = report.death().filter(|death| death.kind != "oom") {
        let told = told.filter(|told| told.line == death.line);
        let role = if told.is_some_and(DeathDoc::is_asked_for) {
            Role::Heading
        } else {
            Role::Alarm
        };
        for (at, line) in death.text.lines().enumerate() {
            let indent = if at == 0 { "" } else { "  " };
            let line = line.replace('\t', "    ");
            out.line(styled(role, format_args!("{indent}{line}")))?;
        }
        let goroutines = death
            .goroutines
            .map_or_else(String::new, |n| format!(", {}", plural(n, "goroutine")));
        out.line(format_args!("  line {}{goroutines}", grouped(death.line)))?;
        before(death, out)?;
        told.map_or(Ok(()), |told| told.text(out))?;
        out.line("")?;
    } else if let Some(told) = told {
        let line = grouped(told.line);
        let text = format_args!("goroutines were printed, at line {line}");
        out.line(styled(Role::Heading, text))?;
        told.text(out)?;
        out.line("")?;
    }
    for finding in report.findings.iter().take(FINDINGS) {
        info::finding(finding, out)?;
        for line in finding::evidence(finding).take(2) {
            out.line(line)?;
        }
    }
    if !report.findings.is_empty() {
        out.line("")?;
    }
    others(report, out)?;
    contents(report, out)?;
    let next = next(report);
    if !next.is_empty() {
        out.line("")?;
        info::next(&next, out)?;
    }
    if report.unread.count() > 0 {
        out.line("")?;
        out.line(format_args!(
            "{} looked like traces and could not be read:",
            plural(report.unread.count(), "line")
        ))?;
        for lost in report.unread.lines().iter().take(FINDINGS) {
            out.line(format_args!("  line {}: {}", grouped(lost.line), lost.why))?;
        }
    }
    Ok(())
}

/// What the application said last.
fn before(death: &MomentDoc, out: &mut Text<'_>) -> io::Result<()> {
    const MOST: usize = 120;
    if death.before.is_empty() {
        return Ok(());
    }
    out.line("  the application's last lines before it:")?;
    for line in &death.before {
        let mut head: String = line.chars().take(MOST).collect();
        if head.len() < line.len() {
            head.push('…');
        }
        out.line(styled(Role::Dim, format_args!("    {head}")))?;
    }
    Ok(())
}

/// The moments beside the death, the last of them by name.
fn others(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    let death = report.death().map(|death| death.line);
    let told = report.told.as_ref().map(|told| told.line);
    let told = death.or(told);
    let others: Vec<&MomentDoc> = report
        .moments
        .iter()
        // Kills are among the findings.
        .filter(|moment| Some(moment.line) != told && moment.kind != "oom")
        .collect();
    let Some(left) = others.len().checked_sub(1) else {
        return Ok(());
    };
    if told.is_some() {
        out.line("also in it:")?;
    }
    for moment in others.iter().rev().take(FINDINGS) {
        let line = grouped(moment.line);
        let mut text = moment.text.lines();
        let first = text.next().unwrap_or_default();
        let more = if text.next().is_some() { " …" } else { "" };
        let line = styled(
            Role::Plain,
            format_args!("  {} at line {line}: {first}{more}", moment.kind),
        );
        let lines = line.wrapped(80, 4);
        lines.into_iter().try_for_each(|line| out.line(line))?;
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
    ]);
    for (part, extent) in report.inventory.parts() {
        table.row([
            format!("  {}", part.as_str()),
            grouped(extent.records),
            format!("{}–{}", grouped(extent.first), grouped(extent.last)),
        ]);
    }
    table.write(out)
}

/// What to ask next: a line for the shell for each verb that says more, what died first.
fn next(report: &Report) -> Vec<String> {
    let mut verbs: Vec<&str> = Vec::new();
    for verb in report.inventory.parts().filter_map(|(part, _)| part.verb()) {
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    let path = quoted(&report.path);
    let lines = verbs.iter();
    lines
        .map(|verb| format!("dumpview {verb} {path}"))
        .collect()
}
