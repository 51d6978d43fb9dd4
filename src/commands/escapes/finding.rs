//! One decision, shown with its source line and its flow.
//!
//! ```text
//! ./main.go:52:2: moved to heap: x   movedToHeap
//!     52 │     x := 42
//!        │     ^
//!     returned to the caller
//!       ~r0 ← &x
//!         &x            address-of   ./main.go:53:9
//!         return &x     return       ./main.go:53:2
//!     try: return the value instead of a pointer, …
//! ```

use super::Report;
use dumpview_model::escape::{Decision, Form, FunctionTrust, Kind, Outcome, Step};
use dumpview_view::rows::decision as view;
use dumpview_view::{Line, Role, Text, styled};
use std::io;

/// The compiler's words about an outcome.
fn words(report: &Report<'_>, decision: &Decision, outcome: &Outcome) -> String {
    let what = report.analysis.text(decision.what);
    match outcome.kind {
        Kind::EscapesToHeap | Kind::DoesNotEscape => format!("{what} {}", outcome.kind.about()),
        Kind::LeakingParamToResult => match outcome.to_result {
            Some((result, level)) => format!(
                "leaking param: {what} to result {} level={level}",
                report.analysis.text(result)
            ),
            None => format!("leaking param: {what} to result"),
        },
        Kind::LeakingClosureReference => format!("leaking closure reference {what}"),
        kind => format!("{}: {what}", kind.about()),
    }
}

/// The costliest outcome in the compiler's words.
pub(super) fn said(report: &Report<'_>, decision: &Decision) -> String {
    decision
        .outcomes
        .first()
        .map(|outcome| words(report, decision, outcome))
        .unwrap_or_default()
}

/// Where and what, in one line.
pub(super) fn line(report: &Report<'_>, decision: &Decision, out: &mut Text<'_>) -> io::Result<()> {
    let analysis = report.analysis;
    let place = analysis.place(decision.place);
    let said = said(report, decision);
    let function = decision.function.map_or_else(String::new, |(name, trust)| {
        let mark = if trust == FunctionTrust::Nearest {
            "?"
        } else {
            ""
        };
        format!("  {}{mark}", analysis.text(name))
    });
    out.line(Line::plain(format!("  {place}: {said}")).and(Role::Dim, function))
}

/// The whole finding.
pub(super) fn full(report: &Report<'_>, decision: &Decision, out: &mut Text<'_>) -> io::Result<()> {
    let analysis = report.analysis;
    line(report, decision, out)?;
    for outcome in decision.outcomes.iter().skip(1) {
        out.line(format_args!(
            "      also: {}",
            words(report, decision, outcome)
        ))?;
    }
    if analysis.build_count > 1 && decision.varies() {
        for outcome in &decision.outcomes {
            let builds: Vec<String> = view::builds(outcome.builds)
                .into_iter()
                .map(|build| {
                    let flags = analysis
                        .builds
                        .get(build as usize - 1)
                        .map_or("", dumpview_model::escape::Build::flags);
                    format!("{build} ({flags})")
                })
                .collect();
            out.line(format_args!(
                "      build {}: {}",
                builds.join(", "),
                outcome.kind.about()
            ))?;
        }
    }
    if let Some(source) = &report.source {
        source.draw(
            &analysis.text(decision.place.file),
            decision.place.line,
            decision.place.column,
            &analysis.text(decision.what),
            out,
        )?;
    }
    let Some(reason) = analysis.reason(decision) else {
        return out.line("");
    };
    out.line(format_args!("      {}", reason.sentence()))?;
    flow(report, decision, out)?;
    let advice = if Form::of(analysis, decision) == Some(Form::Constant) {
        "nothing: the data of a constant is read-only, no memory is allocated when this runs"
    } else {
        reason.class.advice()
    };
    out.line(styled(Role::Dim, format_args!("      try: {advice}")))?;
    out.line("")
}

fn flow(report: &Report<'_>, decision: &Decision, out: &mut Text<'_>) -> io::Result<()> {
    let analysis = report.analysis;
    let Some(flow) = analysis.telling_flow(decision) else {
        return Ok(());
    };
    for step in analysis.steps(flow) {
        match step {
            Step::Flow {
                destination,
                source,
            } => out.line(format_args!(
                "        {} ← {}",
                analysis.text(destination),
                analysis.text(source)
            ))?,
            Step::From {
                expression,
                why,
                place,
            } => out.line(
                Line::plain(format!(
                    "          {}  ({})  ",
                    analysis.text(expression),
                    analysis.text(why)
                ))
                .and(Role::Dim, analysis.place(place)),
            )?,
            Step::Truncated => {
                out.line("          … the compiler stopped here: assignment cycle")?;
            }
        }
    }
    let more = decision.flows.len().saturating_sub(1);
    if more > 0 {
        out.line(styled(
            Role::Dim,
            format_args!("        {more} other explanations: --json"),
        ))?;
    }
    Ok(())
}
