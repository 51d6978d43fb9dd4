//! Two runs side by side.

use super::{Gc, GcFlags, main};
use crate::answer::{Answer, Exit, Stop};
use crate::case::Files;
use crate::log;
use crate::out::Out;
use dumpview_model::gc::{Row, Summary, Unit, Verdict, compare};
use dumpview_model::units::duration;
use dumpview_model::units::{mib, number, percent};
use dumpview_view::document::{Envelope, InputSummary};
use dumpview_view::{Align, Role, Table, Text, styled};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::io;
use std::path::Path;

/// Two runs and what their inputs are called.
struct Pair {
    names: [String; 2],
    cycles: [u64; 2],
    rows: Vec<Row>,
    summaries: [Summary; 2],
}

/// Reads both inputs and holds the second against the first.
///
/// # Errors
///
/// When one of them cannot be read, or has no cycle.
pub(super) fn answer(
    files: &Files<'_>,
    other: &Path,
    args: &log::LogArgs<GcFlags>,
    out: &mut Out<'_>,
) -> Result<Exit, Stop> {
    let quiet = files.common.quiet;
    let read = |path: &Path| log::read(&mut Gc, &[path], &args.log, quiet, &mut |_| Ok(()));
    let (first, second) = (read(files.first())?, read(other)?);
    let of = |read: &log::Inputs| main(&read.model).cloned().ok_or_else(|| read.nothing(&Gc));
    let (one, two) = (of(&first)?, of(&second)?);
    let mut incomplete = Vec::new();
    for read in [&first, &second] {
        let lacks = read.incomplete(&Gc);
        out.complain_of(&read.name(), &lacks);
        incomplete.extend(lacks);
    }
    let pair = Pair {
        names: [first.name(), second.name()],
        cycles: [one.cycles, two.cycles],
        rows: compare(&one, &two),
        summaries: [one.summary(), two.summary()],
    };
    let envelope = Envelope::new(
        "gc",
        InputSummary {
            path: files.first().display().to_string(),
            kind: "log",
            ..InputSummary::default()
        },
    );
    out.whole(&envelope, &incomplete, &pair)?;
    Ok(if incomplete.is_empty() {
        Exit::Answered
    } else {
        Exit::Damaged
    })
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

impl Answer for Pair {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        text(self, out)
    }
}

/// The table for people, what differs for certain first said in a sentence.
fn text(pair: &Pair, out: &mut Text<'_>) -> io::Result<()> {
    let [first, second] = &pair.names;
    let [cycles, other_cycles] = pair.cycles;
    let rows = &pair.rows;
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
    out.line(format_args!("  first   {first} ({cycles} cycles)"))?;
    out.line(format_args!("  second  {second} ({other_cycles} cycles)"))?;
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

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [summary, other_summary] = &self.summaries;
        let [_, other] = &self.names;
        let document = PairDoc {
            other,
            compare: self.rows.iter().map(Compared::new).collect(),
            summary,
            other_summary,
        };
        document.serialize(serializer)
    }
}

/// Two logs compared.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct PairDoc<'a> {
    /// The other log, as typed.
    other: &'a str,
    /// Figure by figure.
    compare: Vec<Compared>,
    /// The process with the most cycles.
    summary: &'a Summary,
    /// The same of the other log.
    other_summary: &'a Summary,
}

/// One figure of two logs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "gc-compared")]
struct Compared {
    /// What is compared: the name of a key of the summary.
    name: &'static str,
    /// Its unit.
    unit: &'static str,
    /// Its value in the first log; null when not known.
    first: Option<f64>,
    /// Its value in the other log; null when not known.
    second: Option<f64>,
    /// The change as a share of the first; null when not known.
    change: Option<f64>,
    /// `real` (rank test over cycles, p < 0.01), `noise`, `too_few`, `single` (one number a process).
    verdict: &'static str,
    /// The probability that chance alone makes such a difference; null when there is no test.
    p: Option<f64>,
    /// The share of pairs of cycles in which the second is the greater; null unless the verdict is `real`.
    superiority: Option<f64>,
}

impl Compared {
    fn new(row: &Row) -> Self {
        let (verdict, p, superiority) = match row.verdict {
            Verdict::Single => ("single", None, None),
            Verdict::TooFew => ("too_few", None, None),
            Verdict::Noise { p } => ("noise", Some(p), None),
            Verdict::Real { p, superiority } => ("real", Some(p), Some(superiority)),
        };
        Self {
            name: row.name,
            unit: unit(row.unit),
            first: row.first,
            second: row.second,
            change: row.change(),
            verdict,
            p,
            superiority,
        }
    }
}
