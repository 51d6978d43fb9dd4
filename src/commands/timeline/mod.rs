//! `timeline`: every input on one axis.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags, and times as people type them |
//! | `read` | inputs to a timeline |
//! | `view` | what is said of an event |
//! | `charts` | curves in plain text |
//! | `text`, `json` | reports |

mod args;
mod charts;
mod json;
mod read;
mod text;
mod view;

pub use args::TimelineArgs;

use dumpview_view::sink::ansi::{Ansi, Styles};
pub use read::facts;

use crate::answer::{Exit, Failure};
use crate::cli::Common;
use args::{Time, time};
use dumpview_model::timeline::{Bounds, Clock, Lane, Placed, Timeline};
use dumpview_view::Text;
use std::io::{self, Write};

/// What was read and what was asked.
struct Report {
    timeline: Timeline,
    lost: Vec<String>,
    lanes: Vec<Lane>,
    range: Option<Bounds>,
    all: bool,
}

impl Report {
    /// The events that were asked for, in order of time.
    fn chosen(&self) -> impl Iterator<Item = &Placed> {
        let events = match self.range {
            Some(range) => self.timeline.range(range),
            None => &self.timeline.events,
        };
        events.iter().filter(|placed| self.shows(placed.event.lane))
    }

    /// Whether a lane was asked for.
    fn shows(&self, lane: Lane) -> bool {
        self.lanes.is_empty() || self.lanes.contains(&lane)
    }

    /// The inputs as the user would name them.
    fn name(&self) -> String {
        let names: Vec<&str> = self
            .timeline
            .sources
            .iter()
            .map(|s| s.name.as_str())
            .collect();
        names.join(" ")
    }

    /// `a.log:12`
    fn place(&self, placed: &Placed) -> String {
        let strand = self.timeline.strands.get(placed.strand);
        let source = strand.and_then(|strand| self.timeline.sources.get(strand.source));
        let name = source.map_or("", |source| source.name.as_str());
        let name = name.rsplit('/').next().unwrap_or(name);
        match placed.event.place.line {
            0 => name.to_owned(),
            line => format!("{name}:{line}"),
        }
    }
}

/// Answers. The inner result is about writing the answer.
pub fn run(
    args: &TimelineArgs,
    common: &Common,
    out: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<io::Result<Exit>, Failure> {
    let inputs = read::read(args, common)?;
    if !common.quiet {
        for lost in &inputs.lost {
            complain(lost);
        }
    }
    if inputs.timeline.events.is_empty() {
        return Err(Failure::no_answer(
            "nothing to put on a timeline: no input has a trace, a crash or a log line\n\n\
             hint: dumpview FILE says what a file is",
        ));
    }
    let report = Report {
        lanes: args.lane.iter().map(|lane| lane.lane()).collect(),
        range: range(args, &inputs.timeline)?,
        all: args.all,
        timeline: inputs.timeline,
        lost: inputs.lost,
    };
    let exit = if report.lost.is_empty() {
        Exit::Answered
    } else {
        Exit::Damaged
    };
    let written = if common.json {
        json::write(&report, out)
    } else if args.csv {
        json::csv(&report, out)
    } else {
        text::write(&report, &mut Text::new(&mut Ansi::new(out, Styles::Ansi)))
    };
    Ok(written.map(|()| exit))
}

/// `--since` and `--until` on the axis.
fn range(args: &TimelineArgs, timeline: &Timeline) -> Result<Option<Bounds>, Failure> {
    let point = |flag: &str, text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let wrong = |why: &str| Failure::usage(format!("--{flag} {text}: {why}"));
        match time(text) {
            Some(Time::Offset(ns)) => Ok(Some(ns)),
            Some(Time::Unix(_)) if timeline.axis.clock == Clock::Process => {
                Err(wrong("no input knows the date; say it as 90s"))
            }
            Some(Time::Unix(ns)) => Ok(Some(ns.saturating_sub(timeline.axis.zero))),
            None => Err(wrong("wants 90s, 2m or a date and time with its zone")),
        }
    };
    let (since, until) = (point("since", &args.since)?, point("until", &args.until)?);
    Ok((since.is_some() || until.is_some()).then(|| Bounds {
        lo: since.unwrap_or(i64::MIN),
        hi: until.unwrap_or(i64::MAX),
    }))
}
