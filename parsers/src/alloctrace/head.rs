//! The first line of a record.

use super::records::Object;
use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while_m_n},
    combinator::opt,
    sequence::{preceded, terminated},
};

/// The first line of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head<'a> {
    Alloc(Object, Option<&'a [u8]>),
    Free(Object),
    Collection,
    CollectionEnd,
}

type Parsed<'a, T> = IResult<&'a [u8], T>;

fn hex(input: &[u8]) -> Parsed<'_, u64> {
    let (rest, digits) = preceded(
        tag("0x"),
        take_while_m_n(1, 16, |b: u8| b.is_ascii_hexdigit()),
    )
    .parse(input)?;
    let value = digits.iter().fold(0u64, |value, digit| {
        value << 4 | u64::from((*digit as char).to_digit(16).unwrap_or(0))
    });
    Ok((rest, value))
}

/// `0xc000016010, 0x10`
fn object(input: &[u8]) -> Parsed<'_, Object> {
    let (input, (address, size)) = (terminated(hex, tag(", ")), hex).parse(input)?;
    Ok((input, Object { address, size }))
}

/// Reads a first line.
pub(super) fn head(line: &[u8]) -> Option<Head<'_>> {
    match line {
        b"tracegc()" => return Some(Head::Collection),
        b"end tracegc" => return Some(Head::CollectionEnd),
        _ => {}
    }
    let inner = line.strip_suffix(b")")?;
    if let Some(inner) = inner.strip_prefix(b"tracealloc(") {
        let (rest, object) = object(inner).ok()?;
        let parsed: Parsed<'_, Option<&[u8]>> = opt(tag(", ")).parse(rest);
        let (type_name, comma) = parsed.ok()?;
        return match (comma, type_name) {
            (None, []) => Some(Head::Alloc(object, None)),
            (Some(_), [_, ..]) => Some(Head::Alloc(object, Some(type_name))),
            _ => None,
        };
    }
    let (rest, object) = object(inner.strip_prefix(b"tracefree(")?).ok()?;
    rest.is_empty().then_some(Head::Free(object))
}
