//! Numbers of cycles, as ranges.

use std::ops::Range;

/// So many ranges are kept: what more there is of is not told apart.
const MOST: usize = 256;

/// Numbers, in ranges that came one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(Vec<Range<u32>>);

impl Numbers {
    /// Adds what lies in a range.
    pub(super) fn add(&mut self, range: Range<u32>) {
        if let Some(last) = self.0.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
        } else if self.0.len() < MOST && !range.is_empty() {
            self.0.push(range);
        }
    }

    /// How many of them are among others too.
    pub(super) fn among<'o>(&self, others: impl Iterator<Item = &'o Self>) -> u64 {
        let mut others: Vec<&Range<u32>> = others.flat_map(|other| &other.0).collect();
        others.sort_unstable_by_key(|range| range.start);
        let of = |wanted: &Range<u32>| {
            let mut from = wanted.start;
            let mut count = 0;
            for range in &others {
                let (start, end) = (range.start.max(from), range.end.min(wanted.end));
                count += u64::from(end.saturating_sub(start));
                from = from.max(end);
            }
            count
        };
        self.0.iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_counted_once() {
        let (mut wanted, mut one, mut other) = Default::default();
        let add = |to: &mut Numbers, range| to.add(range);
        add(&mut wanted, 10..20);
        add(&mut wanted, 20..22);
        add(&mut wanted, 40..41);
        add(&mut one, 1..12);
        add(&mut one, 15..30);
        add(&mut other, 11..16);
        assert_eq!(wanted.0.len(), 2);
        assert_eq!(wanted.among([&one, &other].into_iter()), 12);
        assert_eq!(wanted.among([&one].into_iter()), 9);
        assert_eq!(wanted.among(std::iter::empty()), 0);
    }
}
