//! Single lines of a report (llvm's compiler-rt/lib/tsan/rtl/tsan_report.cpp, the parts for Go).

use super::records::{Access, Who};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while1};
use nom::character::complete::u64 as decimal;
use nom::combinator::{all_consuming, map, opt, rest, value};
use nom::sequence::{delimited, preceded, terminated};

type Parsed<'a, T> = nom::IResult<&'a [u8], T, ()>;

/// What opens and closes a report.
pub(super) const RULE: &[u8] = b"==================";

fn who(input: &[u8]) -> Parsed<'_, Who> {
    alt((
        value(Who::Main, tag("main goroutine")),
        map(preceded(tag("goroutine "), decimal), Who::Goroutine),
    ))
    .parse(input)
}

fn address(input: &[u8]) -> Parsed<'_, u64> {
    let (rest, digits) =
        preceded(tag("0x"), take_while1(|b: u8| b.is_ascii_hexdigit())).parse(input)?;
    let value = str::from_utf8(digits)
        .ok()
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    value.map(|value| (rest, value)).ok_or(nom::Err::Error(()))
}

/// `Previous write at 0x00c00001a068 by goroutine 9:`; mutexes that were held may stand before the colon.
pub(super) fn access(line: &[u8]) -> Option<Access<'_>> {
    let line = line.strip_suffix(b":")?;
    let (_, (previous, kind, addr, who, _)) = (
        map(opt(tag("Previous ")), |found| found.is_some()),
        alt((
            terminated(take_until(" at 0x"), tag(" at ")),
            terminated(take_until(" by "), tag(" ")),
        )),
        opt(terminated(address, tag(" "))),
        preceded(tag("by "), who),
        rest::<_, ()>,
    )
        .parse(line)
        .ok()?;
    let is_kind = kind.len() < 24 && kind.iter().all(|b| b.is_ascii_alphabetic() || *b == b' ');
    let names_one = kind.to_ascii_lowercase();
    (is_kind && (names_one.ends_with(b"read") || names_one.ends_with(b"write"))).then_some(Access {
        previous,
        kind,
        addr,
        who,
    })
}

/// `Goroutine 8 (running) created at:`
pub(super) fn creation(line: &[u8]) -> Option<(u64, bool)> {
    all_consuming(delimited(
        tag("Goroutine "),
        (
            decimal,
            alt((
                value(false, tag::<_, _, ()>(" (running)")),
                value(true, tag(" (finished)")),
            )),
        ),
        tag(" created at:"),
    ))
    .parse(line)
    .ok()
    .map(|(_, found)| found)
}

/// `Found 2 data race(s)`
pub(super) fn found(line: &[u8]) -> Option<u64> {
    all_consuming(delimited(
        tag("Found "),
        decimal::<_, ()>,
        tag(" data race(s)"),
    ))
    .parse(line)
    .ok()
    .map(|(_, n)| n)
}
