//! A finding in words. Verbs, reports and screens draw it here, so that it looks the same wherever it is met.

use crate::line::{Line, Role};
use crate::text::Text;
use dumpview_model::finding::{Finding, Severity};
use std::io;

/// How much of a finding's evidence is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// All of it.
    All,
    /// The first pieces, where the finding is one of many on a page.
    First(usize),
}

/// The role of a severity.
pub const fn role(severity: Severity) -> Role {
    match severity {
        Severity::Critical => Role::Alarm,
        Severity::Warning => Role::Warning,
        Severity::Info => Role::Dim,
    }
}

/// The finding's sentence behind its severity.
pub fn headline(finding: &Finding) -> Line {
    with_severity(finding, &finding.text)
}

fn with_severity(finding: &Finding, text: &str) -> Line {
    Line::plain("  ")
        .and(
            role(finding.severity),
            format!("{:8}", finding.severity.name()),
        )
        .and(Role::Plain, format!("  {text}"))
}

/// Of the sentence no more than what it comes to: its numbers and what to do stand behind a bracket, a colon, a
/// semicolon or in the next sentence.
pub fn verdict(finding: &Finding) -> &str {
    let ends = [" (", ": ", "; ", ". "].map(|end| finding.text.find(end));
    let end = ends.into_iter().flatten().min();
    let text = end.and_then(|end| finding.text.get(..end));
    text.unwrap_or(&finding.text)
}

/// The verdict behind its severity, on one line.
pub fn short(finding: &Finding) -> Line {
    with_severity(finding, verdict(finding))
}

/// The lines that show what the finding says.
pub fn evidence(finding: &Finding) -> impl Iterator<Item = Line> + '_ {
    finding.evidence.iter().map(|evidence| {
        // Not grouped, so that it can be pasted into an editor.
        let line = evidence.line.map(|line| format!("line {line}"));
        let text = match (line, evidence.what.as_str()) {
            (Some(line), "") => line,
            (Some(line), what) => format!("{line}: {what}"),
            (None, what) => what.to_owned(),
        };
        let text = format!("            {text}");
        Line::new(Role::Dim, text)
    })
}

/// Writes a finding and its evidence.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(finding: &Finding, shown: Evidence, out: &mut Text<'_>) -> io::Result<()> {
    out.line(headline(finding))?;
    let most = match shown {
        Evidence::All => usize::MAX,
        Evidence::First(most) => most,
    };
    evidence(finding)
        .take(most)
        .try_for_each(|line| out.line(line))
}

/// Writes findings, each with all of its evidence.
///
/// # Errors
///
/// When they cannot be written.
pub fn write_all<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    out: &mut Text<'_>,
) -> io::Result<()> {
    findings
        .into_iter()
        .try_for_each(|finding| write(finding, Evidence::All, out))
}
