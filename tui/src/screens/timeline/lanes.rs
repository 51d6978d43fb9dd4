//! The rows of the chart, and an event in a line.

use crate::widgets::chart::Point;
use dumpview_model::timeline::{Event, Lane, Series, Timeline, What, phases};
use dumpview_model::units::{bytes, duration, grouped, plural};
use dumpview_view::line::Role;

/// What a row of the chart shows.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub name: &'static str,
    pub role: Role,
    pub points: Vec<Point>,
    pub most: u64,
    pub unit: fn(u64) -> String,
    /// The events that it is made of.
    pub lane: Lane,
}

fn count(n: u64) -> String {
    grouped(n)
}

/// The rows of the chart that have anything to show.
pub(super) fn rows(timeline: &Timeline) -> Vec<Row> {
    let row = |name, role, unit, lane, points: Vec<Point>| {
        let most = points
            .iter()
            .map(|point| point.high)
            .max()
            .unwrap_or(0)
            .max(1);
        Row {
            name,
            role,
            points,
            most,
            unit,
            lane,
        }
    };
    let series = |series| {
        timeline
            .series(series)
            .into_iter()
            .map(|(at, value)| Point::new(at, value))
            .collect()
    };
    let each = |lane: Lane| -> Vec<Point> {
        let events = timeline
            .events
            .iter()
            .filter(|placed| placed.event.lane == lane);
        events
            .filter_map(|placed| Some(Point::new(placed.at?.mid(), 1)))
            .collect()
    };
    let moments = |name, role, lane| row(name, role, count, lane, each(lane));
    let all = [
        moments("moment", Role::Alarm, Lane::Moment),
        row(
            "heap",
            Role::Series(0),
            bytes,
            Lane::Gc,
            series(Series::Heap),
        ),
        row(
            "goal",
            Role::Series(2),
            bytes,
            Lane::Gc,
            series(Series::HeapGoal),
        ),
        row(
            "pauses",
            Role::Series(3),
            duration,
            Lane::Gc,
            series(Series::Pause),
        ),
        row(
            "runnable",
            Role::Series(5),
            count,
            Lane::Sched,
            series(Series::Runnable),
        ),
        row(
            "threads",
            Role::Series(4),
            count,
            Lane::Sched,
            series(Series::Threads),
        ),
        row(
            "sys",
            Role::Series(6),
            bytes,
            Lane::Memory,
            series(Series::Sys),
        ),
        moments("scavenger", Role::Series(7), Lane::Scavenger),
        moments("profile", Role::Series(1), Lane::Profile),
        moments("init", Role::Series(7), Lane::Init),
        moments("log", Role::Series(7), Lane::Log),
    ];
    all.into_iter()
        .filter(|row| !row.points.is_empty())
        .collect()
}

/// An event in a line.
pub(super) fn describe(event: &Event) -> String {
    match &event.what {
        What::Cycle(cycle) => {
            let stopped: u64 = phases(cycle)
                .filter(|phase| phase.stop_the_world)
                .map(|phase| phase.ns)
                .sum();
            format!(
                "gc {}: heap {}→{}→{} MiB, goal {}, marking {}, world stopped {}{}",
                cycle.number,
                cycle.heap_start.0,
                cycle.heap_end.0,
                cycle.heap_live.0,
                cycle
                    .goal()
                    .map_or_else(|| "none".to_owned(), |goal| goal.0.to_string()),
                duration(cycle.clock.mark.0),
                duration(stopped),
                if cycle.forced { ", forced" } else { "" }
            )
        }
        What::OldCycle(cycle) => format!(
            "gc {}: heap {}→{} MiB",
            cycle.number, cycle.heap_from.0, cycle.heap_to.0
        ),
        What::SysmonForced => "sysmon asks for a collection: none for two minutes".to_owned(),
        What::Pause { cycle, ns } => format!("gc {cycle}: world stopped {}", duration(*ns)),
        What::Sched(sample) => format!(
            "{} of {} Ps idle, {} threads; waiting to run: {}, {} of them in the global queue",
            sample.idleprocs,
            sample.gomaxprocs,
            sample.threads,
            grouped(sample.waiting()),
            sample.runqueue
        ),
        What::Scavenged { released, .. } => {
            format!("{} given back to the system", bytes(*released))
        }
        What::Init {
            package,
            bytes: size,
            allocs,
        } => format!(
            "init {package}: {} in {}",
            bytes(*size),
            plural(*allocs, "object")
        ),
        What::Memory(sample) => {
            let part = |name: &str, n: Option<u64>| n.map(|n| format!("{name} {}", bytes(n)));
            let parts = [
                part("heap", sample.heap_alloc),
                part("in use", sample.heap_inuse),
                part("sys", sample.sys),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        What::Moment(moment) => {
            let goroutines = moment
                .goroutines
                .map_or_else(String::new, |n| format!(" ({})", plural(n, "goroutine")));
            format!("{}: {}{goroutines}", moment.kind.as_str(), moment.text)
        }
        What::Profile { text } => format!("profile of {text}"),
        What::Log { text } => text.to_string(),
        _ => String::new(),
    }
}
