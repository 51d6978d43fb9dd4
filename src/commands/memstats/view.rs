//! Values as people and programs read them, and what a process comes to.

use dumpview_model::memstats::{
    Difference, Field, Parts, Process, Snapshot, Value, elapsed, figures,
};
use dumpview_model::units::grouped;
use dumpview_model::units::{bytes, duration};
use dumpview_parsers::log::Stamp;
use serde_json::{Value as Json, json};

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

/// A value for programs: a number where it is exact.
fn json(value: Value) -> Json {
    match value {
        Value::Integer(n) => n.into(),
        Value::Float(n) => n.into(),
        Value::Bool(b) => b.into(),
        Value::Amount(amount) => {
            let (min, max) = amount.range();
            json!({"written": amount.to_string(), "min": min, "max": max})
        }
    }
}

fn parts(parts: &Parts) -> Json {
    let list: Vec<Json> = parts
        .parts
        .iter()
        .map(|part| {
            json!({"name": part.name, "what": part.what, "formula": part.formula, "bytes": part.bytes,
                   "printed": !part.remains})
        })
        .collect();
    let gap = i64::try_from(parts.gap).map_or_else(|_| Json::Null, Json::from);
    json!({"sys": parts.sys, "parts": list, "missing": parts.missing, "gap": gap})
}

fn difference(difference: &Difference) -> Json {
    json!({
        "field": difference.field.name(), "first": json(difference.first), "last": json(difference.last),
        "delta": difference.delta.and_then(|delta| i64::try_from(delta).ok()), "per_second": difference.per_second,
    })
}

/// What a process's snapshots come to.
pub(super) fn process(process: &Process) -> Json {
    let last = process.snapshots.last();
    let pauses = last.and_then(|last| figures(&last.pauses())).map(|f| {
        json!({"count": f.count, "total_ns": f.total, "p50_ns": f.p50, "p99_ns": f.p99, "max_ns": f.longest.ns,
               "max_end_unix_ns": f.longest.end_unix, "last_ns": f.newest.ns, "last_end_unix_ns": f.newest.end_unix})
    });
    let span = match (process.snapshots.first(), last) {
        (Some(first), Some(last)) => elapsed(first, last),
        _ => None,
    };
    let differences: Vec<Json> = process.differences().iter().map(difference).collect();
    json!({
        "process": process.id, "origin": process.origin, "snapshots": process.count, "one_kept_in": process.stride, "elapsed_ns": span,
        "sys": last.and_then(Snapshot::parts).map(|found| parts(&found)),
        "pauses": pauses, "differences": differences,
    })
}
