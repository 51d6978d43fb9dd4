//! Addresses in hexadecimal, and the stack that they are behind an `@`.

use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while1},
    character::complete::{char, multispace0},
    combinator::{eof, fail, recognize},
    multi::fold_many0,
    sequence::preceded,
};

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// The addresses behind an `@`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Addresses<'a>(pub(super) &'a [u8]);

impl<'a> Addresses<'a> {
    /// The addresses. Up to Go 1.26 the stacks of a threadcreate profile are filled up with zeros.
    pub fn iter(&self) -> impl Iterator<Item = u64> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (after, address) = address(rest).ok()?;
            rest = after;
            Some(address)
        })
    }
}

/// `0x4a2f1c`
pub(super) fn hex(input: &[u8]) -> Parsed<'_, u64> {
    let (rest, digits) =
        preceded(tag("0x"), take_while1(|b: u8| b.is_ascii_hexdigit())).parse(input)?;
    let value = digits.iter().try_fold(0u64, |value, digit| {
        let digit = (*digit as char).to_digit(16)?;
        value.checked_mul(16)?.checked_add(u64::from(digit))
    });
    match value {
        Some(value) => Ok((rest, value)),
        None => fail().parse(input),
    }
}

/// One address behind an `@`.
fn address(input: &[u8]) -> Parsed<'_, u64> {
    preceded(take_while1(|b| b == b' '), hex).parse(input)
}

/// `@ 0x4a2f1c 0x4a2e00`, to the end of the line.
pub(super) fn stack(input: &[u8]) -> Parsed<'_, Addresses<'_>> {
    let (input, _) = char('@').parse(input)?;
    let (input, text) = recognize(fold_many0(address, || (), |(), _| ())).parse(input)?;
    let (input, _) = (multispace0, eof).parse(input)?;
    Ok((input, Addresses(text)))
}
