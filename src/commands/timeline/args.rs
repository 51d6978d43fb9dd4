//! What may be typed after `dumpview timeline`.

use crate::answer::Failure;
use crate::flags::{TableFlags, one_of};
use crate::times::point;
use clap::Args;
use dumpview_model::timeline::{Align, Lane};

/// Flags of `timeline`.
#[derive(Args, Debug, Clone, Default)]
pub struct TimelineFlags {
    /// Where a source stands, against what its clocks say: so much later (`+1.5s`, `-200ms`), or the date and time
    /// at which its process started. SOURCE is its path as typed, or its number from 1. May be repeated.
    #[arg(long, value_name = "SOURCE=OFFSET", allow_hyphen_values = true)]
    pub align: Vec<String>,

    /// Only these lanes.
    #[arg(long, value_name = "LANES", value_delimiter = ',', value_parser = one_of::<Lane>())]
    pub lane: Vec<Lane>,

    /// From then on: `90s`, `2m` after the zero of the axis, or a date and time.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,

    /// Until then, in the same words.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,

    /// Go on as a log grows, across rotation, until Ctrl-C; then the answer comes.
    #[arg(long)]
    pub follow: bool,

    /// Every event on a line of its own, however many there are.
    #[arg(long)]
    pub all: bool,

    /// Which events.
    #[command(flatten)]
    pub table: TableFlags,
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
                let by_number = || (0..sources.len()).find(|index| source.parse() == Ok(index + 1));
                let index = by_name.or_else(by_number).ok_or_else(|| {
                    wrong(&format!("no such source; there are {}", sources.join(", ")))
                })?;
                let to = point(to)
                    .ok_or_else(|| wrong("wants +1.5s, -200ms or a date and time with its zone"))?;
                Ok(Align { source: index, to })
            })
            .collect()
    }
}
