//! Quantiles of a stream.
//!
//! The first [`EXACT`] values are kept and answered exactly. Then they move into a histogram whose buckets are at
//! most 1/128 of their value wide (the layout of HdrHistogram), and quantiles say that error. Count, sum, least
//! and greatest stay exact. It is 58 kB at most, whatever comes.

use serde::Serialize;

/// How many values are kept as they are.
pub const EXACT: usize = 4096;

/// Each octave has this many buckets: 2^7.
const SUB_BITS: u32 = 7;
const SUB: usize = 1 << SUB_BITS;

/// Quantiles, count, sum and extremes of `u64` values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
    values: Vec<u64>,
    buckets: Vec<u64>,
}

/// An answer and how far it may be off.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Quantile {
    /// The value; of an approximate one the bucket's upper end, so never less than the true one.
    pub value: u64,
    /// At most this much of it too high: 0 when exact.
    pub relative_error: f64,
}

impl Sketch {
    /// Nothing counted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        self.min = if self.count == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = self.max.max(value);
        self.count += 1;
        self.sum += u128::from(value);
        if !self.buckets.is_empty() {
            self.count_in_bucket(value);
        } else if self.values.len() < EXACT {
            self.values.push(value);
        } else {
            for kept in std::mem::take(&mut self.values) {
                self.count_in_bucket(kept);
            }
            self.count_in_bucket(value);
        }
    }

    fn count_in_bucket(&mut self, value: u64) {
        let index = bucket(value);
        if index >= self.buckets.len() {
            self.buckets.resize(index + 1, 0);
        }
        if let Some(slot) = self.buckets.get_mut(index) {
            *slot += 1;
        }
    }

    /// How many values.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub const fn sum(&self) -> u128 {
        self.sum
    }

    /// The least.
    pub const fn min(&self) -> Option<u64> {
        if self.count == 0 {
            None
        } else {
            Some(self.min)
        }
    }

    /// The greatest.
    pub const fn max(&self) -> Option<u64> {
        if self.count == 0 {
            None
        } else {
            Some(self.max)
        }
    }

    /// Their mean.
    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// Whether quantiles are exact.
    pub const fn is_exact(&self) -> bool {
        self.buckets.is_empty()
    }

    /// The least value that at least `q` (0 to 1) of all values do not exceed: the nearest-rank quantile.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank within count"
    )]
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        let min = self.min()?;
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count);
        if rank == 1 || rank == self.count {
            let value = if rank == 1 { min } else { self.max };
            return Some(Quantile {
                value,
                relative_error: 0.0,
            });
        }
        if self.is_exact() {
            let mut values = self.values.clone();
            let index = usize::try_from(rank - 1).ok()?;
            let (_, value, _) =
                (index < values.len()).then(|| values.select_nth_unstable(index))?;
            return Some(Quantile {
                value: *value,
                relative_error: 0.0,
            });
        }
        let mut before = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            before += count;
            if before >= rank {
                let (low, high) = bounds(index);
                return Some(Quantile {
                    value: high.clamp(min, self.max),
                    relative_error: if low == high { 0.0 } else { 1.0 / SUB as f64 },
                });
            }
        }
        None
    }

    /// How many values are at least `from` and below `to`. Exact while the values are kept; then buckets count
    /// whole, by their lower end.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        let within = |value: u64| value >= from && value < to;
        if self.is_exact() {
            return self.values.iter().filter(|value| within(**value)).count() as u64;
        }
        self.buckets
            .iter()
            .enumerate()
            .filter(|(index, _)| within(bounds(*index).0))
            .map(|(_, count)| count)
            .sum()
    }

    /// Values to compare with another sketch's, at most `n`: all that were kept, or evenly spaced quantiles.
    pub fn sample(&self, n: usize) -> Vec<u64> {
        if self.is_exact() && self.values.len() <= n {
            return self.values.clone();
        }
        #[expect(clippy::cast_precision_loss, reason = "n is small")]
        (0..n)
            .filter_map(|i| self.quantile((i as f64 + 0.5) / n as f64))
            .map(|quantile| quantile.value)
            .collect()
    }
}

/// Small values have a bucket each; then each octave has `SUB`.
fn bucket(value: u64) -> usize {
    let bits = 64 - value.leading_zeros();
    let shift = bits.saturating_sub(SUB_BITS + 1);
    let within = usize::try_from(value >> shift).unwrap_or(usize::MAX);
    shift as usize * SUB + within
}

/// The least and the greatest value of a bucket.
fn bounds(index: usize) -> (u64, u64) {
    // The first two octaves' worth are exact: `shift` is 0 there.
    let shift = (index / SUB).saturating_sub(1);
    let within = (index - shift * SUB) as u64;
    let low = within << shift;
    (low, low + ((1u64 << shift) - 1))
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "small numbers, and 0.0 is exact"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(values: &[u64], q: f64) -> u64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let rank = ((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
        sorted[rank - 1]
    }

    #[test]
    fn nothing_has_no_quantiles() {
        assert_eq!(Sketch::new().quantile(0.5), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut sketch = Sketch::new();
        for i in 0..200_000u64 {
            sketch.add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        assert!(!sketch.is_exact());
        assert!(sketch.buckets.len() <= 58 * SUB + SUB && sketch.values.is_empty());
    }

    proptest! {
        #[test]
        fn every_value_lies_in_its_bucket(value: u64) {
            let (low, high) = bounds(bucket(value));
            prop_assert!(low <= value && value <= high);
            prop_assert!((high - low) as f64 <= low as f64 / 128.0);
        }

        #[test]
        fn small_inputs_are_exact(values in proptest::collection::vec(0u64..1 << 40, 1..300), q in 0.0f64..=1.0) {
            let mut sketch = Sketch::new();
            for value in &values {
                sketch.add(*value);
            }
            let answer = sketch.quantile(q).unwrap();
            prop_assert_eq!(answer.value, naive(&values, q));
            prop_assert_eq!(answer.relative_error, 0.0);
            prop_assert_eq!(sketch.sum(), values.iter().map(|v| u128::from(*v)).sum::<u128>());
        }

        #[test]
        fn large_inputs_are_off_by_what_they_say(seed: u64, q in 0.0f64..=1.0) {
            let mut x = seed | 1;
            let values: Vec<u64> = (0..EXACT as u64 + 1000).map(|_| {
                x ^= x << 13; x ^= x >> 7; x ^= x << 17;
                x >> (x & 31)
            }).collect();
            let mut sketch = Sketch::new();
            for value in &values {
                sketch.add(*value);
            }
            let answer = sketch.quantile(q).unwrap();
            let truth = naive(&values, q);
            prop_assert!(answer.value >= truth);
            prop_assert!((answer.value - truth) as f64 <= truth as f64 * answer.relative_error);
        }
    }
}
