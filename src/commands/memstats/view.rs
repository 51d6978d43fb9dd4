//! Values as people and programs read them, and what a process comes to.

use dumpview_model::log::ProcessId;
use dumpview_model::memstats::{
    Difference, Field, Parts, Process, Snapshot, Value, elapsed, figures,
};
use dumpview_model::units::grouped;
use dumpview_model::units::{bytes, duration};
use dumpview_parsers::log::Stamp;
use dumpview_view::rows::Rounded;
use schemars::JsonSchema;
use serde::Serialize;

/// `2026-11-21 02:34:46.123`, as the clock that stamped it read; nothing for the years that a stamp leaves out.
pub(super) fn time(stamp: Stamp) -> String {
    let date = |ns: i64, format: &str| {
        jiff::Timestamp::from_nanosecond(i128::from(ns))
            .map_or_else(|_| ns.to_string(), |at| at.strftime(format).to_string())
    };
    match stamp {
        Stamp::Utc(ns) => date(ns, "%Y-%m-%d %H:%M:%S%.3fZ"),
        Stamp::Local(ns) => date(ns, "%Y-%m-%d %H:%M:%S%.3f"),
        Stamp::Yearless(ns) => date(ns, "%b %d %H:%M:%S%.3f"),
        Stamp::Boot(ns) => format!("boot+{}", duration(u64::try_from(ns).unwrap_or(0))),
    }
}

/// Nanoseconds since 1970 as a date, in UTC.
pub(super) fn unix(ns: u64) -> String {
    i64::try_from(ns).map_or_else(|_| ns.to_string(), |ns| time(Stamp::Utc(ns)))
}

/// A value of a field for people.
pub(super) fn text(field: Field, value: Value) -> String {
    match value {
        Value::Integer(n) if matches!(field, Field::LastGC | Field::LastPauseEnd) => {
            if n == 0 {
                "never".to_owned()
            } else {
                unix(n)
            }
        }
        Value::Integer(n) if field.is_nanos() => duration(n),
        Value::Integer(n) if field.is_bytes() => bytes(n),
        Value::Integer(n) => grouped(n),
        Value::Float(n) if field == Field::GCCPUFraction => dumpview_model::units::percent(n),
        Value::Float(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Amount(amount) => amount.to_string(),
    }
}

/// A value of a field.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum ValueDoc {
    /// A number.
    Integer(u64),
    /// A share.
    Float(f64),
    /// A flag.
    Bool(bool),
    /// A number that is not exact.
    Rounded(Rounded),
}

/// A part of Sys.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sys-part")]
struct PartDoc {
    /// A name that scripts can rely on: `objects`, `unused`, ….
    name: &'static str,
    /// What it is, in words.
    what: &'static str,
    /// From which fields it is.
    formula: &'static str,
    /// Its bytes.
    bytes: u64,
    /// Whether its fields were printed; else it is what remains of Sys when all others were.
    printed: bool,
}

/// What Sys is made of.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "sys")]
struct SysDoc {
    /// Sys, in bytes.
    sys: u64,
    /// The parts that are known.
    parts: Vec<PartDoc>,
    /// Names of parts that are not known.
    missing: Vec<&'static str>,
    /// Sys less the parts, in bytes: 0 when they are all there and right; null when it is beyond 64 bits.
    gap: Option<i64>,
}

/// The pauses that the runtime remembers: at most 256. Quantiles are of the nearest rank.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "pauses")]
struct PausesDoc {
    /// How many there are.
    count: usize,
    /// Their sum, in nanoseconds.
    total_ns: u64,
    /// The median, in nanoseconds.
    p50_ns: u64,
    /// The 99th percentile, in nanoseconds.
    p99_ns: u64,
    /// The longest, in nanoseconds.
    max_ns: u64,
    /// When the longest ended, in nanoseconds since 1970; 0 when that was not printed.
    max_end_unix_ns: u64,
    /// The newest, in nanoseconds.
    last_ns: u64,
    /// When the newest ended, in nanoseconds since 1970; 0 when that was not printed.
    last_end_unix_ns: u64,
}

/// How a field went from the first snapshot to the last.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "memstats-difference")]
struct DifferenceDoc {
    /// The field, by its name in runtime.MemStats.
    field: &'static str,
    /// What it was.
    first: ValueDoc,
    /// What it is.
    last: ValueDoc,
    /// By how much it rose; null where a number is not exact.
    delta: Option<i64>,
    /// The same per second; null where a number is not exact or no time is known.
    per_second: Option<f64>,
}

/// What the snapshots of a process come to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "memstats-process")]
pub struct ProcessDoc {
    /// Its number, which every verb on that log counts.
    process: ProcessId,
    /// What the prefix of its lines calls it; empty without one.
    origin: String,
    /// Snapshots counted.
    snapshots: u64,
    /// Only one in so many is in the list.
    one_kept_in: u64,
    /// From the first snapshot to the last, in nanoseconds; null when no time is known.
    elapsed_ns: Option<u64>,
    /// What Sys of the last snapshot is made of; null when it was not printed.
    sys: Option<SysDoc>,
    /// The pauses of the last snapshot; null when none were printed.
    pauses: Option<PausesDoc>,
    /// What differs between the first snapshot and the last.
    differences: Vec<DifferenceDoc>,
}

/// A value for programs: a number where it is exact.
fn value(value: Value) -> ValueDoc {
    match value {
        Value::Integer(n) => ValueDoc::Integer(n),
        Value::Float(n) => ValueDoc::Float(n),
        Value::Bool(b) => ValueDoc::Bool(b),
        Value::Amount(amount) => ValueDoc::Rounded(Rounded::of(amount)),
    }
}

fn parts(parts: &Parts) -> SysDoc {
    let list = parts.parts.iter().map(|part| PartDoc {
        name: part.name,
        what: part.what,
        formula: part.formula,
        bytes: part.bytes,
        printed: !part.remains,
    });
    SysDoc {
        sys: parts.sys,
        parts: list.collect(),
        missing: parts.missing.clone(),
        gap: i64::try_from(parts.gap).ok(),
    }
}

fn difference(difference: &Difference) -> DifferenceDoc {
    DifferenceDoc {
        field: difference.field.name(),
        first: value(difference.first),
        last: value(difference.last),
        delta: difference.delta.and_then(|delta| i64::try_from(delta).ok()),
        per_second: difference.per_second,
    }
}

/// What a process's snapshots come to.
pub(super) fn process(process: &Process) -> ProcessDoc {
    let last = process.snapshots.last();
    let pauses = last.and_then(|last| figures(&last.pauses()));
    let span = match (process.snapshots.first(), last) {
        (Some(first), Some(last)) => elapsed(first, last),
        _ => None,
    };
    ProcessDoc {
        process: process.id,
        origin: process.origin.clone(),
        snapshots: process.count,
        one_kept_in: process.stride,
        elapsed_ns: span,
        sys: last.and_then(Snapshot::parts).map(|found| parts(&found)),
        pauses: pauses.map(|f| PausesDoc {
            count: f.count,
            total_ns: f.total,
            p50_ns: f.p50,
            p99_ns: f.p99,
            max_ns: f.longest.ns,
            max_end_unix_ns: f.longest.end_unix,
            last_ns: f.newest.ns,
            last_end_unix_ns: f.newest.end_unix,
        }),
        differences: process.differences().iter().map(difference).collect(),
    }
}
