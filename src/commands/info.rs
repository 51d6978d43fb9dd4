//! `info`: what this is, why it died, and what the answer can be trusted for.

use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::NoFlags;
use crate::verb::{About, OnCore, Verb, Word};
use dumpview_model::units::bytes;
use dumpview_model::value::Data;
use dumpview_model::value::text::Style;
use dumpview_process::postmortem::{Check, Panic, PanicStanding, Summary};
use dumpview_view::{Role, Text, styled};
use std::io;

/// The reason and what is behind it: the head of the report.
pub fn head(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
    out.line(styled(Role::Alarm, &summary.reason))?;
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
    field(out, "executable", &summary.executable_match)?;
    if let Some(layouts) = &summary.layouts {
        field(out, "layouts", layouts)?;
    }
    Ok(())
}

/// What was walked against what the runtime counted.
pub fn checks(summary: &Summary, out: &mut Text<'_>) -> io::Result<()> {
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
    if !summary.findings.is_empty() {
        out.line("")?;
        out.line(styled(Role::Heading, "findings"))?;
        for finding in &summary.findings {
            out.line(format_args!("  {}", finding.text))?;
        }
    }
    out.line("")?;
    out.line(styled(
        Role::Heading,
        "checked against the runtime's own counters",
    ))?;
    checks(summary, out)
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
