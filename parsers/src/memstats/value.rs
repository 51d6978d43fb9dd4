//! Numbers as people print them: with units, as durations, as times.

use super::records::{Amount, Field, Unit, Value};
use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_while, take_while_m_n, take_while1},
    character::complete::{char, u64 as number},
    combinator::{opt, recognize, value},
    sequence::{delimited, preceded, terminated},
};

type Parsed<'a, T> = IResult<&'a [u8], T>;

const fn unit(text: &'static str, low: u64, high: u64) -> Unit {
    Unit { text, low, high }
}

/// Longer spellings before their beginnings.
const SIZES: [Unit; 21] = [
    unit("bytes", 1, 1),
    unit("byte", 1, 1),
    unit("KiB", 1 << 10, 1 << 10),
    unit("kiB", 1 << 10, 1 << 10),
    unit("KB", 1_000, 1 << 10),
    unit("kB", 1_000, 1 << 10),
    unit("kb", 1_000, 1 << 10),
    unit("K", 1_000, 1 << 10),
    unit("MiB", 1 << 20, 1 << 20),
    unit("MB", 1_000_000, 1 << 20),
    unit("Mb", 1_000_000, 1 << 20),
    unit("mb", 1_000_000, 1 << 20),
    unit("M", 1_000_000, 1 << 20),
    unit("GiB", 1 << 30, 1 << 30),
    unit("GB", 1_000_000_000, 1 << 30),
    unit("Gb", 1_000_000_000, 1 << 30),
    unit("gb", 1_000_000_000, 1 << 30),
    unit("G", 1_000_000_000, 1 << 30),
    unit("TiB", 1 << 40, 1 << 40),
    unit("TB", 1_000_000_000_000, 1 << 40),
    unit("B", 1, 1),
];

const TIMES: [Unit; 6] = [
    unit("ns", 1, 1),
    unit("µs", 1_000, 1_000),
    unit("μs", 1_000, 1_000),
    unit("us", 1_000, 1_000),
    unit("ms", 1_000_000, 1_000_000),
    unit("s", 1_000_000_000, 1_000_000_000),
];

/// Whether nothing that belongs to a word or a number goes on here.
fn is_end(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'.' | b',', after @ ..] => after.first().is_none_or(|b| !b.is_ascii_digit()),
        [first, ..] => {
            matches!(
                first,
                b' ' | b'\t' | b';' | b'|' | b')' | b']' | b'}' | b'"' | b'\''
            )
        }
    }
}

/// `12.34`, without sign and exponent: the digits, and how many of them stand behind the point.
fn decimal(input: &[u8]) -> Parsed<'_, (u64, u8)> {
    let (input, whole) = take_while1(|b: u8| b.is_ascii_digit()).parse(input)?;
    let (input, fraction) = opt(preceded(
        char('.'),
        take_while_m_n(1, 18, |b: u8| b.is_ascii_digit()),
    ))
    .parse(input)?;
    let fraction = fraction.unwrap_or_default();
    let digits = whole.iter().chain(fraction).try_fold(0u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    match (digits, u8::try_from(fraction.len())) {
        (Some(digits), Ok(decimals)) => Ok((input, (digits, decimals))),
        _ => nom::combinator::fail().parse(input),
    }
}

/// A float as Go prints it.
fn float(input: &[u8]) -> Parsed<'_, f64> {
    let digits = |input| take_while1(|b: u8| b.is_ascii_digit()).parse(input);
    let exponent = (
        alt((char('e'), char('E'))),
        opt(alt((char('+'), char('-')))),
        digits,
    );
    let (rest, text) = recognize((
        opt(char('-')),
        digits,
        opt((char('.'), digits)),
        opt(exponent),
    ))
    .parse(input)?;
    match std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
    {
        Some(value) => Ok((rest, value)),
        None => nom::combinator::fail().parse(input),
    }
}

fn bool(input: &[u8]) -> Parsed<'_, bool> {
    alt((value(true, tag("true")), value(false, tag("false")))).parse(input)
}

/// ` (4590944 bytes)`, the exact number behind a rounded one (gops).
fn exact(input: &[u8]) -> Parsed<'_, u64> {
    delimited(tag(" ("), number, tag(" bytes)")).parse(input)
}

/// A unit of the list, after at most one blank, with no letter behind it.
fn one_of<'a>(units: &'static [Unit], input: &'a [u8]) -> Option<(&'a [u8], Unit, bool)> {
    let (text, spaced) = match input.strip_prefix(b" ") {
        Some(text) => (text, true),
        None => (input, false),
    };
    units.iter().find_map(|unit| {
        let rest = text.strip_prefix(unit.text.as_bytes())?;
        rest.first()
            .is_none_or(|b| !b.is_ascii_alphanumeric() && *b < 0x80)
            .then_some((rest, *unit, spaced))
    })
}

/// What is exact becomes a plain number.
fn amount(digits: u64, decimals: u8, unit: Unit) -> Value {
    if decimals == 0 && unit.low == 1 {
        return Value::Integer(digits);
    }
    Value::Amount(Amount {
        digits,
        decimals,
        unit,
    })
}

fn size(input: &[u8]) -> Option<(&[u8], Value)> {
    // `next-gc: when heap-alloc >= 7.39MB (…)`
    let input = input.strip_prefix(b"when heap-alloc >= ").unwrap_or(input);
    let (rest, (digits, decimals)) = decimal(input).ok()?;
    if let Some((rest, unit, _)) = one_of(&SIZES, rest) {
        let (rest, exact) = opt(exact).parse(rest).ok()?;
        let value = exact.map_or_else(|| amount(digits, decimals, unit), Value::Integer);
        return Some((rest, value));
    }
    (decimals == 0).then_some((rest, Value::Integer(digits)))
}

/// `2.325873ms`, `1m2.5s`: a time.Duration, exact to the nanosecond. With a blank before the unit it is somebody's own
/// rounding.
fn duration(input: &[u8]) -> Option<(&[u8], Value)> {
    let (rest, (digits, decimals)) = decimal(input).ok()?;
    let Some((rest, unit, spaced)) = one_of(&TIMES, rest) else {
        return match (decimals, rest) {
            (0, [b'm' | b'h', ..]) => long_duration(input),
            (0, _) => Some((rest, Value::Integer(digits))),
            _ => None,
        };
    };
    let scale = 10u64.checked_pow(u32::from(decimals))?;
    let nanos = digits.checked_mul(unit.low)?;
    if spaced || !nanos.is_multiple_of(scale) {
        return Some((rest, amount(digits, decimals, unit)));
    }
    Some((rest, Value::Integer(nanos / scale)))
}

/// `1h2m3.5s`
fn long_duration(input: &[u8]) -> Option<(&[u8], Value)> {
    let part = |input, letter: char| {
        let parsed: Parsed<'_, Option<u64>> = opt(terminated(number, char(letter))).parse(input);
        parsed.ok()
    };
    let (rest, hours) = part(input, 'h')?;
    let (rest, minutes) = part(rest, 'm')?;
    let (rest, seconds) = duration(rest)?;
    let Value::Integer(nanos) = seconds else {
        return None;
    };
    let minutes = hours.unwrap_or(0).checked_mul(60)?.checked_add(minutes?)?;
    let total = minutes.checked_mul(60_000_000_000)?.checked_add(nanos)?;
    Some((rest, Value::Integer(total)))
}

/// `2025-02-06 15:56:23.871439777 +0100 CET`, as time.Time prints itself: nanoseconds since 1970.
fn time(input: &[u8]) -> Option<(&[u8], Value)> {
    let (rest, year) = fixed(input, 4)?;
    let (rest, month) = fixed(rest.strip_prefix(b"-")?, 2)?;
    let (rest, day) = fixed(rest.strip_prefix(b"-")?, 2)?;
    let (rest, hour) = fixed(rest.strip_prefix(b" ")?, 2)?;
    let (rest, minute) = fixed(rest.strip_prefix(b":")?, 2)?;
    let (rest, second) = fixed(rest.strip_prefix(b":")?, 2)?;
    let (rest, nanos) = fraction(rest);
    let rest = rest.strip_prefix(b" ")?;
    let sign = match rest.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (rest, zone_hour) = fixed(rest.get(1..)?, 2)?;
    let (rest, zone_minute) = fixed(rest, 2)?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let zone: Parsed<'_, &[u8]> =
        take_while(|b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'-').parse(rest);
    let (rest, _) = zone.ok()?;
    let seconds = days(year, month, day)? * 86400 + hour * 3600 + minute * 60 + second
        - sign * (zone_hour * 3600 + zone_minute * 60);
    let nanos = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some((rest, Value::Integer(u64::try_from(nanos).ok()?)))
}

/// A number of so many digits.
fn fixed(input: &[u8], length: usize) -> Option<(&[u8], i64)> {
    let (digits, rest) = input.split_at_checked(length)?;
    let value = digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
    })?;
    Some((rest, value))
}

/// `.871439777`, in nanoseconds.
fn fraction(input: &[u8]) -> (&[u8], i64) {
    let Some(text) = input.strip_prefix(b".") else {
        return (input, 0);
    };
    let mut nanos = 0;
    let mut scale = 100_000_000;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        nanos += i64::from(digit - b'0') * scale;
        scale /= 10;
        rest = after;
    }
    (rest, nanos)
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..2262).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March have their odd day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

/// The value of a field at the start of `input`, and what follows it; nothing when something else is printed there.
pub(super) fn value_of(field: Field, input: &[u8]) -> Option<(&[u8], Value)> {
    let (rest, value) = match field {
        Field::GCCPUFraction => {
            let (rest, value) = float(input).ok()?;
            (rest, Value::Float(value))
        }
        Field::EnableGC | Field::DebugGC => {
            let (rest, value) = bool(input).ok()?;
            (rest, Value::Bool(value))
        }
        Field::LastGC => match input.strip_prefix(b"-") {
            // gops, when there was none.
            Some(rest) => (rest, Value::Integer(0)),
            None => time(input).or_else(|| plain(input))?,
        },
        _ if field.is_nanos() => duration(input)?,
        _ if field.is_bytes() => size(input)?,
        _ => plain(input)?,
    };
    is_end(rest).then_some((rest, value))
}

/// A whole number.
fn plain(input: &[u8]) -> Option<(&[u8], Value)> {
    let parsed: Parsed<'_, u64> = number(input);
    let (rest, value) = parsed.ok()?;
    Some((rest, Value::Integer(value)))
}

/// A number that may be a float, as metrics print it.
pub(super) fn metric(input: &[u8]) -> Option<Value> {
    if let Some((b"", value)) = plain(input) {
        return Some(value);
    }
    let (rest, value) = float(input).ok()?;
    rest.is_empty().then_some(Value::Float(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: Field, text: &str) -> Option<Value> {
        let (rest, value) = value_of(field, text.as_bytes())?;
        rest.is_empty().then_some(value)
    }

    #[test]
    fn sizes() {
        for (text, range) in [
            ("4590944", (4590944, 4590944)),
            ("4.38MB (4590944 bytes)", (4590944, 4590944)),
            ("123 bytes", (123, 123)),
            ("72 MiB", (75_497_472 - 524_288, 76_546_048)),
            ("1 MB", (500_000, 2 << 20)),
            ("1.5GB", (1_450_000_000, 1_717_986_918)),
        ] {
            let found = match read(Field::Alloc, text) {
                Some(Value::Integer(n)) => (n, n),
                Some(Value::Amount(amount)) => amount.range(),
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(found, range, "{text}");
        }
        for text in [
            "",
            "x",
            "1.5",
            "12,345",
            "1 parsec",
            "18446744073709551616",
            "5MBit",
        ] {
            assert_eq!(read(Field::Alloc, text), None, "{text}");
        }
    }

    #[test]
    fn times() {
        for (field, text, nanos) in [
            (Field::PauseTotalNs, "2.325873ms", 2_325_873),
            (Field::PauseTotalNs, "2325873", 2_325_873),
            (Field::PauseTotalNs, "1m2.5s", 62_500_000_000),
            (Field::PauseTotalNs, "1h0m0.001s", 3_600_001_000_000),
            (Field::PauseTotalNs, "17.5µs", 17_500),
            (
                Field::LastGC,
                "2025-02-06 15:56:23.871439777 +0100 CET",
                1_738_853_783_871_439_777,
            ),
            (
                Field::LastGC,
                "2000-02-29 00:00:00 +0000 UTC",
                951_782_400_000_000_000,
            ),
            (
                Field::LastGC,
                "1738853783871439777",
                1_738_853_783_871_439_777,
            ),
        ] {
            assert_eq!(read(field, text), Some(Value::Integer(nanos)), "{text}");
        }
        assert!(matches!(
            read(Field::PauseTotalNs, "2 ms"),
            Some(Value::Amount(_))
        ));
        assert_eq!(read(Field::PauseTotalNs, "2.5"), None);
        assert_eq!(read(Field::LastGC, "-"), Some(Value::Integer(0)));
    }

    #[test]
    fn fractions() {
        assert_eq!(
            read(Field::GCCPUFraction, "4.687698217513668e-06"),
            Some(Value::Float(4.687698217513668e-06))
        );
        assert_eq!(read(Field::DebugGC, "false"), Some(Value::Bool(false)));
    }
}
