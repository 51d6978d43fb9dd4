//! Dumps of runtime/metrics, one metric a line, and the text that Prometheus' Go collector is scraped as.
//!
//! ```text
//! /gc/heap/allocs:bytes: 231635808
//! /sched/latencies:seconds: histogram n=16 [1.664e-06,1.728e-06)=1 …
//! go_memstats_heap_alloc_bytes 4.590944e+06
//! ```
//!
//! Programs write the first kind themselves: what stands between a name and a value is up to them, and histograms
//! are kept in their words.

use super::json::whole;
use super::names::lookup;
use super::records::{Field, Metric, MetricValue, Snapshot, Value};
use super::value::metric;

/// The first elements of names (`runtime/metrics/description.go`).
const ROOTS: [&[u8]; 7] = [
    b"/cgo/",
    b"/cpu/",
    b"/gc/",
    b"/godebug/",
    b"/memory/",
    b"/sched/",
    b"/sync/",
];

/// More than any release has.
const MOST: usize = 512;

/// A line with a metric of the runtime's.
pub(super) fn runtime(text: &[u8]) -> Option<Metric> {
    if !ROOTS.iter().any(|root| text.starts_with(root)) {
        return None;
    }
    let colon = memchr::memchr(b':', text)?;
    let unit = text
        .get(colon + 1..)?
        .iter()
        .take_while(|b| b.is_ascii_lowercase() || **b == b'-')
        .count();
    let (name, rest) = text.split_at_checked(colon + 1 + unit)?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b':' | b'_');
    if unit == 0 || !name.iter().all(plain) {
        return None;
    }
    let value = rest
        .strip_prefix(b":")
        .or_else(|| rest.trim_ascii_start().strip_prefix(b"="))
        .unwrap_or(rest);
    if value.len() == rest.len() && !matches!(rest.first(), Some(b' ' | b'\t')) {
        return None;
    }
    let value = value.trim_ascii();
    let value = match metric(value) {
        _ if value.is_empty() => return None,
        Some(Value::Integer(n)) => MetricValue::Integer(n),
        Some(Value::Float(n)) => MetricValue::Float(n),
        _ => MetricValue::Text(String::from_utf8_lossy(value).into_owned()),
    };
    Some(Metric {
        name: String::from_utf8_lossy(name).into_owned(),
        value,
    })
}

/// Adds a metric, unless it is there already.
pub(super) fn add(snapshot: &mut Snapshot, metric: Metric) -> bool {
    let fits = snapshot.metrics.len() < MOST
        && snapshot
            .metrics
            .iter()
            .all(|other| other.name != metric.name);
    if fits {
        snapshot.metrics.push(metric);
    }
    fits
}

/// A sample of the Go collector's, or of what it is scraped with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Scraped {
    /// Of MemStats.
    Field(Field, Value),
    /// A comment or a sample of something else.
    Other,
}

/// A line of the text format.
pub(super) fn prometheus(text: &[u8]) -> Option<Scraped> {
    if text.starts_with(b"# HELP ") || text.starts_with(b"# TYPE ") {
        return Some(Scraped::Other);
    }
    let end = memchr::memchr2(b'{', b' ', text)?;
    let (name, rest) = text.split_at_checked(end)?;
    let sample = rest
        .get(memchr::memrchr(b'}', rest).map_or(0, |at| at + 1)..)?
        .trim_ascii();
    // A time stamp may follow.
    let number = sample.split(|b| *b == b' ').next()?;
    let value = metric(number)?;
    let own = name
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'));
    if !own || memchr::memchr(b'_', name).is_none() {
        return None;
    }
    let Some(field) = scraped_field(name) else {
        return Some(Scraped::Other);
    };
    let value = match (field, value) {
        (Field::GCCPUFraction, _) => value,
        (Field::LastGC, _) => return Some(Scraped::Other),
        (_, Value::Float(n)) => whole(n),
        _ => value,
    };
    Some(Scraped::Field(field, value))
}

/// `go_memstats_heap_alloc_bytes`
fn scraped_field(name: &[u8]) -> Option<Field> {
    match name {
        b"go_goroutines" => return Some(Field::Goroutines),
        b"go_threads" => return Some(Field::Threads),
        b"go_memstats_alloc_bytes_total" => return Some(Field::TotalAlloc),
        _ => {}
    }
    let name = name.strip_prefix(b"go_memstats_")?;
    let name = [&b"_bytes"[..], b"_total", b"_time_seconds"]
        .iter()
        .find_map(|end| name.strip_suffix(*end))
        .unwrap_or(name);
    lookup(name).map(|name| name.field)
}
