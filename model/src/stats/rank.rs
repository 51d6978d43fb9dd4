//! Whether two samples differ or only look so: the Mann–Whitney rank-sum test with ties, by its normal
//! approximation (good from 8 values on each side), and the size of the difference that the ranks show.

/// What a comparison found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Difference {
    /// Probability that samples of one and the same population differ at least so much. `None` below 8 values on
    /// a side: too few to say.
    pub p: Option<f64>,
    /// Probability that a random value of the second exceeds one of the first (ties count half): 0.5 for no
    /// difference.
    pub superiority: f64,
}

impl Difference {
    /// Whether the difference is unlikely to be chance: p below 1 %.
    pub fn is_real(&self) -> bool {
        self.p.is_some_and(|p| p < 0.01)
    }
}

/// Compares two samples; `None` when one is empty.
#[expect(clippy::cast_precision_loss, reason = "counts")]
pub fn rank_sum(first: &[u64], second: &[u64]) -> Option<Difference> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let (n, m) = (first.len() as f64, second.len() as f64);
    let mut all: Vec<(u64, bool)> = first
        .iter()
        .map(|value| (*value, false))
        .chain(second.iter().map(|value| (*value, true)))
        .collect();
    all.sort_unstable();
    let mut below = 0usize;
    let mut ranks = 0.0;
    let mut ties = 0.0;
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        let rank = below as f64 + f64::midpoint(1.0, size);
        ranks += rank * group.iter().filter(|(_, second)| *second).count() as f64;
        ties += size * size * size - size;
        below += group.len();
    }
    let u = ranks - m * (m + 1.0) / 2.0;
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)).max(1.0));
    let p = (first.len() >= 8 && second.len() >= 8).then(|| {
        if variance <= 0.0 {
            return 1.0;
        }
        let z = ((u - n * m / 2.0).abs() - 0.5).max(0.0) / variance.sqrt();
        two_sided(z)
    });
    Some(Difference {
        p,
        superiority: u / (n * m),
    })
}

/// Probability of a normal deviate at least `z` from 0 on either side (Abramowitz and Stegun 7.1.26, error below
/// 2e-7).
fn two_sided(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    (poly * (-x * x).exp()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_tail_is_right() {
        assert!((two_sided(0.0) - 1.0).abs() < 1e-6);
        assert!((two_sided(1.959_964) - 0.05).abs() < 1e-6);
        assert!((two_sided(2.575_829) - 0.01).abs() < 1e-6);
    }

    #[test]
    fn equal_samples_do_not_differ() {
        let values: Vec<u64> = (0..50).map(|i| i % 7).collect();
        let difference = rank_sum(&values, &values).unwrap();
        assert!(difference.p.unwrap() > 0.9 && (difference.superiority - 0.5).abs() < 1e-9);
    }

    #[test]
    fn shifted_samples_differ() {
        let first: Vec<u64> = (0..30).collect();
        let second: Vec<u64> = (20..50).collect();
        let difference = rank_sum(&first, &second).unwrap();
        assert!(difference.is_real() && difference.superiority > 0.9);
    }

    #[test]
    fn few_values_say_nothing() {
        let difference = rank_sum(&[1, 2, 3], &[100, 200]).unwrap();
        assert_eq!((difference.p, difference.superiority), (None, 1.0));
    }
}
