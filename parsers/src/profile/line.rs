//! What one line of a profile says.

use super::addresses::stack;
use super::labels::Labels;
use super::records::{Frame, Header, Memory, Record, Sample, Values};
use crate::scan::{Scan, hex};
use bstr::ByteSlice;
use nom::{
    Parser,
    bytes::complete::{tag, take_while, take_while1},
    character::complete::{char, i64 as signed, multispace0, u32 as line_number, u64 as number},
    combinator::{eof, fail, opt, peek},
    sequence::{delimited, preceded, terminated},
};

/// `1: 2048 [5: 10240] `
fn memory(input: &[u8]) -> Scan<'_, Memory> {
    let (input, (live_objects, _, live_bytes)) = (signed, tag(": "), signed).parse(input)?;
    let (input, (_, objects, _, bytes, _)) =
        (tag(" ["), signed, tag(": "), signed, tag("] ")).parse(input)?;
    Ok((
        input,
        Memory {
            live_objects,
            live_bytes,
            objects,
            bytes,
        },
    ))
}

/// The values in front of an `@`.
pub(super) fn values(input: &[u8]) -> Scan<'_, Values> {
    let (rest, first) = signed(input)?;
    let (rest, values) = match rest {
        [b':', ..] => memory.map(Values::Memory).parse(input)?,
        [b' ', b'@', ..] => match u64::try_from(first) {
            Ok(count) => (rest.get(1..).unwrap_or_default(), Values::Count(count)),
            Err(_) => return fail().parse(input),
        },
        _ => {
            let (rest, count) = delimited(char(' '), signed, char(' ')).parse(rest)?;
            let cycles = first;
            (rest, Values::Contention { cycles, count })
        }
    };
    let (_, _) = peek(char('@')).parse(rest)?;
    Ok((rest, values))
}

fn sample(input: &[u8]) -> Scan<'_, Record<'_>> {
    let (rest, (values, stack)) = (values, stack).parse(input)?;
    Ok((rest, Record::Sample(Sample { values, stack })))
}

/// `heap profile: 2: 4096 [10: 20480] @ heap/1048576`
fn heap(input: &[u8]) -> Scan<'_, Header<'_>> {
    let (input, _) = (tag("heap profile: "), multispace0).parse(input)?;
    let (input, sum) = memory(input)?;
    let (input, rate) =
        preceded((tag("@"), multispace0), opt(preceded(tag("heap/"), number))).parse(input)?;
    let (input, _) = (multispace0, eof).parse(input)?;
    Ok((
        input,
        Header::Heap {
            sum,
            sample_rate: rate.unwrap_or(0) / 2,
        },
    ))
}

/// `goroutine profile: total 25`, read from its end: a name may be anything.
pub(super) fn count_header(line: &[u8]) -> Option<Header<'_>> {
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (head, total) = line.split_at_checked(line.len() - digits)?;
    let name = head.strip_suffix(b" profile: total ")?;
    let total = std::str::from_utf8(total).ok()?.parse().ok()?;
    (!name.is_empty()).then_some(Header::Count { name, total })
}

/// `#<tab>0x4a2f1b<tab>main.work+0x3b<tabs>/src/main.go:12`, or the address alone. Terminals turn the tabs to spaces.
fn frame(input: &[u8]) -> Scan<'_, Record<'_>> {
    let blank = |b: u8| b == b'\t' || b == b' ';
    let (input, pc) = preceded(
        (char('#'), take_while1(blank)),
        terminated(hex, take_while(blank)),
    )
    .parse(input)?;
    if input.is_empty() {
        let frame = Frame {
            pc,
            entry: pc,
            function: b"",
            file: b"",
            line: 0,
        };
        return Ok((input, Record::Frame(frame)));
    }
    let found = || {
        let place = input.trim_end_with(|c| c == ' ' || c == '\t');
        let (place, line) = place.split_at_checked(place.rfind_byte(b':')?)?;
        let parsed: Scan<'_, u32> = terminated(preceded(char(':'), line_number), eof).parse(line);
        let (_, line) = parsed.ok()?;
        // Without a tab the offset says where the name ends: names may hold blanks, and no file begins with one.
        let end = place.find_byte(b'\t').or_else(|| {
            let offset = place.find("+0x")?;
            Some(offset + place.get(offset..)?.find_byte(b' ')?)
        })?;
        let (symbol, file) = place.split_at_checked(end)?;
        let (function, offset) = symbol.split_at_checked(symbol.rfind("+0x")?)?;
        let (after, offset) = hex(offset.strip_prefix(b"+")?).ok()?;
        let plausible = after.is_empty() && !function.is_empty();
        plausible.then_some(Record::Frame(Frame {
            pc,
            entry: pc.checked_sub(offset)?,
            function,
            file: file.trim_start_with(|c| c == '\t' || c == ' '),
            line,
        }))
    };
    match found() {
        Some(frame) => Ok((&[], frame)),
        None => fail().parse(input),
    }
}

fn number_line<'a>(input: &'a [u8], name: &str) -> Option<i64> {
    let rest = input.strip_prefix(name.as_bytes())?;
    let parsed: Scan<'a, i64> = terminated(signed, eof).parse(rest);
    Some(parsed.ok()?.1)
}

/// Reads one line of a profile, without its line end. What it says depends on nothing before it; nothing for lines
/// that are not of a profile's form.
pub fn line(input: &[u8]) -> Option<Record<'_>> {
    match input {
        [b'0'..=b'9' | b'-', ..] => match input {
            b"--- contention:" => Some(Record::Header(Header::Block)),
            b"--- mutex:" => Some(Record::Header(Header::Mutex)),
            _ => match sample(input) {
                Ok((_, sample)) => Some(sample),
                Err(_) => count_header(input).map(Record::Header),
            },
        },
        [b'#', ..] => match input.strip_prefix(b"# labels: ") {
            Some(labels) => Labels::parse(labels).map(Record::Labels),
            None => frame(input).ok().map(|(_, frame)| frame),
        },
        [b'h', ..] => match heap(input) {
            Ok((_, header)) => Some(Record::Header(header)),
            Err(_) => count_header(input).map(Record::Header),
        },
        [b'c', ..] => number_line(input, "cycles/second=")
            .map(Record::CyclesPerSecond)
            .or_else(|| count_header(input).map(Record::Header)),
        [b's', ..] => number_line(input, "sampling period=")
            .map(Record::SamplingPeriod)
            .or_else(|| count_header(input).map(Record::Header)),
        _ => count_header(input).map(Record::Header),
    }
}
