//! What a cycle of the collector consists of. A number stands only where its line has it.

use crate::column::{Cell, Column, Row, Unit};
use crate::schema::Documented;
use dumpview_model::gc::{Cycle, Printed};
use dumpview_parsers::gctrace::{self, Dialect, OldCycle};
use dumpview_parsers::log::Stamp;
use dumpview_parsers::quantity::{MiB, Nanos};

fn new(cycle: &Cycle) -> Option<&gctrace::Cycle> {
    match &cycle.printed {
        Printed::Cycle(printed) => Some(printed),
        Printed::Old(_) => None,
    }
}

fn old(cycle: &Cycle) -> Option<&OldCycle> {
    match &cycle.printed {
        Printed::Cycle(_) => None,
        Printed::Old(printed) => Some(printed),
    }
}

fn some(cell: Option<Cell<'_>>) -> Cell<'_> {
    cell.unwrap_or(Cell::Absent)
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
const fn ns<'r>(time: Nanos) -> Option<Cell<'r>> {
    Some(Cell::Count(time.0))
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
const fn mib<'r>(size: MiB) -> Option<Cell<'r>> {
    Some(Cell::Count(size.0))
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
fn n<'r>(number: impl Into<u64>) -> Option<Cell<'r>> {
    Some(Cell::Count(number.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
const fn bool<'r>(value: bool) -> Option<Cell<'r>> {
    Some(Cell::Flag(value))
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
    const COLUMNS: &'static [Column<Self>] = &[
        Column::more(
            "process",
            Unit::Id,
            |c| some(n(c.process.0)),
            "its process: the number that every verb on the log counts",
        ),
        Column::new(
            "line",
            "line",
            Unit::Id,
            |c| some(n(c.place.line)),
            "where it stands",
        ),
        Column::more(
            "offset",
            Unit::Id,
            |c| some(n(c.place.offset)),
            "where it stands, in bytes",
        ),
        Column::more(
            "stamp_ns",
            Unit::UnixNanos,
            |c| {
                some((|| {
                    Some(Cell::Signed(match c.stamp? {
                        Stamp::Utc(ns)
                        | Stamp::Local(ns)
                        | Stamp::Yearless(ns)
                        | Stamp::Boot(ns) => ns,
                    }))
                })())
            },
            "time of the prefix of its line, by the clock of `stamp_clock`",
        ),
        Column::more(
            "stamp_clock",
            Unit::Text,
            |c| {
                some((|| {
                    Some(Cell::Word(match c.stamp? {
                        Stamp::Utc(_) => "utc",
                        Stamp::Local(_) => "local",
                        Stamp::Yearless(_) => "yearless",
                        Stamp::Boot(_) => "boot",
                    }))
                })())
            },
            "`utc`, `local`, `yearless` (since 1970), or `boot` (since the machine booted)",
        ),
        Column::more(
            "dialect",
            Unit::Text,
            |c| some(Some(Cell::Word(dialect(c.dialect())))),
            "the releases that print such a line: `go1.18+`",
        ),
        Column::new(
            "number",
            "cycle",
            Unit::Id,
            |c| some(n(c.number())),
            "as its process counts them",
        ),
        Column::new(
            "start_ns",
            "start",
            Unit::Nanos,
            |c| some((|| ns(c.start()?))()),
            "since the runtime started",
        ),
        Column::new(
            "cpu_percent",
            "CPU",
            Unit::Percent,
            |c| some((|| n(c.cpu_percent()?))()),
            "share of CPU that the collector took since the runtime started",
        ),
        Column::new(
            "pause_ns",
            "pause",
            Unit::Nanos,
            |c| some(ns(c.pause())),
            "the world stood still: sweep and mark termination; up to 1.4 all of it",
        ),
        Column::more(
            "sweep_termination_ns",
            Unit::Nanos,
            |c| some((|| ns(c.sweep_termination()?))()),
            "wall time of sweep termination",
        ),
        Column::more(
            "scan_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.clock.scan?))()),
            "wall time of scanning; only in 1.5",
        ),
        Column::more(
            "sync_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.clock.sync?))()),
            "wall time of synchronising; only in 1.5",
        ),
        Column::new(
            "mark_ns",
            "mark",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.clock.mark))()),
            "wall time of marking",
        ),
        Column::more(
            "mark_termination_ns",
            Unit::Nanos,
            |c| some((|| ns(c.mark_termination()?))()),
            "wall time of mark termination",
        ),
        Column::more(
            "cpu_sweep_termination_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.sweep_termination))()),
            "CPU time of sweep termination",
        ),
        Column::more(
            "cpu_scan_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.scan?))()),
            "CPU time of scanning; only in 1.5",
        ),
        Column::more(
            "cpu_sync_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.sync?))()),
            "CPU time of synchronising; only in 1.5",
        ),
        Column::new(
            "cpu_assist_ns",
            "assist",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.assist))()),
            "CPU time of goroutines of the program that had to help",
        ),
        Column::new(
            "cpu_background_ns",
            "background",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.background))()),
            "CPU time of dedicated and fractional workers",
        ),
        Column::more(
            "cpu_idle_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.idle))()),
            "CPU time that nobody wanted",
        ),
        Column::more(
            "cpu_mark_termination_ns",
            Unit::Nanos,
            |c| some((|| ns(new(c)?.cpu.mark_termination))()),
            "CPU time of mark termination",
        ),
        Column::new(
            "heap_start_mib",
            "heap",
            Unit::MiB,
            |c| some((|| mib(new(c)?.heap_start))()),
            "heap when it started",
        ),
        Column::new(
            "heap_end_mib",
            "end",
            Unit::MiB,
            |c| some((|| mib(new(c)?.heap_end))()),
            "heap when marking ended",
        ),
        Column::new(
            "heap_live_mib",
            "live",
            Unit::MiB,
            |c| some((|| mib(new(c)?.heap_live))()),
            "what was marked",
        ),
        Column::new(
            "goal_mib",
            "goal",
            Unit::MiB,
            |c| some((|| mib(new(c)?.goal))()),
            "the heap it was to end with",
        ),
        Column::more(
            "stacks_mib",
            Unit::MiB,
            |c| some((|| mib(new(c)?.stacks?))()),
            "stacks to scan",
        ),
        Column::more(
            "globals_mib",
            Unit::MiB,
            |c| some((|| mib(new(c)?.globals?))()),
            "globals to scan",
        ),
        Column::new(
            "procs",
            "Ps",
            Unit::Count,
            |c| some((|| n(c.procs()?))()),
            "Ps",
        ),
        Column::new(
            "forced",
            "forced",
            Unit::Flag,
            |c| some((|| bool(new(c)?.forced))()),
            "the program asked for it",
        ),
        Column::more(
            "leak_check",
            Unit::Flag,
            |c| some((|| bool(new(c)?.leak_check))()),
            "it looked for leaked goroutines",
        ),
        Column::more(
            "sysmon_forced",
            Unit::Flag,
            |c| some(bool(c.sysmon_forced)),
            "sysmon announced it: nothing had been collected for two minutes",
        ),
        Column::more(
            "threads",
            Unit::Count,
            |c| some((|| n(old(c)?.threads))()),
            "threads that marked; up to 1.4",
        ),
        Column::more(
            "stop_ns",
            Unit::Nanos,
            |c| some((|| ns(old(c)?.stop?))()),
            "stopping the world; 1.3 and 1.4",
        ),
        Column::more(
            "sweep_ns",
            Unit::Nanos,
            |c| some((|| ns(old(c)?.sweep))()),
            "sweeping; up to 1.4",
        ),
        Column::more(
            "stopped_mark_ns",
            Unit::Nanos,
            |c| some((|| ns(old(c)?.mark))()),
            "marking while the world stood still; up to 1.4",
        ),
        Column::more(
            "rest_ns",
            Unit::Nanos,
            |c| some((|| ns(old(c)?.rest))()),
            "waiting for helpers and starting the world; up to 1.4",
        ),
        Column::more(
            "heap_from_mib",
            Unit::MiB,
            |c| some((|| mib(old(c)?.heap_from))()),
            "up to 1.2 the heap before it, then the heap after the previous one",
        ),
        Column::more(
            "heap_to_mib",
            Unit::MiB,
            |c| some((|| mib(old(c)?.heap_to))()),
            "up to 1.2 the heap after it, then the heap before it",
        ),
        Column::more(
            "objects_before",
            Unit::Count,
            |c| some((|| n(old(c)?.objects_before?))()),
            "objects before it; up to 1.2",
        ),
        Column::more(
            "objects",
            Unit::Count,
            |c| some((|| n(old(c)?.objects))()),
            "objects; up to 1.4",
        ),
        Column::more(
            "allocated_objects",
            Unit::Count,
            |c| some((|| n(old(c)?.allocated))()),
            "objects allocated since the start; up to 1.4",
        ),
        Column::more(
            "freed_objects",
            Unit::Count,
            |c| some((|| n(old(c)?.freed))()),
            "objects freed since the start; up to 1.4",
        ),
        Column::more(
            "goroutines",
            Unit::Count,
            |c| some((|| n(old(c)?.goroutines?))()),
            "goroutines; 1.4",
        ),
        Column::more(
            "spans",
            Unit::Count,
            |c| some((|| n(old(c)?.sweeps?.spans))()),
            "spans; 1.3 and 1.4",
        ),
        Column::more(
            "swept_in_background",
            Unit::Count,
            |c| some((|| n(old(c)?.sweeps?.background))()),
            "spans swept in the background; 1.3 and 1.4",
        ),
        Column::more(
            "swept_in_pause",
            Unit::Count,
            |c| some((|| n(old(c)?.sweeps?.paused))()),
            "spans swept in the pause; 1.3 and 1.4",
        ),
        Column::more(
            "handoffs",
            Unit::Count,
            |c| some((|| n(old(c)?.handoff.0))()),
            "work handed to another marker, times; up to 1.4",
        ),
        Column::more(
            "handed_off",
            Unit::Count,
            |c| some((|| n(old(c)?.handoff.1))()),
            "work handed to another marker, objects; up to 1.4",
        ),
        Column::more(
            "steals",
            Unit::Count,
            |c| some((|| n(old(c)?.steal.0))()),
            "work stolen, times; up to 1.4",
        ),
        Column::more(
            "stolen",
            Unit::Count,
            |c| some((|| n(old(c)?.steal.1))()),
            "work stolen, objects; up to 1.4",
        ),
        Column::more(
            "proc_yields",
            Unit::Count,
            |c| some((|| n(old(c)?.yields.0))()),
            "waits by spinning; up to 1.4",
        ),
        Column::more(
            "os_yields",
            Unit::Count,
            |c| some((|| n(old(c)?.yields.1))()),
            "waits by yielding; up to 1.4",
        ),
        Column::more(
            "sleeps",
            Unit::Count,
            |c| some((|| n(old(c)?.yields.2))()),
            "waits by sleeping; up to 1.4",
        ),
        Column::more(
            "pieces",
            Unit::Count,
            |c| some(n(c.pieces())),
            "lines that it was put together from",
        ),
        Column::more(
            "lost_before",
            Unit::Count,
            |c| some(n(c.lost_before)),
            "cycles missing before it",
        ),
        Column::more(
            "doubtful",
            Unit::Flag,
            |c| some(bool(c.doubtful)),
            "it may belong to another process",
        ),
    ];
}
