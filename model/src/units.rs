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

/// The date and time in UTC of nanoseconds since 1970, and the nanoseconds of the second: `2026-11-21`, `02:35:11`.
pub fn civil(nanos: i64) -> (String, String, i64) {
    let (seconds, fraction) = (
        nanos.div_euclid(1_000_000_000),
        nanos.rem_euclid(1_000_000_000),
    );
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years begin in March here, so that the day of a leap year is their last (Howard Hinnant, `civil_from_days`).
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + era * 400 + carry;
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!(
            "{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        ),
        fraction,
    )
}

/// A duration as Go prints it: `1h2m3.5s`, `1.5ms`, `0s`.
pub fn go_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let all = nanos.unsigned_abs();
    let with_fraction = |whole: u64, rest: u64, digits: usize| {
        let text = format!("{whole}.{rest:0digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let text = match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{all}ns"),
        1_000..1_000_000 => format!("{}µs", with_fraction(all / 1_000, all % 1_000, 3)),
        1_000_000..1_000_000_000 => {
            format!("{}ms", with_fraction(all / 1_000_000, all % 1_000_000, 6))
        }
        _ => {
            let (seconds, rest) = (all / 1_000_000_000, all % 1_000_000_000);
            let last = format!("{}s", with_fraction(seconds % 60, rest, 9));
            match seconds / 60 {
                0 => last,
                minutes @ 1..60 => format!("{minutes}m{last}"),
                minutes => format!("{}h{}m{last}", minutes / 60, minutes % 60),
            }
        }
    };
    format!("{sign}{text}")
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

    #[test]
    fn dates_and_durations_read_as_go_prints_them() {
        for (nanos, date, time) in [
            (0, "1970-01-01", "00:00:00"),
            (951_782_400_000_000_000, "2000-02-29", "00:00:00"),
            (1_795_228_511_000_000_000, "2026-11-21", "02:35:11"),
            (-1, "1969-12-31", "23:59:59"),
        ] {
            let civil = civil(nanos);
            assert_eq!(
                (civil.0.as_str(), civil.1.as_str()),
                (date, time),
                "{nanos}"
            );
        }
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_000_000, "2ms"),
            (4_002_000_000, "4.002s"),
            (3_723_500_000_000, "1h2m3.5s"),
            (-60_000_000_000, "-1m0s"),
        ] {
            assert_eq!(go_duration(nanos), text);
        }
    }
}
