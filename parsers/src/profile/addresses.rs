//! Addresses in hexadecimal, and the stack that they are behind an `@`.

use crate::scan::{Scan, hex};
use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::{char, multispace0};
use nom::combinator::{eof, recognize};
use nom::multi::fold_many0;
use nom::sequence::preceded;

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

/// One address behind an `@`.
fn address(input: &[u8]) -> Scan<'_, u64> {
    preceded(take_while1(|b| b == b' '), hex).parse(input)
}

/// `@ 0x4a2f1c 0x4a2e00`, to the end of the line.
pub(super) fn stack(input: &[u8]) -> Scan<'_, Addresses<'_>> {
    let (input, _) = char('@').parse(input)?;
    let (input, text) = recognize(fold_many0(address, || (), |(), _| ())).parse(input)?;
    let (input, _) = (multispace0, eof).parse(input)?;
    Ok((input, Addresses(text)))
}
