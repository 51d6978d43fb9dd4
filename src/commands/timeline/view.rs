//! What is said of an event: a sentence for people, its numbers for programs.

use dumpview_model::timeline::{
    Bounds, Event, MemorySample, Placed, SchedSample, Timeline, What, phases,
};
use dumpview_model::units::plural;
use dumpview_model::units::{bytes, duration};
use dumpview_parsers::gctrace::Cycle;
use serde_json::{Map, Value, json};

/// What happened, on one line. Texts of the input are not yet safe for a terminal.
pub(super) fn sentence(event: &Event) -> String {
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
        What::Moment(moment) => match moment.goroutines {
            Some(n) => format!("{} ({})", moment.text, plural(n, "goroutine")),
            None => moment.text.to_string(),
        },
        What::Log { text } => text.to_string(),
        _ => String::new(),
    }
}

/// Heap sizes as printed: whole MiB.
fn collection(cycle: &Cycle) -> String {
    let stopped = cycle.clock.sweep_termination.0 + cycle.clock.mark_termination.0;
    format!(
        "gc {}: {} → {} → {} MiB, goal {} MiB, stopped {}, mark {}{}{}",
        cycle.number,
        cycle.heap_start.0,
        cycle.heap_end.0,
        cycle.heap_live.0,
        cycle.goal.0,
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
pub(super) fn plus_minus(placed: &Placed) -> Option<i64> {
    placed
        .at
        .filter(|_| placed.by.is_two_sided())
        .map(Bounds::plus_minus)
}

/// An event as an object.
pub(super) fn object(timeline: &Timeline, placed: &Placed) -> Map<String, Value> {
    let event = &placed.event;
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| {
        map.insert(key.to_owned(), value);
    };
    put("at_ns", json!(placed.at.map(Bounds::mid)));
    put("plus_minus_ns", json!(plus_minus(placed)));
    put("by", json!(placed.by.as_str()));
    put("lane", json!(event.lane.as_str()));
    let source = timeline.strands.get(placed.strand).map(|s| s.source + 1);
    put("source", json!(source));
    put("strand", json!(placed.strand + 1));
    if event.place.line > 0 {
        put("line", json!(event.place.line));
        put("offset", json!(event.place.offset));
    }
    if event.span > 0 {
        put("span_ns", json!(event.span));
    }
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
        What::Log { text } => json!({"text": text}),
        _ => Value::Null,
    };
    if let Value::Object(what) = what {
        map.extend(what.into_iter().filter(|(_, value)| !value.is_null()));
    }
    map
}

fn cycle_object(cycle: &Cycle) -> Value {
    let phases: Vec<Value> = phases(cycle)
        .map(|p| json!({"name": p.name, "ns": p.ns, "stop_the_world": p.stop_the_world}))
        .collect();
    json!({
        "number": cycle.number,
        "heap_start": cycle.heap_start.to_bytes().0,
        "heap_end": cycle.heap_end.to_bytes().0,
        "heap_live": cycle.heap_live.to_bytes().0,
        "goal": cycle.goal.to_bytes().0,
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
