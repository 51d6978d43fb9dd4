//! What a cycle of the collector consists of. A number stands only where its line has it.

use crate::column::{Cell, Column, Row, count};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::gc::{Cycle, Printed};
use dumpview_parsers::gctrace::{self, Dialect, OldCycle};
use dumpview_parsers::log::Stamp;
use dumpview_parsers::quantity::{MiB, Nanos};

/// What lines since Go 1.5 have.
fn new<'r>(cycle: &Cycle, get: fn(&gctrace::Cycle) -> Cell<'r>) -> Cell<'r> {
    match &cycle.printed {
        Printed::Cycle(printed) => get(printed),
        Printed::Old(_) => Cell::Absent,
    }
}

/// What lines up to Go 1.4 have.
fn old<'r>(cycle: &Cycle, get: fn(&OldCycle) -> Cell<'r>) -> Cell<'r> {
    match &cycle.printed {
        Printed::Cycle(_) => Cell::Absent,
        Printed::Old(printed) => get(printed),
    }
}

fn ns<'r>(time: impl Into<Option<Nanos>>) -> Cell<'r> {
    count(time.into().map(|time| time.0))
}

const fn mib<'r>(size: MiB) -> Cell<'r> {
    Cell::Count(size.0)
}

fn n<'r>(number: impl Into<u64>) -> Cell<'r> {
    Cell::Count(number.into())
}

/// The time of a line's prefix, and the clock that it is of.
const fn stamp(stamp: Stamp) -> (i64, &'static str) {
    match stamp {
        Stamp::Utc(ns) => (ns, "utc"),
        Stamp::Local(ns) => (ns, "local"),
        Stamp::Yearless(ns) => (ns, "yearless"),
        Stamp::Boot(ns) => (ns, "boot"),
    }
}

/// The releases that print such lines.
const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Go1_1 => "go1.1-1.2",
        Dialect::Go1_3 => "go1.3",
        Dialect::Go1_4 => "go1.4",
        Dialect::Go1_5 => "go1.5",
        Dialect::Go1_6 => "go1.6-1.17",
        Dialect::Go1_18 => "go1.18+",
    }
}

impl Documented for Cycle {
    const ALL: &'static str = "Every cycle, as it came.";
    const ABOUT: &'static str = "One cycle of the collector. It has every number of its line, in nanoseconds and whole MiB, both cut down by the runtime as printed; a key stands only where the line has it. `--csv` has the same names as columns.";
}

impl Row for Cycle {
    const KEY: &'static str = "cycles";
    const ONE: &'static str = "cycle";
    const COLUMNS: &'static [Column<Self>] = columns! {
        process: Id, |c| n(c.process.0), "its process: the number that every verb on the log counts";
        line: "line" Id, |c| n(c.place.line), "where it stands";
        offset: Id, |c| n(c.place.offset), "where it stands, in bytes";
        stamp_ns: UnixNanos, |c| c.stamp.map_or(Cell::Absent, |at| Cell::Signed(stamp(at).0)), "time of the prefix of its line, by the clock of `stamp_clock`";
        stamp_clock: Text, |c| c.stamp.map_or(Cell::Absent, |at| Cell::Word(stamp(at).1)), "`utc`, `local`, `yearless` (since 1970), or `boot` (since the machine booted)";
        dialect: Text, |c| Cell::Word(dialect(c.dialect())), "the releases that print such a line: `go1.18+`";
        number: "cycle" Id, |c| n(c.number()), "as its process counts them";
        start_ns: "start" Nanos, |c| ns(c.start()), "since the runtime started";
        cpu_percent: "CPU" Percent, |c| count(c.cpu_percent()), "share of CPU that the collector took since the runtime started";
        pause_ns: "pause" Nanos, |c| ns(c.pause()), "the world stood still: sweep and mark termination; up to 1.4 all of it";
        sweep_termination_ns: Nanos, |c| ns(c.sweep_termination()), "wall time of sweep termination";
        scan_ns: Nanos, |c| new(c, |p| ns(p.clock.scan)), "wall time of scanning; only in 1.5";
        sync_ns: Nanos, |c| new(c, |p| ns(p.clock.sync)), "wall time of synchronising; only in 1.5";
        mark_ns: "mark" Nanos, |c| new(c, |p| ns(p.clock.mark)), "wall time of marking";
        mark_termination_ns: Nanos, |c| ns(c.mark_termination()), "wall time of mark termination";
        cpu_sweep_termination_ns: Nanos, |c| new(c, |p| ns(p.cpu.sweep_termination)), "CPU time of sweep termination";
        cpu_scan_ns: Nanos, |c| new(c, |p| ns(p.cpu.scan)), "CPU time of scanning; only in 1.5";
        cpu_sync_ns: Nanos, |c| new(c, |p| ns(p.cpu.sync)), "CPU time of synchronising; only in 1.5";
        cpu_assist_ns: "assist" Nanos, |c| new(c, |p| ns(p.cpu.assist)), "CPU time of goroutines of the program that had to help";
        cpu_background_ns: "background" Nanos, |c| new(c, |p| ns(p.cpu.background)), "CPU time of dedicated and fractional workers";
        cpu_idle_ns: Nanos, |c| new(c, |p| ns(p.cpu.idle)), "CPU time that nobody wanted";
        cpu_mark_termination_ns: Nanos, |c| new(c, |p| ns(p.cpu.mark_termination)), "CPU time of mark termination";
        heap_start_mib: "heap" MiB, |c| new(c, |p| mib(p.heap_start)), "heap when it started";
        heap_end_mib: "end" MiB, |c| new(c, |p| mib(p.heap_end)), "heap when marking ended";
        heap_live_mib: "live" MiB, |c| new(c, |p| mib(p.heap_live)), "what was marked";
        goal_mib: "goal" MiB, |c| new(c, |p| p.goal().map_or(Cell::Absent, mib)), "the heap it was to end with; absent with GOGC=off";
        stacks_mib: MiB, |c| new(c, |p| p.stacks.map_or(Cell::Absent, mib)), "stacks to scan";
        globals_mib: MiB, |c| new(c, |p| p.globals.map_or(Cell::Absent, mib)), "globals to scan";
        procs: "Ps" Count, |c| count(c.procs()), "Ps";
        forced: "forced" Flag, |c| new(c, |p| Cell::Flag(p.forced)), "the program asked for it";
        leak_check: Flag, |c| new(c, |p| Cell::Flag(p.leak_check)), "it looked for leaked goroutines";
        sysmon_forced: Flag, |c| Cell::Flag(c.sysmon_forced), "sysmon announced it: nothing had been collected for two minutes";
        threads: Count, |c| old(c, |p| n(p.threads)), "threads that marked; up to 1.4";
        stop_ns: Nanos, |c| old(c, |p| ns(p.stop)), "stopping the world; 1.3 and 1.4";
        sweep_ns: Nanos, |c| old(c, |p| ns(p.sweep)), "sweeping; up to 1.4";
        stopped_mark_ns: Nanos, |c| old(c, |p| ns(p.mark)), "marking while the world stood still; up to 1.4";
        rest_ns: Nanos, |c| old(c, |p| ns(p.rest)), "waiting for helpers and starting the world; up to 1.4";
        heap_from_mib: MiB, |c| old(c, |p| mib(p.heap_from)), "up to 1.2 the heap before it, then the heap after the previous one";
        heap_to_mib: MiB, |c| old(c, |p| mib(p.heap_to)), "up to 1.2 the heap after it, then the heap before it";
        objects_before: Count, |c| old(c, |p| count(p.objects_before)), "objects before it; up to 1.2";
        objects: Count, |c| old(c, |p| n(p.objects)), "objects; up to 1.4";
        allocated_objects: Count, |c| old(c, |p| n(p.allocated)), "objects allocated since the start; up to 1.4";
        freed_objects: Count, |c| old(c, |p| n(p.freed)), "objects freed since the start; up to 1.4";
        goroutines: Count, |c| old(c, |p| count(p.goroutines)), "goroutines; 1.4";
        spans: Count, |c| old(c, |p| count(p.sweeps.map(|s| s.spans))), "spans; 1.3 and 1.4";
        swept_in_background: Count, |c| old(c, |p| count(p.sweeps.map(|s| s.background))), "spans swept in the background; 1.3 and 1.4";
        swept_in_pause: Count, |c| old(c, |p| count(p.sweeps.map(|s| s.paused))), "spans swept in the pause; 1.3 and 1.4";
        handoffs: Count, |c| old(c, |p| n(p.handoff.0)), "work handed to another marker, times; up to 1.4";
        handed_off: Count, |c| old(c, |p| n(p.handoff.1)), "work handed to another marker, objects; up to 1.4";
        steals: Count, |c| old(c, |p| n(p.steal.0)), "work stolen, times; up to 1.4";
        stolen: Count, |c| old(c, |p| n(p.steal.1)), "work stolen, objects; up to 1.4";
        proc_yields: Count, |c| old(c, |p| n(p.yields.0)), "waits by spinning; up to 1.4";
        os_yields: Count, |c| old(c, |p| n(p.yields.1)), "waits by yielding; up to 1.4";
        sleeps: Count, |c| old(c, |p| n(p.yields.2)), "waits by sleeping; up to 1.4";
        pieces: Count, |c| n(c.pieces()), "lines that it was put together from";
        edited: Flag, |c| new(c, |p| Cell::Flag(p.edited)), "its times are not written as the runtime writes them: rounded, edited, or made by a tool";
        lost_before: Count, |c| n(c.lost_before), "cycles missing before it";
        doubtful: Flag, |c| Cell::Flag(c.doubtful), "it may belong to another process";
    };
}
