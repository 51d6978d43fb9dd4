//! What was walked against what the runtime counted.
//!
//! The runtime counts allocations and frees by size class (`memstats.heapStats`, three copies whose sum counts,
//! `runtime/mstats.go:consistentHeapStats`), and what Ps allocate from their caches is added when a cache gives its
//! span back (`mcache.refill`). With the caches added as `mcache.releaseAll` would, the difference of allocations and
//! frees is the number of allocated slots: to the object, in every release from 1.19 to 1.27 and at any moment of a
//! cycle. A gap means that something was misread, or that a thread was stopped between a slot and its count.

use super::span::{PAGE, SweepState};
use super::spans::Spans;
use crate::addr::Addr;
use crate::heapdump::HeapDump;
use crate::layout::{FieldError, Structure};
use crate::memory::{MemoryExt, ReadResult};
use crate::runtime::Runtime;

/// Size classes, large objects (class 0) included (`runtime/sizeclasses.go`, 1.19–1.27).
pub const CLASSES: usize = 68;

/// One size class, or all large objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClassCount {
    /// Bytes of a slot; 0 for large objects.
    pub slot: u64,
    /// Allocated slots that were walked.
    pub walked: u64,
    /// Bytes of those.
    pub walked_bytes: u64,
    /// Allocated slots by the runtime's count; negative is damage.
    pub counted: i64,
    /// Spans in use.
    pub spans: u64,
    /// Slots of those that are free.
    pub free_slots: u64,
    /// Bytes of those spans that belong to no slot.
    pub tails: u64,
}

/// A number that was walked beside the runtime's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pair {
    /// What was walked.
    pub walked: u64,
    /// What the runtime says; `None` when its counter cannot be read.
    pub counted: Option<u64>,
}

impl Pair {
    /// Whether both say the same.
    pub fn agrees(&self) -> bool {
        self.counted == Some(self.walked)
    }

    /// Walked less counted.
    pub fn gap(&self) -> Option<i64> {
        Some(self.walked.cast_signed() - self.counted?.cast_signed())
    }
}

/// The whole comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audit {
    /// By size class; number 0 is large objects.
    pub classes: Vec<ClassCount>,
    /// Allocated slots.
    pub objects: Pair,
    /// Bytes of allocated slots.
    pub bytes: Pair,
    /// Bytes of large objects.
    pub large_bytes: Pair,
    /// Bytes of spans of objects against `heapStats.inHeap`.
    pub in_heap: Pair,
    /// Bytes of stacks and other spans without objects against `inStacks`, `inWorkBufs` and `inPtrScalarBits`.
    pub manual: Pair,
    /// Pages of spans of objects against `mheap_.pagesInUse`.
    pub pages: Pair,
    /// `mspan.allocCount` of all spans against their allocation bits.
    pub alloc_count: Pair,
    /// `gcController.heapLive`: bytes marked in the last cycle and allocated since; it may lag behind.
    pub heap_live: Option<u64>,
    /// Tiny objects that share a 16-byte slot with others, allocated so far (not a number of live ones).
    pub tiny_allocs: Option<u64>,
}

impl Audit {
    /// Whether objects and bytes are exactly those that the runtime counts.
    pub fn agrees(&self) -> bool {
        self.objects.agrees() && self.bytes.agrees()
    }

    /// Compares.
    pub fn of(runtime: &Runtime<'_>, spans: &Spans) -> Self {
        let mut audit = Self {
            classes: vec![ClassCount::default(); CLASSES],
            ..Self::default()
        };
        audit.walk(spans);
        // Without the runtime's counters the walked numbers stand alone.
        let _ = audit.count(runtime, spans);
        let _ = audit.count_pages(runtime);
        audit
    }

    /// Compares what a heap dump has with its memstats, which count what is there when the dump is written.
    pub fn of_dump(dump: &HeapDump<'_>, spans: &Spans) -> Self {
        let mut audit = Self {
            classes: vec![ClassCount::default(); CLASSES],
            ..Self::default()
        };
        audit.walk(spans);
        let stats = dump.memstats.as_ref();
        audit.objects.counted = stats.map(|stats| stats.heap_objects);
        audit.bytes.counted = stats.map(|stats| stats.heap_alloc);
        audit
    }

    fn walk(&mut self, spans: &Spans) {
        for span in spans.list() {
            let slots = u64::from(span.allocated);
            self.objects.walked += slots;
            self.bytes.walked += slots * span.elemsize;
            self.in_heap.walked += span.bytes();
            self.pages.walked += u64::from(span.npages);
            self.alloc_count.walked += slots;
            *self.alloc_count.counted.get_or_insert(0) += u64::from(span.alloc_count);
            if span.size_class() == 0 {
                self.large_bytes.walked += slots * span.elemsize;
            }
            if let Some(class) = self.classes.get_mut(usize::from(span.size_class())) {
                let all = u64::from(span.nelems);
                class.walked += slots;
                class.walked_bytes += slots * span.elemsize;
                class.spans += 1;
                class.free_slots += all - slots.min(all);
                class.tails += span.bytes() - (all * span.elemsize).min(span.bytes());
                if span.size_class() != 0 {
                    class.slot = span.elemsize;
                }
            }
        }
        let manual: u64 = spans.manual().iter().map(|s| u64::from(s.npages)).sum();
        self.manual.walked = manual.saturating_mul(PAGE);
    }

    /// `runtime/mstats.go:readmemstats_m`, as far as objects go.
    fn count(&mut self, runtime: &Runtime<'_>, spans: &Spans) -> Result<(), FieldError> {
        let stats = HeapStats::of(runtime)?;
        let sum = |path: &str| stats.sum(path);
        let mut counted = stats.allocs()?;
        for (class, free) in counted.iter_mut().zip(stats.frees()?) {
            *class = class.wrapping_sub(free);
        }
        Self::add_cached(spans, &mut counted);
        let mut tiny = sum("tinyAllocCount")?;
        for cache in super::caches(runtime) {
            let cache = runtime.structure("runtime.mcache", cache);
            tiny = tiny.wrapping_add(cache.uint("tinyAllocs")?.cast_signed());
        }
        let large = sum("largeAlloc")?.wrapping_sub(sum("largeFree")?);
        self.large_bytes.counted = u64::try_from(large).ok();
        let mut bytes = large;
        for (class, count) in self.classes.iter_mut().zip(&counted) {
            class.counted = *count;
        }
        for (class, count) in self.classes.iter().zip(&counted).skip(1) {
            // A class that no span is in now has as many frees as allocations.
            bytes = bytes.wrapping_add(count.wrapping_mul(class.slot.cast_signed()));
        }
        self.objects.counted =
            u64::try_from(counted.iter().fold(0i64, |sum, n| sum.wrapping_add(*n))).ok();
        self.bytes.counted = u64::try_from(bytes).ok();
        self.tiny_allocs = u64::try_from(tiny).ok();
        self.in_heap.counted = u64::try_from(sum("inHeap")?).ok();
        // `inPtrScalarBits` went with 1.25.
        let scalar_bits = sum("inPtrScalarBits").unwrap_or(0);
        let manual = [sum("inStacks")?, sum("inWorkBufs")?, scalar_bits]
            .iter()
            .fold(0i64, |sum, n| sum.wrapping_add(*n));
        self.manual.counted = u64::try_from(manual).ok();
        Ok(())
    }

    /// What Ps have allocated and not added to the statistics yet: in spans that an `mcache` holds, which their
    /// `sweepgen` tells. So this needs no list of Ps, which a program without symbols may not have.
    fn add_cached(spans: &Spans, counted: &mut [i64]) {
        for span in spans.list() {
            let cached = matches!(span.sweep, SweepState::Cached | SweepState::CachedUnswept);
            if !cached || span.size_class() == 0 {
                continue;
            }
            let since = i64::from(span.alloc_count) - i64::from(span.counted_before_cache);
            if let Some(class) = counted.get_mut(usize::from(span.size_class())) {
                *class = class.wrapping_add(since);
            }
        }
    }

    fn count_pages(&mut self, runtime: &Runtime<'_>) -> Result<(), FieldError> {
        let mheap = super::variable(runtime, "runtime.mheap_")?;
        let pages = runtime
            .structure("runtime.mheap", mheap)
            .uint("pagesInUse")?;
        self.pages.counted = Some(pages);
        let controller = super::variable(runtime, "runtime.gcController")?;
        let live = runtime
            .structure("runtime.gcControllerState", controller)
            .uint("heapLive")?;
        self.heap_live = Some(live);
        Ok(())
    }
}

/// `memstats.heapStats`: three copies that are written to in turn, of which the sum counts.
pub(crate) struct HeapStats<'r> {
    runtime: Runtime<'r>,
    copies: Vec<Addr>,
}

impl<'r> HeapStats<'r> {
    /// Finds them.
    pub(crate) fn of(runtime: &Runtime<'r>) -> Result<Self, FieldError> {
        let at = super::variable(runtime, "runtime.memstats")?;
        let (stats, _) = runtime
            .structure("runtime.mstats", at)
            .addr_of("heapStats")?;
        let copies = (0..3)
            .map(|index| {
                let path = format!("stats[{index}]");
                let all = runtime.structure("runtime.consistentHeapStats", stats);
                all.addr_of(&path).map(|(at, _)| at)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            runtime: *runtime,
            copies,
        })
    }

    /// Objects allocated so far, by size class, large ones first.
    pub(crate) fn allocs(&self) -> Result<Vec<i64>, FieldError> {
        self.by_class("largeAllocCount", "smallAllocCount")
    }

    /// Objects freed so far, by size class, large ones first.
    pub(crate) fn frees(&self) -> Result<Vec<i64>, FieldError> {
        self.by_class("largeFreeCount", "smallFreeCount")
    }

    /// A count of large objects, and one of each size class, whose number 0 is none.
    fn by_class(&self, large: &str, small: &str) -> Result<Vec<i64>, FieldError> {
        let mut counted = vec![0i64; CLASSES];
        for at in &self.copies {
            let delta = self.runtime.structure("runtime.heapStatsDelta", *at);
            let counts = words(&self.runtime, &delta, small)?;
            for (class, count) in counted.iter_mut().zip(counts) {
                *class = class.wrapping_add(count);
            }
        }
        let first = self.sum(large)?;
        if let Some(class) = counted.first_mut() {
            *class = first;
        }
        Ok(counted)
    }

    /// The sum of a field.
    pub(crate) fn sum(&self, path: &str) -> Result<i64, FieldError> {
        self.copies.iter().try_fold(0i64, |sum, at| {
            let delta = self.runtime.structure("runtime.heapStatsDelta", *at);
            Ok(sum.wrapping_add(delta.uint(path)?.cast_signed()))
        })
    }
}

/// The words of an array field.
fn words(
    runtime: &Runtime<'_>,
    structure: &Structure<'_>,
    path: &str,
) -> Result<Vec<i64>, FieldError> {
    let (at, field) = structure.addr_of(path)?;
    let read: ReadResult<Vec<i64>> = (0..field.size / 8)
        .map(|index| runtime.memory.i64(at.offset(index * 8)))
        .collect();
    read.map_err(|error| FieldError::Unreadable {
        structure: structure.name.to_owned(),
        path: path.to_owned(),
        error,
    })
}
