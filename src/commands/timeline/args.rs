//! What may be typed after `dumpview timeline`.

use crate::answer::Failure;
use crate::flags::TableFlags;
use crate::times::{Point, point};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use dumpview_model::timeline::{Align, AlignTo, Lane};

/// Flags of `timeline`.
#[derive(Args, Debug, Clone, Default)]
pub struct TimelineFlags {
    /// Where a source stands, against what its clocks say: so much later (`+1.5s`, `-200ms`), or the date and time
    /// at which its process started. SOURCE is its path as typed, or its number from 1. May be repeated.
    #[arg(long, value_name = "SOURCE=OFFSET", allow_hyphen_values = true)]
    pub align: Vec<String>,

    /// Only these lanes.
    #[arg(long, value_name = "LANES", value_delimiter = ',', value_parser = lanes())]
    pub lane: Vec<Lane>,

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

/// The lanes, by their names.
fn lanes() -> impl TypedValueParser<Value = Lane> {
    let known = Lane::ALL.map(|lane| PossibleValue::new(lane.as_str()).help(lane.about()));
    PossibleValuesParser::new(known).try_map(|name| {
        let mut lanes = Lane::ALL.into_iter();
        lanes.find(|lane| lane.as_str() == name).ok_or("no lane")
    })
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
                let to = match point(to) {
                    Some(Point::Offset(ns)) => AlignTo::Shift(ns),
                    Some(Point::Unix(ns)) => AlignTo::Start(ns),
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
