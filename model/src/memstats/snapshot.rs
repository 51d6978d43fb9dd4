//! One moment.

use dumpview_parsers::log::{Place, Stamp};
use dumpview_parsers::memstats::{self, Field, Form, MetricValue, Value};
use schemars::JsonSchema;
use serde::Serialize;

/// A pause of the collector that the runtime remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "remembered-pause")]
pub struct Pause {
    /// When it ended, in nanoseconds since 1970; 0 when that was not printed.
    pub end_unix_ns: u64,
    /// How long it was, in nanoseconds.
    pub ns: u64,
}

/// Statistics of one moment, and where they were printed.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    /// Which input, from 0.
    pub source: usize,
    /// Where it begins there.
    pub place: Place,
    /// When it was printed, by the line's prefix.
    pub stamp: Option<Stamp>,
    printed: memstats::Snapshot,
}

impl Snapshot {
    /// A printed snapshot; numbers of runtime/metrics are put to the fields that they are.
    pub fn new(
        source: usize,
        place: Place,
        stamp: Option<Stamp>,
        printed: &memstats::Snapshot,
    ) -> Self {
        let mut printed = printed.clone();
        if printed.form == Form::Metrics {
            of_metrics(&mut printed);
        }
        Self {
            source,
            place,
            stamp,
            printed,
        }
    }

    /// How it was printed.
    pub const fn form(&self) -> Form {
        self.printed.form
    }

    /// How many lines it took.
    pub const fn lines(&self) -> u64 {
        self.printed.lines
    }

    /// What was printed for a field.
    pub fn get(&self, field: Field) -> Option<Value> {
        self.printed.get(field)
    }

    /// A field's exact number.
    pub fn integer(&self, field: Field) -> Option<u64> {
        self.printed.integer(field)
    }

    /// A field's fraction.
    pub fn float(&self, field: Field) -> Option<f64> {
        match self.get(field)? {
            Value::Float(n) => Some(n),
            _ => None,
        }
    }

    /// The fields that are known, in the order of the struct.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Value)> + use<'_> {
        self.printed.fields()
    }

    /// Bytes of live and not yet swept objects: `HeapAlloc`, which `Alloc` is another name of.
    pub fn heap_alloc(&self) -> Option<u64> {
        self.integer(Field::HeapAlloc)
            .or_else(|| self.integer(Field::Alloc))
    }

    /// Metrics as printed, when it is a dump of runtime/metrics.
    pub fn metrics(&self) -> &[memstats::Metric] {
        &self.printed.metrics
    }

    /// By size class, or empty.
    pub fn by_size(&self) -> &[memstats::SizeClass] {
        &self.printed.by_size
    }

    /// The last 256 pauses at most, the newest last; empty when they were not printed. gops prints the newest only.
    pub fn pauses(&self) -> Vec<Pause> {
        let (ns, end) = (&self.printed.pause_ns, &self.printed.pause_end);
        let pairs = ns.iter().zip(end).map(|(ns, end)| Pause {
            end_unix_ns: *end,
            ns: *ns,
        });
        // `pause_end` is never 0 where a collection ended, and ends rise: the order needs no count of collections.
        let mut pauses: Vec<Pause> = pairs.filter(|pause| pause.end_unix_ns > 0).collect();
        pauses.sort_by_key(|pause| pause.end_unix_ns);
        if end.is_empty() {
            pauses = self.without_ends();
        }
        if pauses.is_empty()
            && let (Some(ns), Some(end_unix_ns)) = (
                self.integer(Field::LastPauseNs),
                self.integer(Field::LastPauseEnd),
            )
            && end_unix_ns > 0
        {
            pauses.push(Pause { end_unix_ns, ns });
        }
        pauses
    }

    /// Pauses of a ring of which it was not printed when they ended: the count of collections tells which is the newest.
    fn without_ends(&self) -> Vec<Pause> {
        let ring = &self.printed.pause_ns;
        let (Some(cycles), false) = (self.integer(Field::NumGC), ring.is_empty()) else {
            return Vec::new();
        };
        let len = ring.len() as u64;
        let at = |cycle: u64| ring.get(usize::try_from(cycle % len).ok()?).copied();
        (cycles.saturating_sub(len)..cycles)
            .filter_map(at)
            .map(|ns| Pause { end_unix_ns: 0, ns })
            .collect()
    }
}

/// What `runtime.MemStats` has, as sums of metrics (`runtime/metrics.go`, and the documentation of each metric).
const CLASSES: &[(Field, &[&str])] = &[
    (Field::HeapAlloc, &["/memory/classes/heap/objects:bytes"]),
    (
        Field::HeapInuse,
        &[
            "/memory/classes/heap/objects:bytes",
            "/memory/classes/heap/unused:bytes",
        ],
    ),
    (
        Field::HeapIdle,
        &[
            "/memory/classes/heap/free:bytes",
            "/memory/classes/heap/released:bytes",
        ],
    ),
    (
        Field::HeapSys,
        &[
            "/memory/classes/heap/objects:bytes",
            "/memory/classes/heap/unused:bytes",
            "/memory/classes/heap/free:bytes",
            "/memory/classes/heap/released:bytes",
        ],
    ),
    (
        Field::HeapReleased,
        &["/memory/classes/heap/released:bytes"],
    ),
    (Field::StackInuse, &["/memory/classes/heap/stacks:bytes"]),
    (
        Field::StackSys,
        &[
            "/memory/classes/heap/stacks:bytes",
            "/memory/classes/os-stacks:bytes",
        ],
    ),
    (
        Field::MSpanInuse,
        &["/memory/classes/metadata/mspan/inuse:bytes"],
    ),
    (
        Field::MSpanSys,
        &[
            "/memory/classes/metadata/mspan/inuse:bytes",
            "/memory/classes/metadata/mspan/free:bytes",
        ],
    ),
    (
        Field::MCacheInuse,
        &["/memory/classes/metadata/mcache/inuse:bytes"],
    ),
    (
        Field::MCacheSys,
        &[
            "/memory/classes/metadata/mcache/inuse:bytes",
            "/memory/classes/metadata/mcache/free:bytes",
        ],
    ),
    (
        Field::BuckHashSys,
        &["/memory/classes/profiling/buckets:bytes"],
    ),
    (Field::GCSys, &["/memory/classes/metadata/other:bytes"]),
    (Field::OtherSys, &["/memory/classes/other:bytes"]),
    (Field::Sys, &["/memory/classes/total:bytes"]),
    (Field::TotalAlloc, &["/gc/heap/allocs:bytes"]),
    (
        Field::Mallocs,
        &["/gc/heap/allocs:objects", "/gc/heap/tiny/allocs:objects"],
    ),
    (
        Field::Frees,
        &["/gc/heap/frees:objects", "/gc/heap/tiny/allocs:objects"],
    ),
    (Field::HeapObjects, &["/gc/heap/objects:objects"]),
    (Field::NextGC, &["/gc/heap/goal:bytes"]),
    (Field::NumGC, &["/gc/cycles/total:gc-cycles"]),
    (Field::NumForcedGC, &["/gc/cycles/forced:gc-cycles"]),
    (Field::Goroutines, &["/sched/goroutines:goroutines"]),
    (Field::GoMaxProcs, &["/sched/gomaxprocs:threads"]),
];

/// Sets the fields that metrics are other names of.
fn of_metrics(printed: &mut memstats::Snapshot) {
    let metric = |name: &str| {
        printed
            .metrics
            .iter()
            .find(|metric| metric.name == name)
            .and_then(|metric| match metric.value {
                MetricValue::Integer(n) => Some(n),
                _ => None,
            })
    };
    let sum = |names: &[&str]| {
        names
            .iter()
            .try_fold(0u64, |sum, name| sum.checked_add(metric(name)?))
    };
    let known: Vec<(Field, u64)> = CLASSES
        .iter()
        .filter_map(|(field, names)| Some((*field, sum(names)?)))
        .collect();
    for (field, n) in known {
        printed.set(field, Value::Integer(n));
    }
}
