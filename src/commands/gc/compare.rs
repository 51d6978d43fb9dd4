//! Two runs side by side.

use dumpview_model::gc::{Row, Run, Unit, Verdict, compare};
use dumpview_model::units::duration;
use dumpview_model::units::{mib, number, percent};
use dumpview_view::{Align, Role, Table, Text, styled};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Two runs and what their inputs are called.
pub(super) struct Pair<'a> {
    pub(super) names: [String; 2],
    pub(super) runs: [&'a Run; 2],
    pub(super) incomplete: Vec<String>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shown; counts and times are not negative"
)]
fn shown(unit: Unit, value: Option<f64>) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    match unit {
        Unit::Nanos => duration(value as u64),
        Unit::MiB => mib(value as u64),
        Unit::Count => format!("{value:.0}"),
        Unit::Share => percent(value),
        Unit::Rate => format!("{} MiB/s", number(value)),
        Unit::PerSecond => number(value),
    }
}

fn change(row: &Row) -> String {
    match row.change() {
        None => String::new(),
        Some(change) if change.abs() < 0.005 => "same".to_owned(),
        Some(change) if change >= 9.0 => format!("×{:.0}", change + 1.0),
        Some(change) => format!("{:+.0}%", change * 100.0),
    }
}

fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Single => "one value each".to_owned(),
        Verdict::TooFew => "too few cycles to say".to_owned(),
        Verdict::Noise { p } => format!("may be chance (p = {p:.2})"),
        Verdict::Real { p, superiority } => {
            let p = if p < 0.0001 {
                "p < 0.0001".to_owned()
            } else {
                format!("p = {p:.4}")
            };
            let (more, share) = if superiority >= 0.5 {
                ("higher", superiority)
            } else {
                ("lower", 1.0 - superiority)
            };
            format!("real ({p}): {more} in {} of pairs", percent(share))
        }
    }
}

/// The table for people, what differs for certain first said in a sentence.
pub(super) fn text(pair: &Pair<'_>, out: &mut Text<'_>) -> io::Result<()> {
    let [first, second] = pair.runs;
    let rows = compare(first, second);
    let real: Vec<String> = rows
        .iter()
        .filter(|row| matches!(row.verdict, Verdict::Real { .. }))
        .map(|row| format!("{} {}", row.words, change(row)))
        .collect();
    let sentence = if real.is_empty() {
        "no difference between cycles that chance would not explain".to_owned()
    } else {
        format!("more than chance: {}", real.join("; "))
    };
    out.line(styled(Role::Heading, format_args!("gc: {sentence}")))?;
    out.line(format_args!(
        "  first   {} ({} cycles)",
        pair.names.first().map_or("", String::as_str),
        first.cycles
    ))?;
    out.line(format_args!(
        "  second  {} ({} cycles)",
        pair.names.last().map_or("", String::as_str),
        second.cycles
    ))?;
    out.line("")?;
    let mut table = Table::new([
        ("", Align::Left),
        ("first", Align::Right),
        ("second", Align::Right),
        ("change", Align::Right),
        ("is it one?", Align::Left),
    ]);
    for row in &rows {
        table.row([
            row.words.to_owned(),
            shown(row.unit, row.first),
            shown(row.unit, row.second),
            change(row),
            words(row.verdict),
        ]);
    }
    table.write(out)?;
    out.line("")?;
    out.line(styled(
        Role::Dim,
        "Cycles are compared by rank (Mann-Whitney); a change is called real below p = 0.01. Cycles of one run are not",
    ))?;
    out.line(styled(
        Role::Dim,
        "wholly independent: a load that differs between the runs differs in every cycle.",
    ))
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanos => "ns",
        Unit::MiB => "mib",
        Unit::Count => "count",
        Unit::Share => "share",
        Unit::Rate => "mib_per_s",
        Unit::PerSecond => "per_s",
    }
}

/// The document.
pub(super) fn json(pair: &Pair<'_>, out: &mut dyn Write) -> io::Result<()> {
    let [first, second] = pair.runs;
    let rows: Vec<Value> = compare(first, second)
        .iter()
        .map(|row| {
            let (verdict, p, superiority) = match row.verdict {
                Verdict::Single => ("single", None, None),
                Verdict::TooFew => ("too_few", None, None),
                Verdict::Noise { p } => ("noise", Some(p), None),
                Verdict::Real { p, superiority } => ("real", Some(p), Some(superiority)),
            };
            json!({"name": row.name, "unit": unit(row.unit), "first": row.first, "second": row.second,
                   "change": row.change(), "verdict": verdict, "p": p, "superiority": superiority})
        })
        .collect();
    let document = json!({
        "schema": "dumpview.gc/1",
        "input": {"path": pair.names.first(), "other": pair.names.last(), "kind": "log", "executable": null,
                  "go_version": null, "arch": null},
        "incomplete": pair.incomplete.iter().map(|why| json!({"what": "lines", "why": why})).collect::<Vec<_>>(),
        "compare": rows,
        "summary": first.summary(),
        "other_summary": second.summary(),
    });
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}
