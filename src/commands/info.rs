//! `info`: what this is, why it died, and what the answer can be trusted for.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::NoFlags;
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_model::finding::Finding;
use dumpview_model::goroutine::{Group, Status};
use dumpview_model::units::{bytes, duration, grouped};
use dumpview_model::value::Data;
use dumpview_model::value::text::Style;
use dumpview_process::postmortem::{Check, DeathKind, HeapNumbers, Panic, PanicStanding, Summary};
use dumpview_view::finding::headline;
use dumpview_view::{Role, Text, styled};
use std::io;

/// The reason, what is worth knowing beyond it, and the groups of goroutines where no one is to blame.
pub fn head(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    reason(summary, out)?;
    summary
        .findings
        .iter()
        .try_for_each(|found| finding(found, out))?;
    groups(&summary.groups, out)
}

/// A finding's sentence, as wide as a page.
pub fn finding(finding: &Finding, out: &mut Text<'_>) -> io::Result<()> {
    let lines = headline(finding).wrapped(PAGE, WORD);
    lines.into_iter().try_for_each(|line| out.line(line))
}

/// The role of the reason: what somebody asked for is no alarm.
pub const fn role(summary: &Summary) -> Role {
    match summary.kind {
        DeathKind::Quit | DeathKind::Alive => Role::Heading,
        _ => Role::Alarm,
    }
}

/// The reason and the panics behind it.
pub fn reason(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    out.line(styled(role(summary), &summary.reason))?;
    if summary.panics.len() > 1 {
        for (index, panic) in summary.panics.iter().enumerate() {
            let recovered = if panic.recovered { " [recovered]" } else { "" };
            let what = if panic.goexit { "" } else { "panic " };
            out.line(format_args!(
                "  {what}{}: {}{recovered}",
                index + 1,
                panic.text
            ))?;
        }
    }
    for panic in &summary.panics {
        value(panic, out)?;
    }
    c_stack(summary, out)
}

/// The C frames of the thread that died, when it died there.
fn c_stack(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    let Some(thread) = summary.thread.filter(|_| !summary.c_stack.is_empty()) else {
        return Ok(());
    };
    out.line("")?;
    out.line(styled(
        Role::Heading,
        format_args!("thread {thread}, in C:"),
    ))?;
    for (index, frame) in summary.c_stack.iter().enumerate() {
        let name = match frame.function.as_str() {
            "" => "?",
            name => name,
        };
        out.line(format_args!("{index:>4}  {name}"))?;
        if let Some((file, line)) = frame.file.as_deref().zip(frame.line) {
            out.line(styled(Role::Dim, format_args!("        {file}:{line}")))?;
        }
    }
    Ok(())
}

/// Columns of a page that is read in a terminal of any width, and of the word before a finding.
const PAGE: usize = 80;
const WORD: usize = 12;

/// How many goroutines, what they wait for, and where in the program.
pub fn groups(groups: &[Group], out: &mut Text<'_>) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(Role::Heading, "goroutines"))?;
    for group in groups {
        let state = group.wait_reason.as_deref();
        let state = state.or(group.status.map(Status::as_str)).unwrap_or("?");
        let longest = group.waiting_ns.map(|(_, most)| most).filter(|ns| *ns > 0);
        let waiting = longest.map_or_else(String::new, |ns| format!(", {}", duration(ns)));
        let place = group.own_frame().map_or_else(String::new, |frame| {
            let file = frame.file.as_deref().unwrap_or_default();
            let file = file.rsplit('/').next().unwrap_or_default();
            let line = frame
                .line
                .map_or_else(String::new, |line| format!(":{line}"));
            format!("{} {file}{line}", frame.function)
        });
        let state = format!("{state}{waiting}");
        out.line(format_args!(
            "{:>8}  {state:<22} {place}",
            grouped(group.count as u64)
        ))?;
    }
    Ok(())
}

impl Answer for Summary {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        head(self, out)?;
        out.line("")?;
        rest(self, out)
    }
}

/// What this is.
pub fn facts(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    let version = summary
        .build
        .as_ref()
        .map_or("not a Go program", |b| b.version.as_str());
    let field = |out: &mut Text<'_>, name: &str, value: &str| {
        out.line(styled(Role::Dim, format_args!("{name:<11} ")).and(Role::Plain, value.to_owned()))
    };
    let pid = summary
        .pid
        .map_or_else(String::new, |pid| format!(", pid {pid}"));
    field(
        out,
        "command",
        &format!("{}{pid}", summary.command.as_deref().unwrap_or("?")),
    )?;
    field(out, "Go", version)?;
    if let Some(module) = summary
        .build
        .as_ref()
        .and_then(|b| b.module.as_ref().or(b.path.as_ref()))
    {
        field(out, "module", module)?;
    }
    let size = bytes(summary.size);
    field(
        out,
        "core",
        &format!(
            "{size}, written by {}, {} threads",
            summary.written_by, summary.threads
        ),
    )?;
    if let Some(count) = summary.goroutines {
        field(out, "goroutines", &count.to_string())?;
    }
    if let Some(heap) = &summary.heap {
        field(out, "heap", &heap_words(heap))?;
    }
    field(out, "executable", &summary.executable_match)?;
    if let Some(library) = &summary.go_library {
        field(out, "Go part", library)?;
    }
    if let Some(layouts) = &summary.layouts {
        field(out, "layouts", layouts)?;
    }
    Ok(())
}

/// Live bytes, the goal, and what sets it.
fn heap_words(heap: &HeapNumbers) -> String {
    let goal = heap.goal.map_or_else(String::new, |goal| {
        format!(", {} at the next collection", bytes(goal))
    });
    let percent = match heap.gc_percent {
        Some(..0) => "; GOGC=off".to_owned(),
        Some(percent) => format!("; GOGC={percent}"),
        None => String::new(),
    };
    let limit = heap.memory_limit.map_or_else(String::new, |limit| {
        format!(", GOMEMLIMIT={}", bytes(limit))
    });
    format!("{} live{goal}{percent}{limit}", bytes(heap.live))
}

/// What was walked against what the runtime counted; nothing where there was nothing to compare.
pub fn checks(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    if summary.audit.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(styled(
        Role::Heading,
        "checked against the runtime's own counters",
    ))?;
    for check in &summary.audit {
        self::check(check, out)?;
    }
    Ok(())
}

/// Facts, findings and the audit.
pub fn rest(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    facts(summary, out)?;
    if let Some(printed) = summary
        .printed
        .as_ref()
        .filter(|text| !text.trim().is_empty())
    {
        out.line("")?;
        out.line(styled(Role::Heading, "last printed by the runtime"))?;
        for line in printed.lines() {
            out.line(format_args!("  {}", line.replace('\t', "    ")))?;
        }
    }
    checks(summary, out)
}

/// What to ask next: lines for a shell.
pub fn next(commands: &[String], out: &mut Text<'_>) -> io::Result<()> {
    for (index, command) in commands.iter().enumerate() {
        let before = if index == 0 { "next: " } else { "      " };
        out.line(styled(Role::Dim, format!("{before}{command}")))?;
    }
    Ok(())
}

/// One line: a mark, the question, both numbers when they differ.
pub fn check(check: &Check, out: &mut Text<'_>) -> io::Result<()> {
    if check.ok && check.found == check.expected {
        return out.line(format_args!("  ok   {}: {}", check.what, check.found));
    }
    out.line(format_args!(
        "  {}  {}: {} of {}",
        if check.ok { "ok " } else { "GAP" },
        check.what,
        check.found,
        check.expected
    ))
}

/// A panic's value, where it says more than the text.
fn value(panic: &Panic, out: &mut Text<'_>) -> io::Result<()> {
    let Some(value) = &panic.value else {
        return Ok(());
    };
    let more = matches!(
        value.data,
        Data::Struct { .. }
            | Data::Pointer { .. }
            | Data::Interface { .. }
            | Data::Map { .. }
            | Data::Slice { .. }
    );
    if !more {
        return Ok(());
    }
    let doubt = match panic.standing {
        PanicStanding::Stale => "? ",
        PanicStanding::Exact => "",
    };
    let shown = Style::default().block(value);
    out.block("  ", &format!("value: {doubt}{shown}"))
}

/// `info`.
pub struct InfoVerb;

impl Verb for InfoVerb {
    type Args = NoFlags;
    type Body = Summary;
    const ABOUT: About = About::core(
        "info",
        "What this is, Go version, why it died, self-audit, findings",
        Word::None,
    );
}

impl OnCore for InfoVerb {
    fn ask(
        case: &Case<'_>,
        _args: &NoFlags,
        _word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(case.summary()))
    }
}
