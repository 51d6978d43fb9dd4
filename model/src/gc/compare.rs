//! Two runs side by side: what differs, and whether that is more than chance.
//!
//! Figures that every cycle has are compared cycle by cycle with a rank test, which minds neither outliers nor the
//! shape of the distribution. Cycles of one run are not wholly independent of each other, so a clear result needs
//! p < 1 %; figures of which a run has only one (a rate, a share) are shown without a verdict.

use super::process::Process;
use crate::stats::{Sketch, rank_sum};

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Whole MiB.
    MiB,
    /// A number.
    Count,
    /// A share of 1.
    Share,
    /// MiB a second.
    Rate,
    /// Times a second.
    PerSecond,
}

/// Whether a difference is one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Verdict {
    /// Each run has one such number: no telling.
    Single,
    /// Fewer than 8 cycles on a side.
    TooFew,
    /// As large a difference comes by chance with this probability.
    Noise {
        /// The probability.
        p: f64,
    },
    /// It is unlikely to be chance.
    Real {
        /// The probability that it is.
        p: f64,
        /// How likely a cycle of the second run has the higher value (0.5 would be no difference).
        superiority: f64,
    },
}

/// A figure of both.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Row {
    /// Its name, stable: `pause_p50`.
    pub name: &'static str,
    /// In words.
    pub words: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Of the first run.
    pub first: Option<f64>,
    /// Of the second.
    pub second: Option<f64>,
    /// Whether they differ.
    pub verdict: Verdict,
}

impl Row {
    /// The second less the first, as a share of the first.
    pub fn change(&self) -> Option<f64> {
        let (first, second) = (self.first?, self.second?);
        (first != 0.0).then(|| (second - first) / first)
    }
}

/// More values of a run than this are compared by evenly spaced quantiles: the test would call everything real.
const SAMPLE: usize = 2000;

/// A figure that every cycle has, so that chance can be told from change.
struct Figure {
    name: &'static str,
    words: &'static str,
    unit: Unit,
    /// Which quantile of it is shown.
    q: f64,
    of: fn(&Process) -> &Sketch,
}

const FIGURES: [Figure; 8] = [
    Figure {
        name: "pause_p50",
        words: "pause, median",
        unit: Unit::Nanos,
        q: 0.5,
        of: |process| &process.times.pause,
    },
    Figure {
        name: "pause_p99",
        words: "pause, 99th percentile",
        unit: Unit::Nanos,
        q: 0.99,
        of: |process| &process.times.pause,
    },
    Figure {
        name: "sweep_termination_p50",
        words: "sweep termination, median",
        unit: Unit::Nanos,
        q: 0.5,
        of: |process| &process.times.sweep_termination,
    },
    Figure {
        name: "mark_termination_p50",
        words: "mark termination, median",
        unit: Unit::Nanos,
        q: 0.5,
        of: |process| &process.times.mark_termination,
    },
    Figure {
        name: "mark_p50",
        words: "marking, median",
        unit: Unit::Nanos,
        q: 0.5,
        of: |process| &process.times.mark,
    },
    Figure {
        name: "interval_p50",
        words: "from cycle to cycle, median",
        unit: Unit::Nanos,
        q: 0.5,
        of: |process| &process.times.interval,
    },
    Figure {
        name: "live_p50",
        words: "live heap, median",
        unit: Unit::MiB,
        q: 0.5,
        of: |process| &process.heap.live,
    },
    Figure {
        name: "peak_p50",
        words: "heap at its largest in a cycle, median",
        unit: Unit::MiB,
        q: 0.5,
        of: |process| &process.heap.peak,
    },
];

/// Compares two runs.
pub fn compare(first: &Process, second: &Process) -> Vec<Row> {
    let (a, b) = (first.summary(), second.summary());
    let mut rows = Vec::new();
    for figure in FIGURES {
        let (a, b) = ((figure.of)(first), (figure.of)(second));
        #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
        let value = |of: &Sketch| of.quantile(figure.q).map(|quantile| quantile.value as f64);
        rows.push(Row {
            name: figure.name,
            words: figure.words,
            unit: figure.unit,
            first: value(a),
            second: value(b),
            verdict: verdict(a, b),
        });
    }
    let mut one = |name, words, unit, first: Option<f64>, second: Option<f64>| {
        rows.push(Row {
            name,
            words,
            unit,
            first,
            second,
            verdict: Verdict::Single,
        });
    };
    #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
    let n = |value: u64| Some(value as f64);
    one("cycles", "cycles", Unit::Count, n(a.cycles), n(b.cycles));
    one(
        "cycles_per_s",
        "cycles a second",
        Unit::PerSecond,
        a.cycles_per_s,
        b.cycles_per_s,
    );
    one(
        "pause_total",
        "pauses, all together",
        Unit::Nanos,
        n(a.pause.total_ns),
        n(b.pause.total_ns),
    );
    one(
        "pause_max",
        "longest pause",
        Unit::Nanos,
        n(a.pause.max_ns),
        n(b.pause.max_ns),
    );
    one(
        "cpu_share",
        "share of CPU",
        Unit::Share,
        a.cpu_share,
        b.cpu_share,
    );
    one(
        "assist_share",
        "assists' share of marking",
        Unit::Share,
        a.assist_share,
        b.assist_share,
    );
    let rate = |rate: Option<super::Rate>| rate.map(|rate| rate.mib_per_s);
    one(
        "allocation",
        "allocation",
        Unit::Rate,
        rate(a.allocation),
        rate(b.allocation),
    );
    one(
        "peak_max",
        "largest heap",
        Unit::MiB,
        a.peak.and_then(|size| n(size.mib)),
        b.peak.and_then(|size| n(size.mib)),
    );
    rows.retain(|row| row.first.is_some() || row.second.is_some());
    rows
}

fn verdict(first: &Sketch, second: &Sketch) -> Verdict {
    match rank_sum(&first.sample(SAMPLE), &second.sample(SAMPLE)) {
        None => Verdict::TooFew,
        Some(difference) => match difference.p {
            None => Verdict::TooFew,
            Some(p) if difference.is_real() => Verdict::Real {
                p,
                superiority: difference.superiority,
            },
            Some(p) => Verdict::Noise { p },
        },
    }
}
