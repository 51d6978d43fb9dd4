//! Whether values rise: the Theil–Sen slope, which one wild value in four does not move, and how monotone they are.

/// At most so many points are compared with each other: 32,000 pairs.
const POINTS: usize = 256;

/// A robust line through points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trend {
    /// Median of the slopes of all pairs: value per unit of time.
    pub slope: f64,
    /// Of all pairs, how many more rise than fall (Kendall's tau without ties): 1 for strictly rising, 0 for no
    /// trend, −1 for strictly falling.
    pub tau: f64,
    /// How many points were compared.
    pub points: usize,
}

/// The trend of `(time, value)` points; `None` for fewer than three, or when no time passes.
#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Trend> {
    let step = points.len().div_ceil(POINTS).max(1);
    let points: Vec<(f64, f64)> = points.iter().step_by(step).copied().collect();
    if points.len() < 3 {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    let mut balance = 0i64;
    for (index, (t0, v0)) in points.iter().enumerate() {
        for (t1, v1) in points.get(index + 1..).unwrap_or_default() {
            if t1 > t0 {
                slopes.push((v1 - v0) / (t1 - t0));
                balance += match v1.partial_cmp(v0) {
                    Some(std::cmp::Ordering::Greater) => 1,
                    Some(std::cmp::Ordering::Less) => -1,
                    _ => 0,
                };
            }
        }
    }
    if slopes.is_empty() {
        return None;
    }
    let middle = slopes.len() / 2;
    let pairs = slopes.len() as f64;
    let (_, slope, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    Some(Trend {
        slope: *slope,
        tau: balance as f64 / pairs,
        points: points.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_among_outliers() {
        let mut points: Vec<(f64, f64)> =
            (0..100).map(|i| (f64::from(i), f64::from(3 * i))).collect();
        for i in (0..100).step_by(5) {
            points[i].1 = 5000.0;
        }
        let trend = theil_sen(&points).unwrap();
        assert!((trend.slope - 3.0).abs() < 0.5, "{trend:?}");
    }

    #[test]
    fn flat_and_falling_values_do_not_rise() {
        let flat: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i), 7.0)).collect();
        assert!(theil_sen(&flat).unwrap().tau.abs() < 1e-9);
        let falling: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i), f64::from(-i))).collect();
        assert!((theil_sen(&falling).unwrap().tau + 1.0).abs() < 1e-9);
    }

    #[test]
    fn no_time_has_no_slope() {
        assert_eq!(theil_sen(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }
}
