//! The reports for people.
//!
//! ```text
//! compiler output: 3 builds (-m, -m=2, -m=2 -l), 1219 lines, 1 package
//!   on the heap        62   …
//! why, of 62 on the heap
//!   …
//! worth looking at first
//!   ./main.go:58:9  func literal escapes to heap   closureCap
//!       returned to the caller
//! ```

use super::{Report, finding};
use dumpview_model::escape::{Class, Decision, Form, Group, GroupBy, Kind, Sym, group};
use dumpview_model::units::{grouped, plural};
use dumpview_view::{Align, Role, Table, Text, styled};
use std::io;

/// Everything at a glance.
pub(super) fn summary(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    head(report, out)?;
    kinds(report, out)?;
    reasons(report, out)?;
    for (by, title) in [
        (GroupBy::Package, "packages with most on the heap"),
        (GroupBy::File, "files with most on the heap"),
        (GroupBy::Function, "functions with most on the heap"),
    ] {
        let rows = group(report.analysis, &report.select, by);
        let rows: Vec<&Group> = rows
            .iter()
            .filter(|row| row.heap > 0 && !row.key.is_empty())
            .collect();
        // A single package or file says nothing that the head has not said.
        if rows.len() > 1 {
            out.line("")?;
            out.line(styled(Role::Heading, title))?;
            for row in rows.iter().take(5) {
                out.line(format_args!("  {:>6}  {}", grouped(row.heap), row.key))?;
            }
        }
    }
    first(report, out)?;
    unknown(report, out)
}

fn head(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let analysis = report.analysis;
    let mut flags: Vec<&str> = Vec::new();
    for build in &analysis.builds {
        let name = build.flags();
        if !name.is_empty() && !flags.contains(&name) {
            flags.push(name);
        }
    }
    let flags = if flags.is_empty() {
        String::new()
    } else {
        format!(" ({})", flags.join(", "))
    };
    let mut packages: Vec<_> = analysis.decisions.iter().map(|d| d.package).collect();
    packages.dedup();
    if packages.len() > 1 {
        // Of a generic function it may be open which package declares it.
        packages.retain(|package| *package != Sym::EMPTY);
    }
    out.line(styled(
        Role::Heading,
        format_args!(
            "compiler output: {}{flags}, {}, {}",
            plural(u64::from(analysis.build_count), "build"),
            plural(analysis.counts.total(), "line"),
            plural(packages.len() as u64, "package"),
        ),
    ))?;
    out.line(format_args!(
        "  {}, {} with an explanation{}",
        plural(report.summary.decisions, "decision"),
        grouped(report.summary.explained),
        if report.summary.varying > 0 {
            format!(
                ", {} that differ between builds (--filter varies)",
                grouped(report.summary.varying)
            )
        } else {
            String::new()
        }
    ))
}

fn kinds(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    out.line("")?;
    for (kind, count) in &report.summary.kinds {
        if *count > 0 {
            out.line(format_args!("  {:>8}  {}", grouped(*count), kind.about()))?;
        }
    }
    Ok(())
}

fn reasons(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let heap: u64 = report
        .summary
        .kinds
        .iter()
        .filter(|(kind, _)| kind.is_heap())
        .map(|(_, count)| count)
        .sum();
    if heap == 0 {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!("why, of {} on the heap", grouped(heap)),
    ))?;
    if report.summary.constants > 0 {
        out.line(styled(
            Role::Dim,
            format_args!(
                "  constants in interfaces among them: {} (reported, but read-only data: nothing is allocated)",
                grouped(report.summary.constants)
            ),
        ))?;
    }
    for (class, count) in &report.summary.reasons {
        out.line(format_args!("  {:>6}  {}", grouped(*count), class.about()))?;
        out.line(styled(
            Role::Dim,
            format_args!("          {}", class.advice()),
        ))?;
    }
    Ok(())
}

/// How promising a finding is: what can be changed without changing what the program does comes first; what
/// runs once (package initialisation) or only on the way to an error comes last.
fn promise(report: &Report<'_>, decision: &Decision) -> i32 {
    let analysis = report.analysis;
    let Some(reason) = analysis.reason(decision) else {
        return 0;
    };
    let mut score = match reason.class {
        Class::Size => 60,
        Class::Closure => 55,
        Class::Growth | Class::Channel => 50,
        Class::Reflection | Class::LongerLived => 45,
        Class::Interface => 40,
        Class::Returned => 35,
        Class::Call => 30,
        Class::HeapObject => 25,
        Class::GoDefer => 20,
        Class::PackageVariable => 15,
        Class::Other | Class::Unexplained => 10,
    };
    // Reported, but nothing is allocated when it runs.
    if Form::of(analysis, decision) == Some(Form::Constant) {
        score -= 80;
    }
    if decision.kind() == Kind::MovedToHeap {
        score += 10;
    }
    let function = decision
        .function
        .map(|(name, _)| analysis.text(name).into_owned())
        .unwrap_or_default();
    if function == "init" || function.starts_with("init.") {
        score -= 40;
    }
    let call = reason.detail.as_deref().unwrap_or_default();
    let for_errors = ["Errorf", "errors.New", "panic", "Fatal", "Error"];
    if for_errors.iter().any(|word| call.contains(word))
        || analysis
            .text(decision.what)
            .starts_with("&errors.errorString")
    {
        score -= 30;
    }
    let file = analysis.text(decision.place.file);
    if file.starts_with('/') || file.starts_with('<') || file.contains("_test.go") {
        score -= 15;
    }
    score
}

fn first(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let mut heap: Vec<(i32, &Decision)> = report
        .selected()
        .filter(|decision| decision.kind().is_heap())
        .map(|decision| (promise(report, decision), decision))
        .collect();
    if heap.is_empty() {
        return Ok(());
    }
    heap.sort_by_key(|(score, _)| -score);
    out.line("")?;
    out.line(styled(Role::Heading, "worth looking at first"))?;
    for (_, decision) in heap.iter().take(report.top.unwrap_or(10).max(1)) {
        finding::line(report, decision, out)?;
        if let Some(reason) = report.analysis.reason(decision) {
            out.line(format_args!("      {}", reason.sentence()))?;
        }
    }
    out.line("")?;
    out.line(styled(
        Role::Dim,
        "each with its flow: --filter CONDITIONS --source DIR; counts: --by func",
    ))
}

fn unknown(report: &Report<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let unrecognized = &report.analysis.unrecognized;
    if unrecognized.count == 0 {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!("{} not understood", plural(unrecognized.count, "line")),
    ))?;
    for (number, text) in unrecognized.lines.iter().take(5) {
        out.line(format_args!("  {number}: {text}"))?;
    }
    Ok(())
}

/// `--by`.
pub(super) fn groups(
    report: &Report<'_>,
    by: GroupBy,
    rows: &[Group],
    out: &mut Text<'_>,
) -> io::Result<()> {
    let mut table = Table::new([
        ("heap", Align::Right),
        ("leaking", Align::Right),
        ("stack", Align::Right),
        (by.as_str(), Align::Left),
    ]);
    let limit = match report.top {
        None => 30,
        Some(0) => usize::MAX,
        Some(n) => n,
    };
    for row in rows.iter().take(limit) {
        let key = if row.key.is_empty() {
            "(unknown)"
        } else {
            &row.key
        };
        table.row([
            grouped(row.heap),
            grouped(row.leaking),
            grouped(row.stack),
            key.to_owned(),
        ]);
    }
    table.write(out)?;
    if rows.len() > limit {
        out.line(styled(
            Role::Dim,
            format_args!("and {} more: --top 0", grouped((rows.len() - limit) as u64)),
        ))?;
    }
    if by == GroupBy::Function && rows.iter().any(|row| row.key.is_empty()) {
        out.line(styled(
            Role::Dim,
            "(unknown): -m alone does not say which function a line is in; -m=2 does, or --source DIR",
        ))?;
    }
    Ok(())
}
