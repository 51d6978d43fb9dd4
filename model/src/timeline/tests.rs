//! Joins of inputs whose truth the test knows, since it wrote them.

use super::*;
use crate::log::{self, Processes};
use dumpview_parsers::gctrace::{self, Cycle, Dialect};
use dumpview_parsers::log::{Kind, Origin, Place, Record, Stamp};
use dumpview_parsers::quantity::{MiB, Nanos};

const MS: u64 = 1_000_000;
const START: i64 = 1_700_000_000_000_000_000;

/// A collection that began `at` and marked for 10 ms, cut down as the runtime prints it.
fn cycle(number: u32, at: u64) -> Cycle {
    Cycle {
        number,
        start: Nanos(at / MS * MS),
        cpu_percent: 1,
        leak_check: false,
        edited: false,
        clock: gctrace::Clock {
            sweep_termination: Nanos(20_000),
            mark: Nanos(10 * MS),
            mark_termination: Nanos(30_000),
            ..gctrace::Clock::default()
        },
        cpu: gctrace::Cpu::default(),
        heap_start: MiB(4),
        heap_end: MiB(5),
        heap_live: MiB(2),
        goal: MiB(4),
        stacks: None,
        globals: None,
        procs: 2,
        forced: false,
        dialect: Dialect::Go1_18,
        pieces: 1,
    }
}

fn record(line: u64, stamp: Option<Stamp>, kind: Kind<'_>) -> Record<'_> {
    Record {
        place: Place {
            line,
            offset: line * 100,
        },
        stamp,
        origin: Origin(0),
        doubtful: false,
        kind,
    }
}

/// A log that is being read.
struct Reading {
    name: &'static str,
    processes: Processes,
    log: Log,
}

impl Reading {
    fn of(name: &'static str) -> Self {
        Self {
            name,
            processes: Processes::new(),
            log: Log::new(),
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        self.log.record(record, self.processes.of(record));
    }

    fn end(self, collector: &mut Collector) {
        collector.log(self.name, &self.log, &log::Unread::default());
    }
}

fn gc<'a>(number: u32, at: u64) -> Kind<'a> {
    Kind::Gc(gctrace::Record::Cycle(cycle(number, at)))
}

/// Moments at which collections began; 70 to 300 ms apart.
fn beginnings() -> impl Iterator<Item = (u32, u64)> {
    (1..=20u32).map(|n| {
        (
            n,
            u64::from(n) * 170 * MS + u64::from(n * n % 7) * 17_123_456,
        )
    })
}

fn log_of_collections(collector: &mut Collector, name: &'static str, stamps: bool) {
    let mut log = Reading::of(name);
    for (number, at) in beginnings() {
        let stamp = stamps.then(|| {
            let written = i64::try_from(at + 10 * MS + 50_000).unwrap();
            Stamp::Utc(START + written + 40_000)
        });
        log.record(&record(u64::from(number), stamp, gc(number, at)));
    }
    log.end(collector);
}

fn core() -> CoreFacts {
    CoreFacts {
        name: "core.1".into(),
        reason: "panic: boom".into(),
        started_unix: Some(START),
        reached_unix: Some(START + 9_000_000_000),
        pauses: beginnings()
            .skip(10)
            .map(|(number, at)| {
                let end = i64::try_from(at + 10 * MS + 50_000).unwrap();
                (u64::from(number), START + end, 50_000)
            })
            .collect(),
        ..CoreFacts::default()
    }
}

#[test]
fn a_core_gives_a_log_without_stamps_its_wall_clock() {
    let mut collector = Collector::new();
    log_of_collections(&mut collector, "a.log", false);
    collector.core(&core());
    let timeline = collector.finish(&[]);
    assert_eq!(timeline.axis.clock, Clock::Wall);
    assert_eq!(timeline.axis.zero, START);
    assert_eq!(timeline.processes[0].joined, timeline.processes[1].joined);
    assert!(
        timeline.processes[1].how[0].contains("10 collections"),
        "{:?}",
        timeline.processes
    );
    for placed in timeline.events.iter().filter(|p| p.event.lane == Lane::Gc) {
        let What::Cycle(cycle) = &placed.event.what else {
            panic!()
        };
        let truth = beginnings().find(|(n, _)| *n == cycle.number).unwrap().1;
        let at = placed.at.unwrap();
        assert!(
            at.lo <= truth.cast_signed() && truth.cast_signed() <= at.hi,
            "{at:?} {truth}"
        );
        assert!(at.plus_minus() <= 500_000);
    }
}

#[test]
fn a_core_of_another_process_is_not_joined() {
    let mut collector = Collector::new();
    log_of_collections(&mut collector, "a.log", true);
    let mut other = core();
    for (_, end, _) in &mut other.pauses {
        *end += 30_000_000;
    }
    collector.core(&other);
    let timeline = collector.finish(&[]);
    assert_ne!(timeline.processes[0].joined, timeline.processes[1].joined);
}

#[test]
fn stamps_place_what_has_no_time_of_its_own() {
    let mut collector = Collector::new();
    log_of_collections(&mut collector, "a.log", true);
    let mut log = Reading::of("app.log");
    for (line, at) in [(1u64, 100_000_000i64), (3, 900_000_000)] {
        log.record(&record(line, Some(Stamp::Utc(START + at)), Kind::Log(b"x")));
    }
    log.record(&record(2, None, Kind::Log(b"between")));
    log.end(&mut collector);
    let timeline = collector.finish(&[]);
    let at = |line: u64| {
        let mut of = timeline.events.iter().filter(|p| p.event.lane == Lane::Log);
        of.find(|p| p.event.place.line == line).unwrap()
    };
    // The stamps have milliseconds, and the axis' zero, the start by other stamps, is known to one.
    let seen = at(1).at.unwrap();
    assert!(
        seen.lo - 1_100_000 <= 100_000_000 && 100_000_000 <= seen.hi + 1_100_000,
        "{seen:?}"
    );
    assert!(seen.plus_minus() < 1_000_000);
    assert_eq!(at(1).by, By::Stamp);
    assert_eq!(at(2).by, By::Neighbours);
    let between = at(2).at.unwrap();
    assert_eq!(
        (between.lo, between.hi),
        (at(1).at.unwrap().lo, at(3).at.unwrap().hi)
    );
}

#[test]
fn numbers_that_begin_again_are_another_process() {
    let mut collector = Collector::new();
    let mut log = Reading::of("a.log");
    // The first still marks when the last begins.
    for (line, (number, at)) in [(1, 10), (2, 20), (1, 5), (2, 15), (3, 27)]
        .into_iter()
        .enumerate()
    {
        log.record(&record(line as u64, None, gc(number, at * MS)));
    }
    log.end(&mut collector);
    let timeline = collector.finish(&[]);
    assert_eq!(timeline.processes.len(), 2);
    assert_eq!(timeline.processes[0].lanes[0].1.events, 2);
    assert_eq!(timeline.processes[1].lanes[0].1.events, 3);
}

#[test]
fn two_processes_that_write_at_once_keep_their_own_numbers() {
    let mut collector = Collector::new();
    let mut log = Reading::of("a.log");
    // One is at its 50th when the other begins.
    let both = [
        (50, 9000),
        (1, 10),
        (51, 9100),
        (2, 30),
        (52, 9200),
        (3, 50),
        (53, 9300),
    ];
    for (line, (number, at)) in both.into_iter().enumerate() {
        log.record(&record(line as u64, None, gc(number, at * MS)));
    }
    log.end(&mut collector);
    let counts: Vec<u64> = collector
        .finish(&[])
        .processes
        .iter()
        .map(|s| s.lanes[0].1.events)
        .collect();
    assert_eq!(counts, [4, 3]);
}

#[test]
fn an_order_of_the_user_is_obeyed() {
    let mut collector = Collector::new();
    log_of_collections(&mut collector, "a.log", true);
    let align = [Align {
        source: 0,
        to: Point::Unix(START + 5_000_000_000),
    }];
    let timeline = collector.finish(&align);
    assert_eq!(timeline.axis.zero, START + 5_000_000_000);
    assert_eq!(timeline.processes[0].how, ["as --align says"]);
}

#[test]
fn what_nothing_ties_says_so() {
    let mut collector = Collector::new();
    log_of_collections(&mut collector, "a.log", false);
    let mut log = Reading::of("b.log");
    log.record(&record(1, None, gc(1, 33 * MS)));
    log.end(&mut collector);
    let timeline = collector.finish(&[]);
    assert!(
        timeline.notes[0].contains("2 processes are tied to nothing"),
        "{:?}",
        timeline.notes
    );
}

/// Statistics with `PauseEnd` in a log of their own give a log of collections its wall clock, and the other way round.
#[test]
fn memory_statistics_tie_collections_to_the_wall_clock() {
    use dumpview_parsers::memstats::{self, Field, Form, Value};
    let mut snapshot = memstats::Snapshot::new(Form::Json);
    snapshot.set(Field::NumGC, Value::Integer(20));
    for (_, at) in beginnings() {
        let end = START.cast_unsigned() + at + 10 * MS + 50_000;
        snapshot.pause_ns.push(50_000);
        snapshot.pause_end.push(end);
    }
    let mut collector = Collector::new();
    log_of_collections(&mut collector, "a.log", false);
    let mut log = Reading::of("vars.json");
    let printed = Kind::MemStats(memstats::Record::Snapshot(&snapshot));
    log.record(&record(1, None, printed));
    log.end(&mut collector);
    let timeline = collector.finish(&[]);
    assert_eq!(timeline.axis.clock, Clock::Wall);
    assert_eq!(timeline.processes[0].joined, timeline.processes[1].joined);
    assert!((timeline.axis.zero - START).abs() < 1_000_000);
    let pauses = timeline
        .events
        .iter()
        .filter(|p| p.event.lane == Lane::Pause);
    assert_eq!(pauses.count(), 20);
}

/// A stamp of whole seconds is a second wide, and less between two collections.
#[test]
fn coarse_stamps_are_as_wide_as_they_are() {
    let second = 1_000_000_000;
    let mut collector = Collector::new();
    let mut log = Reading::of("a.log");
    let stamp = |s: i64| Some(Stamp::Local(START + s * second));
    log.record(&record(1, stamp(0), Kind::Log(b"first")));
    log.record(&record(2, None, gc(1, 300 * MS)));
    log.record(&record(3, stamp(0), Kind::Log(b"between")));
    log.record(&record(4, None, gc(2, 500 * MS)));
    log.record(&record(5, stamp(1), Kind::Log(b"last")));
    log.end(&mut collector);
    let timeline = collector.finish(&[]);
    let at = |line: u64| {
        let mut events = timeline.events.iter();
        events.find(|p| p.event.place.line == line).unwrap()
    };
    assert_eq!(at(3).by, By::Stamp);
    let between = at(3).at.unwrap();
    assert!(between.lo >= at(2).at.unwrap().lo && between.hi <= at(4).at.unwrap().hi + 20_000_000);
    assert!(between.plus_minus() < 700_000_000, "{between:?}");
    assert!(at(1).at.unwrap().plus_minus() > 100_000_000);
}
