//! Two runs side by side, for people.

use super::compare::Pair;
use crate::answer::Answer;
use dumpview_model::gc::{Row, Unit, Verdict};
use dumpview_model::units::{duration, mib, number, percent};
use dumpview_view::{Align, Role, Table, Text, styled};
use std::io;

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
    match row.change {
        None => String::new(),
        Some(change) if change.abs() < 0.005 => "same".to_owned(),
        Some(change) if change >= 9.0 => format!("×{:.0}", change + 1.0),
        Some(change) => format!("{:+.0}%", change * 100.0),
    }
}

fn words(row: &Row) -> String {
    let p = match row.p {
        Some(p) if p < 0.0001 => "p < 0.0001".to_owned(),
        Some(p) if row.verdict == Verdict::Noise => format!("p = {p:.2}"),
        Some(p) => format!("p = {p:.4}"),
        None => String::new(),
    };
    match (row.verdict, row.superiority) {
        (Verdict::Single, _) => "one value each".to_owned(),
        (Verdict::TooFew, _) => "too few cycles to say".to_owned(),
        (Verdict::Real, Some(share)) if share >= 0.5 => {
            format!("real ({p}): higher in {} of pairs", percent(share))
        }
        (Verdict::Real, share) => {
            let share = 1.0 - share.unwrap_or(0.0);
            format!("real ({p}): lower in {} of pairs", percent(share))
        }
        (Verdict::Noise, _) => format!("may be chance ({p})"),
    }
}

impl Answer for Pair {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        write(self, out)
    }
}

/// The table for people, what differs for certain first said in a sentence.
fn write(pair: &Pair, out: &mut Text<'_>) -> io::Result<()> {
    let rows = &pair.compare;
    let real: Vec<String> = rows
        .iter()
        .filter(|row| row.verdict == Verdict::Real)
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
        pair.name, pair.summary.cycles
    ))?;
    out.line(format_args!(
        "  second  {} ({} cycles)",
        pair.other, pair.other_summary.cycles
    ))?;
    out.line("")?;
    let mut table = Table::new([
        ("", Align::Left),
        ("first", Align::Right),
        ("second", Align::Right),
        ("change", Align::Right),
        ("is it one?", Align::Left),
    ]);
    for row in rows {
        table.row([
            row.words.to_owned(),
            shown(row.unit, row.first),
            shown(row.unit, row.second),
            change(row),
            words(row),
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
