//! Memory statistics of one moment: the fields of `runtime.MemStats` under their names in Go, as far as they were printed.

use crate::column::{Cell, Column, Row, tree};
use crate::columns;
use crate::schema::Documented;
use dumpview_model::memstats::{Field, MetricValue, Pause, Rounded, Snapshot, Value};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Map;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A snapshot, with the names of where it came from.
#[derive(Clone)]
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
                let rounded = Rounded::from(amount);
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
        let many = pauses.len();
        tree(pauses, format!("{many} pauses"))
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

/// The columns of a snapshot. `fields` are those of [`Field`] by their names; only those with a title are shown to people
/// unasked.
macro_rules! snapshot {
    ({$($before:tt)*} fields {$($name:ident: $($title:literal)? $unit:ident, $about:literal;)*} {$($after:tt)*}) => {
        columns! {
            $($before)*
            $($name: $($title)? $unit.within("fields").or::<Rounded>(), |s| s.field(Field::$name), $about;)*
            $($after)*
        }
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
    const COLUMNS: &'static [Column<Self>] = snapshot! {
        {
            source: Text, |s| Cell::Text(Cow::Borrowed(&s.source)), "the input, as typed";
            line: "line" Id, |s| Cell::Count(s.snapshot.place.line), "where it begins there; 0 in a heap dump, which has no lines";
            offset: Id, |s| Cell::Count(s.snapshot.place.offset), "where it begins there, in bytes";
            process: Id, |s| Cell::Count(s.process), "its process, counted from 1; told from the one before by counters that fell";
            time: "time" Text, |s| s.time.as_deref().map_or(Cell::Absent, |time| Cell::Text(Cow::Borrowed(time))), "when it was printed, as the clock that stamped it read; absent without a stamp";
            form: Text, |s| Cell::Word(s.snapshot.form().name()), "how it was printed: `profile footer`, `JSON`, `fmt`, `gops`, `named values`, `numbers without names` (names are inferred), `runtime/metrics`, `Prometheus`";
        }
        fields {
            Alloc: Bytes, "bytes of live and not yet swept objects; the same as HeapAlloc";
            TotalAlloc: "TotalAlloc" Bytes, "bytes allocated since the start";
            Sys: "Sys" Bytes, "address space obtained from the system";
            Lookups: Count, "pointer lookups; always 0 since Go 1.10";
            Mallocs: Count, "objects allocated since the start";
            Frees: Count, "objects freed since the start";
            HeapAlloc: "HeapAlloc" Bytes, "bytes of live and not yet swept objects";
            HeapSys: Bytes, "the heap's address space";
            HeapIdle: Bytes, "spans without objects";
            HeapInuse: "HeapInuse" Bytes, "spans with at least one object";
            HeapReleased: "HeapReleased" Bytes, "what of HeapIdle was returned to the system";
            HeapObjects: "HeapObjects" Count, "live and not yet swept objects";
            StackInuse: Bytes, "stack spans";
            StackSys: Bytes, "StackInuse and the stacks of threads that the system gave";
            MSpanInuse: Bytes, "descriptors of spans";
            MSpanSys: Bytes, "the same, and those kept for later";
            MCacheInuse: Bytes, "caches of processors";
            MCacheSys: Bytes, "the same, and those kept for later";
            BuckHashSys: Bytes, "tables of the profiler";
            GCSys: Bytes, "the collector's own data";
            OtherSys: Bytes, "everything else of the runtime's";
            NextGC: Bytes, "heap size at which the next collection is aimed to end";
            LastGC: UnixNanos, "end of the last collection, since 1970; 0 for none";
            PauseTotalNs: Nanos, "sum of all pauses";
            NumGC: "NumGC" Count, "collections finished";
            NumForcedGC: Count, "those that the program asked for";
            GCCPUFraction: Share, "share of the processors' time that the collector took since the start";
            EnableGC: Flag, "always true";
            DebugGC: Flag, "unused";
            MaxRSS: Bytes, "the largest resident size of the process (profiles of Go 1.17 and later)";
            LastPauseNs: Nanos, "the last pause (gops)";
            LastPauseEnd: UnixNanos, "when it ended, since 1970 (gops)";
            Goroutines: "Goroutines" Count, "goroutines (gops stats, go_goroutines)";
            Threads: Count, "threads (gops stats, go_threads)";
            GoMaxProcs: Count, "GOMAXPROCS (gops stats)";
            NumCPU: Count, "processors (gops stats)";
        }
        {
            pauses: Tree.of::<Vec<Pause>>(), Self::pauses, "the last collections, the newest last; absent when none were printed";
            by_size: Tree.of::<Vec<SizeClass>>(), Self::by_size, "each size class; absent when none were printed";
            metrics: Tree.of::<BTreeMap<String, Metric>>(), Self::metrics, "all of runtime/metrics, by name; absent when they were not printed";
        }
    };
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
