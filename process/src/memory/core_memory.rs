//! A core's segments laid over the executable's own read-only, file-backed ones.
//!
//! The order of trust: bytes in the core, then bytes of a matching file for mappings the process could not
//! have written, then "not available". Writable segments never fall back to a file: those bytes are initial
//! values, not the process's. Where two sources cover an address the more trusted one wins, so regions never
//! overlap once [`CoreMemory::new`] has sorted and clipped them.

use super::{Memory, ReadError, ReadResult, Slots, Unreadable};
use crate::addr::Addr;
use std::borrow::Cow;
use std::sync::Arc;

/// Where the bytes of a region come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionSource<'a> {
    /// Bytes in the core file (or in the qemu or gcore equivalent).
    Core(&'a [u8]),
    /// Bytes of a read-only mapping, from the file it maps.
    File(&'a [u8]),
    /// Known to have been mapped, without bytes.
    Missing(Unreadable),
}

/// A half-open range of addresses with one source. `source` bytes are exactly as long as the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region<'a> {
    /// First address.
    pub start: Addr,
    /// First address after the region.
    pub end: Addr,
    /// The bytes, or why there are none.
    pub source: RegionSource<'a>,
}

/// All of a process's memory that can be had. Reading costs a binary search over regions.
#[derive(Debug, Default)]
pub struct CoreMemory<'a> {
    regions: Vec<Region<'a>>,
    /// What comes in pieces too small to be regions; it fills what they leave.
    slots: Option<Arc<Slots<'a>>>,
}

impl<'a> CoreMemory<'a> {
    /// Lays `layers` over each other, the most trusted first. Regions of a later layer fill only what the
    /// earlier ones left without bytes; a [`RegionSource::Missing`] region is overlaid by any bytes.
    pub fn new(layers: impl IntoIterator<Item = Vec<Region<'a>>>) -> Self {
        let (mut with_bytes, mut missing) = (Self::default(), Vec::new());
        for layer in layers {
            let (have, lack): (Vec<_>, Vec<_>) = layer
                .into_iter()
                .partition(|r| !matches!(r.source, RegionSource::Missing(_)));
            with_bytes.fill(have);
            missing.push(lack);
        }
        for layer in missing {
            with_bytes.fill(layer);
        }
        with_bytes
    }

    /// The same memory with the objects of a heap dump.
    pub(crate) fn with_slots(self, slots: Arc<Slots<'a>>) -> Self {
        Self {
            slots: Some(slots),
            ..self
        }
    }

    /// Adds the parts of `regions` that no existing region covers.
    fn fill(&mut self, mut regions: Vec<Region<'a>>) {
        // A layer may overlap itself (a hostile core); the earlier start wins. It does so first, so that no two fill the same gap:
        // n regions over m that are there make no more than n + m.
        regions.sort_by_key(|r| r.start);
        let mut last_end = Addr::NULL;
        regions.retain_mut(|r| {
            let keep = r.clip(r.start.max(last_end), r.end);
            if let Some(kept) = keep {
                *r = kept;
                last_end = kept.end;
            }
            keep.is_some()
        });
        let mut added = Vec::new();
        for region in regions {
            let mut from = region.start;
            let first = self.regions.partition_point(|r| r.end <= region.start);
            for have in self.regions.get(first..).unwrap_or_default() {
                if have.start >= region.end {
                    break;
                }
                if from < have.start {
                    added.extend(region.clip(from, have.start));
                }
                from = from.max(have.end);
            }
            if from < region.end {
                added.extend(region.clip(from, region.end));
            }
        }
        self.regions.extend(added);
        self.regions.sort_by_key(|r| r.start);
    }

    /// Every region in address order, for the memory map.
    pub fn regions(&self) -> &[Region<'a>] {
        &self.regions
    }

    /// The region that holds `addr`.
    pub fn region(&self, addr: Addr) -> Option<&Region<'a>> {
        let index = self.regions.partition_point(|r| r.end <= addr);
        self.regions.get(index).filter(|r| r.start <= addr)
    }

    /// The longest run of bytes from one input starting at `addr`; outlives the borrow of `self`.
    pub fn run_at(&self, addr: Addr) -> ReadResult<&'a [u8]> {
        // Most of what is read of a heap dump is in its objects.
        if let Some(bytes) = self.slots.as_ref().and_then(|slots| slots.run_at(addr)) {
            return Ok(bytes);
        }
        let Some(region) = self.region(addr) else {
            let why = match self.slots {
                Some(_) => Unreadable::NotInDump,
                None => Unreadable::NeverMapped,
            };
            return Err(ReadError { addr, why });
        };
        match region.source {
            RegionSource::Core(bytes) | RegionSource::File(bytes) => {
                let skip = usize::try_from(addr.0 - region.start.0).unwrap_or(usize::MAX);
                bytes
                    .get(skip..)
                    .filter(|b| !b.is_empty())
                    .ok_or(ReadError {
                        addr,
                        why: Unreadable::BadRange,
                    })
            }
            RegionSource::Missing(why) => Err(ReadError { addr, why }),
        }
    }
}

impl<'a> Region<'a> {
    /// The part of this region in `[start, end)`, or `None` when that is empty.
    fn clip(&self, start: Addr, end: Addr) -> Option<Self> {
        let (start, end) = (start.max(self.start), end.min(self.end));
        if start >= end {
            return None;
        }
        let part = |bytes: &'a [u8]| {
            let from = usize::try_from(start.0 - self.start.0).ok()?;
            let to = usize::try_from(end.0 - self.start.0).ok()?;
            bytes.get(from..to)
        };
        let source = match self.source {
            RegionSource::Core(bytes) => RegionSource::Core(part(bytes)?),
            RegionSource::File(bytes) => RegionSource::File(part(bytes)?),
            missing @ RegionSource::Missing(_) => missing,
        };
        Some(Self { start, end, source })
    }
}

impl Memory for CoreMemory<'_> {
    fn bytes(&self, addr: Addr, len: u64) -> ReadResult<Cow<'_, [u8]>> {
        let bad = ReadError {
            addr,
            why: Unreadable::BadRange,
        };
        let end = addr.0.checked_add(len).ok_or(bad)?;
        let want = usize::try_from(len).map_err(|_| bad)?;
        if want == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        let first = self.run_at(addr)?;
        if let Some(whole) = first.get(..want) {
            return Ok(Cow::Borrowed(whole));
        }
        // Crosses into the next region: check that all of it is there before allocating.
        let mut at = addr;
        while at.0 < end {
            at = at.offset(self.run_at(at)?.len() as u64);
        }
        let mut joined = Vec::with_capacity(want);
        let mut at = addr;
        while joined.len() < want {
            let run = self.run_at(at)?;
            let take = run.len().min(want - joined.len());
            joined.extend_from_slice(run.get(..take).unwrap_or(run));
            at = at.offset(take as u64);
        }
        Ok(Cow::Owned(joined))
    }

    fn run(&self, addr: Addr, max: u64) -> ReadResult<&[u8]> {
        let run = self.run_at(addr)?;
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Ok(run.get(..max).unwrap_or(run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(start: u64, bytes: &'static [u8]) -> Region<'static> {
        Region {
            start: Addr(start),
            end: Addr(start + bytes.len() as u64),
            source: RegionSource::Core(bytes),
        }
    }

    #[test]
    fn core_bytes_win_over_file_bytes_and_both_over_missing() {
        let file = Region {
            source: RegionSource::File(b"ffffffff"),
            ..core(0x10, b"........")
        };
        let missing = Region {
            start: Addr(0),
            end: Addr(0x30),
            source: RegionSource::Missing(Unreadable::NotDumped),
        };
        let memory = CoreMemory::new([vec![core(0x12, b"cc"), missing], vec![file]]);
        assert_eq!(memory.bytes(Addr(0x10), 8).unwrap().as_ref(), b"ffccffff");
        assert_eq!(
            memory.bytes(Addr(0x16), 4).unwrap_err(),
            ReadError {
                addr: Addr(0x18),
                why: Unreadable::NotDumped
            }
        );
        assert_eq!(
            memory.bytes(Addr(0x30), 1).unwrap_err().why,
            Unreadable::NeverMapped
        );
    }

    #[test]
    fn overlapping_regions_of_one_layer_are_clipped() {
        let memory = CoreMemory::new([vec![core(0x10, b"aaaa"), core(0x12, b"bbbb")]]);
        assert_eq!(memory.bytes(Addr(0x10), 6).unwrap().as_ref(), b"aaaabb");
    }

    /// Segments that all claim the rest of the address space, each with a few bytes of its own.
    #[test]
    fn regions_that_lie_over_each_other_are_no_more_than_their_ends() {
        const COUNT: u64 = 5_000;
        let starts = || (0..COUNT).map(|index| 0x10 + 0x100 * index);
        let claims = starts().map(|start| Region {
            start: Addr(start),
            end: Addr(1 << 47),
            source: RegionSource::Missing(Unreadable::NotDumped),
        });
        let bytes = starts().map(|start| core(start, b"bytes"));
        let memory = CoreMemory::new([bytes.chain(claims).collect(), Vec::new()]);
        let regions = memory.regions();
        assert_eq!(regions.len() as u64, 2 * COUNT);
        assert!(regions.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert_eq!(memory.bytes(Addr(0x110), 5).unwrap().as_ref(), b"bytes");
        assert!(memory.bytes(Addr((1 << 47) - 1), 1).is_err());
    }

    #[test]
    fn a_range_past_the_end_of_the_address_space_is_refused() {
        let memory = CoreMemory::new([vec![core(0x10, b"aaaa")]]);
        assert_eq!(
            memory.bytes(Addr(u64::MAX), 2).unwrap_err().why,
            Unreadable::BadRange
        );
        assert_eq!(
            memory.bytes(Addr(0x10), u64::MAX).unwrap_err().why,
            Unreadable::BadRange
        );
    }
}
