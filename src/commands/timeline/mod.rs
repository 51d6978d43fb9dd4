//! `timeline`: every input on one axis.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags, and times as people type them |
//! | `read` | inputs to a timeline |
//! | `charts` | curves in plain text |
//! | `text` | the report for people |

mod args;
mod charts;
mod read;
mod text;

pub use args::TimelineFlags;

use crate::answer::{Exit, Failure, Stop};
use crate::case::{Files, Kind};
use crate::flags::no_match;
use crate::out::Out;
use crate::times::point;
use crate::verb::{About, Inputs, OnFiles, Verb};
use dumpview_model::timeline::{Bounds, Lane, Placed, Timeline};
use dumpview_view::document::{Envelope, Unread};
use dumpview_view::rows::TimelineEvent;
use dumpview_view::schema::{And, Rows};

/// What was read and what was asked.
struct Report<'a> {
    timeline: Timeline,
    range: Option<Bounds>,
    args: &'a TimelineFlags,
}

impl Report<'_> {
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
        self.args.lane.is_empty() || self.args.lane.contains(&lane)
    }

    fn envelope(&self) -> Envelope {
        let sources = &self.timeline.sources;
        let names: Vec<&str> = sources.iter().map(|s| s.name.as_str()).collect();
        let mut envelope = Envelope::of_log("timeline", names.join(" "));
        envelope.input.kind = "timeline";
        envelope.input.go_version = sources.iter().find_map(|s| s.go_version.clone());
        envelope
    }
}

/// `timeline`.
pub struct TimelineVerb;

impl Verb for TimelineVerb {
    type Args = TimelineFlags;
    type Body = Rows<TimelineEvent, And<Timeline, Unread>>;
    const ABOUT: About = About {
        inputs: Inputs::Files,
        examples: &[
            "dumpview timeline app.log sched.log core.44457 ./app",
            "dumpview timeline app.log --lane gc,moment --since 30s --until 31s",
            "dumpview timeline a.log b.log --align b.log=+1.5s",
            "dumpview timeline a.log core.1 --align a.log=2026-11-21T02:21:10Z",
        ],
        notes: "Inputs are logs, cores, and the executables of those cores.",
        ..About::log("timeline", "Several logs and cores on one axis")
    };
}

impl OnFiles for TimelineVerb {
    const READS: &'static [Kind] = &[
        Kind::Log,
        Kind::Compiler,
        Kind::Core,
        Kind::Profile,
        Kind::Executable,
    ];

    fn answer(files: &Files<'_>, args: &TimelineFlags, out: &mut Out<'_>) -> Result<Exit, Stop> {
        let choice = args.table.choice()?;
        let (timeline, mut incomplete) = read::read(files, args)?;
        let unread = Unread::of_timeline(&timeline);
        incomplete.extend(unread.incomplete());
        if timeline.events.is_empty() {
            return Err(Failure::no_answer(
                "nothing to put on a timeline: no input has a trace, a crash or a log line\n\n\
                 hint: dumpview FILE says what a file is",
            )
            .into());
        }
        let report = Report {
            range: range(args, &timeline)?,
            args,
            timeline,
        };
        for lacks in &incomplete {
            out.complain(&lacks.why);
        }
        let mut stream = out.stream(report.envelope(), &choice);
        for placed in report.chosen() {
            stream.row(&TimelineEvent::new(&report.timeline, placed))?;
        }
        if stream.found_nothing() {
            return Err(no_match(&choice).into());
        }
        stream.finish(
            |document| {
                document.entries(&report.timeline)?;
                document.entries(&unread)?;
                document.entry("incomplete", &incomplete)
            },
            |out| text::write(&report, out),
        )?;
        Ok(Exit::lacking(&incomplete))
    }
}

/// `--since` and `--until` on the axis.
fn range(args: &TimelineFlags, timeline: &Timeline) -> Result<Option<Bounds>, Failure> {
    let point = |flag: &str, text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let wrong = |why: &str| Failure::usage(format!("--{flag} {text}: {why}"));
        let zone = "wants 90s, 2m or a date and time with its zone";
        let at = timeline.axis.at(point(text).ok_or_else(|| wrong(zone))?);
        let at = at.ok_or_else(|| wrong("no input knows the date; say it as 90s"));
        at.map(Some)
    };
    let (since, until) = (point("since", &args.since)?, point("until", &args.until)?);
    Ok((since.is_some() || until.is_some()).then(|| Bounds {
        lo: since.unwrap_or(i64::MIN),
        hi: until.unwrap_or(i64::MAX),
    }))
}
