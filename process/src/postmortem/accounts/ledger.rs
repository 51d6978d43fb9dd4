//! Addresses that are mapped, and those of them that nobody has claimed yet.

use crate::image::{CoreFile, CoreSegment};
use std::collections::BTreeMap;

/// What is left to be claimed. A byte is claimed once: a later claim gets what is left of its range.
pub(super) struct Ledger {
    /// Bytes of all mappings as the program headers say.
    pub total: u64,
    /// Bytes of them that are in the core.
    pub dumped: u64,
    /// Bytes that several program headers claim.
    pub twice: u64,
    /// Start and end of what is mapped, apart and in order.
    mapped: Vec<(u64, u64)>,
    /// Start to end of what nobody has claimed.
    left: BTreeMap<u64, u64>,
    /// Start and end of what was claimed, in the order of the claims.
    pub claimed: Vec<(u64, u64)>,
}

impl Ledger {
    /// Everything that a core's program headers map.
    pub fn of(core: &CoreFile<'_>) -> Self {
        let mut segments: Vec<&CoreSegment> = core.segments.iter().collect();
        segments.sort_by_key(|segment| segment.start);
        let mut ledger = Self {
            total: 0,
            dumped: 0,
            twice: 0,
            mapped: Vec::new(),
            left: BTreeMap::new(),
            claimed: Vec::new(),
        };
        let size = core.bytes.len() as u64;
        let mut until = 0u64;
        for segment in segments {
            let start = segment.start.0;
            let end = start.saturating_add(segment.mem_size);
            let from = start.max(until);
            let bytes = end - start;
            let fresh = end.saturating_sub(from);
            ledger.total = ledger.total.saturating_add(bytes);
            ledger.twice = ledger.twice.saturating_add(bytes - fresh);
            let have = size.saturating_sub(segment.file_offset);
            let dumped = segment.file_size.min(have).min(bytes);
            ledger.dumped = ledger.dumped.saturating_add(dumped).min(ledger.total);
            if fresh > 0 {
                ledger.mapped.push((from, end));
                ledger.left.insert(from, end);
                until = end;
            }
        }
        ledger
    }

    /// Whether any byte of a range is mapped.
    pub fn maps(&self, start: u64, end: u64) -> bool {
        let after = self.mapped.partition_point(|(_, e)| *e <= start);
        self.mapped.get(after).is_some_and(|(s, _)| *s < end)
    }

    /// The mapping that covers an address.
    pub fn mapping(&self, addr: u64) -> Option<(u64, u64)> {
        let after = self.mapped.partition_point(|(_, e)| *e <= addr);
        self.mapped.get(after).copied().filter(|(s, _)| *s <= addr)
    }

    /// Claims what is left of a range; the bytes that were.
    pub fn claim(&mut self, start: u64, end: u64) -> u64 {
        if start >= end {
            return 0;
        }
        let before = self.left.range(..start).next_back();
        let mut at = before
            .filter(|(_, until)| **until > start)
            .map_or(start, |(from, _)| *from);
        let mut claimed = 0u64;
        while at < end
            && let Some((from, until)) = self.left.range(at..end).next().map(|(f, u)| (*f, *u))
        {
            self.left.remove(&from);
            let (low, high) = (from.max(start), until.min(end));
            if from < low {
                self.left.insert(from, low);
            }
            if high < until {
                self.left.insert(high, until);
            }
            self.claimed.push((low, high));
            claimed += high.saturating_sub(low);
            at = until;
        }
        claimed
    }

    /// Claims all that is left, range by range.
    pub fn rest(&mut self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.left).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_is_claimed_once(
            mapped in prop::collection::vec((0u64..200, 1u64..30), 0..8),
            claims in prop::collection::vec((0u64..240, 0u64..40), 0..20),
        ) {
            let mut ledger = Ledger {
                total: 0, dumped: 0, twice: 0, mapped: Vec::new(), left: BTreeMap::new(),
                claimed: Vec::new(),
            };
            let mut bytes = std::collections::BTreeSet::new();
            let mut until = 0;
            let mut sorted = mapped;
            sorted.sort_unstable();
            for (start, size) in sorted {
                let (from, end) = (start.max(until), start + size);
                if from < end {
                    ledger.left.insert(from, end);
                    bytes.extend(from..end);
                    until = end;
                }
            }
            for (start, size) in claims {
                let naive = (start..start + size).filter(|b| bytes.remove(b)).count() as u64;
                prop_assert_eq!(ledger.claim(start, start + size), naive);
            }
            let left: u64 = ledger.rest().iter().map(|(from, end)| end - from).sum();
            prop_assert_eq!(left, bytes.len() as u64);
        }
    }
}
