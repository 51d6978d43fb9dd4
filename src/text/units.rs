//! Quantities as people say them. JSON keeps the exact numbers.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_a_person_would_say() {
        assert_eq!(duration(1_500_000_000), "1.5 s");
        assert_eq!(duration(250_000_000_000), "4 min 10 s");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_503_238_553), "1.4 GiB");
    }
}
