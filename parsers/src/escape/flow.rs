//! The indented lines below the title of an explanation.
//!
//! ```text
//! Go 1.14–1.24   POS:   flow: DST = SRC:        Go 1.25 on   POS:   flow: DST ← SRC:
//!                POS:     from EXPR (why) at POS
//! Go 1.7–1.12    POS:<space><tab>from EXPR (why) at POS
//! ```
//!
//! (`escape/solve.go`, `explainFlow`.) DST may contain ` = ` inside `{storage for …}`: a composite is printed
//! shortened, but a string is not. The last ` = ` or ` ← ` whose right side has the form of a source (`&`,
//! `*`, a name or a place) is taken.

use super::{Message, Position, Step, frame::position};
use bstr::ByteSlice;
use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_while},
    combinator::map,
    sequence::preceded,
};

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|b| b == b' ' || b == b'\t').parse(input)
}

fn flow(input: &[u8]) -> IResult<&[u8], Step<'_>> {
    let (body, _) = tag(&b"flow: "[..]).parse(input)?;
    let step = body.strip_suffix(b":").and_then(|body| {
        let (destination, source) =
            split_at_last(body, "←".as_bytes()).or_else(|| split_at_last(body, b"="))?;
        Some(Step::Flow {
            destination,
            source,
        })
    });
    match step {
        Some(step) => Ok((&[], step)),
        None => nom::combinator::fail().parse(input),
    }
}

/// Splits at the last ` SIGN ` that is outside the braces of a trailing `{storage for …}`.
fn split_at_last<'a>(body: &'a [u8], sign: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut end = body.len();
    loop {
        let at = body.get(..end)?.rfind(sign)?;
        let left = body.get(..at)?.strip_suffix(b" ");
        let right = body.get(at + sign.len()..)?.strip_prefix(b" ");
        if let (Some(left), Some(right)) = (left, right)
            && is_place(right)
        {
            return Some((left, right));
        }
        end = at;
    }
}

/// A source: dereferences or an address, then a name or `{…}` to the end.
fn is_place(text: &[u8]) -> bool {
    let text = text.trim_start_with(|c| c == '&' || c == '*');
    if text.starts_with(b"{") {
        return text.ends_with(b"}");
    }
    !text.is_empty() && !text.contains(&b'}')
}

fn from(input: &[u8]) -> IResult<&[u8], Step<'_>> {
    let (body, _) = tag(&b"from "[..]).parse(input)?;
    match from_body(body) {
        Some(step) => Ok((&[], step)),
        None => nom::combinator::fail().parse(input),
    }
}

/// `EXPR (why) at POS`. `why` may hold brackets (`passed to call[argument escapes]`) but no parenthesis in any
/// release's source; EXPR may hold anything, hence from the right.
fn from_body(body: &[u8]) -> Option<Step<'_>> {
    let (body, at) = match body.rfind(b") at ") {
        Some(end) => (
            body.get(..end)?,
            Some(position(body.get(end + b") at ".len()..)?)?),
        ),
        None => (body.strip_suffix(b")")?, None::<Position<'_>>),
    };
    let open = body.rfind(b" (")?;
    Some(Step::From {
        expression: body.get(..open)?,
        why: body.get(open + 2..)?,
        position: at,
    })
}

fn truncated(input: &[u8]) -> IResult<&[u8], Step<'_>> {
    map(tag(&b"warning: truncated explanation"[..]), |_| {
        Step::Truncated
    })
    .parse(input)
}

/// A message that begins with blanks.
pub(super) fn step(input: &[u8]) -> IResult<&[u8], Message<'_>> {
    map(
        preceded(blanks, alt((from, flow, truncated))),
        Message::Step,
    )
    .parse(input)
}

/// The text of a step as the JSON logs have it (`escflow:    flow: …`).
pub(super) fn logged(input: &[u8]) -> Option<Step<'_>> {
    let parsed: IResult<&[u8], Step<'_>> =
        preceded(blanks, alt((from, flow, truncated))).parse(input);
    parsed.ok().map(|(_, step)| step)
}
