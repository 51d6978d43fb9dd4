//! Maps up to Go 1.23: `runtime.hmap`, buckets of eight, evacuated bit by bit while they grow.
//!
//! ```text
//! bucket: tophash[8] | keys[8] | elems[8] | overflow      (runtime/map.go, bmap)
//! ```
//!
//! While a map grows, `oldbuckets` holds the table before: half as many buckets, or as many for a same-size
//! grow. A bucket whose `tophash[0]` says evacuated has moved to the new table; the others have not, and
//! the new buckets they will move to are still empty. So the entries are: every old bucket that has not been
//! evacuated, and every new bucket.

use super::{Laps, MapTable, Slot, ValueError, Visit};
use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::types::{Entries, SLOTS};
use std::ops::ControlFlow;

/// `tophash` values below this are states, not hashes (`minTopHash`).
const MIN_TOP_HASH: u8 = 5;
/// `evacuatedX` to `evacuatedEmpty`.
const EVACUATED: std::ops::RangeInclusive<u8> = 2..=4;
/// `hmap.flags`: the grow keeps the number of buckets (`sameSizeGrow`).
const SAME_SIZE_GROW: u64 = 8;
/// No table has more buckets than user space has bytes.
const MAX_B: u64 = 44;
/// Unreadable buckets after which a walk gives up.
const MAX_FAILURES: u32 = 16;

/// Bucket arrays of one map.
struct Walk<'w, 'r> {
    table: &'w MapTable<'r>,
    entries: Entries,
    failures: u32,
    doubt: Option<String>,
}

impl MapTable<'_> {
    pub(super) fn walk_hmap(&self, visit: Visit<'_>) -> Result<Option<String>, ValueError> {
        let Some(entries) = self.layout.entries() else {
            return Ok(None);
        };
        let hmap = self.sources.structure("runtime.hmap", self.header);
        let b = hmap.uint("B")?;
        let (buckets, old) = (hmap.ptr("buckets")?, hmap.ptr("oldbuckets")?);
        let flags = hmap.uint("flags")?;
        if b > MAX_B || entries.stride < SLOTS + 8 {
            return Err(ValueError::Corrupt(format!(
                "map {} has 2^{b} buckets of {} bytes",
                self.header, entries.stride
            )));
        }
        let mut walk = Walk {
            table: self,
            entries,
            failures: 0,
            doubt: None,
        };
        if !old.is_null() {
            let before = if flags & SAME_SIZE_GROW != 0 {
                b
            } else {
                b.saturating_sub(1)
            };
            if walk.array(Array::Old, old, 1 << before, visit).is_break() {
                return Ok(walk.doubt);
            }
        }
        if !buckets.is_null() {
            let _ = walk.array(Array::Current, buckets, 1 << b, visit);
        }
        Ok(walk.doubt)
    }
}

/// Which of a growing map's arrays of buckets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Array {
    /// The one that is filled.
    Current,
    /// The one whose buckets move to it, one by one.
    Old,
}

impl Walk<'_, '_> {
    /// `count` buckets in a row, each with its overflow chain.
    fn array(
        &mut self,
        array: Array,
        first: Addr,
        count: u64,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        for index in 0..count {
            let head = first.offset(index.wrapping_mul(self.entries.stride));
            let mut at = head;
            let mut laps = Laps::new(u64::MAX);
            while !at.is_null() {
                match self.bucket(at, at == head && array == Array::Old, visit) {
                    Ok(ControlFlow::Break(())) => return ControlFlow::Break(()),
                    Ok(ControlFlow::Continue(next)) => match laps.step(at) {
                        Ok(()) => at = next,
                        Err(error) => {
                            self.fail(&error)?;
                            break;
                        }
                    },
                    Err(error) => {
                        self.fail(&error)?;
                        break;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// One bucket's entries; the address of the next in its chain.
    fn bucket(
        &self,
        at: Addr,
        check_evacuated: bool,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<(), Addr>, ValueError> {
        let memory = self.table.sources.memory;
        let tophash: [u8; 8] = memory.array(at)?;
        if check_evacuated && tophash.first().is_some_and(|t| EVACUATED.contains(t)) {
            return Ok(ControlFlow::Continue(Addr::NULL));
        }
        let Entries { keys, elems, .. } = self.entries;
        for (index, state) in (0u64..).zip(tophash) {
            if state < MIN_TOP_HASH {
                continue;
            }
            let mut key = at.offset(keys.at(index));
            let mut elem = at.offset(elems.at(index));
            if keys.indirect {
                key = memory.ptr(key)?;
            }
            if elems.indirect {
                elem = memory.ptr(elem)?;
            }
            if visit(Slot { key, elem }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        // The overflow pointer is the bucket's last word.
        let next = memory.ptr(at.offset(self.entries.stride - 8))?;
        Ok(ControlFlow::Continue(next))
    }

    /// Notes a bucket that could not be read; breaks when there are too many of them.
    fn fail(&mut self, error: &ValueError) -> ControlFlow<()> {
        self.failures += 1;
        self.doubt
            .get_or_insert_with(|| format!("some buckets could not be read: {error}"));
        if self.failures >= MAX_FAILURES {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
