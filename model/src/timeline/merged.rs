//! All inputs on one axis.

use super::source::{Source, Unread};
use super::{Bounds, Event, Lane, What};
use crate::log::ProcessId;
use crate::words;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What the axis counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Nanoseconds since 1970.
    Wall,
    /// Nanoseconds since the process started; no source knows the wall clock.
    Process,
}

/// The clock that times are told by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "axis")]
pub struct Axis {
    /// `wall` (since 1970) or `process` (since the process started).
    #[schemars(with = "String")]
    pub clock: Clock,
    /// Where the axis begins on that clock, in nanoseconds.
    #[serde(rename = "zero_ns")]
    pub zero: i64,
}

/// A point of an axis, as people say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// Nanoseconds from the axis' zero, or from where something would stand without being put there.
    Offset(i64),
    /// Nanoseconds since 1970: a moment, or the start of a process.
    Unix(i64),
}

impl Axis {
    /// Where a point stands; `None` for a date, when no input knows one.
    pub fn at(self, point: Point) -> Option<i64> {
        match (point, self.clock) {
            (Point::Offset(ns), _) => Some(ns),
            (Point::Unix(ns), Clock::Wall) => Some(ns.saturating_sub(self.zero)),
            (Point::Unix(_), Clock::Process) => None,
        }
    }
}

/// A process of an input.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "timeline-process")]
pub struct ProcessInfo {
    /// Its input, counted from 1.
    #[serde(serialize_with = "from_one")]
    pub source: usize,
    /// Its number in that input, which every verb on it counts.
    #[serde(rename = "process")]
    pub number: ProcessId,
    /// What the prefix of its lines calls it; empty without one.
    pub origin: String,
    /// A number that is the same for entries that are one and the same process.
    #[serde(serialize_with = "from_one")]
    pub joined: usize,
    /// When it started, from the axis' zero in nanoseconds; null when that is not known.
    pub start_ns: Option<i64>,
    /// How far that may be off, in nanoseconds; null when the start is not known.
    pub start_plus_minus_ns: Option<i64>,
    /// By what its place on the axis, and that it is the same as others, is known: a sentence each.
    pub how: Vec<String>,
    /// Whether nothing proves that it is the same process as those with the same `joined`.
    pub assumed: bool,
    /// Lane to what it has in it.
    #[serde(serialize_with = "by_name")]
    #[schemars(with = "BTreeMap<&'static str, LaneCount>")]
    pub lanes: Vec<(Lane, LaneCount)>,
}

/// What a process has in a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "timeline-lane")]
pub struct LaneCount {
    /// How many events there were.
    pub events: u64,
    /// Only one in so many is in the list.
    pub one_kept_in: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn from_one<S: Serializer>(index: &usize, to: S) -> Result<S::Ok, S::Error> {
    (index + 1).serialize(to)
}

fn by_name<S: Serializer>(lanes: &[(Lane, LaneCount)], to: S) -> Result<S::Ok, S::Error> {
    let named: BTreeMap<_, _> = lanes.iter().map(|(lane, of)| (lane.as_str(), of)).collect();
    named.serialize(to)
}

/// By what an event was placed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum By {
    /// Its own time.
    Own,
    /// The stamp of its line.
    Stamp,
    /// The lines around it.
    Neighbours,
    /// The line after it alone: it is not later than that, and may be any time earlier.
    NotAfter,
    /// The line before it alone: it is not earlier than that, and may be any time later.
    NotBefore,
    /// It could not be placed.
    Nothing,
}

impl By {
    /// Whether the bounds are those of the event, rather than of another line that only limits it on one side.
    pub const fn is_two_sided(self) -> bool {
        matches!(self, Self::Own | Self::Stamp | Self::Neighbours)
    }

    /// As JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Stamp => "stamp",
            Self::Neighbours => "neighbours",
            Self::NotAfter => "not_after",
            Self::NotBefore => "not_before",
            Self::Nothing => "nothing",
        }
    }
}

/// An event on the axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// When it began; absent when nothing tells.
    pub at: Option<Bounds>,
    /// By what that is known.
    pub by: By,
    /// Its process, by the index in [`Timeline::processes`].
    pub process: usize,
    /// The event.
    pub event: Event,
}

/// All inputs on one axis.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Timeline {
    /// The clock that times are told by.
    pub axis: Axis,
    /// What a reader has to know about the clocks, a sentence each.
    pub notes: Vec<String>,
    /// The inputs, numbered from 1 in this order.
    pub sources: Vec<Source>,
    /// The processes of each input.
    pub processes: Vec<ProcessInfo>,
    /// In order of time; those without one at the end.
    #[serde(skip)]
    pub events: Vec<Placed>,
    /// Lines that looked like a trace and could not be read.
    #[serde(skip)]
    pub unread: Vec<Unread>,
}

impl Timeline {
    /// From the first to the last event that has a time, spans included; `None` when none has.
    pub fn extent(&self) -> Option<Bounds> {
        let ends = self.events.iter().filter_map(|placed| {
            let at = placed.at?.mid();
            let span = i64::try_from(placed.event.span).unwrap_or(0);
            Some((at, at.saturating_add(span)))
        });
        let (first, last) = ends.fold((i64::MAX, i64::MIN), |(first, last), (from, to)| {
            (first.min(from), last.max(to))
        });
        (first <= last).then_some(Bounds {
            lo: first,
            hi: last,
        })
    }

    /// The events that begin in a range of the axis.
    pub fn range(&self, range: Bounds) -> &[Placed] {
        let time = |placed: &Placed| placed.at.map_or(i64::MAX, Bounds::mid);
        let from = self.events.partition_point(|p| time(p) < range.lo);
        let to = self.events.partition_point(|p| time(p) <= range.hi);
        self.events.get(from..to).unwrap_or_default()
    }

    /// A number over time, from the events that have it: nanoseconds on the axis and the value.
    pub fn series(&self, series: Series) -> Vec<(i64, u64)> {
        let mut points = Vec::new();
        for placed in &self.events {
            let Some(at) = placed.at.map(Bounds::mid) else {
                continue;
            };
            series.of(&placed.event, at, &mut points);
        }
        points.sort_by_key(|(at, _)| *at);
        points
    }
}

words! {
    /// Numbers that make a curve.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub enum Series {
        /// Heap in use, bytes: up to the end of marking, down to what lives.
        Heap = "heap" "Heap in use, bytes: up to the end of marking, down to what lives",
        /// The goal of each collection, bytes.
        HeapGoal = "goal" "The goal of each collection, bytes",
        /// Time with the world stopped in each collection, nanoseconds.
        Pause = "pauses" "Time with the world stopped in each collection, nanoseconds",
        /// Goroutines that could run and do not.
        Runnable = "runnable" "Goroutines that could run and do not",
        /// Threads.
        Threads = "threads" "Threads",
        /// Bytes from the system, as memory statistics have it.
        Sys = "sys" "Bytes from the system, as memory statistics have it",
    }
}

impl Series {
    fn of(self, event: &Event, at: i64, points: &mut Vec<(i64, u64)>) {
        match (self, &event.what) {
            (Self::Heap, What::Cycle(cycle)) => {
                let end = at.saturating_add(i64::try_from(event.span).unwrap_or(0));
                points.push((at, cycle.heap_start.to_bytes().0));
                points.push((end, cycle.heap_end.to_bytes().0));
                points.push((end, cycle.heap_live.to_bytes().0));
            }
            (Self::HeapGoal, What::Cycle(cycle)) => {
                points.extend(cycle.goal().map(|goal| (at, goal.to_bytes().0)));
            }
            (Self::Pause, What::Cycle(cycle)) => {
                let clock = cycle.clock;
                points.push((at, clock.sweep_termination.0 + clock.mark_termination.0));
            }
            (Self::Pause, What::Pause { ns, .. }) => points.push((at, *ns)),
            (Self::Runnable, What::Sched(sample)) => points.push((at, sample.waiting())),
            (Self::Threads, What::Sched(sample)) => points.push((at, u64::from(sample.threads))),
            (Self::Sys, What::Memory(memory)) => points.extend(memory.sys.map(|sys| (at, sys))),
            (Self::Heap, What::Memory(memory)) => {
                points.extend(memory.heap_alloc.map(|heap| (at, heap)));
            }
            _ => {}
        }
    }
}
