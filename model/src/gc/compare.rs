//! Two runs side by side: what differs, and whether that is more than chance.
//!
//! Figures that every cycle has are compared cycle by cycle with a rank test, which minds neither outliers nor the
//! shape of the distribution. Cycles of one run are not wholly independent of each other, so a clear result needs
//! p < 1 %; figures of which a run has only one (a rate, a share) are shown without a verdict.

use super::Summary;
use super::process::Process;
use crate::stats::{Sketch, rank_sum};
use schemars::JsonSchema;
use serde::Serialize;

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanos,
    /// Whole MiB.
    #[serde(rename = "mib")]
    MiB,
    /// A number.
    Count,
    /// A share of 1.
    Share,
    /// MiB a second.
    #[serde(rename = "mib_per_s")]
    Rate,
    /// Times a second.
    #[serde(rename = "per_s")]
    PerSecond,
}

/// Whether a difference is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Each run has one such number: no telling.
    Single,
    /// Fewer than 8 cycles on a side.
    TooFew,
    /// As large a difference comes by chance.
    Noise,
    /// It is unlikely to be chance.
    Real,
}

/// One figure of two logs.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "gc-compared")]
pub struct Row {
    /// What is compared: the name of a key of the summary.
    pub name: &'static str,
    /// In words.
    #[serde(skip)]
    pub words: &'static str,
    /// Its unit.
    #[schemars(with = "String")]
    pub unit: Unit,
    /// Its value in the first log; null when not known.
    pub first: Option<f64>,
    /// Its value in the other log; null when not known.
    pub second: Option<f64>,
    /// The change as a share of the first; null when not known.
    pub change: Option<f64>,
    /// `real` (rank test over cycles, p < 0.01), `noise`, `too_few`, `single` (one number a process).
    #[schemars(with = "String")]
    pub verdict: Verdict,
    /// The probability that chance alone makes such a difference; null when there is no test.
    pub p: Option<f64>,
    /// The share of pairs of cycles in which the second is the greater; null unless the verdict is `real`.
    pub superiority: Option<f64>,
}

impl Row {
    /// A figure of which each run has one number.
    fn new(
        name: &'static str,
        words: &'static str,
        unit: Unit,
        first: Option<f64>,
        second: Option<f64>,
    ) -> Self {
        let both = first.zip(second).filter(|(first, _)| *first != 0.0);
        Self {
            name,
            words,
            unit,
            first,
            second,
            change: both.map(|(first, second)| (second - first) / first),
            verdict: Verdict::Single,
            p: None,
            superiority: None,
        }
    }

    /// The same with the verdict about what every cycle has.
    fn judged(mut self, first: &Sketch, second: &Sketch) -> Self {
        let test = rank_sum(&first.sample(SAMPLE), &second.sample(SAMPLE));
        self.p = test.as_ref().and_then(|test| test.p);
        self.verdict = match test {
            Some(test) if self.p.is_some() && test.is_real() => {
                self.superiority = Some(test.superiority);
                Verdict::Real
            }
            _ if self.p.is_some() => Verdict::Noise,
            _ => Verdict::TooFew,
        };
        self
    }
}

/// More values of a run than this are compared by evenly spaced quantiles: the test would call everything real.
const SAMPLE: usize = 2000;

/// A figure that every cycle has, so that chance can be told from change: name, words, unit, which quantile is shown.
type Figure = (
    &'static str,
    &'static str,
    Unit,
    f64,
    fn(&Process) -> &Sketch,
);

#[rustfmt::skip]
const FIGURES: [Figure; 8] = [
    ("pause_p50", "pause, median", Unit::Nanos, 0.5, |of| &of.times.pause),
    ("pause_p99", "pause, 99th percentile", Unit::Nanos, 0.99, |of| &of.times.pause),
    ("sweep_termination_p50", "sweep termination, median", Unit::Nanos, 0.5, |of| &of.times.sweep_termination),
    ("mark_termination_p50", "mark termination, median", Unit::Nanos, 0.5, |of| &of.times.mark_termination),
    ("mark_p50", "marking, median", Unit::Nanos, 0.5, |of| &of.times.mark),
    ("interval_p50", "from cycle to cycle, median", Unit::Nanos, 0.5, |of| &of.times.interval),
    ("live_p50", "live heap, median", Unit::MiB, 0.5, |of| &of.heap.live),
    ("peak_p50", "heap at its largest in a cycle, median", Unit::MiB, 0.5, |of| &of.heap.peak),
];

/// Compares two runs.
pub fn compare(first: &Process, second: &Process) -> Vec<Row> {
    let (a, b) = (first.summary(), second.summary());
    #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
    let value = |of: &Sketch, q| of.quantile(q).map(|quantile| quantile.value as f64);
    let mut rows: Vec<Row> = FIGURES
        .iter()
        .map(|(name, words, unit, q, of)| {
            let (a, b) = (of(first), of(second));
            Row::new(name, words, *unit, value(a, *q), value(b, *q)).judged(a, b)
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
    let n = |value: u64| Some(value as f64);
    let rate = |rate: Option<super::Rate>| rate.map(|rate| rate.mib_per_s);
    let peak = |of: &Summary| of.peak.and_then(|size| n(size.mib));
    #[rustfmt::skip]
    let single = [
        ("cycles", "cycles", Unit::Count, n(a.cycles), n(b.cycles)),
        ("cycles_per_s", "cycles a second", Unit::PerSecond, a.cycles_per_s, b.cycles_per_s),
        ("pause_total", "pauses, all together", Unit::Nanos, n(a.pause.total_ns), n(b.pause.total_ns)),
        ("pause_max", "longest pause", Unit::Nanos, n(a.pause.max_ns), n(b.pause.max_ns)),
        ("cpu_share", "share of CPU", Unit::Share, a.cpu_share, b.cpu_share),
        ("assist_share", "assists' share of marking", Unit::Share, a.assist_share, b.assist_share),
        ("allocation", "allocation", Unit::Rate, rate(a.allocation), rate(b.allocation)),
        ("peak_max", "largest heap", Unit::MiB, peak(&a), peak(&b)),
    ];
    rows.extend(single.map(|(name, words, unit, a, b)| Row::new(name, words, unit, a, b)));
    rows.retain(|row| row.first.is_some() || row.second.is_some());
    rows
}
