//! The position in front of a message.
//!
//! ```text
//! file ":" line [":" column] ": " message
//! ```
//!
//! The file may contain blanks, colons (`C:\x.go`) and anything but a colon followed by digits and `": "`, so
//! colons are tried from the left until one is followed by the rest. `-m=3` prints `pos:[1] F stmt: …` and
//! `pos:.i0:  non-looping label`, which are parts of a dump.

use super::{Line, Position};
use nom::{
    IResult, Parser,
    bytes::complete::tag,
    character::complete::{char, digit1, u32 as number},
    combinator::{opt, rest},
    sequence::{preceded, terminated},
};

const UNKNOWN: &[u8] = b"<unknown line number>";

enum Tail<'a> {
    Message(&'a [u8]),
    Dump,
}

/// `:line[:column]` and what follows it.
fn numbers(input: &[u8]) -> IResult<&[u8], (u32, u32)> {
    let (input, line) = preceded(char(':'), number).parse(input)?;
    let (input, column) = opt(preceded(char(':'), number)).parse(input)?;
    Ok((input, (line, column.unwrap_or(0))))
}

fn tail(input: &[u8]) -> IResult<&[u8], Tail<'_>> {
    let (input, _) = char(':').parse(input)?;
    match input.first() {
        Some(b' ') => {
            let (input, message) = rest.parse(input.get(1..).unwrap_or_default())?;
            Ok((input, Tail::Message(message)))
        }
        Some(b'[' | b'.') => Ok((&[], Tail::Dump)),
        // `x.go:1:2:` alone: a message cut off, or a title without a text.
        _ => nom::combinator::fail().parse(input),
    }
}

/// A position without a message, as at the end of a `from` line.
pub(super) fn position(input: &[u8]) -> Option<Position<'_>> {
    if input == UNKNOWN {
        return Some(Position {
            file: input,
            line: 0,
            column: 0,
        });
    }
    memchr::memchr_iter(b':', input).find_map(|colon| {
        let (file, rest) = input.split_at_checked(colon)?;
        let (rest, (line, column)) = numbers(rest).ok()?;
        (rest.is_empty() && !file.is_empty()).then_some(Position { file, line, column })
    })
}

fn positioned(line: &[u8]) -> Option<Line<'_>> {
    for colon in memchr::memchr_iter(b':', line) {
        let (file, rest) = line.split_at_checked(colon)?;
        if !rest.get(1).is_some_and(u8::is_ascii_digit) || file.is_empty() {
            continue;
        }
        // Digits that are no line number make this no position, rather than part of a file's name.
        let (rest, (line, column)) = numbers(rest).ok()?;
        match tail(rest) {
            Ok((_, Tail::Message(message))) => {
                return Some(Line::Diagnostic {
                    position: Position { file, line, column },
                    message,
                });
            }
            Ok((_, Tail::Dump)) => return Some(Line::Dump),
            Err(_) => {}
        }
    }
    None
}

/// Frames one line, given without its line end.
pub fn frame(line: &[u8]) -> Line<'_> {
    match line {
        [] => Line::Dump,
        [b'#', b' ', package @ ..] if !package.is_empty() => Line::Package(package),
        [b'.', b' ' | b'\t', ..] => Line::Dump,
        // A continuation of a bare line: nothing that begins with blanks has a position of its own.
        [b' ' | b'\t', ..] => Line::Bare(line),
        _ => {
            let unknown: IResult<&[u8], &[u8]> =
                terminated(tag(UNKNOWN), tag(&b": "[..])).parse(line);
            if let Ok((message, file)) = unknown {
                return Line::Diagnostic {
                    position: Position {
                        file,
                        line: 0,
                        column: 0,
                    },
                    message,
                };
            }
            positioned(line).unwrap_or(Line::Bare(line))
        }
    }
}

/// A time stamp as container runtimes and CI put it before each line: `2026-11-21T02:21:10.123456789Z `,
/// and with it the stream and the tag of a CRI log.
fn stamp(input: &[u8]) -> IResult<&[u8], ()> {
    let (input, _) = (digit1, char('-'), digit1, char('-'), digit1, char('T')).parse(input)?;
    let (input, _) = (digit1, char(':'), digit1, char(':'), digit1).parse(input)?;
    let (input, _) = opt(preceded(char('.'), digit1)).parse(input)?;
    let zone: IResult<&[u8], ()> = (
        nom::branch::alt((char('+'), char('-'))),
        digit1,
        char(':'),
        digit1,
    )
        .map(|_| ())
        .parse(input);
    let input = match zone {
        Ok((input, ())) => input,
        Err(_) => char('Z').parse(input)?.0,
    };
    let (input, _) = char(' ').parse(input)?;
    let stream: IResult<&[u8], &[u8]> = nom::branch::alt((
        tag(&b"stdout F "[..]),
        tag(&b"stderr F "[..]),
        tag(&b"stdout P "[..]),
        tag(&b"stderr P "[..]),
    ))
    .parse(input);
    Ok((stream.map_or(input, |(input, _)| input), ()))
}

/// `#12 3.456 ` of a build in a container.
fn step(input: &[u8]) -> IResult<&[u8], ()> {
    (
        char('#'),
        digit1,
        char(' '),
        digit1,
        char('.'),
        digit1,
        char(' '),
    )
        .map(|_| ())
        .parse(input)
}

/// `build_1  | ` of a service.
fn service(input: &[u8]) -> Option<&[u8]> {
    let bar = memchr::memmem::find(input.get(..72).unwrap_or(input), b" | ")?;
    let (name, rest) = input.split_at_checked(bar)?;
    let name = name.trim_ascii_end();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let plausible = !name.is_empty() && name.len() <= 64 && name.iter().all(is_name);
    plausible.then(|| rest.get(3..)).flatten()
}

/// `[2026-11-21 02:21:10] `: a date that begins so, in brackets.
fn bracketed(input: &[u8]) -> Option<&[u8]> {
    let close = memchr::memmem::find(input.get(..64).unwrap_or(input), b"] ")?;
    let (date, rest) = input.get(1..)?.split_at_checked(close - 1)?;
    let is_date = date.len() > 8
        && date.first().is_some_and(u8::is_ascii_digit)
        && date
            .iter()
            .all(|byte| byte.is_ascii_digit() || b"-:./ TZ+".contains(byte));
    is_date.then(|| rest.get(2..)).flatten()
}

/// What was indented as a whole: a line of the compiler's that has a file, a line and a column, or names the package.
fn indented(input: &[u8]) -> Option<&[u8]> {
    let rest = input.trim_ascii_start();
    let is_ours = match frame(rest) {
        Line::Diagnostic { position, .. } => position.column > 0 && position.file.ends_with(b".go"),
        Line::Package(package) => !package.contains(&b' '),
        _ => false,
    };
    is_ours.then_some(rest)
}

/// The same of what was quoted (`> `), in a mail or a comment.
fn quoted(input: &[u8]) -> Option<&[u8]> {
    let mut bytes = input.iter();
    let length = bytes.position(|byte| !b"> \t".contains(byte))?;
    indented(input.get(length..)?)
}

/// The line without what a container, a service, a CI system, a mail or a page put in front of it.
pub fn without_prefix(line: &[u8]) -> &[u8] {
    let rest = match line.first() {
        Some(first) if first.is_ascii_digit() => stamp(line).ok().map(|(rest, ())| rest),
        Some(b'#') => step(line).ok().map(|(rest, ())| rest),
        Some(b'[') => bracketed(line),
        Some(b' ' | b'\t') => indented(line),
        Some(b'>') => quoted(line),
        Some(first) if first.is_ascii_alphanumeric() => service(line),
        _ => None,
    };
    rest.unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u32, column: u32) -> Position<'_> {
        Position {
            file: file.as_bytes(),
            line,
            column,
        }
    }

    fn framed(text: &str) -> (Option<Position<'_>>, &[u8]) {
        match frame(text.as_bytes()) {
            Line::Diagnostic { position, message } => (Some(position), message),
            _ => (None, b""),
        }
    }

    #[test]
    fn what_others_put_in_front_is_taken_off() {
        for ours in [
            "# example.com/esc/b",
            "b/main.go:10:6: can inline grow with cost 3 as: func(int) []byte { return make([]byte, n) }",
            "b/main.go:10:38:   flow: {heap} = &{storage for make([]byte, n)}:",
        ] {
            for prefix in [
                "2026-11-21T02:21:10.123Z ",
                "#12 3.456 ",
                "build_1  | ",
                "[2026-11-21 02:21:10] ",
                "    ",
                "\t",
                "> ",
                "> > ",
                ">",
            ] {
                let line = format!("{prefix}{ours}");
                let rest = without_prefix(line.as_bytes());
                assert_eq!(str::from_utf8(rest), Ok(ours), "{prefix}");
            }
            assert_eq!(without_prefix(ours.as_bytes()), ours.as_bytes());
        }
        // Continuations, and what is not the compiler's.
        for other in [
            "  from &x (address-of) at ./x.go:8:9",
            "[no test files] x",
            "\t# a b",
            "> a comment on b/main.go:10",
        ] {
            assert_eq!(without_prefix(other.as_bytes()), other.as_bytes());
        }
    }

    #[test]
    fn positions_of_every_age_and_system() {
        for (text, position) in [
            ("./x.go:12:3: m", at("./x.go", 12, 3)),
            ("x.go:219: m", at("x.go", 219, 0)),
            ("<autogenerated>:1: m", at("<autogenerated>", 1, 0)),
            (
                "<unknown line number>: m",
                at("<unknown line number>", 0, 0),
            ),
            (r"C:\src\x y.go:7:1: m", at(r"C:\src\x y.go", 7, 1)),
            (r".\x.go:7:1: m", at(r".\x.go", 7, 1)),
            ("module/pkg/x.go:7:1: m", at("module/pkg/x.go", 7, 1)),
        ] {
            assert_eq!(framed(text), (Some(position), &b"m"[..]), "{text}");
        }
    }

    #[test]
    fn colons_in_the_message_are_the_messages() {
        let (position, message) = framed("./x.go:1:2: \"a:1:2: b\" escapes to heap");
        assert_eq!(position, Some(at("./x.go", 1, 2)));
        assert_eq!(message, b"\"a:1:2: b\" escapes to heap");
    }

    #[test]
    fn what_has_no_position_is_bare() {
        for text in [
            "go: downloading x v1.2.3",
            "12:30:45 started",
            "x.go:12",
            "\tx.go:1:2: m",
        ] {
            assert!(matches!(frame(text.as_bytes()), Line::Bare(_)), "{text}");
        }
    }

    #[test]
    fn pieces_of_dumps_are_dumps() {
        for text in [
            "",
            ".   NAME-x",
            "./x.go:1:2:[1] f stmt: x",
            "./x.go:1:2:.i0:  non-looping label",
        ] {
            assert_eq!(frame(text.as_bytes()), Line::Dump, "{text}");
        }
    }

    #[test]
    fn numbers_too_large_for_a_line_are_no_position() {
        assert!(matches!(frame(b"./x.go:99999999999:1: m"), Line::Bare(_)));
    }

    #[test]
    fn time_stamps_of_containers_go() {
        for prefix in [
            "2026-11-21T02:23:36.1234567Z ",
            "2026-11-21T02:23:36.12+01:00 stderr F ",
        ] {
            let line = format!("{prefix}./x.go:1:2: m");
            assert_eq!(without_prefix(line.as_bytes()), b"./x.go:1:2: m");
        }
        assert_eq!(without_prefix(b"2026-11-21 x"), b"2026-11-21 x");
    }
}
