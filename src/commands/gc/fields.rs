//! What a cycle consists of, once for JSON and CSV.

use dumpview_model::gc::{Cycle, Printed};
use dumpview_parsers::gctrace::{self, Dialect, OldCycle};
use dumpview_parsers::log::Stamp;
use dumpview_parsers::quantity::{MiB, Nanos};
use std::io::{self, Write};

/// A value of a cycle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Field {
    Number(u64),
    Signed(i64),
    Bool(bool),
    Word(&'static str),
}

impl Field {
    /// Writes it; JSON quotes words.
    pub(super) fn write(self, quoted: bool, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Number(n) => decimal(n, out),
            Self::Signed(n) => write!(out, "{n}"),
            Self::Bool(true) => out.write_all(b"true"),
            Self::Bool(false) => out.write_all(b"false"),
            Self::Word(word) if quoted => write!(out, "\"{word}\""),
            Self::Word(word) => out.write_all(word.as_bytes()),
        }
    }
}

/// Most of what is written for a cycle is numbers: without the detour through `fmt`.
fn decimal(mut n: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            // Below 10.
            *digit = b'0' + u8::try_from(n % 10).unwrap_or(0);
        }
        n /= 10;
        if n == 0 || at == 0 {
            break;
        }
    }
    out.write_all(digits.get(at..).unwrap_or_default())
}

/// A column: its name, and its value where the cycle has one.
type Column = (&'static str, fn(&Cycle) -> Option<Field>);

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

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
fn ns(time: Nanos) -> Option<Field> {
    Some(Field::Number(time.0))
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
fn mib(size: MiB) -> Option<Field> {
    Some(Field::Number(size.0))
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
fn n(number: impl Into<u64>) -> Option<Field> {
    Some(Field::Number(number.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "what a column gives")]
fn bool(value: bool) -> Option<Field> {
    Some(Field::Bool(value))
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

/// Every number of a line under its name; a name stands only where the line has the number.
pub(super) const COLUMNS: &[Column] = &[
    ("run", |c| n(c.run)),
    ("line", |c| n(c.place.line)),
    ("offset", |c| n(c.place.offset)),
    ("stamp_ns", |c| {
        Some(Field::Signed(match c.stamp? {
            Stamp::Utc(ns) | Stamp::Local(ns) | Stamp::Yearless(ns) | Stamp::Boot(ns) => ns,
        }))
    }),
    ("stamp_clock", |c| {
        Some(Field::Word(match c.stamp? {
            Stamp::Utc(_) => "utc",
            Stamp::Local(_) => "local",
            Stamp::Yearless(_) => "yearless",
            Stamp::Boot(_) => "boot",
        }))
    }),
    ("dialect", |c| Some(Field::Word(dialect(c.dialect())))),
    ("number", |c| n(c.number())),
    ("start_ns", |c| ns(c.start()?)),
    ("cpu_percent", |c| n(c.cpu_percent()?)),
    ("pause_ns", |c| ns(c.pause())),
    ("sweep_termination_ns", |c| ns(c.sweep_termination()?)),
    ("scan_ns", |c| ns(new(c)?.clock.scan?)),
    ("sync_ns", |c| ns(new(c)?.clock.sync?)),
    ("mark_ns", |c| ns(new(c)?.clock.mark)),
    ("mark_termination_ns", |c| ns(c.mark_termination()?)),
    ("cpu_sweep_termination_ns", |c| {
        ns(new(c)?.cpu.sweep_termination)
    }),
    ("cpu_scan_ns", |c| ns(new(c)?.cpu.scan?)),
    ("cpu_sync_ns", |c| ns(new(c)?.cpu.sync?)),
    ("cpu_assist_ns", |c| ns(new(c)?.cpu.assist)),
    ("cpu_background_ns", |c| ns(new(c)?.cpu.background)),
    ("cpu_idle_ns", |c| ns(new(c)?.cpu.idle)),
    ("cpu_mark_termination_ns", |c| {
        ns(new(c)?.cpu.mark_termination)
    }),
    ("heap_start_mib", |c| mib(new(c)?.heap_start)),
    ("heap_end_mib", |c| mib(new(c)?.heap_end)),
    ("heap_live_mib", |c| mib(new(c)?.heap_live)),
    ("goal_mib", |c| mib(new(c)?.goal)),
    ("stacks_mib", |c| mib(new(c)?.stacks?)),
    ("globals_mib", |c| mib(new(c)?.globals?)),
    ("procs", |c| n(c.procs()?)),
    ("forced", |c| bool(new(c)?.forced)),
    ("leak_check", |c| bool(new(c)?.leak_check)),
    ("sysmon_forced", |c| bool(c.sysmon_forced)),
    ("threads", |c| n(old(c)?.threads)),
    ("stop_ns", |c| ns(old(c)?.stop?)),
    ("sweep_ns", |c| ns(old(c)?.sweep)),
    ("stopped_mark_ns", |c| ns(old(c)?.mark)),
    ("rest_ns", |c| ns(old(c)?.rest)),
    ("heap_from_mib", |c| mib(old(c)?.heap_from)),
    ("heap_to_mib", |c| mib(old(c)?.heap_to)),
    ("objects_before", |c| n(old(c)?.objects_before?)),
    ("objects", |c| n(old(c)?.objects)),
    ("allocated_objects", |c| n(old(c)?.allocated)),
    ("freed_objects", |c| n(old(c)?.freed)),
    ("goroutines", |c| n(old(c)?.goroutines?)),
    ("spans", |c| n(old(c)?.sweeps?.spans)),
    ("swept_in_background", |c| n(old(c)?.sweeps?.background)),
    ("swept_in_pause", |c| n(old(c)?.sweeps?.paused)),
    ("handoffs", |c| n(old(c)?.handoff.0)),
    ("handed_off", |c| n(old(c)?.handoff.1)),
    ("steals", |c| n(old(c)?.steal.0)),
    ("stolen", |c| n(old(c)?.steal.1)),
    ("proc_yields", |c| n(old(c)?.yields.0)),
    ("os_yields", |c| n(old(c)?.yields.1)),
    ("sleeps", |c| n(old(c)?.yields.2)),
    ("pieces", |c| n(c.pieces())),
    ("lost_before", |c| n(c.lost_before)),
    ("doubtful", |c| bool(c.doubtful)),
];

/// A cycle as a JSON object.
pub(super) fn json(cycle: &Cycle, out: &mut dyn Write) -> io::Result<()> {
    let mut before: &[u8] = b"{";
    for (name, value) in COLUMNS {
        if let Some(value) = value(cycle) {
            out.write_all(before)?;
            before = b",";
            out.write_all(b"\"")?;
            out.write_all(name.as_bytes())?;
            out.write_all(b"\":")?;
            value.write(true, out)?;
        }
    }
    out.write_all(b"}")
}

/// The names of the columns.
pub(super) fn csv_head(out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(out, "{}", names.join(","))
}

/// A cycle as a line; what it does not have is empty.
pub(super) fn csv(cycle: &Cycle, out: &mut dyn Write) -> io::Result<()> {
    for (index, (_, value)) in COLUMNS.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        if let Some(value) = value(cycle) {
            value.write(false, out)?;
        }
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_whole() {
        for number in [0, 7, 10, 12_345, u64::MAX] {
            let mut out = Vec::new();
            decimal(number, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
    }
}
