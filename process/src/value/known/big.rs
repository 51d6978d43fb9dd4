//! `math/big`: numbers in decimals.

use super::{At, Known, Says};
use crate::value::Reader;
use std::fmt::Write;

/// Words of a number that are turned into decimals (quadratic work); larger ones show their fields.
const MAX_WORDS: u64 = 64;
/// Binary exponents of a `Float` whose decimals are worked out.
const MAX_EXPONENT: i64 = 4096;
/// `(*Float).String` is `Text('g', 10)`.
const DIGITS: usize = 10;

pub(super) const BIG: Known = &[
    ("Float", Says::All, float),
    ("Int", Says::All, int),
    ("Rat", Says::All, rat),
];

/// `big.Int {neg bool; abs nat}`.
pub(super) fn int(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let negative = reader.flag(at, "neg")?;
    let abs = decimals(words(reader, at, "abs")?)?;
    let sign = if negative && abs != "0" { "-" } else { "" };
    Some(format!("{sign}{abs}"))
}

/// `big.Rat {a, b Int}`: a missing denominator is one.
fn rat(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let a = int(reader, &reader.field(at, "a")?)?;
    let b = decimals(words(reader, at, "b.abs")?)?;
    let b = if b == "0" { "1".to_owned() } else { b };
    Some(format!("{a}/{b}"))
}

/// `big.Float`: `mant` is a fraction in [0.5, 1), `form` says 0 zero, 1 finite, 2 infinite.
fn float(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let sign = if reader.flag(at, "neg")? { "-" } else { "" };
    match reader.unsigned(at, "form")? {
        0 => return Some(format!("{sign}0")),
        1 => {}
        2 => return Some(if sign.is_empty() { "+Inf" } else { "-Inf" }.to_owned()),
        _ => return None,
    }
    let mantissa = words(reader, at, "mant")?;
    let normal = mantissa.last().is_some_and(|word| word >> 63 == 1);
    let bits = i64::try_from(mantissa.len()).ok()? * 64;
    let exponent = reader.signed(at, "exp")?;
    if !normal || exponent.abs() > MAX_EXPONENT {
        return None;
    }
    let (digits, point) = scaled(mantissa, exponent - bits)?;
    Some(format!("{sign}{}", general(&digits, point)))
}

fn words(reader: &Reader<'_>, at: &At<'_>, path: &str) -> Option<Vec<u64>> {
    let items = reader.items(&reader.field(at, path)?)?;
    if items.len > MAX_WORDS {
        return None;
    }
    let word = |index| reader.word(&items.at(index)?);
    (0..items.len).map(word).collect()
}

/// The digits of `mantissa` × 2^`shift`, and where the decimal point stands among them.
fn scaled(mut number: Vec<u64>, shift: i64) -> Option<(Vec<u8>, i64)> {
    let times = u32::try_from(shift.unsigned_abs()).ok()?;
    // 2^-n is 5^n / 10^n.
    let factor = if shift < 0 { 5 } else { 2 };
    for _ in 0..times {
        multiply(&mut number, factor);
    }
    let digits = decimals(number)?.into_bytes();
    let fraction = if shift < 0 { i64::from(times) } else { 0 };
    let point = i64::try_from(digits.len()).ok()? - fraction;
    Some((digits, point))
}

fn multiply(number: &mut Vec<u64>, factor: u64) {
    let mut carry = 0u128;
    for word in number.iter_mut() {
        let product = u128::from(*word) * u128::from(factor) + carry;
        carry = product >> 64;
        // The low half stays, the high half is carried.
        *word = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    }
    if let Ok(carry @ 1..) = u64::try_from(carry) {
        number.push(carry);
    }
}

/// `%.10g` of 0.d₁d₂d₃… × 10^point, rounded half to even as `math/big` does.
fn general(digits: &[u8], point: i64) -> String {
    let mut kept: Vec<u8> = digits.iter().take(DIGITS).copied().collect();
    let mut point = point;
    let rest = digits.get(DIGITS..).unwrap_or_default();
    let exactly_half = rest
        .split_first()
        .is_some_and(|(first, more)| *first == b'5' && more.iter().all(|d| *d == b'0'));
    let odd = kept.last().is_some_and(|d| d & 1 == 1);
    let up = rest.first().is_some_and(|d| *d >= b'5') && (!exactly_half || odd);
    if up {
        while kept.last() == Some(&b'9') {
            kept.pop();
        }
        if let Some(last) = kept.last_mut() {
            *last += 1;
        } else {
            kept.push(b'1');
            point += 1;
        }
    }
    while kept.last() == Some(&b'0') {
        kept.pop();
    }
    let text = String::from_utf8_lossy(&kept).into_owned();
    let len = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let exponent = point - 1;
    if !(-4..10).contains(&exponent) {
        let (first, more) = text.split_at(text.len().min(1));
        let dot = if more.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{dot}{more}e{sign}{:02}", exponent.abs());
    }
    let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
    if point <= 0 {
        return format!("0.{}{text}", zeros(-point));
    }
    match usize::try_from(point)
        .ok()
        .and_then(|at| text.split_at_checked(at))
    {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{text}{}", zeros(point - len)),
    }
}

/// A number by its words, the least significant first.
pub(super) fn decimals(mut words: Vec<u64>) -> Option<String> {
    // Nineteen decimals at a time, the least significant first.
    const CHUNK: u128 = 10_000_000_000_000_000_000;
    let mut chunks = Vec::new();
    let trim = |words: &mut Vec<u64>| {
        while words.last().is_some_and(|w| *w == 0) {
            words.pop();
        }
    };
    trim(&mut words);
    while !words.is_empty() {
        let mut rest = 0u128;
        for word in words.iter_mut().rev() {
            let value = (rest << 64) | u128::from(*word);
            *word = u64::try_from(value / CHUNK).ok()?;
            rest = value % CHUNK;
        }
        chunks.push(rest);
        trim(&mut words);
    }
    let Some(first) = chunks.pop() else {
        return Some("0".to_owned());
    };
    let mut text = first.to_string();
    for chunk in chunks.iter().rev() {
        let _ = write!(text, "{chunk:019}");
    }
    Some(text)
}
