//! Times as people type and read them.

use dumpview_model::timeline::{Bounds, Point};
use dumpview_model::units;
use dumpview_parsers::log::Stamp;
use jiff::Timestamp;

/// Nanoseconds since 1970 in a format of strftime, in UTC; the number where there is no such date.
pub fn date(ns: i64, format: &str) -> String {
    Timestamp::from_nanosecond(i128::from(ns))
        .map_or_else(|_| ns.to_string(), |at| at.strftime(format).to_string())
}

/// `2026-11-21 02:34:46.123`, as the clock that stamped it read; nothing for the years that a stamp leaves out.
pub fn stamp(stamp: Stamp) -> String {
    match stamp {
        Stamp::Utc(ns) => date(ns, "%Y-%m-%d %H:%M:%S%.3fZ"),
        Stamp::Local(ns) => date(ns, "%Y-%m-%d %H:%M:%S%.3f"),
        Stamp::Yearless(ns) => date(ns, "%b %d %H:%M:%S%.3f"),
        Stamp::Boot(ns) => format!("boot+{}", units::duration(u64::try_from(ns).unwrap_or(0))),
    }
}

/// Reads `90s`, `-1.5s`, `2m`, `1h30m`, or a date and time with its zone.
pub fn point(text: &str) -> Option<Point> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return i64::try_from(at.as_nanosecond()).ok().map(Point::Unix);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let ns = i64::try_from(duration(digits)?).ok()?;
    Some(Point::Offset(sign * ns))
}

/// Nanoseconds of `1h30m`, `2m`, `90s`, `1.5s`, `300ms`, as Go writes durations.
pub fn duration(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 6] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 60e9),
        ("h", 3600e9),
    ];
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let (unit, scale) = UNITS
            .into_iter()
            .filter(|(unit, _)| tail.starts_with(unit))
            .max_by_key(|(unit, _)| unit.len())?;
        total += number.parse::<f64>().ok()? * scale;
        rest = tail.get(unit.len()..)?;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and stops at the largest number"
    )]
    (!text.is_empty()).then_some(total as u64)
}

/// Seconds from the axis' zero, to as many digits as are known.
#[expect(clippy::cast_precision_loss, reason = "shown to a microsecond")]
pub fn offset(at: Bounds) -> String {
    let seconds = at.mid() as f64 / 1e9;
    if at.plus_minus() < 1000 {
        format!("{seconds:+.6} s")
    } else {
        format!("{seconds:+.3} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_every_word() {
        assert_eq!(duration("1h30m"), Some(5_400_000_000_000));
        assert_eq!(duration("300ms"), Some(300_000_000));
        assert_eq!(point("90s"), Some(Point::Offset(90_000_000_000)));
        assert_eq!(point("+1.5s"), Some(Point::Offset(1_500_000_000)));
        assert_eq!(point("-200ms"), Some(Point::Offset(-200_000_000)));
        assert_eq!(
            point("2026-11-21T02:21:10.5Z"),
            Some(Point::Unix(1_795_227_670_500_000_000))
        );
        for wrong in ["", "s", "5", "-s", "yesterday", "1e300h", "nans", "--5s"] {
            assert_eq!(point(wrong), None, "{wrong}");
        }
    }
}
