//! Fixed words around the source text of a message.

use nom::{
    IResult, Parser,
    bytes::complete::tag,
    combinator::{fail, rest},
    sequence::preceded,
};

pub(super) type Parsed<'a, T> = IResult<&'a [u8], T>;

/// Consumes everything and gives what stands before `suffix`.
pub(super) fn ending<'a>(suffix: &'static [u8]) -> impl Fn(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |input: &'a [u8]| match input.strip_suffix(suffix) {
        Some(before) if !before.is_empty() => Ok((&[], before)),
        _ => fail().parse(input),
    }
}

/// What follows `prefix`, if anything does.
pub(super) fn after<'a>(prefix: &'static [u8]) -> impl Fn(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |input: &'a [u8]| {
        let (input, text) = preceded(tag(prefix), rest).parse(input)?;
        if text.is_empty() {
            return fail().parse(input);
        }
        Ok((input, text))
    }
}

/// Consumes everything if `test` holds for it.
pub(super) fn when<'a>(test: impl Fn(&[u8]) -> bool) -> impl Fn(&'a [u8]) -> Parsed<'a, ()> {
    move |input: &'a [u8]| {
        if test(input) {
            Ok((&[], ()))
        } else {
            fail().parse(input)
        }
    }
}
