//! Comma-separated values (RFC 4180).

use super::{Report, view};
use std::io::{self, Write};

/// Quotes a field where it has to be.
fn field(text: &str) -> String {
    // A leading sign or equals would be a formula to a spreadsheet; nothing the compiler prints begins so
    // except expressions, which are shown as they are.
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn row(out: &mut dyn Write, cells: &[&str]) -> io::Result<()> {
    let line: Vec<String> = cells.iter().map(|cell| field(cell)).collect();
    writeln!(out, "{}", line.join(","))
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(groups) = &report.groups {
        row(
            out,
            &[groups.by.name(), "heap", "leaking", "stack", "lines"],
        )?;
        for group in &groups.rows {
            row(
                out,
                &[
                    &group.key,
                    &group.heap.to_string(),
                    &group.leaking.to_string(),
                    &group.stack.to_string(),
                    &group.lines.to_string(),
                ],
            )?;
        }
        return Ok(());
    }
    row(
        out,
        &[
            "package",
            "file",
            "line",
            "column",
            "kind",
            "what",
            "form",
            "function",
            "reason",
            "reason_text",
            "varies",
            "lines",
        ],
    )?;
    for decision in report.selected() {
        let view = view::decision(report.analysis, decision);
        let lines: u64 = view
            .outcomes
            .iter()
            .map(|outcome| u64::from(outcome.lines))
            .sum();
        row(
            out,
            &[
                &view.package,
                &view.file,
                &view.line.to_string(),
                &view.column.to_string(),
                view.kind,
                &view.what,
                view.form.unwrap_or_default(),
                view.function.as_deref().unwrap_or_default(),
                view.reason.unwrap_or_default(),
                view.reason_text.as_deref().unwrap_or_default(),
                if view.varies { "true" } else { "false" },
                &lines.to_string(),
            ],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_where_needed() {
        assert_eq!(field("a"), "a");
        assert_eq!(field(r#"f("a, b")"#), r#""f(""a, b"")""#);
    }
}
