//! What may be typed after `dumpview timeline`.

use crate::answer::Failure;
use crate::flags::TableFlags;
use clap::{Args, ValueEnum};
use dumpview_model::timeline::{Align, AlignTo, Lane};

/// Flags of `timeline`.
#[derive(Args, Debug, Clone, Default)]
pub struct TimelineFlags {
    /// Where a source stands, against what its clocks say: so much later (`+1.5s`, `-200ms`), or the date and time
    /// at which its process started. SOURCE is its path as typed, or its number from 1. May be repeated.
    #[arg(long, value_name = "SOURCE=OFFSET", allow_hyphen_values = true)]
    pub align: Vec<String>,

    /// Only these lanes.
    #[arg(long, value_name = "LANES", value_delimiter = ',')]
    pub lane: Vec<LaneName>,

    /// From then on: `90s`, `2m` after the zero of the axis, or a date and time.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,

    /// Until then, in the same words.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,

    /// Every event on a line of its own, however many there are.
    #[arg(long)]
    pub all: bool,

    /// Which events.
    #[command(flatten)]
    pub table: TableFlags,
}

/// The lanes, as typed.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneName {
    /// Crashes, cores, kills, races, dumps.
    Moment,
    /// Collections.
    Gc,
    /// Pauses that the runtime remembers.
    Pause,
    /// Samples of the scheduler.
    Sched,
    /// Memory statistics.
    Memory,
    /// Memory given back to the system.
    Scavenger,
    /// Package initialisation.
    Init,
    /// The application's lines.
    Log,
}

impl LaneName {
    /// The model's.
    pub const fn lane(self) -> Lane {
        match self {
            Self::Moment => Lane::Moment,
            Self::Gc => Lane::Gc,
            Self::Pause => Lane::Pause,
            Self::Sched => Lane::Sched,
            Self::Memory => Lane::Memory,
            Self::Scavenger => Lane::Scavenger,
            Self::Init => Lane::Init,
            Self::Log => Lane::Log,
        }
    }
}

impl TimelineFlags {
    /// `--align`, for sources of these names.
    pub(super) fn align(&self, sources: &[String]) -> Result<Vec<Align>, Failure> {
        self.align
            .iter()
            .map(|order| {
                let wrong = |why: &str| Failure::usage(format!("--align {order}: {why}"));
                // A path may hold a `=`, an offset does not.
                let (source, to) = order
                    .rsplit_once('=')
                    .ok_or_else(|| wrong("wants SOURCE=OFFSET"))?;
                let by_name = sources.iter().position(|name| name == source);
                let by_number = || {
                    let number: usize = source.parse().ok()?;
                    let index = number.checked_sub(1)?;
                    (index < sources.len()).then_some(index)
                };
                let index = by_name.or_else(by_number).ok_or_else(|| {
                    wrong(&format!("no such source; there are {}", sources.join(", ")))
                })?;
                let to = match time(to) {
                    Some(Time::Offset(ns)) => AlignTo::Shift(ns),
                    Some(Time::Unix(ns)) => AlignTo::Start(ns),
                    None => {
                        return Err(wrong(
                            "wants +1.5s, -200ms or a date and time with its zone",
                        ));
                    }
                };
                Ok(Align { source: index, to })
            })
            .collect()
    }
}

/// A point of the axis, as typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Time {
    /// Nanoseconds from the axis' zero.
    Offset(i64),
    /// Nanoseconds since 1970.
    Unix(i64),
}

/// Reads `90s`, `-1.5s`, `2m`, `1h`, or a date and time with its zone.
pub(super) fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return i64::try_from(at.as_nanosecond()).ok().map(Time::Unix);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    const UNITS: [(&str, f64); 6] = [
        ("ms", 1e6),
        ("us", 1e3),
        ("ns", 1.0),
        ("s", 1e9),
        ("m", 60e9),
        ("h", 3600e9),
    ];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, ns)| Some((digits.strip_suffix(name)?, ns)))?;
    let number: f64 = number.trim().parse().ok()?;
    let ns = sign * number * unit;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "within the range that was just checked"
    )]
    (number >= 0.0 && ns.abs() < 9e18).then_some(Time::Offset(ns.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_every_word() {
        assert_eq!(time("90s"), Some(Time::Offset(90_000_000_000)));
        assert_eq!(time("+1.5s"), Some(Time::Offset(1_500_000_000)));
        assert_eq!(time("-200ms"), Some(Time::Offset(-200_000_000)));
        assert_eq!(time("2m"), Some(Time::Offset(120_000_000_000)));
        assert_eq!(
            time("2026-11-21T02:21:10.5Z"),
            Some(Time::Unix(1_795_227_670_500_000_000))
        );
        for wrong in ["", "s", "5", "-s", "yesterday", "1e300h", "nans", "--5s"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
