//! Memory statistics of one moment: the fields of `runtime.MemStats` under their names in Go, as far as they were printed.

use crate::column::{Cell, Column, Row, Unit, tree};
use crate::schema::Documented;
use dumpview_model::memstats::{Amount, Field, MetricValue, Snapshot, Value};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Map;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A snapshot, with the names of where it came from.
pub struct MemorySnapshot {
    /// The input.
    pub source: String,
    /// Its process, counted from 1.
    pub process: u64,
    /// When it was printed, as the clock that stamped it read.
    pub time: Option<String>,
    /// The statistics.
    pub snapshot: Snapshot,
}

/// A number of which digits were not printed, or whose unit has two meanings.
#[derive(Serialize, Clone, PartialEq, Debug, JsonSchema)]
#[schemars(rename = "rounded")]
pub struct Rounded {
    /// As printed.
    pub written: String,
    /// The least that it may be, in the unit of the key.
    pub min: u64,
    /// The most that it may be, in the unit of the key.
    pub max: u64,
}

impl Rounded {
    /// What was printed of an amount.
    pub fn of(amount: Amount) -> Self {
        let (min, max) = amount.range();
        Self {
            written: amount.to_string(),
            min,
            max,
        }
    }
}

/// A pause of the collector that the runtime remembers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "remembered-pause")]
struct RememberedPause {
    /// When it ended, in nanoseconds since 1970; 0 when that was not printed.
    end_unix_ns: u64,
    /// How long it was, in nanoseconds.
    ns: u64,
}

/// The objects of a size class.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "size-class")]
struct SizeClass {
    /// Bytes of an object.
    size: u64,
    /// Objects allocated since the start.
    mallocs: u64,
    /// Objects freed since the start.
    frees: u64,
}

/// A metric of runtime/metrics.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "read by the derive only")]
enum Metric {
    /// A counter.
    Integer(u64),
    /// A measure.
    Float(f64),
    /// Anything else, as printed.
    Text(String),
}

impl MemorySnapshot {
    fn field(&self, field: Field) -> Cell<'_> {
        match self.snapshot.get(field) {
            None => Cell::Absent,
            Some(Value::Integer(n)) => Cell::Count(n),
            Some(Value::Float(n)) => Cell::Float(n),
            Some(Value::Bool(is)) => Cell::Flag(is),
            Some(Value::Amount(amount)) => {
                let rounded = Rounded::of(amount);
                let written = rounded.written.clone();
                tree(rounded, written)
            }
        }
    }

    fn pauses(&self) -> Cell<'_> {
        let pauses = self.snapshot.pauses();
        if pauses.is_empty() {
            return Cell::Absent;
        }
        let list: Vec<_> = pauses
            .iter()
            .map(|pause| RememberedPause {
                end_unix_ns: pause.end_unix,
                ns: pause.ns,
            })
            .collect();
        let many = list.len();
        tree(list, format!("{many} pauses"))
    }

    fn by_size(&self) -> Cell<'_> {
        let classes = self.snapshot.by_size();
        if classes.is_empty() {
            return Cell::Absent;
        }
        let list: Vec<_> = classes
            .iter()
            .map(|class| SizeClass {
                size: class.size,
                mallocs: class.mallocs,
                frees: class.frees,
            })
            .collect();
        let many = list.len();
        tree(list, format!("{many} size classes"))
    }

    fn metrics(&self) -> Cell<'_> {
        let metrics = self.snapshot.metrics();
        if metrics.is_empty() {
            return Cell::Absent;
        }
        let map: Map<String, serde_json::Value> = metrics
            .iter()
            .map(|metric| {
                let value = match &metric.value {
                    MetricValue::Integer(n) => (*n).into(),
                    MetricValue::Float(n) => (*n).into(),
                    MetricValue::Text(text) => text.as_str().into(),
                };
                (metric.name.clone(), value)
            })
            .collect();
        let many = map.len();
        tree(map, format!("{many} metrics"))
    }
}

/// The column of a field; only the fields named here are shown to people unasked.
macro_rules! field {
    ($name:ident, $title:literal, $unit:ident, $about:literal) => {
        Column::new(
            stringify!($name),
            $title,
            Unit::$unit,
            |s: &MemorySnapshot| s.field(Field::$name),
            $about,
        )
        .within("fields")
        .or::<Rounded>()
    };
    ($name:ident, $unit:ident, $about:literal) => {
        Column::more(
            stringify!($name),
            Unit::$unit,
            |s: &MemorySnapshot| s.field(Field::$name),
            $about,
        )
        .within("fields")
        .or::<Rounded>()
    };
}

impl Documented for MemorySnapshot {
    const ALL: &'static str = "Snapshots in order of the inputs, at most 4096 of a process.";
    const ABOUT: &'static str = "Memory statistics of one moment. Times are of whatever clock stamped the line; `_unix_ns` are nanoseconds since 1970 UTC.";
    const WITHIN: &'static [(&'static str, &'static str)] = &[(
        "fields",
        "The fields of runtime.MemStats by their names there, only those that were printed; `MaxRSS`, `LastPauseNs`, \
         `LastPauseEnd`, `Goroutines`, `Threads`, `GoMaxProcs`, `NumCPU` are of others who print them.",
    )];
}

impl Row for MemorySnapshot {
    const KEY: &'static str = "snapshots";
    const ONE: &'static str = "snapshot";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::more(
            "source",
            Unit::Text,
            |s| Cell::Text(Cow::Borrowed(&s.source)),
            "the input, as typed",
        ),
        Column::new(
            "line",
            "line",
            Unit::Id,
            |s| Cell::Count(s.snapshot.place.line),
            "where it begins there",
        ),
        Column::more(
            "offset",
            Unit::Id,
            |s| Cell::Count(s.snapshot.place.offset),
            "where it begins there, in bytes",
        ),
        Column::more(
            "process",
            Unit::Id,
            |s| Cell::Count(s.process),
            "its process, counted from 1; told from the one before by counters that fell",
        ),
        Column::new(
            "time",
            "time",
            Unit::Text,
            |s| {
                s.time
                    .as_deref()
                    .map_or(Cell::Absent, |time| Cell::Text(Cow::Borrowed(time)))
            },
            "when it was printed, as the clock that stamped it read; absent without a stamp",
        ),
        Column::more(
            "form",
            Unit::Text,
            |s| Cell::Word(s.snapshot.form().name()),
            "how it was printed: `profile footer`, `JSON`, `fmt`, `gops`, `named values`, `numbers without names` (names are inferred), `runtime/metrics`, `Prometheus`",
        ),
        field!(
            Alloc,
            Bytes,
            "bytes of live and not yet swept objects; the same as HeapAlloc"
        ),
        field!(
            TotalAlloc,
            "TotalAlloc",
            Bytes,
            "bytes allocated since the start"
        ),
        field!(Sys, "Sys", Bytes, "address space obtained from the system"),
        field!(Lookups, Count, "pointer lookups; always 0 since Go 1.10"),
        field!(Mallocs, Count, "objects allocated since the start"),
        field!(Frees, Count, "objects freed since the start"),
        field!(
            HeapAlloc,
            "HeapAlloc",
            Bytes,
            "bytes of live and not yet swept objects"
        ),
        field!(HeapSys, Bytes, "the heap's address space"),
        field!(HeapIdle, Bytes, "spans without objects"),
        field!(
            HeapInuse,
            "HeapInuse",
            Bytes,
            "spans with at least one object"
        ),
        field!(
            HeapReleased,
            "HeapReleased",
            Bytes,
            "what of HeapIdle was returned to the system"
        ),
        field!(
            HeapObjects,
            "HeapObjects",
            Count,
            "live and not yet swept objects"
        ),
        field!(StackInuse, Bytes, "stack spans"),
        field!(
            StackSys,
            Bytes,
            "StackInuse and the stacks of threads that the system gave"
        ),
        field!(MSpanInuse, Bytes, "descriptors of spans"),
        field!(MSpanSys, Bytes, "the same, and those kept for later"),
        field!(MCacheInuse, Bytes, "caches of processors"),
        field!(MCacheSys, Bytes, "the same, and those kept for later"),
        field!(BuckHashSys, Bytes, "tables of the profiler"),
        field!(GCSys, Bytes, "the collector's own data"),
        field!(OtherSys, Bytes, "everything else of the runtime's"),
        field!(
            NextGC,
            Bytes,
            "heap size at which the next collection is aimed to end"
        ),
        field!(
            LastGC,
            UnixNanos,
            "end of the last collection, since 1970; 0 for none"
        ),
        field!(PauseTotalNs, Nanos, "sum of all pauses"),
        field!(NumGC, "NumGC", Count, "collections finished"),
        field!(NumForcedGC, Count, "those that the program asked for"),
        field!(
            GCCPUFraction,
            Share,
            "share of the processors' time that the collector took since the start"
        ),
        field!(EnableGC, Flag, "always true"),
        field!(DebugGC, Flag, "unused"),
        field!(
            MaxRSS,
            Bytes,
            "the largest resident size of the process (profiles of Go 1.17 and later)"
        ),
        field!(LastPauseNs, Nanos, "the last pause (gops)"),
        field!(LastPauseEnd, UnixNanos, "when it ended, since 1970 (gops)"),
        field!(
            Goroutines,
            "Goroutines",
            Count,
            "goroutines (gops stats, go_goroutines)"
        ),
        field!(Threads, Count, "threads (gops stats, go_threads)"),
        field!(GoMaxProcs, Count, "GOMAXPROCS (gops stats)"),
        field!(NumCPU, Count, "processors (gops stats)"),
        Column::more(
            "pauses",
            Unit::Tree,
            Self::pauses,
            "the last collections, the newest last; absent when none were printed",
        )
        .of::<Vec<RememberedPause>>(),
        Column::more(
            "by_size",
            Unit::Tree,
            Self::by_size,
            "each size class; absent when none were printed",
        )
        .of::<Vec<SizeClass>>(),
        Column::more(
            "metrics",
            Unit::Tree,
            Self::metrics,
            "all of runtime/metrics, by name; absent when they were not printed",
        )
        .of::<BTreeMap<String, Metric>>(),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_column_in_order() {
        let columns: Vec<&str> = MemorySnapshot::COLUMNS
            .iter()
            .filter(|column| column.within == Some("fields"))
            .map(|column| column.name)
            .collect();
        let fields: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        assert_eq!(columns, fields);
    }
}
