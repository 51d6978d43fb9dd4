//! What a log says of goroutines, for people: why it died first.

use super::text::Report;
use super::view::stack_text;
use crate::answer::Answer;
use dumpview_model::frame::Frame;
use dumpview_model::traceback::{Access, Death, Dump, Race, Summary};
use dumpview_model::units::{grouped, plural};
use dumpview_view::finding;
use dumpview_view::{Role, Text, styled};
use std::io::{self, Write};

/// So many of something are shown in full.
const SHOWN: usize = 5;

impl Answer for Report {
    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        self.view.as_ref().and_then(|view| view.csv(out))
    }

    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        write(self, out)
    }
}

fn write(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    if let Some(dump) = &report.dump {
        if let Some(death) = &dump.death {
            death_text(report, dump, death, out)?;
        }
        finding::write_all(&report.findings, out)?;
        if !report.findings.is_empty() {
            out.line("")?;
        }
    }
    races(report, out)?;
    if let Some(view) = &report.view {
        view.text(out)?;
    }
    others(report, out)?;
    unrecognized(report, out)
}

fn death_text(report: &Report, dump: &Dump, death: &Death, out: &mut Text<'_>) -> io::Result<()> {
    lines(&death.reason(), out)?;
    let goroutine = death
        .goroutine
        .map_or_else(String::new, |id| format!(", goroutine {id}"));
    out.line(styled(
        Role::Dim,
        format_args!("  line {}{goroutine}", grouped(death.line)),
    ))?;
    if let Some(meaning) = death.meaning() {
        out.line(format_args!("  {meaning}"))?;
    }
    for note in &death.notes {
        out.line(format_args!("  {}", note.text))?;
    }
    if death.panics.len() > 1 {
        out.line("  the panics in flight, oldest first:")?;
        for panic in &death.panics {
            let recovered = if panic.recovered { " [recovered]" } else { "" };
            out.line(format_args!(
                "    line {}: {}{recovered}",
                grouped(panic.line),
                panic.text
            ))?;
        }
    }
    if !dump.before.is_empty() {
        out.line("  the application's last lines before it:")?;
        let skipped = dump.before.len().saturating_sub(SHOWN);
        for line in dump.before.iter().skip(skipped) {
            let head: String = line.text.chars().take(160).collect();
            let more = if head.len() < line.text.len() {
                "…"
            } else {
                ""
            };
            out.line(styled(Role::Dim, format_args!("    {head}{more}")))?;
        }
    }
    out.line("")?;
    let crashed = report.crashed.as_ref();
    if let Some(crashed) = crashed.filter(|crashed| !crashed.frames.is_empty()) {
        out.line(styled(
            Role::Heading,
            format_args!("goroutine {} crashed in", crashed.id),
        ))?;
        let frames = crashed.frames.iter().filter(|frame| !frame.runtime);
        stack_text(frames, crashed.elided, "    ", out)?;
        out.line("")?;
    } else if let Some(thread) = dump
        .threads
        .first()
        .filter(|_| death.goroutine.is_none() && death.signal.is_none())
    {
        out.line(styled(Role::Heading, "the thread's own stack"))?;
        stack_text(thread.frames.iter(), None, "    ", out)?;
        out.line("")?;
    }
    Ok(())
}

/// The reason, whose text may have several lines.
fn lines(text: &str, out: &mut Text<'_>) -> io::Result<()> {
    for (at, line) in text.lines().enumerate() {
        let indent = if at == 0 { "" } else { "  " };
        out.line(styled(Role::Alarm, format_args!("{indent}{line}")))?;
    }
    Ok(())
}

fn races(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    let races = &report.found.races;
    if races.is_empty() {
        return Ok(());
    }
    // A loop is reported many times: each pair of places is told once.
    let mut distinct: Vec<(&Race, usize)> = Vec::new();
    for race in races {
        match distinct.iter_mut().find(|(known, _)| known.is_like(race)) {
            Some((_, count)) => *count += 1,
            None => distinct.push((race, 1)),
        }
    }
    let count = plural(report.found.race_count as u64, "data race");
    let places = plural(distinct.len() as u64, "pair");
    out.line(styled(
        Role::Alarm,
        format_args!("{count} reported, {places} of places"),
    ))?;
    out.line("")?;
    let shown = if report.with_stacks {
        distinct.len()
    } else {
        SHOWN
    };
    for (race, count) in distinct.iter().take(shown) {
        let times = if *count > 1 {
            format!(" ({count} times)")
        } else {
            String::new()
        };
        out.line(format_args!(
            "line {}{times}: {}",
            grouped(race.line),
            race.sentence()
        ))?;
        access("this", &race.access, out)?;
        access("before", &race.previous, out)?;
        out.line("")?;
    }
    let more = distinct.len().saturating_sub(shown);
    if more > 0 {
        out.line(styled(
            Role::Dim,
            format_args!("and {more} more (--with-stacks shows all)"),
        ))?;
        out.line("")?;
    }
    Ok(())
}

fn access(which: &str, access: &Access, out: &mut Text<'_>) -> io::Result<()> {
    out.line(format_args!("    {} ({which})", access.kind))?;
    if access.frames.is_empty() {
        out.line(styled(Role::Dim, "        its calls are not known"))?;
    }
    let users: Vec<&Frame> = access
        .frames
        .iter()
        .filter(|frame| !frame.runtime)
        .collect();
    stack_text(users.into_iter(), None, "        ", out)
}

/// What else is in the log.
fn others(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    let found = &report.found;
    let shown = report.dump.as_ref().map_or(0, |dump| dump.number);
    if found.dump_count > 1 {
        out.line("")?;
        out.line(format_args!(
            "this is dump {shown} of {} (--dump N shows another):",
            found.dump_count
        ))?;
        let list: Vec<&Summary> = found.dumps.iter().map(AsRef::as_ref).collect();
        // The first, and those around the one that is shown.
        let skip = if list.len() > 12 { list.len() - 12 } else { 0 };
        for summary in list.iter().skip(skip) {
            let mark = if summary.number == shown { "*" } else { " " };
            let first = summary.text().lines().next().unwrap_or_default();
            out.line(format_args!(
                "  {mark} {:>3}  line {}, {}: {}",
                summary.number,
                grouped(summary.line),
                plural(summary.goroutines as u64, "goroutine"),
                first
            ))?;
        }
        if skip > 0 {
            out.line(styled(
                Role::Dim,
                format_args!("    the first {skip} are not listed"),
            ))?;
        }
    }
    let repeated = report.dump.as_ref().map_or(0, |dump| dump.repeated);
    if repeated > 0 {
        let note = format_args!(
            "{} printed again by their threads, counted once",
            plural(repeated as u64, "goroutine")
        );
        out.line(styled(Role::Dim, note))?;
    }
    Ok(())
}

fn unrecognized(report: &Report, out: &mut Text<'_>) -> io::Result<()> {
    let count = report.unread.count();
    if count == 0 {
        return Ok(());
    }
    out.line("")?;
    out.line(format_args!(
        "{} of the dumps could not be read:",
        plural(count, "line")
    ))?;
    for lost in report.unread.lines().iter().take(SHOWN) {
        out.line(format_args!(
            "  line {}: {}: {}",
            grouped(lost.line),
            lost.why,
            lost.text
        ))?;
    }
    Ok(())
}
