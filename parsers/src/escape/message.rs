//! What a diagnostic says: its fixed words, at the start or at the end, and the source text between.

use super::logopt::begins_log;
use super::words::{Parsed, after, ending, when};
use super::{Inlining, Line, Message, debug, flow, frame, noise, without_prefix};
use bstr::ByteSlice;
use nom::{
    Parser,
    branch::alt,
    bytes::complete::tag,
    character::complete::{char, digit1, i32 as signed, i64 as signed_long},
    combinator::{all_consuming, fail, map},
};

fn split_last<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = text.rfind(at)?;
    Some((text.get(..found)?, text.get(found + at.len()..)?))
}

fn split_first<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = text.find(at)?;
    Some((text.get(..found)?, text.get(found + at.len()..)?))
}

fn whole_number(text: &[u8]) -> Option<i32> {
    let parsed: Parsed<'_, i32> = all_consuming(signed).parse(text);
    parsed.ok().map(|(_, number)| number)
}

/// `leaking param: P` and its three kin.
fn leaking(input: &[u8]) -> Parsed<'_, Message<'_>> {
    alt((
        map(after(b"leaking param content: "), |param| {
            Message::LeakingParamContent { param }
        }),
        map(after(b"leaking param: "), |text| {
            to_result(text).unwrap_or(Message::LeakingParam { param: text })
        }),
        map(after(b"leaking closure reference "), |name| {
            Message::LeakingClosureReference { name }
        }),
    ))
    .parse(input)
}

/// `P to result R level=N`.
fn to_result(text: &[u8]) -> Option<Message<'_>> {
    let (text, level) = split_last(text, b" level=")?;
    let (param, result) = split_first(text, b" to result ")?;
    Some(Message::LeakingParamToResult {
        param,
        result,
        level: whole_number(level)?,
    })
}

/// `parameter P leaks to DST [for F] with derefs=N:`.
fn leak_title(input: &[u8]) -> Parsed<'_, Message<'_>> {
    let (_, text) = after(b"parameter ").parse(input)?;
    let title = text.strip_suffix(b":").and_then(|text| {
        let (text, derefs) = split_last(text, b" with derefs=")?;
        let (param, text) = split_first(text, b" leaks to ")?;
        let (destination, function) = leak_destination(text);
        Some(Message::LeakTitle {
            param,
            destination,
            function,
            derefs: whole_number(derefs)?,
        })
    });
    match title {
        Some(title) => Ok((&[], title)),
        None => fail().parse(input),
    }
}

/// `DST [for F]`, where DST may be `{storage for X}`.
fn leak_destination(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let split = if text.starts_with(b"{") {
        text.rfind(b"} for ").map(|at| at + 1)
    } else {
        text.find(b" for ")
    };
    match split.and_then(|at| text.split_at_checked(at)) {
        Some((destination, function)) => (destination, function.strip_prefix(b" for ")),
        None => (text, None),
    }
}

/// `EXPR escapes to heap:`, with ` in F` from Go 1.25 on.
fn escape_title(input: &[u8]) -> Parsed<'_, Message<'_>> {
    let Some(text) = input.strip_suffix(b":") else {
        return fail().parse(input);
    };
    let title = match text.strip_suffix(b" escapes to heap") {
        Some(expression) => Some((expression, None)),
        None => split_last(text, b" escapes to heap in ")
            .map(|(expression, function)| (expression, Some(function))),
    };
    match title {
        Some((expression, function)) if !expression.is_empty() => Ok((
            &[],
            Message::EscapeTitle {
                expression,
                function,
            },
        )),
        _ => fail().parse(input),
    }
}

/// Words that begin an expression of today's compiler and are followed by a blank; Go 1.12 and older put a
/// function's name there.
const EXPRESSION_WORDS: [&[u8]; 9] = [
    b"func",
    b"struct",
    b"interface",
    b"chan",
    b"map",
    b"go",
    b"defer",
    b"range",
    b"...",
];

/// `main x does not escape`: the function Go 1.12 and older name first.
fn legacy_function(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let split = || {
        let (first, second) = split_first(text, b" ")?;
        let names_function = first
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || !b.is_ascii() || b"_.()*\xc2\xb7".contains(b))
            && first
                .first()
                .is_some_and(|b| !b.is_ascii_digit() && *b != b'*' && *b != b'.')
            && !EXPRESSION_WORDS.contains(&first)
            && (!first.contains(&b'(') || first.starts_with(b"(*"));
        // A binary expression goes on with an operator and a blank; so does a conversion's argument.
        let operator = second.find_byte(b' ').is_some_and(|end| {
            second
                .get(..end)
                .is_some_and(|word| word.iter().all(|b| b"+-*/%&|^<>=!".contains(b)))
        });
        (names_function && !operator && !second.is_empty()).then_some((first, second))
    };
    match split() {
        Some((function, expression)) => (Some(function), expression),
        None => (None, text),
    }
}

fn escapes(input: &[u8]) -> Parsed<'_, Message<'_>> {
    alt((
        map(ending(b" escapes to heap"), |expression| {
            Message::EscapesToHeap { expression }
        }),
        map(ending(b" does not escape"), |text| {
            let (function, expression) = legacy_function(text);
            Message::DoesNotEscape {
                function,
                expression,
            }
        }),
        escape_title,
    ))
    .parse(input)
}

/// `can inline F [with cost N as: …]`, `cannot inline F: why`, `inlining call to F`.
fn inlining(input: &[u8]) -> Parsed<'_, Message<'_>> {
    let can = map(after(b"can inline "), |text| {
        let with_cost = || {
            let (function, text) = split_first(text, b" with cost ")?;
            let parsed: Parsed<'_, i64> = signed_long.parse(text);
            let (_, cost) = parsed.ok()?;
            Some((function, cost))
        };
        match with_cost() {
            Some((function, cost)) => Inlining::Can {
                function,
                cost: Some(cost),
            },
            None => Inlining::Can {
                function: text,
                cost: None,
            },
        }
    });
    let cannot = map(after(b"cannot inline "), |text| {
        // `cannot inline F into G: …` is about one call.
        match split_first(text, b": ") {
            Some((function, _)) if function.contains_str(b" into ") => Inlining::Note,
            Some((function, reason)) => Inlining::Cannot { function, reason },
            None => Inlining::Note,
        }
    });
    let call = map(after(b"inlining call to "), |text| Inlining::Call {
        function: split_first(text, b" with score ").map_or(text, |(function, _)| function),
    });
    let big = |input| {
        let (_, text) = after(b"function ").parse(input)?;
        match split_first(text, b" considered 'big'") {
            Some((function, _)) => Ok((&b""[..], Inlining::Big { function })),
            None => fail().parse(input),
        }
    };
    let note = map(
        alt((
            after(b"should inline "),
            after(b"hot-callsite "),
            after(b"hot-node "),
            after(b"hot-budget "),
            after(b"cheap call is also intrinsic, "),
            after(b"intrinsic call, "),
            after(b"costly OCALL"),
            after(b"doNode "),
            after(b"skip inlining within "),
        )),
        |_| Inlining::Note,
    );
    map(alt((call, can, cannot, big, note)), Message::Inlining).parse(input)
}

/// `F capturing by ref: x (addr=false assign=true width=8)`.
fn capture(input: &[u8]) -> Parsed<'_, Message<'_>> {
    let capture = || {
        let (text, _) = split_last(input, b" (addr=")?;
        let (function, text) = split_first(text, b" capturing by ")?;
        let (how, name) = split_first(text, b": ")?;
        Some(Message::Capture {
            function,
            by_reference: how == b"ref",
            name,
        })
    };
    match capture() {
        Some(message) => Ok((&[], message)),
        None => fail().parse(input),
    }
}

/// `edge F:1 -> G (weight 9): …`, `call F:1: hottest callee …` (`devirtualize/pgo.go`).
fn weighs_profile_edges(text: &[u8]) -> bool {
    (text.starts_with(b"edge ") && text.contains_str(b" (weight "))
        || (text.starts_with(b"call ")
            && (text.contains_str(b": no hot callee") || text.contains_str(b": hottest callee ")))
}

fn devirtualization(input: &[u8]) -> Parsed<'_, Message<'_>> {
    alt((
        map(
            alt((
                after(b"devirtualizing "),
                after(b"partially devirtualizing "),
                after(b"PGO devirtualizing "),
            )),
            |_| Message::Devirtualized,
        ),
        map(after(b"cannot devirtualize "), |_| {
            Message::CannotDevirtualize
        }),
        map(
            alt((
                after(b"PGO "),
                after(b"can't PGO "),
                after(b"should not PGO "),
                after(b"hot call"),
            )),
            |_| Message::Pgo,
        ),
        map(when(weighs_profile_edges), |()| Message::Pgo),
    ))
    .parse(input)
}

fn remarks(input: &[u8]) -> Parsed<'_, Message<'_>> {
    let uintptr = |input| {
        let (_, text) = alt((after(b"assuming "), after(b"marking "))).parse(input)?;
        if text.ends_with(b" is unsafe uintptr")
            || text.ends_with(b" as escaping uintptr")
            || text.ends_with(b" as escaping ...uintptr")
        {
            Ok((&b""[..], Message::Uintptr))
        } else {
            fail().parse(input)
        }
    };
    let loop_variable = |input| {
        let (_, text) = after(b"loop variable ").parse(input)?;
        if text.contains_str(b" now per-iteration") {
            Ok((&b""[..], Message::LoopVariable))
        } else {
            fail().parse(input)
        }
    };
    alt((
        map(after(b"moved to heap: "), |name| Message::MovedToHeap {
            name,
        }),
        map(tag(&b"zero-copy string->[]byte conversion"[..]), |_| {
            Message::ZeroCopy
        }),
        map(
            alt((
                after(b"mutates param: "),
                after(b"calls param: "),
                ending(b" does not escape, mutate, or call"),
            )),
            |_| Message::ParamEffect,
        ),
        loop_variable,
        map(ending(b" will be kept alive"), |_| Message::KeptAlive),
        map(tag(&b"expr is unknown to bloop pass"[..]), |_| {
            Message::KeptAlive
        }),
        uintptr,
    ))
    .parse(input)
}

fn ignores_self_assignment(text: &[u8]) -> bool {
    text.contains_str(b" ignoring self-assignment in ")
        || text.starts_with(b"ignoring self-assignment in ")
}

/// Whether a diagnostic holds another line's position outside of its string literals: two compilers wrote into
/// one line, and neither message is whole.
fn is_torn(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b".go:").any(|at| {
        let rest = text.get(at + ".go:".len()..).unwrap_or_default();
        let quotes = memchr::memchr_iter(b'"', text.get(..at).unwrap_or_default()).count();
        let position: Parsed<'_, _> = (digit1, char(':'), digit1, tag(&b": "[..])).parse(rest);
        quotes.is_multiple_of(2) && position.is_ok()
    })
}

/// Reads the text after a position. `None`: no message this program knows.
pub fn message(input: &[u8]) -> Option<Message<'_>> {
    let continued = matches!(input.first(), Some(b' ' | b'\t'));
    let parsed = if continued {
        alt((flow::step, noise::continued_error)).parse(input)
    } else {
        alt((
            inlining,
            leaking,
            remarks,
            leak_title,
            escapes,
            capture,
            devirtualization,
            debug::debug,
            map(when(ignores_self_assignment), |()| Message::SelfAssignment),
            noise::error,
        ))
        .parse(input)
    };
    parsed
        .ok()
        .map(|(_, message)| message)
        .filter(|message| !message.is_about_escape() || !is_torn(input))
}

/// Reads a line without a position. `None`: nothing this program knows.
///
/// The compiler prints some of its messages so, where it has no position to give (Go 1.27:
/// `moved to heap: #next`).
pub fn bare(line: &[u8]) -> Option<Message<'_>> {
    if noise::is_dump(line) {
        return Some(Message::Dump);
    }
    if let Some(found @ (Message::MovedToHeap { .. } | Message::Capture { .. })) = message(line) {
        return Some(found);
    }
    if matches!(line.first(), Some(b'\t' | b' '))
        && let Ok((_, message)) = noise::continued_error(line)
    {
        return Some(message);
    }
    noise::is_noise(line).then_some(Message::Noise)
}

/// Whether the beginning of an input is compiler output: one of its first whole lines is a diagnostic that only
/// the compiler prints, or it begins as one of its logs does.
pub fn recognizes(head: &[u8]) -> bool {
    let first = head.lines().next().unwrap_or_default();
    if begins_log(first) {
        return true;
    }
    head.lines()
        .take(200)
        .any(|line| match frame(without_prefix(line)) {
            Line::Diagnostic { message: text, .. } => {
                message(text).is_some_and(|message| message.category().is_compiler())
            }
            _ => false,
        })
}
