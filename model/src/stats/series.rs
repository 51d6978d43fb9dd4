//! Values over time for a chart: every bucket covers the same number of values, and when there is no room left
//! neighbours merge. What a chart needs survives merging: least, greatest, last, and when.

use serde::Serialize;

/// Buckets at most; a power of two.
pub const ROOM: usize = 512;

/// Neighbouring values.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Bucket {
    /// Time of the first value, in the unit of the series.
    pub from: u64,
    /// Time of the last.
    pub to: u64,
    /// The least value.
    pub min: u64,
    /// The greatest value.
    pub max: u64,
    /// The last value.
    pub last: u64,
}

/// A downsampled series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    buckets: Vec<Bucket>,
    /// Values per bucket.
    stride: u64,
    /// Values in the last bucket.
    filled: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            buckets: Vec::new(),
            stride: 1,
            filled: 0,
        }
    }
}

impl Series {
    /// Adds a value. Times do not fall.
    pub fn add(&mut self, time: u64, value: u64) {
        if self.filled < self.stride
            && let Some(open) = self.buckets.last_mut()
        {
            open.to = time;
            open.min = open.min.min(value);
            open.max = open.max.max(value);
            open.last = value;
            self.filled += 1;
            return;
        }
        if self.buckets.len() == ROOM {
            self.merge();
        }
        self.buckets.push(Bucket {
            from: time,
            to: time,
            min: value,
            max: value,
            last: value,
        });
        self.filled = 1;
    }

    fn merge(&mut self) {
        self.buckets = self
            .buckets
            .chunks(2)
            .filter_map(|pair| match pair {
                [a, b] => Some(Bucket {
                    from: a.from,
                    to: b.to,
                    min: a.min.min(b.min),
                    max: a.max.max(b.max),
                    last: b.last,
                }),
                [a] => Some(*a),
                _ => None,
            })
            .collect();
        self.stride *= 2;
    }

    /// The buckets in order of time.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// How many values a bucket stands for; the last may hold fewer.
    pub const fn stride(&self) -> u64 {
        self.stride
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn extremes_order_and_count_survive_merging(values in proptest::collection::vec(0u64..1000, 0..5000)) {
            let mut series = Series::default();
            for (time, value) in values.iter().enumerate() {
                series.add(time as u64, *value);
            }
            let buckets = series.buckets();
            prop_assert!(buckets.len() <= ROOM);
            prop_assert_eq!(buckets.iter().map(|b| b.max).max(), values.iter().copied().max());
            prop_assert_eq!(buckets.iter().map(|b| b.min).min(), values.iter().copied().min());
            prop_assert_eq!(buckets.last().map(|b| b.last), values.last().copied());
            let mut next = 0;
            for bucket in buckets {
                prop_assert_eq!(bucket.from, next);
                next = bucket.to + 1;
                let index = |time: u64| usize::try_from(time).unwrap();
                let part = &values[index(bucket.from)..=index(bucket.to)];
                prop_assert_eq!(Some(bucket.min), part.iter().copied().min());
                prop_assert_eq!(Some(bucket.max), part.iter().copied().max());
            }
            prop_assert_eq!(next, values.len() as u64);
        }
    }
}
