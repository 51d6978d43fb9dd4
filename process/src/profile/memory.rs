//! Sampled allocations, as the runtime would have published them.
//!
//! An allocation counts towards the collection after next, a free towards the next, so that what is published is as of the end of a
//! collection's mark phase (`runtime/mprof.go:memRecord`). A process that has not finished one publishes everything.

use super::buckets::{Bucket, BucketKind, Buckets};
use super::{Kind, ProfileError, Reader};
use crate::addr::Addr;
use crate::layout::{Field, FieldError};
use crate::memory::MemoryExt;
use crate::process::{Process, ProcessError};
use crate::runtime::{Note, Runtime};
use dumpview_parsers::pprof::{Label, LabelValue, Profile, Sample, ValueType};

/// What was sampled at one stack, of one size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sampled {
    /// The bucket.
    pub bucket: Bucket,
    /// Sampled allocations.
    pub allocs: u64,
    /// Of these, freed.
    pub frees: u64,
}

impl Sampled {
    /// Sampled allocations that are in use. What is torn counts as none.
    pub const fn in_use(&self) -> u64 {
        self.allocs.saturating_sub(self.frees)
    }
}

/// All of them, with the rate that they were sampled at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MemoryRecords {
    /// The newest bucket first.
    pub list: Vec<Sampled>,
    /// `runtime.MemProfileRate`: a sample each so many bytes.
    pub rate: i64,
    /// What could not be had.
    pub notes: Vec<Note>,
}

/// Counts of one bucket: what is published, and the ring of what is not yet.
struct Counts {
    active: [u64; 2],
    future: [[u64; 2]; RING],
}

/// `len(memRecord{}.future)`.
const RING: usize = 3;

/// Where the counts of a `memRecord` stand.
struct Cycles {
    active: [Field; 2],
    future: [[Field; 2]; RING],
}

impl Cycles {
    fn find(runtime: &Runtime<'_>) -> Option<Self> {
        let pair = |cycle: &str| {
            let field = |name: &str| {
                let path = format!("{cycle}.{name}");
                runtime.layouts.field("runtime.memRecord", &path)
            };
            Some([field("allocs")?, field("frees")?])
        };
        Some(Self {
            active: pair("active")?,
            future: [pair("future[0]")?, pair("future[1]")?, pair("future[2]")?],
        })
    }

    fn read(&self, runtime: &Runtime<'_>, record: Addr) -> Option<Counts> {
        let count = |field: Field| {
            let at = record.offset(field.offset);
            runtime.memory.uint(at, field.size).ok()
        };
        let pair = |[allocs, frees]: [Field; 2]| Some([count(allocs)?, count(frees)?]);
        let [first, second, third] = self.future;
        Some(Counts {
            active: pair(self.active)?,
            future: [pair(first)?, pair(second)?, pair(third)?],
        })
    }
}

fn add([a, b]: [u64; 2], [c, d]: [u64; 2]) -> [u64; 2] {
    [a.wrapping_add(c), b.wrapping_add(d)]
}

impl MemoryRecords {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// When the layouts, or a variable, are not to be had.
    pub fn read(process: &Process<'_>) -> Result<Self, ProfileError> {
        let runtime = process.runtime().ok_or(ProcessError::NoLayout)?;
        let (Some(buckets), Some(cycles)) = (Buckets::new(runtime), Cycles::find(&runtime)) else {
            return Err(ProcessError::NoLayout.into());
        };
        let rate = runtime.vars.address("runtime.MemProfileRate");
        let rate = rate.ok_or(ProfileError::NoVariable("MemProfileRate"))?;
        let rate = runtime
            .memory
            .i64(rate)
            .map_err(|error| FieldError::Unreadable {
                structure: "runtime".to_owned(),
                path: "MemProfileRate".to_owned(),
                error,
            })?;
        let mut notes = Vec::new();
        let list = buckets.list(process, BucketKind::Memory, &mut notes)?;
        let counted = list.into_iter().filter_map(|bucket| {
            let counts = cycles.read(&runtime, bucket.record)?;
            Some((bucket, counts))
        });
        let counted: Vec<(Bucket, Counts)> = counted.collect();
        // Between the end of a mark phase and the flush after it, the cycle's counts are still in the ring.
        let index = runtime
            .vars
            .address("runtime.mProfCycle")
            .and_then(|at| runtime.memory.u32(at).ok())
            .map(|cycle| (cycle >> 1) as usize % RING);
        let published = |counts: &Counts| {
            let flushed = index.and_then(|index| counts.future.get(index));
            add(counts.active, flushed.copied().unwrap_or_default())
        };
        let none = counted
            .iter()
            .all(|(_, counts)| published(counts) == [0, 0]);
        if index.is_none()
            && counted
                .iter()
                .any(|(_, counts)| counts.future != [[0, 0]; RING])
        {
            let text = "runtime.mProfCycle is not known: samples may be one collection old";
            notes.push(Note {
                text: text.to_owned(),
                count: 1,
            });
        }
        let everything =
            |counts: &Counts| counts.future.iter().fold(counts.active, |a, b| add(a, *b));
        let list = counted.into_iter().map(|(bucket, counts)| {
            let [allocs, frees] = if none {
                everything(&counts)
            } else {
                published(&counts)
            };
            Sampled {
                bucket,
                allocs,
                frees,
            }
        });
        Ok(Self {
            list: list.collect(),
            rate,
            notes,
        })
    }
}

/// What samples of a size stand for: their number and bytes (`runtime/pprof/protomem.go:scaleHeapSample`).
pub fn scaled(count: u64, size: u64, rate: i64) -> (i64, i64) {
    let bytes = count.wrapping_mul(size);
    if count == 0 || size == 0 {
        return (0, 0);
    }
    if rate <= 1 {
        return (count.cast_signed(), bytes.cast_signed());
    }
    #[expect(clippy::cast_precision_loss, reason = "as the runtime calculates")]
    let scale = 1.0 / (1.0 - (-(size as f64) / rate as f64).exp());
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "as the runtime calculates"
    )]
    let scale = |value: u64| (value as f64 * scale) as i64;
    (scale(count), scale(bytes))
}

/// The first release whose samples are all labelled with their size, those that were never published too.
const ALWAYS_LABELLED: u32 = 27;

impl Reader<'_, '_> {
    /// `heap` and `allocs`, which differ in what is shown first.
    pub(super) fn memory(&mut self, kind: Kind) -> Result<Profile, ProfileError> {
        let records = MemoryRecords::read(self.process)?;
        self.notes.extend(records.notes);
        if records.rate == 0 {
            let text = "the memory profiler was off: MemProfileRate is 0, as the linker sets it in programs that do not \
                        refer to runtime.MemProfile";
            self.notes.push(Note {
                text: text.to_owned(),
                count: 1,
            });
        }
        let minor = self
            .process
            .version
            .as_ref()
            .map_or(0, |version| version.minor);
        for sampled in &records.list {
            let size = sampled.bucket.size;
            let locations = self.places.of_allocation(&sampled.bucket.stack);
            let (allocs, alloc_bytes) = scaled(sampled.allocs, size, records.rate);
            let (in_use, in_use_bytes) = scaled(sampled.in_use(), size, records.rate);
            let label = Label {
                key: "bytes".to_owned(),
                value: LabelValue::Number(size.cast_signed()),
            };
            let labelled = size != 0 && (sampled.allocs > 0 || minor >= ALWAYS_LABELLED);
            self.samples.push(Sample {
                locations,
                values: vec![allocs, alloc_bytes, in_use, in_use_bytes],
                labels: labelled.then_some(label).into_iter().collect(),
            });
        }
        Ok(Profile {
            sample_types: vec![
                ValueType::new("alloc_objects", "count"),
                ValueType::new("alloc_space", "bytes"),
                ValueType::new("inuse_objects", "count"),
                ValueType::new("inuse_space", "bytes"),
            ],
            period_type: Some(ValueType::new("space", "bytes")),
            period: records.rate,
            default_sample_type: (kind == Kind::Allocs).then(|| "alloc_space".to_owned()),
            ..Profile::default()
        })
    }
}
