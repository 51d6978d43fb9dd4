//! Differences between moments.

use super::Snapshot;
use super::number::{Number, name};
use dumpview_parsers::log::Stamp;
use dumpview_parsers::memstats::{Field, Value};
use schemars::JsonSchema;
use serde::Serialize;

/// How a field went from the first snapshot to the last.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "memstats-difference")]
pub struct Difference {
    /// The field, by its name in runtime.MemStats.
    #[serde(serialize_with = "name")]
    #[schemars(with = "String")]
    pub field: Field,
    /// What it was.
    #[serde(serialize_with = "Number::serialize_of")]
    #[schemars(with = "Number")]
    pub first: Value,
    /// What it is.
    #[serde(serialize_with = "Number::serialize_of")]
    #[schemars(with = "Number")]
    pub last: Value,
    /// By how much it rose; null where a number is not exact.
    pub delta: Option<i64>,
    /// The same per second; null where a number is not exact or no time is known.
    pub per_second: Option<f64>,
}

/// The time between two snapshots in nanoseconds, when both were stamped by the same kind of clock.
pub fn elapsed(first: &Snapshot, last: &Snapshot) -> Option<u64> {
    let ((Stamp::Utc(from), Stamp::Utc(to))
    | (Stamp::Local(from), Stamp::Local(to))
    | (Stamp::Yearless(from), Stamp::Yearless(to))
    | (Stamp::Boot(from), Stamp::Boot(to))) = (first.stamp?, last.stamp?)
    else {
        return None;
    };
    u64::try_from(to.checked_sub(from)?).ok()
}

/// Each field that both have.
#[expect(clippy::cast_precision_loss, reason = "rates for people")]
pub fn differences(first: &Snapshot, last: &Snapshot) -> Vec<Difference> {
    let seconds = elapsed(first, last)
        .filter(|ns| *ns > 0)
        .map(|ns| ns as f64 / 1e9);
    first
        .fields()
        .filter_map(|(field, before)| {
            let after = last.get(field)?;
            let delta = match (before, after) {
                (Value::Integer(before), Value::Integer(after)) => {
                    i64::try_from(i128::from(after) - i128::from(before)).ok()
                }
                _ => None,
            };
            Some(Difference {
                field,
                first: before,
                last: after,
                delta,
                per_second: delta.zip(seconds).map(|(delta, s)| delta as f64 / s),
            })
        })
        .collect()
}
