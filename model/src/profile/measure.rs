//! Quantities as `go tool pprof` scales and prints them (internal/measurement/measurement.go).

use std::borrow::Cow;

/// A unit and the names that it goes by.
struct Unit {
    name: &'static str,
    aliases: &'static [&'static str],
    factor: f64,
}

const fn unit(name: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit {
        name,
        aliases,
        factor,
    }
}

/// Units that can be converted into each other, and the one that is used where none fits.
struct Dimension {
    units: &'static [Unit],
    default: Unit,
}

const KIB: f64 = 1024.0;

static DIMENSIONS: [Dimension; 3] = [
    Dimension {
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], KIB),
            unit("MB", &["mb", "mbyte", "megabyte"], KIB * KIB),
            unit("GB", &["gb", "gbyte", "gigabyte"], KIB * KIB * KIB),
            unit("TB", &["tb", "tbyte", "terabyte"], KIB * KIB * KIB * KIB),
            unit(
                "PB",
                &["pb", "pbyte", "petabyte"],
                KIB * KIB * KIB * KIB * KIB,
            ),
        ],
        default: unit("B", &[], 1.0),
    },
    Dimension {
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
        default: unit("s", &[], 1e9),
    },
    Dimension {
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
        default: unit("GCU", &[], 1.0),
    },
];

impl Dimension {
    fn find(&self, name: &str) -> Option<&Unit> {
        let name = name.to_lowercase();
        let name = match name.strip_suffix('s') {
            Some(one) if name.len() > 2 => one,
            _ => &name,
        };
        self.units.iter().find(|unit| unit.aliases.contains(&name))
    }

    fn auto(&self, value: f64) -> &Unit {
        let mut best: Option<&Unit> = None;
        for unit in self.units {
            if best.is_none_or(|best| unit.factor >= best.factor) && value / unit.factor >= 1.0 {
                best = Some(unit);
            }
        }
        best.unwrap_or(&self.default)
    }
}

/// A value in another unit, and the name of that; empty when it is not worth telling.
#[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
pub fn scale<'u>(value: i64, from: &str, to: &'u str) -> (f64, Cow<'u, str>) {
    if value < 0 && value != i64::MIN {
        let (scaled, unit) = scale(-value, from, to);
        return (-scaled, unit);
    }
    for dimension in &DIMENSIONS {
        let Some(from) = dimension.find(from) else {
            continue;
        };
        let base = value as f64 * from.factor;
        let to = match to {
            "minimum" | "auto" => dimension.auto(base),
            to => dimension.find(to).unwrap_or(&dimension.default),
        };
        return (base / to.factor, Cow::Borrowed(to.name));
    }
    let unit = match to {
        "count" | "sample" | "unit" | "minimum" | "auto" => "",
        other => other,
    };
    (value as f64, Cow::Borrowed(unit))
}

/// A number without its fraction, as Go's conversion on amd64 has it: what is no number, or too great for one, is the least.
#[expect(clippy::cast_possible_truncation, reason = "it fits")]
pub fn whole(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// Whether two units measure the same thing.
pub fn is_same_dimension(a: &str, b: &str) -> bool {
    a == b
        || DIMENSIONS
            .iter()
            .any(|of| of.find(a).is_some() && of.find(b).is_some())
}

/// A value with its unit: `1.50MB`.
pub fn scaled_label(value: i64, from: &str, to: &str) -> String {
    let (scaled, unit) = scale(value, from, to);
    let mut text = format!("{scaled:.2}");
    if let Some(whole) = text.strip_suffix(".00") {
        text.truncate(whole.len());
    }
    if text == "0" || text == "-0" {
        return "0".to_owned();
    }
    text.push_str(&unit);
    text
}

/// A value in the unit that suits it best.
pub fn label(value: i64, unit: &str) -> String {
    scaled_label(value, unit, "auto")
}

/// The share of a value in a total, in six columns: ` 1.23%`.
#[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
pub fn percentage(value: i64, total: i64) -> String {
    let ratio = if total == 0 {
        0.0
    } else {
        (value as f64 / total as f64).abs() * 100.0
    };
    if (99.95..=100.05).contains(&ratio) {
        "  100%".to_owned()
    } else if ratio >= 1.0 {
        format!("{ratio:5.2}%")
    } else {
        format!("{:>5}%", two_digits(ratio))
    }
}

/// C's `%.2g` of a number that is not negative.
fn two_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.1e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..2).contains(&exponent) {
        let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let decimals = usize::try_from(1 - exponent).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_pprof_prints_them() {
        for (value, from, to, text) in [
            (0, "bytes", "minimum", "0"),
            (1536, "bytes", "auto", "1.50kB"),
            (1 << 20, "bytes", "mb", "1MB"),
            (-2048, "bytes", "auto", "-2kB"),
            (1, "bytes", "mb", "0"),
            (1_500_000, "nanoseconds", "minimum", "1.50ms"),
            (7200, "s", "auto", "2hrs"),
            (0, "ns", "auto", "0"),
            (12, "count", "minimum", "12"),
            (12, "widgets", "sprockets", "12sprockets"),
            (12, "", "", "12"),
        ] {
            assert_eq!(scaled_label(value, from, to), text, "{value} {from} {to}");
        }
    }

    #[test]
    fn shares_have_two_digits_at_least() {
        for (value, total, text) in [
            (1, 1, "  100%"),
            (0, 5, "    0%"),
            (1, 3, "33.33%"),
            (1, 200, "  0.5%"),
            (1, 300, " 0.33%"),
            (996, 100_000, "    1%"),
            (1, 100_000, "0.001%"),
            (1, 100_000_000, "1e-06%"),
            (5, 0, "    0%"),
            (-658, 100, "658.00%"),
        ] {
            assert_eq!(percentage(value, total), text, "{value}/{total}");
        }
    }
}
