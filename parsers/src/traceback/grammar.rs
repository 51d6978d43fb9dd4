//! Single lines of a goroutine's section (runtime/traceback.go), for whoever holds one: no state, no guess
//! about what the line before was.
//!
//! All take a line without its end. Pastes lose the tab before a source line or turn it into spaces, so any
//! blank is accepted there, and none.

use super::records::{Creator, Elided, Function, Source};
use crate::scan::hex_digits;
use nom::Parser;
use nom::bytes::complete::tag;
use nom::character::complete::u64 as decimal;
use nom::combinator::all_consuming;
use nom::sequence::{delimited, preceded};

/// `main.(*T).M(0x1, {0xc000012345?, 0x2})`.
///
/// A name may hold parentheses (`(*T)`) and spaces (`type:.eq.struct { main.a int }`); arguments hold neither
/// letters beyond `a`–`f` and `x` nor parentheses, which is how application text is told from a call.
pub fn function(line: &[u8]) -> Option<Function<'_>> {
    let inner = line.strip_suffix(b")")?;
    let open = memchr::memrchr(b'(', inner)?;
    let (name, args) = (inner.get(..open)?, inner.get(open + 1..)?);
    let first = *name.first()?;
    let may_begin = first.is_ascii_alphabetic() || first == b'_' || first >= 0x80;
    (may_begin && args.iter().all(|b| is_argument_byte(*b))).then_some(Function { name, args })
}

pub(super) const fn is_argument_byte(b: u8) -> bool {
    matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'x' | b'{' | b'}' | b'?' | b',' | b'.' | b'_' | b' ')
}

/// `/src/main.go:18 +0x5e fp=0xc00004 sp=0xc00003 pc=0x45ae1a`, or `pc=0x45ae1a` where a C symbolizer knew no
/// file.
pub fn source(line: &[u8]) -> Option<Source<'_>> {
    let mut rest = line.trim_ascii();
    let mut source = Source::default();
    // From the right: file names may hold anything, what follows them may not.
    loop {
        let start = memchr::memrchr(b' ', rest).map_or(0, |at| at + 1);
        let token = rest.get(start..)?;
        let (slot, digits) = match token {
            [b'+', b'0', b'x', digits @ ..] => (&mut source.offset, digits),
            [b'f', b'p', b'=', b'0', b'x', digits @ ..] => (&mut source.fp, digits),
            [b's', b'p', b'=', b'0', b'x', digits @ ..] => (&mut source.sp, digits),
            [b'p', b'c', b'=', b'0', b'x', digits @ ..] => (&mut source.pc, digits),
            _ => break,
        };
        *slot = Some(hex_digits(digits)?);
        rest = rest.get(..start)?.trim_ascii_end();
    }
    if rest.is_empty() {
        return source.pc.is_some().then_some(source);
    }
    let colon = memchr::memrchr(b':', rest)?;
    source.file = rest.get(..colon)?;
    source.line = line_number(rest.get(colon + 1..)?)?;
    (!source.file.is_empty()).then_some(source)
}

fn line_number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let mut number: u32 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number
            .checked_mul(10)?
            .checked_add(u32::from(digit - b'0'))?;
    }
    Some(number)
}

/// `created by main.main in goroutine 1`
pub fn created_by(line: &[u8]) -> Option<Creator<'_>> {
    let text = line.strip_prefix(b"created by ")?;
    let by = memchr::memmem::rfind(text, b" in goroutine ").and_then(|at| {
        let (name, id) = text.split_at_checked(at)?;
        let (_, id) = all_consuming(preceded(tag(" in goroutine "), decimal::<_, ()>))
            .parse(id)
            .ok()?;
        Some((name, id))
    });
    let (function, goroutine) = by.map_or((text, None), |(name, id)| (name, Some(id)));
    (!function.is_empty()).then_some(Creator {
        function,
        goroutine,
    })
}

/// `...40 frames elided...` or `...additional frames elided...`
pub fn elided(line: &[u8]) -> Option<Elided> {
    let what = line
        .strip_prefix(b"...")?
        .strip_suffix(b" frames elided...")?;
    if what == b"additional" {
        return Some(Elided::End);
    }
    let (_, count) = all_consuming(decimal::<_, ()>).parse(what).ok()?;
    Some(Elided::Middle(count))
}

/// `goroutine running on other thread; stack unavailable`
pub(super) fn is_unavailable(line: &[u8]) -> bool {
    line.ends_with(b"; stack unavailable") || line.ends_with(b"stack trace unavailable)")
}

/// `[originating from goroutine 1]:`, with the goroutine's number (`tracebackancestors`).
pub fn originating_from(line: &[u8]) -> Option<u64> {
    let id = delimited(
        tag("[originating from goroutine "),
        decimal::<_, ()>,
        tag("]:"),
    );
    Some(all_consuming(id).parse(line).ok()?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Option<(&str, &str)> {
        let f = function(line.as_bytes())?;
        Some((
            str::from_utf8(f.name).unwrap(),
            str::from_utf8(f.args).unwrap(),
        ))
    }

    #[test]
    fn calls_are_split_at_the_last_parenthesis() {
        assert_eq!(
            call("main.(*T[...]).M[...](0x1, {0xc000012345?, 0x2}, _, ...)"),
            Some(("main.(*T[...]).M[...]", "0x1, {0xc000012345?, 0x2}, _, ..."))
        );
        assert_eq!(call("main.f(...)"), Some(("main.f", "...")));
        assert_eq!(call("runtime.goexit({})"), Some(("runtime.goexit", "{}")));
        assert_eq!(call("main.func·001()"), Some(("main.func·001", "")));
        assert_eq!(
            call("type:.eq.struct { main.a int }(0x1)"),
            Some(("type:.eq.struct { main.a int }", "0x1"))
        );
        for other in [
            "done (took 3ms)",
            "(0x1)",
            "main.f(0x1",
            "2026/11/21 02:30:42 f(0x1)",
            "",
        ] {
            assert_eq!(call(other), None, "{other}");
        }
    }

    #[test]
    fn sources_are_read_from_the_right() {
        let read = |line: &'static str| {
            source(line.as_bytes())
                .map(|s| (str::from_utf8(s.file).unwrap(), s.line, s.offset, s.pc))
        };
        assert_eq!(
            read("\t/a b/c:d.go:18 +0x5e fp=0xc1 sp=0xc0 pc=0x45"),
            Some(("/a b/c:d.go", 18, Some(0x5e), Some(0x45)))
        );
        assert_eq!(
            read("\tC:/x/main.go:7"),
            Some(("C:/x/main.go", 7, None, None))
        );
        assert_eq!(
            read("/tabs/lost.go:7 +0x1"),
            Some(("/tabs/lost.go", 7, Some(1), None))
        );
        assert_eq!(
            read("\t<autogenerated>:1 +0x1f"),
            Some(("<autogenerated>", 1, Some(0x1f), None))
        );
        assert_eq!(read("\tf.c:9 pc=0x12"), Some(("f.c", 9, None, Some(0x12))));
        assert_eq!(read("\tpc=0x12"), Some(("", 0, None, Some(0x12))));
        assert_eq!(
            read("\truntime/proc.go:7137 fp=0x1 sp=0x2 pc=0x3"),
            Some(("runtime/proc.go", 7137, None, Some(3)))
        );
        for other in [
            "\t",
            "\t/x.go:",
            "\t:12",
            "\t/x.go:12 +0x",
            "\t/x.go:1x",
            "\t/x.go:99999999999",
            "main.f(0x1)",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn creators_gaps_and_ancestors() {
        let by = |line: &'static str| {
            created_by(line.as_bytes()).map(|c| (str::from_utf8(c.function).unwrap(), c.goroutine))
        };
        assert_eq!(by("created by main.main"), Some(("main.main", None)));
        assert_eq!(
            by("created by a.(*T).F in goroutine 17"),
            Some(("a.(*T).F", Some(17)))
        );
        assert_eq!(by("created by "), None);
        assert_eq!(elided(b"...40 frames elided..."), Some(Elided::Middle(40)));
        assert_eq!(elided(b"...additional frames elided..."), Some(Elided::End));
        assert_eq!(elided(b"...some frames elided..."), None);
        assert_eq!(
            originating_from(b"[originating from goroutine 12]:"),
            Some(12)
        );
        assert_eq!(originating_from(b"[originating from goroutine ]:"), None);
    }
}
