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
    }
}
