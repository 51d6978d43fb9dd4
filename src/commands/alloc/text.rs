//! The report for people: sums of all, findings, then by type, size and stack.

use super::Alloc;
use dumpview_model::alloc::{By, Process, Row, Totals, findings};
use dumpview_model::log_model::LogModel;
use dumpview_model::units::bytes;
use dumpview_model::units::{grouped, plural};
use dumpview_view::finding;
use dumpview_view::{Align, Line, Role, Table, Text, styled};
use std::io;

/// Callers shown below a stack's first own function.
const CALLERS: usize = 3;

pub(super) fn write(report: &Alloc, model: &LogModel, out: &mut Text<'_>) -> io::Result<()> {
    let many = model.alloc.processes.len() > 1;
    for (index, process) in model.alloc.processes.iter().enumerate() {
        if index > 0 {
            out.line("")?;
        }
        if many {
            out.line(styled(
                Role::Heading,
                format_args!("Process {}: {}", process.id, process.origin),
            ))?;
        }
        one(report, process, out)?;
    }
    let unread = &model.unread;
    if unread.count() > 0 {
        out.blank()?;
        out.line(format_args!(
            "{} looked like an allocation trace and could not be read:",
            plural(unread.count(), "line")
        ))?;
        for lost in unread.lines().iter().take(10) {
            let text: String = lost.text.chars().take(60).collect();
            out.line(format_args!("  line {}: {}: {}", lost.line, lost.why, text))?;
        }
    }
    Ok(())
}

fn one(report: &Alloc, process: &Process, out: &mut Text<'_>) -> io::Result<()> {
    let all = &process.all;
    out.line(styled(
        Role::Heading,
        format_args!(
            "{} allocated, {}; {} freed, {} live at the end ({}), over {}",
            plural(all.count, "object"),
            bytes(all.bytes),
            grouped(all.freed),
            grouped(all.live),
            bytes(all.live_bytes),
            plural(u64::from(process.collections), "collection"),
        ),
    ))?;
    out.line(styled(
        Role::Dim,
        format_args!(
            "allocfreetrace (line {} to {}); sizes are size classes",
            process.first_line, process.last_line
        ),
    ))?;
    finding::write_all(&findings(process), out)?;
    let asked = |by: By| report.bys.contains(&by);
    for (by, heading) in [(By::Type, "By type"), (By::Size, "By size class")] {
        if asked(by) {
            table(report, heading, &process.rows(by), out)?;
        }
    }
    if asked(By::Stack) {
        stacks(report, &process.rows(By::Stack), out)?;
    }
    Ok(())
}

/// When objects died: the middle and the greatest age.
fn ages(totals: &Totals) -> String {
    totals
        .ages()
        .map_or_else(|| "-".to_owned(), |ages| ages.to_string())
}

fn table(
    report: &Alloc,
    heading: &'static str,
    rows: &[Row<'_>],
    out: &mut Text<'_>,
) -> io::Result<()> {
    out.line("")?;
    let mut table = Table::new([
        (heading, Align::Left),
        ("objects", Align::Right),
        ("bytes", Align::Right),
        ("freed", Align::Right),
        ("live", Align::Right),
        ("live bytes", Align::Right),
        ("freed at collection p50 / max", Align::Right),
    ]);
    for row in rows.iter().take(report.top) {
        let key: String = row.key.chars().take(60).collect();
        table.row([
            key.clone(),
            grouped(row.totals.count),
            bytes(row.totals.bytes),
            grouped(row.totals.freed),
            grouped(row.totals.live),
            bytes(row.totals.live_bytes),
            ages(row.totals),
        ]);
    }
    table.write(out)?;
    more(rows.len(), report.top, out)
}

fn more(rows: usize, top: usize, out: &mut Text<'_>) -> io::Result<()> {
    match rows.checked_sub(top) {
        Some(rest) if rest > 0 => out.line(styled(
            Role::Dim,
            format_args!("and {} more: --top 0", grouped(rest as u64)),
        )),
        _ => Ok(()),
    }
}

fn stacks(report: &Alloc, rows: &[Row<'_>], out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    out.line(styled(Role::Heading, "By stack"))?;
    for row in rows.iter().take(report.top) {
        let totals = row.totals;
        let counts = format!(
            " in {}; {} freed{}, {} live",
            plural(totals.count, "object"),
            grouped(totals.freed),
            totals
                .ages()
                .map_or_else(String::new, |ages| format!(" (at collection {ages})")),
            grouped(totals.live),
        );
        out.line(styled(Role::Heading, bytes(totals.bytes)).and(Role::Plain, counts))?;
        let own = row
            .calls
            .iter()
            .skip_while(|(function, _)| *function != row.key)
            .take(1 + CALLERS);
        for (function, place) in own {
            out.line(
                Line::plain("    ")
                    .and(Role::Name, (*function).clone())
                    .and(Role::Dim, format!("  {place}")),
            )?;
        }
    }
    more(rows.len(), report.top, out)
}
