//! Durations as Go's `time.Duration.String` writes them.

/// Nanoseconds as `time.Duration` prints: `1h2m3.5s`, `1.5ms`, `0s`. Lossless.
pub fn go_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let total = nanos.unsigned_abs();
    if total == 0 {
        return "0s".to_owned();
    }
    let text = match total {
        ..1_000 => format!("{total}ns"),
        1_000..1_000_000 => fraction(total, 1_000, 3, "µs"),
        1_000_000..1_000_000_000 => fraction(total, 1_000_000, 6, "ms"),
        _ => {
            let minutes = total / 60_000_000_000;
            let seconds = fraction(total % 60_000_000_000, 1_000_000_000, 9, "s");
            match (minutes / 60, minutes % 60) {
                (0, 0) => seconds,
                (0, m) => format!("{m}m{seconds}"),
                (h, m) => format!("{h}h{m}m{seconds}"),
            }
        }
    };
    format!("{sign}{text}")
}

/// `total / unit` with its decimals, without trailing zeros.
fn fraction(total: u64, unit: u64, digits: usize, suffix: &str) -> String {
    let (whole, rest) = (total / unit, total % unit);
    if rest == 0 {
        return format!("{whole}{suffix}");
    }
    let decimals = format!("{rest:0digits$}");
    format!("{whole}.{}{suffix}", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::go_duration;

    /// Expected texts are from the table in Go's `time/time_test.go` and from running Go.
    #[test]
    fn durations_print_as_go_prints_them() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (480_000_000_001, "8m0.000000001s"),
            (-1, "-1ns"),
            (-1_500_000_000, "-1.5s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(go_duration(nanos), text);
        }
    }
}
