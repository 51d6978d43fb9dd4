//! What memory statistics mean, in sentences with their numbers.

use super::{Difference, Process, Snapshot, differences, elapsed, figures};
use crate::finding::{Finding, Severity, rank};
use crate::stats::theil_sen;
use crate::units::{bytes, duration, grouped, percent, plural};
use dumpview_parsers::memstats::{Field, Form, Value};

/// Less than this is not worth a word.
const WORTH: u64 = 16 << 20;
/// No Go program has less from the system.
const LEAST_SYS: u64 = 1 << 20;

/// What a process's snapshots tell, the most important first.
pub fn findings(process: &Process) -> Vec<Finding> {
    let Some(last) = process.snapshots.last() else {
        return Vec::new();
    };
    let mut all: Vec<Finding> = [
        growth(process),
        collector(last),
        pauses(last),
        fragmentation(last),
        kept(last),
        stacks(last),
        foreign(last),
        forced(last),
        gap(last),
        restart(process),
        nameless(last),
        no_unit(last),
        ambiguous(last),
    ]
    .into_iter()
    .flatten()
    .collect();
    rank(&mut all);
    all
}

/// A heap dump has no lines.
fn at(snapshot: &Snapshot, finding: Finding, what: impl Into<String>) -> Finding {
    match snapshot.place.line {
        0 => finding.seen(what),
        line => finding.at(line, what),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The middle of what a value can be, in bytes or as counted.
#[expect(clippy::cast_precision_loss, reason = "a trend")]
fn about(value: Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(n as f64),
        Value::Amount(amount) => {
            let (low, high) = amount.range();
            Some(f64::midpoint(low as f64, high as f64))
        }
        _ => None,
    }
}

fn shown(field: Field, value: Value) -> String {
    match value {
        Value::Integer(n) if field.is_bytes() => bytes(n),
        Value::Integer(n) => grouped(n),
        Value::Float(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Amount(amount) => amount.to_string(),
    }
}

/// Whether what is live rises from snapshot to snapshot.
#[expect(clippy::cast_precision_loss, reason = "a trend")]
fn growth(process: &Process) -> Option<Finding> {
    let (first, last) = (process.snapshots.first()?, process.snapshots.last()?);
    if process.snapshots.len() < 4 {
        return None;
    }
    let found = [Field::HeapAlloc, Field::Alloc, Field::HeapInuse]
        .into_iter()
        .find(|field| first.get(*field).is_some() && last.get(*field).is_some())?;
    let points: Vec<(f64, f64)> = (0u32..)
        .zip(&process.snapshots)
        .filter_map(|(index, snapshot)| Some((f64::from(index), about(snapshot.get(found)?)?)))
        .collect();
    let trend = theil_sen(&points)?;
    let (before, after) = (first.get(found)?, last.get(found)?);
    let (low, high) = (about(before)?, about(after)?);
    if trend.tau < 0.6 || high < 1.25 * low || high - low < WORTH as f64 {
        return None;
    }
    let objects = match (
        first.integer(Field::HeapObjects),
        last.integer(Field::HeapObjects),
    ) {
        (Some(before), Some(after)) => {
            format!(", objects from {} to {}", grouped(before), grouped(after))
        }
        _ => String::new(),
    };
    let time = elapsed(first, last).map_or_else(String::new, |ns| {
        let rate = (high - low) / (ns as f64 / 1e9);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, for people"
        )]
        let rate = bytes(rate as u64);
        format!(" in {}, {rate}/s", duration(ns))
    });
    let rising = percent(f64::midpoint(1.0, trend.tau));
    let cycles = match (first.integer(Field::NumGC), last.integer(Field::NumGC)) {
        (Some(before), Some(after)) if after > before => format!(
            " {} ran in between, so this is what they could not free, or had not come to yet.",
            plural(after - before, "collection")
        ),
        _ => String::new(),
    };
    let finding = Finding::new(
        "memstats.growth",
        Severity::Warning,
        format!(
            "{} rises: from {} to {}{time}{objects}, higher in {rising} of all pairs of the {} snapshots.{cycles} \
                 Compare two heap profiles (go tool pprof -diff_base) or two heap dumps for what it is.",
            found.name(),
            shown(found, before),
            shown(found, after),
            process.count,
        ),
    );
    let finding = at(first, finding, shown(found, before));
    Some(at(last, finding, shown(found, after)))
}

fn collector(last: &Snapshot) -> Option<Finding> {
    let fraction = last.float(Field::GCCPUFraction)?;
    let severity = match fraction {
        f if f >= 0.25 => Severity::Critical,
        f if f >= 0.05 => Severity::Warning,
        _ => return None,
    };
    let cycles = last
        .integer(Field::NumGC)
        .map_or_else(String::new, |n| format!(" in {}", plural(n, "collection")));
    Some(at(
        last,
        Finding::new(
            "memstats.gc-cpu",
            severity,
            format!(
                "The collector took {} of the processors' time since the program started{cycles}. Fewer allocations, a \
                 higher GOGC or, where memory is bounded, GOMEMLIMIT lower it.",
                percent(fraction)
            ),
        ),
        "GCCPUFraction",
    ))
}

fn pauses(last: &Snapshot) -> Option<Finding> {
    let figures = figures(&last.pauses())?;
    if figures.max_ns < 10_000_000 {
        return None;
    }
    let severity = if figures.max_ns >= 100_000_000 {
        Severity::Critical
    } else {
        Severity::Warning
    };
    Some(at(
        last,
        Finding::new(
            "memstats.long-pause",
            severity,
            format!(
                "The world stood still for {} in one collection; half of the last {} took {} or less. Pauses of that \
                 length come from a machine short of processors or from the system stopping the process, seldom from \
                 the heap: compare with the CPU quota and throttling.",
                duration(figures.max_ns),
                plural(figures.count as u64, "collection"),
                duration(figures.p50_ns),
            ),
        ),
        "PauseNs",
    ))
}

fn fragmentation(last: &Snapshot) -> Option<Finding> {
    let inuse = last.integer(Field::HeapInuse)?;
    let unused = inuse.checked_sub(last.heap_alloc()?)?;
    if unused < WORTH || share(unused, inuse) < 0.3 {
        return None;
    }
    Some(at(
        last,
        Finding::new(
            "memstats.fragmentation",
            Severity::Warning,
            format!(
                "{} of the {} in spans with objects hold none ({}): a few objects of a size class keep whole spans. It \
                 can be used for objects of the same class only, and is not given back.",
                bytes(unused),
                bytes(inuse),
                percent(share(unused, inuse)),
            ),
        ),
        "HeapInuse, HeapAlloc",
    ))
}

fn kept(last: &Snapshot) -> Option<Finding> {
    let released = last.integer(Field::HeapReleased)?;
    let free = last.integer(Field::HeapIdle)?.checked_sub(released)?;
    let resident = last.integer(Field::Sys)?.checked_sub(released)?;
    if free < WORTH || share(free, resident) < 0.25 {
        return None;
    }
    Some(at(
        last,
        Finding::new(
            "memstats.free-kept",
            Severity::Info,
            format!(
                "{} of free spans are kept ({} of what the process has and did not give back): the heap was larger, or \
                 is about to grow to its goal. The scavenger gives them back slowly; debug.FreeOSMemory does at once, \
                 GOMEMLIMIT when it is near.",
                bytes(free),
                percent(share(free, resident)),
            ),
        ),
        "HeapIdle, HeapReleased",
    ))
}

fn stacks(last: &Snapshot) -> Option<Finding> {
    let stacks = last.integer(Field::StackSys)?;
    let resident = last
        .integer(Field::Sys)?
        .checked_sub(last.integer(Field::HeapReleased).unwrap_or(0))?;
    if stacks < WORTH || share(stacks, resident) < 0.2 {
        return None;
    }
    let goroutines = last.integer(Field::Goroutines).map_or_else(
        || " Count goroutines: a goroutine profile groups them by stack.".to_owned(),
        |n| format!(" There are {}.", plural(n, "goroutine")),
    );
    Some(at(
        last,
        Finding::new(
            "memstats.stacks",
            Severity::Warning,
            format!(
                "Stacks hold {} ({} of what the process has): many goroutines, or deep ones.{goroutines}",
                bytes(stacks),
                percent(share(stacks, resident)),
            ),
        ),
        "StackSys",
    ))
}

fn foreign(last: &Snapshot) -> Option<Finding> {
    let rss = last.integer(Field::MaxRSS)?;
    let of_go = last.integer(Field::Sys)?;
    let more = rss.checked_sub(of_go)?;
    if more < WORTH || share(more, rss) < 0.2 {
        return None;
    }
    Some(at(
        last,
        Finding::new(
            "memstats.not-go",
            Severity::Warning,
            format!(
                "The process was once {} larger than all that Go has from the system ({} against {}): C libraries, \
                 mapped files, or Go memory that was given back since.",
                bytes(more),
                bytes(rss),
                bytes(of_go),
            ),
        ),
        "MaxRSS, Sys",
    ))
}

fn forced(last: &Snapshot) -> Option<Finding> {
    let (forced, all) = (
        last.integer(Field::NumForcedGC)?,
        last.integer(Field::NumGC)?,
    );
    if forced < 10 || share(forced, all) < 0.5 {
        return None;
    }
    Some(at(
        last,
        Finding::new(
            "memstats.forced",
            Severity::Warning,
            format!(
                "{} of {} were asked for by the program (runtime.GC, debug.FreeOSMemory): each stops its caller for a \
                 whole cycle.",
                grouped(forced),
                plural(all, "collection"),
            ),
        ),
        "NumForcedGC",
    ))
}

fn gap(last: &Snapshot) -> Option<Finding> {
    let parts = last.parts()?;
    if parts.gap == 0 || !parts.missing.is_empty() {
        return None;
    }
    Some(at(
        last,
        Finding::new(
            "memstats.gap",
            Severity::Warning,
            format!(
                "The parts differ from Sys by {} B: the numbers are not of one moment, or digits were lost.",
                parts.gap
            ),
        ),
        "Sys",
    ))
}

fn restart(process: &Process) -> Option<Finding> {
    let field = process.fell?;
    let first = process.snapshots.first()?;
    Some(at(
        first,
        Finding::new(
            "memstats.restart",
            Severity::Info,
            format!(
                "{} is lower than in the snapshot before: the process was restarted, it is another one, or the inputs \
                 are not in order of time.",
                field.name()
            ),
        ),
        field.name(),
    ))
}

fn nameless(last: &Snapshot) -> Option<Finding> {
    (last.form() == Form::Nameless).then(|| {
        at(
            last,
            Finding::new(
                "memstats.nameless",
                Severity::Info,
                "The numbers have no names. The first equals the third, the second is no less and the last is whole \
                 pages, which is so of Alloc, TotalAlloc, HeapAlloc, HeapSys; that they are these is inferred.",
            ),
            "",
        )
    })
}

fn no_unit(last: &Snapshot) -> Option<Finding> {
    let sys = last.integer(Field::Sys)?;
    (sys > 0 && sys < LEAST_SYS).then(|| {
        at(
            last,
            Finding::new(
                "memstats.no-unit",
                Severity::Warning,
                format!(
                    "Sys is {sys} and no unit is printed: no Go program has so few bytes from the system. They are \
                     shown as bytes; most likely the program divided them."
                ),
            ),
            "Sys",
        )
    })
}

fn ambiguous(last: &Snapshot) -> Option<Finding> {
    let amount = last.fields().find_map(|(_, value)| match value {
        Value::Amount(amount) if amount.unit.is_ambiguous() => Some(amount),
        _ => None,
    })?;
    let (low, high) = amount.range();
    Some(at(
        last,
        Finding::new(
            "memstats.unit",
            Severity::Info,
            format!(
                "Sizes are in {}, which is {} to some programs and {} to others, and they are rounded: {} is between \
                 {} and {} bytes.",
                amount.unit.text,
                grouped(amount.unit.low),
                grouped(amount.unit.high),
                amount,
                grouped(low),
                grouped(high),
            ),
        ),
        amount.unit.text,
    ))
}

impl Process {
    /// How each field changed; nothing for a single snapshot.
    pub fn differences(&self) -> Vec<Difference> {
        match (self.snapshots.first(), self.snapshots.last()) {
            (Some(first), Some(last)) if self.snapshots.len() > 1 => differences(first, last),
            _ => Vec::new(),
        }
    }
}
