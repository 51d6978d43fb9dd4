//! Numbers and words as the runtime prints them, for the readers of its traces.
//!
//! Each takes exactly what `print` could have written and nothing else: no signs, leading zeros or digits more
//! than the form has. That is how numbers that were glued together are told from whole ones.

use crate::quantity::Nanos;
use nom::IResult;

/// What is left of the input and what was read. Why a line could not be read is told by whoever knows the line.
pub(crate) type Scan<'a, T> = IResult<&'a [u8], T, ()>;

/// What stands here is none of it.
#[inline]
pub(crate) fn fail<T>(_input: &[u8]) -> Scan<'_, T> {
    Err(nom::Err::Error(()))
}

/// Exactly these bytes.
#[inline]
pub(crate) fn word<'a>(literal: &'static str) -> impl Fn(&'a [u8]) -> Scan<'a, ()> {
    move |input| match input.strip_prefix(literal.as_bytes()) {
        Some(rest) => Ok((rest, ())),
        None => fail(input),
    }
}

/// These bytes, if they are next.
#[inline]
pub(crate) fn maybe<'a>(literal: &str, input: &'a [u8]) -> (&'a [u8], bool) {
    match input.strip_prefix(literal.as_bytes()) {
        Some(rest) => (rest, true),
        None => (input, false),
    }
}

/// Decimal digits of a number below 10^19, without a leading zero.
#[inline]
pub(crate) fn int(input: &[u8]) -> Scan<'_, u64> {
    let mut value = 0u64;
    let mut length = 0;
    for byte in input {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        length += 1;
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    // Nineteen digits cannot overflow.
    if length == 0 || length > 19 || (length > 1 && input.first() == Some(&b'0')) {
        return fail(input);
    }
    Ok((input.get(length..).unwrap_or_default(), value))
}

/// The same below 2^32.
#[inline]
pub(crate) fn int32(input: &[u8]) -> Scan<'_, u32> {
    let (rest, value) = int(input)?;
    match u32::try_from(value) {
        Ok(value) => Ok((rest, value)),
        Err(_) => fail(input),
    }
}

/// A number that may be below zero.
pub(crate) fn signed(input: &[u8]) -> Scan<'_, i64> {
    let (digits, minus) = maybe("-", input);
    let (rest, value) = int(digits)?;
    match i64::try_from(value) {
        Ok(value) if minus => Ok((rest, -value)),
        Ok(value) => Ok((rest, value)),
        Err(_) => fail(input),
    }
}

/// `0x` and hexadecimal digits, at most 64 bits of them.
pub(crate) fn hex(input: &[u8]) -> Scan<'_, u64> {
    let digits = input.strip_prefix(b"0x").unwrap_or_default();
    let length = digits.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let (digits, rest) = digits.split_at_checked(length.count()).unwrap_or_default();
    match hex_digits(digits) {
        Some(value) => Ok((rest, value)),
        None => fail(input),
    }
}

/// The value of hexadecimal digits, when there are 1 to 16 of them and nothing else.
pub(crate) fn hex_digits(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut value, mut seen) = (0, 0);
    for digit in digits {
        let digit = HEX.get(usize::from(*digit)).copied().unwrap_or(NO_HEX);
        seen |= digit;
        value = value << 4 | u64::from(digit & 0xf);
    }
    (seen & NO_HEX == 0).then_some(value)
}

/// What a byte is worth as a hexadecimal digit: a dump of a big program has a hundred million of them.
static HEX: [u8; 256] = {
    let mut table = [NO_HEX; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "the loop ends before 256"
        )]
        {
            table[byte] = match byte as u8 {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                digit @ b'A'..=b'F' => digit - b'A' + 10,
                _ => NO_HEX,
            };
        }
        byte += 1;
    }
    table
};
const NO_HEX: u8 = 0x80;

/// Seconds with three decimals (runtime/mgc.go `itoaDiv(…, 3)`).
#[inline]
pub(crate) fn seconds(input: &[u8]) -> Scan<'_, Nanos> {
    let (rest, whole) = int(input)?;
    let Some(([b'.', a, b, c], rest)) = rest.split_first_chunk::<4>() else {
        return fail(input);
    };
    let decimals = [a, b, c].map(|byte| u64::from(byte.wrapping_sub(b'0')));
    let [a, b, c] = decimals;
    if decimals.iter().any(|&digit| digit > 9) {
        return fail(input);
    }
    let millis = whole
        .checked_mul(1000)
        .and_then(|whole| whole.checked_add(a * 100 + b * 10 + c));
    match millis.and_then(|millis| millis.checked_mul(1_000_000)) {
        Some(nanos) if !rest.first().is_some_and(u8::is_ascii_digit) => Ok((rest, Nanos(nanos))),
        _ => fail(input),
    }
}

/// Milliseconds as `fmtNSAsMS` prints them (runtime/mgc.go): `0`, `0.005`, `0.15`, `1.0`, `10`; no other form.
#[inline]
pub(crate) fn millis(input: &[u8]) -> Scan<'_, Nanos> {
    let (rest, whole) = int(input)?;
    let Some(decimals) = rest.strip_prefix(b".") else {
        return match whole {
            // One digit comes with a decimal.
            1..=9 => fail(input),
            _ => match whole.checked_mul(1_000_000) {
                Some(nanos) => Ok((rest, Nanos(nanos))),
                None => fail(input),
            },
        };
    };
    let mut value = 0;
    let mut length = 0;
    for byte in decimals.iter().take(4) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        length += 1;
        value = value * 10 + u64::from(digit);
    }
    let nanos = match (whole, length, value) {
        (1..=9, 1, _) => whole * 1_000_000 + value * 100_000,
        (0, 2, 10..) => value * 10_000,
        (0, 3, 1..=99) => value * 1_000,
        _ => return fail(input),
    };
    Ok((decimals.get(length..).unwrap_or_default(), Nanos(nanos)))
}

/// A float: up to 1.25 `+2.500000e-001` with its sign, then the shortest form that reads back the same.
pub(crate) fn float(input: &[u8]) -> Scan<'_, f64> {
    let length = input
        .iter()
        .take_while(|byte| {
            matches!(
                byte,
                b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'I' | b'n' | b'f' | b'N' | b'a'
            )
        })
        .count();
    let (text, rest) = input.split_at_checked(length).unwrap_or((input, &[]));
    let value = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    match value {
        Some(value) => Ok((rest, value)),
        None => fail(input),
    }
}

/// Nothing more.
#[inline]
pub(crate) fn end(input: &[u8]) -> Scan<'_, ()> {
    if input.is_empty() {
        Ok((input, ()))
    } else {
        fail(input)
    }
}

/// What stands before `literal`, which is passed.
pub(crate) fn until<'a>(literal: &'static str, input: &'a [u8]) -> Scan<'a, &'a [u8]> {
    match memchr::memmem::find(input, literal.as_bytes()) {
        Some(at) => Ok((
            input.get(at + literal.len()..).unwrap_or_default(),
            input.get(..at).unwrap_or_default(),
        )),
        None => fail(input),
    }
}

/// Whether a text is the path of a package, as the linker has it: `internal/bytealg`, `gopkg.in/yaml%2ev3`. What was
/// written next to it mostly is no part of one.
pub(crate) fn is_path(text: &[u8]) -> bool {
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/%+".contains(byte);
    is_end(text.first())
        && is_end(text.last())
        && text.len() <= 256
        && text.iter().all(inside)
        && memchr::memmem::find(text, b"..").is_none()
}

/// Whether a text is one of the runtime's reasons: `chan receive (nil chan)`, `sync.(*Cond).Wait`, nothing. Marks
/// of progress that were written next to it are no part of one.
pub(crate) fn is_words(text: &[u8]) -> bool {
    let ends = match (text.first(), text.last()) {
        (Some(first), Some(last)) => {
            first.is_ascii_alphabetic() && (last.is_ascii_alphabetic() || *last == b')')
        }
        _ => true,
    };
    ends && text.len() <= 64
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || b" ()*.".contains(byte))
        && memchr::memmem::find(text, b"..").is_none()
}

/// What was read when nothing follows.
pub(crate) fn whole<T>(scanned: Scan<'_, T>) -> Option<T> {
    match scanned {
        Ok(([], value)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `fmtNSAsMS` and `itoaDiv`, written after runtime/mgc.go.
    pub(crate) fn printed(ns: u64) -> String {
        if ns >= 10_000_000 {
            return (ns / 1_000_000).to_string();
        }
        let mut x = ns / 1000;
        if x == 0 {
            return "0".into();
        }
        let mut dec = 3;
        while x >= 100 {
            x /= 10;
            dec -= 1;
        }
        let digits = format!("{x:0width$}", width = dec + 1);
        let (whole, rest) = digits.split_at(digits.len() - dec);
        format!("{whole}.{rest}")
    }

    #[test]
    fn forms_that_are_not_printed_are_not_read() {
        for text in [
            "1", "9", "00", "0.1", "0.009.", "0.0", "0.000", "0.100", "1.00", "10.0", "0.1234",
            "12.5", "",
        ] {
            assert!(whole(millis(text.as_bytes())).is_none(), "{text}");
        }
        assert_eq!(whole(millis(b"10")), Some(Nanos(10_000_000)));
        assert_eq!(whole(millis(b"0")), Some(Nanos(0)));
        assert_eq!(whole(seconds(b"65.881")), Some(Nanos(65_881_000_000)));
        for text in ["65.88", "65.8812", "065.881", ".881", "1."] {
            assert!(whole(seconds(text.as_bytes())).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn milliseconds_read_back_cut_down(ns in 0u64..40_000_000) {
            let read = whole(millis(printed(ns).as_bytes())).unwrap();
            prop_assert!(read.0 <= ns && ns < read.0 + read.printed_step().0, "{} {:?}", ns, read);
            prop_assert_eq!(printed(read.0), printed(ns));
        }
    }
}
