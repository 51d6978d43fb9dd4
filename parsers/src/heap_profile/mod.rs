//! Heap and allocs profiles in the text form of `debug=1` (`runtime/pprof/pprof.go`, `writeHeapInternal`).
//!
//! ```text
//! heap profile: 2: 4096 [10: 20480] @ heap/1048576
//! 1: 2048 [5: 10240] @ 0x4a2f1c 0x4a2e00
//! #<tab>0x4a2f1b<tab>main.work+0x3b<tab>/src/main.go:12
//! ```
//!
//! Values are the samples as taken, not scaled to the whole. A record's `#` lines are one for each function;
//! of functions inlined into each other, address less offset is the same entry. After the records come the lines of
//! `runtime.MemStats`, which are not read here.

use bstr::ByteSlice;
use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while1},
    character::complete::{char, i64 as signed, multispace0, u32 as line_number, u64 as number},
    combinator::opt,
    sequence::preceded,
};

/// The first line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes between two samples, on average. The line prints twice that.
    pub sample_rate: u64,
}

/// What one stack had allocated when the profile was taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sample {
    /// Objects not freed yet. Negative while a collection is under way.
    pub live_objects: i64,
    /// Their bytes.
    pub live_bytes: i64,
    /// Objects allocated since the start.
    pub objects: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// One `#` line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// Where the machine code begins: the same for functions inlined into each other.
    pub entry: u64,
    /// The function.
    pub function: &'a [u8],
    /// Its file.
    pub file: &'a [u8],
    /// The line in it.
    pub line: u32,
}

/// One line of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line<'a> {
    /// The first line.
    Header(Header),
    /// A record begins.
    Sample(Sample),
    /// A function of the record's stack, the innermost first.
    Frame(Frame<'a>),
    /// A frame without a symbol, an empty line, memory statistics.
    Other,
}

type Parsed<'a, T> = IResult<&'a [u8], T>;

fn hex(input: &[u8]) -> Parsed<'_, u64> {
    let (input, digits) =
        preceded(tag(&b"0x"[..]), take_while1(|b: u8| b.is_ascii_hexdigit())).parse(input)?;
    let value = digits.iter().try_fold(0u64, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(u64::from(digit))
    });
    match value {
        Some(value) => Ok((input, value)),
        None => nom::combinator::fail().parse(input),
    }
}

/// `1: 2048 [5: 10240] @`
fn counts(input: &[u8]) -> Parsed<'_, Sample> {
    let (input, (live_objects, _, live_bytes)) = (signed, tag(&b": "[..]), signed).parse(input)?;
    let (input, (_, objects, _, bytes)) =
        (tag(&b" ["[..]), signed, tag(&b": "[..]), signed).parse(input)?;
    let (input, _) = tag(&b"] @"[..]).parse(input)?;
    Ok((
        input,
        Sample {
            live_objects,
            live_bytes,
            objects,
            bytes,
        },
    ))
}

fn header(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, _) = tag(&b"heap profile: "[..]).parse(input)?;
    let (input, _) = (multispace0, counts).parse(input)?;
    let (input, rate) = opt(preceded((multispace0, tag(&b"heap/"[..])), number)).parse(input)?;
    Ok((
        input,
        Line::Header(Header {
            sample_rate: rate.unwrap_or(0) / 2,
        }),
    ))
}

fn frame(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (rest, (_, _, pc, _)) = (char('#'), multispace0, hex, multispace0).parse(input)?;
    let found = || {
        let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        let (place, line) = rest.split_at_checked(rest.rfind_byte(b':')?)?;
        let parsed: Parsed<'_, u32> = preceded(char(':'), line_number).parse(line);
        let (_, line) = parsed.ok()?;
        let (symbol, file) = place.split_at_checked(place.find_byte(b'\t')?)?;
        let (function, offset) = symbol
            .rfind(b"+0x")
            .and_then(|end| symbol.split_at_checked(end))
            .unwrap_or((symbol, b"+0x0"));
        let (_, offset) = hex(offset.strip_prefix(b"+")?).ok()?;
        Some(Frame {
            entry: pc.checked_sub(offset)?,
            function,
            file: file.trim_start_with(|c| c == '\t' || c == ' '),
            line,
        })
    };
    Ok((&[], found().map_or(Line::Other, Line::Frame)))
}

/// Reads one line.
pub fn line(input: &[u8]) -> Line<'_> {
    if let Ok((_, line)) = header(input) {
        return line;
    }
    if let Ok((_, sample)) = counts(input) {
        return Line::Sample(sample);
    }
    frame(input).map_or(Line::Other, |(_, line)| line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_profile() {
        assert_eq!(
            line(b"heap profile: 2: 4096 [10: 20480] @ heap/1048576"),
            Line::Header(Header {
                sample_rate: 524288
            })
        );
        assert_eq!(
            line(b"1: 2048 [5: 10240] @ 0x4a2f1c 0x4a2e00"),
            Line::Sample(Sample {
                live_objects: 1,
                live_bytes: 2048,
                objects: 5,
                bytes: 10240
            })
        );
        assert_eq!(
            line(b"#\t0x4a2f1b\tmain.(*T).work+0x3b\t\t/src/my app/main.go:12"),
            Line::Frame(Frame {
                entry: 0x4a2f1b - 0x3b,
                function: b"main.(*T).work",
                file: b"/src/my app/main.go",
                line: 12
            })
        );
        for text in [
            "#\t0x4a2f1b",
            "",
            "# runtime.MemStats",
            "# Alloc = 12",
            "#\t0xfffffffffffffffff\tf\tx.go:1",
        ] {
            assert_eq!(line(text.as_bytes()), Line::Other, "{text}");
        }
    }
}
