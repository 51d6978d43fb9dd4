//! `runtime.MemStats` as `ReadMemStats` would have filled it at the end (`runtime/mstats.go:readmemstats_m`, 1.19–1.27).
//!
//! It begins there with giving back what Ps have in their caches; here the caches are counted where they are. A number of
//! which a part cannot be read is left out.

use super::audit::HeapStats;
use super::span::SweepState;
use super::spans::Spans;
use super::{HeapError, caches, most_pages, variable};
use crate::layout::{FieldError, Structure};
use crate::process::Process;
use crate::runtime::{Collections, Runtime};
use dumpview_parsers::memstats::{Field, Form, Snapshot, Value};

/// What Ps have allocated from their caches and not added to the statistics yet.
#[derive(Default)]
struct Cached {
    objects: u64,
    bytes: u64,
    tiny: u64,
}

impl Cached {
    fn of(runtime: &Runtime<'_>, spans: &Spans) -> Self {
        let mut cached = Self::default();
        for span in spans.list() {
            let is_cached = matches!(span.sweep, SweepState::Cached | SweepState::CachedUnswept);
            if is_cached && span.size_class() != 0 {
                let since = span.alloc_count.saturating_sub(span.counted_before_cache);
                cached.objects += u64::from(since);
                cached.bytes += u64::from(since) * span.elemsize;
            }
        }
        for cache in caches(runtime) {
            let cache = runtime.structure("runtime.mcache", cache);
            cached.tiny = cached
                .tiny
                .saturating_add(cache.uint("tinyAllocs").unwrap_or(0));
        }
        cached
    }
}

/// The runtime's structures that count.
struct Counters<'r> {
    stats: Structure<'r>,
    controller: Structure<'r>,
    heap: Structure<'r>,
    sums: HeapStats<'r>,
}

impl<'r> Counters<'r> {
    fn of(runtime: &Runtime<'r>) -> Result<Self, HeapError> {
        let at = |name: &str| variable(runtime, name);
        let controller = at("runtime.gcController")?;
        Ok(Self {
            stats: runtime.structure("runtime.mstats", at("runtime.memstats")?),
            controller: runtime.structure("runtime.gcControllerState", controller),
            heap: runtime.structure("runtime.mheap", at("runtime.mheap_")?),
            sums: HeapStats::of(runtime)?,
        })
    }

    fn sum(&self, path: &str) -> Option<u64> {
        u64::try_from(self.sums.sum(path).ok()?).ok()
    }

    /// All objects that were allocated, or freed.
    fn objects(counts: Result<Vec<i64>, FieldError>) -> Option<u64> {
        let sum = counts
            .ok()?
            .iter()
            .try_fold(0i64, |sum, n| sum.checked_add(*n))?;
        u64::try_from(sum).ok()
    }

    /// Of what the collector takes without objects; pointer bitmaps of their own went with 1.25.
    fn collectors(&self) -> Option<u64> {
        let bitmaps = self.sum("inPtrScalarBits").unwrap_or(0);
        self.sum("inWorkBufs")?.checked_add(bitmaps)
    }

    /// `gcController.heapGoal`, where no memory limit has a say in it.
    fn goal(&self) -> Option<u64> {
        /// `sweepMinHeapDistance` and `minRunway` of `runtime/mgcpacer.go`.
        const SWEEP_DISTANCE: u64 = 1 << 20;
        const RUNWAY: u64 = 64 << 10;
        let number = |field: &str| self.controller.uint(field).ok();
        let unlimited = |bytes: &u64| *bytes >= i64::MAX.unsigned_abs();
        number("memoryLimit").filter(unlimited)?;
        let by_percent = number("gcPercentHeapGoal")?;
        let swept = self.heap.uint("sweepHeapLiveBasis").ok()?;
        let goal = by_percent.max(swept.saturating_add(SWEEP_DISTANCE));
        Some(match number("triggered")? {
            u64::MAX => goal,
            triggered => goal.max(triggered.saturating_add(RUNWAY)),
        })
    }
}

/// Reads the statistics.
///
/// # Errors
///
/// When the structures that count are not to be found, or the spans cannot be walked.
pub fn statistics(process: &Process<'_>) -> Result<Snapshot, HeapError> {
    let runtime = process.runtime().ok_or(HeapError::NoLayout)?;
    let spans = Spans::read(&runtime, process.arch(), most_pages(process))?;
    let cached = Cached::of(&runtime, &spans);
    let counters = Counters::of(&runtime)?;
    let mut snapshot = Snapshot::new(Form::Core);
    snapshot.lines = 0;
    let mut set = |field, number: Option<u64>| {
        if let Some(number) = number {
            snapshot.set(field, Value::Integer(number));
        }
    };
    let controller = |field: &str| counters.controller.uint(field).ok();
    let stats = |field: &str| counters.stats.uint(field).ok();
    let sum = |numbers: &[Option<u64>]| {
        numbers
            .iter()
            .try_fold(0u64, |sum, number| sum.checked_add((*number)?))
    };
    let allocated = sum(&[controller("totalAlloc"), Some(cached.bytes)]);
    let live = allocated
        .zip(controller("totalFree"))
        .and_then(|(allocated, freed)| allocated.checked_sub(freed));
    let tiny = sum(&[counters.sum("tinyAllocCount"), Some(cached.tiny)]);
    let allocs = sum(&[
        Counters::objects(counters.sums.allocs()),
        Some(cached.objects),
    ]);
    let frees = Counters::objects(counters.sums.frees());
    let (in_use, free, released) = (
        controller("heapInUse"),
        controller("heapFree"),
        controller("heapReleased"),
    );
    let heap = sum(&[in_use, free, released]);
    let stacks = counters.sum("inStacks");
    let gc = sum(&[stats("gcMiscSys"), counters.collectors()]);
    let all = [
        heap,
        stacks,
        stats("stacks_sys"),
        stats("mspan_sys"),
        stats("mcache_sys"),
        stats("buckhash_sys"),
        gc,
        stats("other_sys"),
    ];
    for (field, number) in [
        (Field::Alloc, live),
        (Field::TotalAlloc, allocated),
        (Field::Sys, sum(&all)),
        (Field::Mallocs, sum(&[allocs, tiny])),
        (Field::Frees, sum(&[frees, tiny])),
        (Field::HeapAlloc, live),
        (Field::HeapSys, heap),
        (Field::HeapIdle, sum(&[free, released])),
        (Field::HeapInuse, in_use),
        (Field::HeapReleased, released),
        (
            Field::HeapObjects,
            allocs.zip(frees).and_then(|(a, f)| a.checked_sub(f)),
        ),
        (Field::StackInuse, stacks),
        (Field::StackSys, sum(&[stacks, stats("stacks_sys")])),
        (
            Field::MSpanInuse,
            counters.heap.uint("spanalloc.inuse").ok(),
        ),
        (Field::MSpanSys, stats("mspan_sys")),
        (
            Field::MCacheInuse,
            counters.heap.uint("cachealloc.inuse").ok(),
        ),
        (Field::MCacheSys, stats("mcache_sys")),
        (Field::BuckHashSys, stats("buckhash_sys")),
        (Field::GCSys, gc),
        (Field::OtherSys, stats("other_sys")),
        (Field::NextGC, counters.goal()),
        (Field::LastGC, stats("last_gc_unix")),
        (Field::PauseTotalNs, stats("pause_total_ns")),
        (Field::NumGC, stats("numgc")),
        (Field::NumForcedGC, stats("numforcedgc")),
    ] {
        set(field, number);
    }
    if let Ok(bits) = counters.stats.uint("gc_cpu_fraction") {
        snapshot.set(Field::GCCPUFraction, Value::Float(f64::from_bits(bits)));
    }
    take_pauses(&runtime, &mut snapshot);
    Ok(snapshot)
}

/// The pauses that the runtime remembers, in the ring that they have there.
fn take_pauses(runtime: &Runtime<'_>, snapshot: &mut Snapshot) {
    let Some(collections) = Collections::read(runtime) else {
        return;
    };
    snapshot.pause_ns = vec![0; 256];
    snapshot.pause_end = vec![0; 256];
    for pause in collections.pauses {
        let slot = usize::try_from((pause.cycle.wrapping_sub(1)) % 256).unwrap_or(0);
        if let Some(ns) = snapshot.pause_ns.get_mut(slot) {
            *ns = pause.ns;
        }
        if let Some(end) = snapshot.pause_end.get_mut(slot) {
            *end = pause.end_unix.cast_unsigned();
        }
    }
}
