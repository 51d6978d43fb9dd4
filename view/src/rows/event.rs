//! An event of the timeline: a sentence for people, its numbers for programs.

use crate::column::{Cell, Column, Row, count};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::timeline::{
    Bounds, Event, MemorySample, Placed, SchedSample, Timeline, What, phases,
};
use dumpview_model::units::{bytes, duration, plural};
use dumpview_parsers::gctrace::Cycle;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// What happened, on one line. Texts of the input are not yet safe for a terminal.
pub fn sentence(event: &Event) -> String {
    match &event.what {
        What::Cycle(cycle) => collection(cycle),
        What::OldCycle(old) => format!(
            "gc {}: {} → {} MiB, {} objects",
            old.number, old.heap_from.0, old.heap_to.0, old.objects
        ),
        What::SysmonForced => "no collection for two minutes: sysmon asks for one".to_owned(),
        What::Pause { cycle, ns } => format!("gc {cycle} ends: stopped for {}", duration(*ns)),
        What::Sched(sample) => format!(
            "{} runnable ({} global), {} of {} Ps idle, {} threads ({} idle)",
            sample.waiting(),
            sample.runqueue,
            sample.idleprocs,
            sample.gomaxprocs,
            sample.threads,
            sample.idlethreads
        ),
        What::Scavenged { released, now } => {
            let now = now.map_or_else(String::new, |now| format!(", {} in all", bytes(now)));
            format!("{} given back{now}", bytes(*released))
        }
        What::Init {
            package,
            bytes: size,
            allocs,
        } => format!(
            "init {package}: {}, {} in {}",
            // Less than a microsecond is printed as 0.
            if event.span == 0 {
                "under 1 µs".to_owned()
            } else {
                duration(event.span)
            },
            bytes(*size),
            plural(*allocs, "object")
        ),
        What::Memory(memory) => memory_sentence(memory),
        What::Moment(moment) => {
            let lines: Vec<&str> = moment.text.lines().map(str::trim).collect();
            let text = lines.join("; ");
            match moment.goroutines {
                Some(n) => format!("{text} ({})", plural(n, "goroutine")),
                None => text,
            }
        }
        What::Profile { text } if event.span > 0 => format!("{text} in {}", duration(event.span)),
        What::Profile { text } | What::Log { text } => text.to_string(),
        _ => String::new(),
    }
}

/// Heap sizes as printed: whole MiB.
fn collection(cycle: &Cycle) -> String {
    let stopped = cycle.clock.sweep_termination.0 + cycle.clock.mark_termination.0;
    format!(
        "gc {}: {} → {} → {} MiB, {}, stopped {}, mark {}{}{}",
        cycle.number,
        cycle.heap_start.0,
        cycle.heap_end.0,
        cycle.heap_live.0,
        cycle.goal().map_or_else(
            || "no goal".to_owned(),
            |goal| format!("goal {} MiB", goal.0)
        ),
        duration(stopped),
        duration(cycle.clock.mark.0),
        if cycle.forced { ", forced" } else { "" },
        if cycle.leak_check {
            ", looking for leaked goroutines"
        } else {
            ""
        },
    )
}

fn memory_sentence(memory: &MemorySample) -> String {
    let sizes = [
        ("heap", memory.heap_alloc),
        ("in use", memory.heap_inuse),
        ("given back", memory.heap_released),
        ("sys", memory.sys),
    ];
    let mut parts: Vec<String> = sizes
        .into_iter()
        .filter_map(|(name, n)| Some(format!("{name} {}", bytes(n?))))
        .collect();
    parts.extend(memory.num_gc.map(|n| format!("{n} collections")));
    parts.join(", ")
}

/// How far the time of an event may be from what is told, in nanoseconds; absent when nothing limits it on one side.
fn plus_minus(placed: &Placed) -> Option<i64> {
    placed
        .at
        .filter(|_| placed.by.is_two_sided())
        .map(Bounds::plus_minus)
}

/// An event with its place on the axis.
pub struct TimelineEvent {
    /// The event and its place.
    pub placed: Placed,
    /// Its input, counted from 1.
    pub source: Option<u64>,
    /// Its process, as every verb on that input counts.
    pub process: Option<u64>,
}

/// What an event has by its lane.
#[derive(JsonSchema)]
#[schemars(tag = "lane", rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the derive only")]
enum LaneKeys {
    /// A crash, a dump, a kill, a race.
    Moment {
        /// `crash`, `dump`, `core`, `oom`, `race`.
        kind: String,
        /// The cause, in the words of the runtime or the kernel.
        text: String,
        /// Goroutines that were printed, or were in the core; absent when none were.
        goroutines: u64,
    },
    /// A cycle of the collector. Sizes are in bytes, but whole MiB.
    Gc {
        /// Its number.
        number: u64,
        /// The heap when it started, in bytes.
        heap_start: u64,
        /// The heap when marking ended, in bytes.
        heap_end: u64,
        /// What was marked, in bytes.
        heap_live: u64,
        /// The heap it was to end with, in bytes; null with GOGC=off.
        goal: Option<u64>,
        /// Ps.
        procs: u64,
        /// Whether the program asked for it.
        forced: bool,
        /// Its phases in their order.
        phases: Vec<PhaseKeys>,
        /// CPU time of goroutines of the program that had to help, in nanoseconds.
        cpu_assist_ns: u64,
        /// CPU time of dedicated and fractional workers, in nanoseconds.
        cpu_background_ns: u64,
        /// CPU time that nobody wanted, in nanoseconds.
        cpu_idle_ns: u64,
        /// Up to Go 1.4: as `heap_from_mib` of a cycle, in bytes.
        heap_from: u64,
        /// Up to Go 1.4: as `heap_to_mib` of a cycle, in bytes.
        heap_to: u64,
        /// Up to Go 1.4: objects.
        objects: u64,
        /// True for the line by which sysmon announces a cycle, which has no other of these keys.
        sysmon_forced: bool,
    },
    /// A pause that a core remembers. The event is its end.
    Pause {
        /// Number of the collection.
        number: u64,
        /// How long the world stood still, in nanoseconds.
        pause_ns: u64,
    },
    /// A sample of the scheduler.
    Sched {
        /// GOMAXPROCS.
        gomaxprocs: u64,
        /// Ps with nothing to do.
        idleprocs: u64,
        /// Threads.
        threads: u64,
        /// Threads with nothing to do.
        idlethreads: u64,
        /// Threads looking for work.
        spinningthreads: u64,
        /// Goroutines in the global queue.
        runqueue: u64,
        /// Goroutines in the queue of each P.
        local: Vec<u64>,
    },
    /// Memory statistics. Each key stands only when it was printed exactly.
    Memory {
        /// HeapAlloc, in bytes.
        heap_alloc: u64,
        /// HeapInuse, in bytes.
        heap_inuse: u64,
        /// HeapReleased, in bytes.
        heap_released: u64,
        /// Sys, in bytes.
        sys: u64,
        /// NumGC.
        num_gc: u64,
    },
    /// Memory given back to the system.
    Scavenger {
        /// Since the line before, in bytes.
        released: u64,
        /// What is given back at that time, in bytes; absent in releases that do not print it.
        released_now: u64,
    },
    /// The initialisation of a package.
    Init {
        /// The package.
        package: String,
        /// Bytes that it allocated.
        bytes: u64,
        /// Objects that it allocated.
        allocs: u64,
    },
    /// A profile, which is as long as it was taken.
    Profile {
        /// What it counted, and how much of it.
        text: String,
    },
    /// A line of the application's.
    Log {
        /// Its head.
        text: String,
    },
}

/// A phase of a cycle.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "gc-cycle-phase")]
struct PhaseKeys {
    /// Its name.
    name: &'static str,
    /// How long it took, in nanoseconds.
    ns: u64,
    /// Whether the world stood still.
    stop_the_world: bool,
}

impl TimelineEvent {
    /// An event of a timeline.
    pub fn new(timeline: &Timeline, placed: &Placed) -> Self {
        let process = timeline.processes.get(placed.process);
        Self {
            placed: placed.clone(),
            source: process.map(|process| process.source as u64 + 1),
            process: process.map(|process| u64::from(process.number.0)),
        }
    }
}

fn some<'r>(there: bool, number: u64) -> Cell<'r> {
    count(there.then_some(number))
}

fn signed<'r>(number: Option<i64>) -> Cell<'r> {
    number.map_or(Cell::Null, Cell::Signed)
}

/// The numbers of an event, by the names that its own verb gives them.
fn detail(event: &Event) -> Map<String, Value> {
    let what = match &event.what {
        What::Cycle(cycle) => cycle_object(cycle),
        What::OldCycle(old) => json!({
            "number": old.number, "heap_from": old.heap_from.to_bytes().0,
            "heap_to": old.heap_to.to_bytes().0, "objects": old.objects,
        }),
        What::SysmonForced => json!({"sysmon_forced": true}),
        What::Pause { cycle, ns } => json!({"number": cycle, "pause_ns": ns}),
        What::Sched(sample) => sched_object(sample),
        What::Scavenged { released, now } => json!({"released": released, "released_now": now}),
        What::Init {
            package,
            bytes,
            allocs,
        } => json!({"package": package, "bytes": bytes, "allocs": allocs}),
        What::Memory(m) => json!({
            "heap_alloc": m.heap_alloc, "heap_inuse": m.heap_inuse,
            "heap_released": m.heap_released, "sys": m.sys, "num_gc": m.num_gc,
        }),
        What::Moment(moment) => json!({
            "kind": moment.kind.as_str(), "text": moment.text, "goroutines": moment.goroutines,
        }),
        What::Profile { text } | What::Log { text } => json!({"text": text}),
        _ => Value::Null,
    };
    match what {
        Value::Object(what) => what
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        _ => Map::new(),
    }
}

impl Documented for TimelineEvent {
    const ALL: &'static str = "Events in order of time; those without one last.";
    const ABOUT: &'static str = "Something that happened, with its place on the axis. Further keys stand in it by `lane`, each only where it is known.";
}

impl Row for TimelineEvent {
    const KEY: &'static str = "events";
    const ONE: &'static str = "event";
    const COLUMNS: &'static [Column<Self>] = columns! {
        at_ns: "at" Nanos.or_null(), |e| signed(e.placed.at.map(Bounds::mid)), "when it began, from the axis' zero; null when that is not known";
        plus_minus_ns: Nanos.or_null(), |e| signed(plus_minus(&e.placed)), "how far that may be off; null when nothing limits it on one side";
        by: Text, |e| Cell::Word(e.placed.by.as_str()), "by what its time is known: `own` (its own time), `stamp` (of its line), `neighbours` (the lines around it), `not_after` and `not_before` (one line limits it), `nothing`";
        lane: "lane" Text, |e| Cell::Word(e.placed.event.lane.as_str()), "`moment`, `gc`, `pause`, `sched`, `memory`, `scavenger`, `init`, `log`; further keys go by it";
        source: Id.or_null(), |e| e.source.map_or(Cell::Null, Cell::Count), "its input, counted from 1";
        process: Id.or_null(), |e| e.process.map_or(Cell::Null, Cell::Count), "its process in that input: the number that every verb on it counts";
        line: Id, |e| some(e.placed.event.place.line > 0, e.placed.event.place.line), "its line; absent in cores";
        offset: Id, |e| some(e.placed.event.place.line > 0, e.placed.event.place.offset), "its line, in bytes; absent in cores";
        span_ns: Nanos, |e| some(e.placed.event.span > 0, e.placed.event.span), "how long it took; absent when it took no time";
        what: "what" Tree.keys::<LaneKeys>(), |e| Cell::Entries(detail(&e.placed.event), Cow::Owned(sentence(&e.placed.event))), "in a sentence; in JSON its numbers stand in the event itself";
    };
}

fn cycle_object(cycle: &Cycle) -> Value {
    let phases: Vec<PhaseKeys> = phases(cycle)
        .map(|p| PhaseKeys {
            name: p.name,
            ns: p.ns,
            stop_the_world: p.stop_the_world,
        })
        .collect();
    json!({
        "number": cycle.number,
        "heap_start": cycle.heap_start.to_bytes().0,
        "heap_end": cycle.heap_end.to_bytes().0,
        "heap_live": cycle.heap_live.to_bytes().0,
        "goal": cycle.goal().map(|goal| goal.to_bytes().0),
        "procs": cycle.procs,
        "forced": cycle.forced,
        "phases": phases,
        "cpu_assist_ns": cycle.cpu.assist.0,
        "cpu_background_ns": cycle.cpu.background.0,
        "cpu_idle_ns": cycle.cpu.idle.0,
    })
}

fn sched_object(sample: &SchedSample) -> Value {
    json!({
        "gomaxprocs": sample.gomaxprocs, "idleprocs": sample.idleprocs,
        "threads": sample.threads, "idlethreads": sample.idlethreads,
        "spinningthreads": sample.spinningthreads, "runqueue": sample.runqueue,
        "local": sample.local,
    })
}
