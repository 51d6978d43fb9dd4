//! Reports as `go tool pprof` prints them (internal/report/report.go).

use super::source::ListedSource;
use dumpview_model::profile::graph::Trimmed;
use dumpview_model::profile::measure::percentage;
use dumpview_model::profile::{Inlined, Link, Report, Row, TagKey, TreeRow};
use dumpview_view::safe::safe;
use std::io::{self, Write};

/// Writes lines without what a terminal would obey. Tabs stay: source has them.
pub struct Escaping<'w> {
    out: &'w mut dyn Write,
}

impl<'w> Escaping<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self { out }
    }

    /// Writes a line; of a name that goes over several it stays one.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        for (index, part) in text.split('\t').enumerate() {
            if index > 0 {
                self.out.write_all(b"\t")?;
            }
            self.out.write_all(safe(part).as_bytes())?;
        }
        self.out.write_all(b"\n")
    }
}

/// The header and the rows of `top`.
pub fn top(report: &Report, of: &Trimmed, rows: &[Row], out: &mut Escaping<'_>) -> io::Result<()> {
    for line in report.header(of, false) {
        out.line(&line)?;
    }
    out.line(&format!(
        "{:>10} {:>5}% {:>5}% {:>10} {:>5}%",
        "flat", "flat", "sum", "cum", "cum"
    ))?;
    let mut sum = 0i64;
    for row in rows {
        sum = sum.wrapping_add(row.flat);
        let inline = match row.inline {
            Inlined::No => "",
            Inlined::Partial => " (partial-inline)",
            Inlined::Yes => " (inline)",
        };
        out.line(&format!(
            "{:>10} {} {} {:>10} {}  {}{inline}",
            report.value(row.flat),
            report.percent(row.flat),
            report.percent(sum),
            report.value(row.cum),
            report.percent(row.cum),
            row.name
        ))?;
    }
    Ok(())
}

const TREE_SEPARATOR: &str =
    "----------------------------------------------------------+-------------";
const TREE_LEGEND: &str =
    "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t ";

/// Nodes between their calls, of `tree` and `peek`.
pub fn tree(
    report: &Report,
    of: &Trimmed,
    rows: &[TreeRow],
    out: &mut Escaping<'_>,
) -> io::Result<()> {
    for line in report.header(of, false) {
        out.line(&line)?;
    }
    out.line(TREE_SEPARATOR)?;
    out.line(TREE_LEGEND)?;
    let mut sum = 0i64;
    for TreeRow {
        row,
        callers,
        callees,
    } in rows
    {
        out.line(TREE_SEPARATOR)?;
        let call = |link: &Link| {
            format!(
                "{:>50} {} |   {}{}",
                report.value(link.value),
                percentage(link.value, row.cum),
                link.name,
                if link.inline { " (inline)" } else { "" }
            )
        };
        for link in callers {
            out.line(&call(link))?;
        }
        sum = sum.wrapping_add(row.flat);
        out.line(&format!(
            "{:>10} {} {} {:>10} {}                | {}",
            report.value(row.flat),
            report.percent(row.flat),
            report.percent(sum),
            report.value(row.cum),
            report.percent(row.cum),
            row.name
        ))?;
        for link in callees {
            out.line(&call(link))?;
        }
    }
    if !of.graph.shown.is_empty() {
        out.line(TREE_SEPARATOR)?;
    }
    Ok(())
}

/// Source with what its lines cost.
pub fn list(
    report: &Report,
    routines: &[ListedSource],
    search: &str,
    out: &mut Escaping<'_>,
) -> io::Result<()> {
    out.line(&format!("Total: {}", report.value(report.total)))?;
    for ListedSource {
        routine, source, ..
    } in routines
    {
        let name = &routine.function;
        let Some(file) = &routine.file else {
            out.line(&format!("No source information for {name}"))?;
            continue;
        };
        out.line(&format!(
            "ROUTINE ======================== {name} in {file}"
        ))?;
        out.line(&format!(
            "{:>10} {:>10} (flat, cum) {} of Total",
            report.value(routine.flat),
            report.value(routine.cum),
            report.percent(routine.cum)
        ))?;
        let cost = |line: i64| {
            let known = routine.lines.iter().find(|of| of.line == line);
            known.map_or((0, 0), |of| (of.flat, of.cum))
        };
        let row = |number: i64, text: &str| {
            let (flat, cum) = cost(number);
            let (flat, cum) = (report.value_or_dot(flat), report.value_or_dot(cum));
            format!("{flat:>10} {cum:>10} {number:>6}:{text}")
        };
        if let Some(lines) = source {
            for line in lines {
                out.line(&row(line.line, &line.text))?;
            }
            continue;
        }
        out.line(&format!(
            " Error: could not find file {file} on path {search}"
        ))?;
        // Without their source lines still have numbers.
        for line in &routine.lines {
            out.line(&row(line.line, ""))?;
        }
    }
    Ok(())
}

/// Samples one by one.
pub fn traces(report: &Report, out: &mut Escaping<'_>) -> io::Result<()> {
    const SEPARATOR: &str = "-----------+-------------------------------------------------------";
    let about = report.about();
    if about.is_empty() {
        out.line("")?;
    }
    about.iter().try_for_each(|line| out.line(line))?;
    for trace in report.traces() {
        out.line(SEPARATOR)?;
        for labels in [&trace.labels, &trace.numbers] {
            let lines = labels.iter();
            let mut lines: Vec<String> = lines
                .map(|(key, values)| format!("{key:>10}:  {}", values.join(" ")))
                .collect();
            lines.sort();
            for line in lines {
                out.line(&line)?;
            }
        }
        for (index, frame) in trace.stack.iter().enumerate() {
            let value = if index == 0 {
                report.value(trace.value)
            } else {
                String::new()
            };
            let inline = if frame.inline { " (inline)" } else { "" };
            out.line(&format!("{value:>10}   {}{inline}", frame.name))?;
        }
    }
    out.line(SEPARATOR)
}

/// Labels, in columns.
pub fn tags(report: &Report, tags: &[TagKey], out: &mut Escaping<'_>) -> io::Result<()> {
    for TagKey { key, total, values } in tags {
        let of = |value: i64| {
            if report.total > 0 {
                format!(" ({})", report.percent(value))
            } else {
                String::new()
            }
        };
        let total_text = report.value(report.total);
        let first = format!("{key}:");
        let counted: Vec<String> = values
            .iter()
            .map(|row| format!("{}{}:", report.value(row.flat), of(row.flat)))
            .collect();
        // The first column is as wide as the key, the second as its widest value, each after a blank. The text that is not
        // ended by a tab is no column of its own.
        let key_width = first.chars().count() + 1;
        let width = counted.iter().map(|text| text.chars().count());
        let width = width.max().unwrap_or(0) + 1;
        out.line(&format!(
            "{first:>key_width$} Total {} of {total_text}{}",
            report.value(*total),
            of(*total)
        ))?;
        for (text, row) in counted.iter().zip(values) {
            out.line(&format!("{:>key_width$}{text:>width$} {}", "", row.value))?;
        }
        out.line("")?;
    }
    Ok(())
}
