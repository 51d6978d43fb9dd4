//! Profiler labels (`pprof.Do`, `pprof.SetGoroutineLabels`) of a goroutine.
//!
//! Three representations (`runtime/pprof/label.go`): up to 1.23 `g.labels` points at a `map[string]string`;
//! in 1.24 and 1.25 at a `LabelSet`, from 1.26 at a `label.Set`, both of which begin with a slice of key and
//! value. What a pointer leads to may be torn or wild, so every length is capped.

use super::Runtime;
use crate::addr::Addr;
use crate::layout::{FieldError, Structure};
use crate::memory::{MemoryExt, ReadError};

/// One label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Label {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// Why labels could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LabelError {
    /// Memory could not answer.
    #[error("labels at {0}")]
    Unreadable(#[from] ReadError),
    /// The layouts lack what is needed.
    #[error("labels: {0}")]
    Field(#[from] FieldError),
    /// What the pointer leads to is no set of labels.
    #[error("labels at {addr}: {what}")]
    Nonsense {
        /// Where.
        addr: Addr,
        /// What is wrong with it.
        what: String,
    },
}

/// A goroutine with more labels, or longer ones, is not believed.
const MOST_LABELS: u64 = 1024;
const LONGEST: u64 = 1 << 16;

/// Reads labels from a `g.labels`; none for null. Sorted by key, as newer releases keep them.
pub fn labels(runtime: &Runtime<'_>, at: Addr) -> Result<Vec<Label>, LabelError> {
    if at.is_null() {
        return Ok(Vec::new());
    }
    // Bubbles of testing/synctest came with the release that turned labels into a slice.
    let has = |path| runtime.layouts.field("runtime.g", path).is_some();
    let mut labels = if has("bubble") || has("syncGroup") {
        from_slice(runtime, at)?
    } else {
        from_map(runtime, runtime.memory.ptr(at)?)?
    };
    labels.sort_unstable();
    Ok(labels)
}

fn from_slice(runtime: &Runtime<'_>, at: Addr) -> Result<Vec<Label>, LabelError> {
    let array = runtime.memory.ptr(at)?;
    let len = runtime.memory.u64(at.offset(8))?;
    let cap = runtime.memory.u64(at.offset(16))?;
    if len > cap || len > MOST_LABELS {
        return Err(nonsense(at, format!("{len} labels in room for {cap}")));
    }
    (0..len)
        .map(|index| {
            let pair = array.offset(index * 32);
            label(runtime, pair, pair.offset(16))
        })
        .collect()
}

/// Entries of a bucket (`abi.MapBucketCount`), and the `tophash` values below which an entry is none
/// (`runtime/map.go`); the same in all releases that have such maps.
const BUCKET_ENTRIES: u64 = 8;
const MIN_TOP_HASH: u8 = 5;
const EVACUATED: std::ops::RangeInclusive<u8> = 2..=4;
/// `sameSizeGrow` of `hmap.flags`.
const SAME_SIZE_GROW: u64 = 8;

/// Reads a `map[string]string` of the generation before swiss maps: a bucket is eight top hashes, eight keys,
/// eight values and a pointer to the next.
fn from_map(runtime: &Runtime<'_>, at: Addr) -> Result<Vec<Label>, LabelError> {
    const BUCKET_SIZE: u64 = BUCKET_ENTRIES + BUCKET_ENTRIES * 32 + 8;
    if at.is_null() {
        return Ok(Vec::new());
    }
    let map: Structure<'_> = runtime.structure("runtime.hmap", at);
    let count = map.uint("count")?;
    let bits = map.uint("B")?;
    if count > MOST_LABELS || bits > 16 {
        return Err(nonsense(at, format!("a map of {count} labels")));
    }
    let old = map.ptr("oldbuckets")?;
    let old_bits = if map.uint("flags")? & SAME_SIZE_GROW != 0 {
        bits
    } else {
        bits.saturating_sub(1)
    };
    let mut labels = Vec::new();
    for (array, buckets) in [(map.ptr("buckets")?, 1 << bits), (old, 1u64 << old_bits)] {
        if array.is_null() {
            continue;
        }
        for number in 0..buckets {
            let first = array.offset(number * BUCKET_SIZE);
            if array == old && EVACUATED.contains(&runtime.memory.u8(first)?) {
                continue;
            }
            let mut bucket = first;
            // A chain longer than the map has entries is a cycle.
            for _ in 0..=count {
                if bucket.is_null() {
                    break;
                }
                for entry in 0..BUCKET_ENTRIES {
                    if runtime.memory.u8(bucket.offset(entry))? >= MIN_TOP_HASH {
                        let key = bucket.offset(BUCKET_ENTRIES + entry * 16);
                        let value = key.offset(BUCKET_ENTRIES * 16);
                        labels.push(label(runtime, key, value)?);
                    }
                }
                bucket = runtime.memory.ptr(bucket.offset(BUCKET_SIZE - 8))?;
            }
        }
    }
    if labels.len() as u64 != count {
        let what = format!("a map of {count} labels has {}", labels.len());
        return Err(nonsense(at, what));
    }
    Ok(labels)
}

fn label(runtime: &Runtime<'_>, key: Addr, value: Addr) -> Result<Label, LabelError> {
    let text = |at: Addr| {
        let (bytes, len) = runtime.memory.go_string(at, LONGEST)?;
        if len > LONGEST {
            return Err(nonsense(at, format!("a label of {len} bytes")));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Label {
        key: text(key)?,
        value: text(value)?,
    })
}

fn nonsense(addr: Addr, what: String) -> LabelError {
    LabelError::Nonsense { addr, what }
}
