//! Quantities as people say them: bytes, durations, counts, shares. JSON keeps the exact numbers.

/// Bytes in IEC units: `512 B`, `1.4 GiB`.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = n as f64;
    let mut shown = None;
    for unit in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        shown = Some(unit);
    }
    shown.map_or_else(|| format!("{n} B"), |unit| format!("{value:.1} {unit}"))
}

/// A duration in nanoseconds in the unit a person would say: `350.0 µs`, `1.5 s`, `4 min 10 s`, `3 h 2 min`.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub fn duration(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{:.1} µs", ns as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", ns as f64 / 1e6),
        _ if seconds < 60 => format!("{:.1} s", ns as f64 / 1e9),
        _ if seconds < 3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Whole MiB that were cut down, so without a made-up decimal: `7 MiB`, `below 1 MiB`, `1.4 GiB`.
pub fn mib(n: u64) -> String {
    match n {
        0 => "below 1 MiB".to_owned(),
        1..1024 => format!("{n} MiB"),
        _ => bytes(n.saturating_mul(1 << 20)),
    }
}

/// A duration with four digits, to be compared with another: `1.012 ms`, `11.21 s`.
#[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
pub fn precise(ns: u64) -> String {
    let (value, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    let digits = match value {
        0.0..10.0 => 3,
        10.0..100.0 => 2,
        100.0..1000.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A number with two significant digits below 10: `0.041`, `3.1`, `144`.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        0.0..0.001 => 5,
        0.001..0.01 => 4,
        0.01..0.1 => 3,
        0.1..1.0 => 2,
        1.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 cycle`, `1,204 cycles`.
pub fn plural(n: u64, one: &str) -> String {
    let digits = grouped(n);
    if n == 1 {
        format!("{digits} {one}")
    } else {
        format!("{digits} {one}s")
    }
}

/// A share (1.0 is all) in percent: `0.04%`, `3.1%`, `42%`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 {
        "0%".to_owned()
    } else if percent.abs() < 0.01 {
        "less than 0.01%".to_owned()
    } else if percent.abs() < 0.1 {
        format!("{percent:.2}%")
    } else if percent.abs() < 10.0 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_a_person_would_say() {
        assert_eq!(duration(1_500_000_000), "1.5 s");
        assert_eq!(duration(250_000_000_000), "4 min 10 s");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_503_238_553), "1.4 GiB");
        assert_eq!(plural(1, "cycle"), "1 cycle");
        assert_eq!(plural(1_234_567, "cycle"), "1,234,567 cycles");
        assert_eq!(percent(0.0314), "3.1%");
        assert_eq!(percent(0.000001), "less than 0.01%");
        assert_eq!(
            (mib(0), mib(7), mib(1536)),
            (
                "below 1 MiB".to_owned(),
                "7 MiB".to_owned(),
                "1.5 GiB".to_owned()
            )
        );
        assert_eq!(
            (precise(1_012_345), precise(11_213_000_000)),
            ("1.012 ms".to_owned(), "11.21 s".to_owned())
        );
        assert_eq!(
            (number(0.0412), number(143.7)),
            ("0.041".to_owned(), "144".to_owned())
        );
    }
}
