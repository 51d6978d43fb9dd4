//! Single lines that say why a process dies (runtime/panic.go, `printpanics`, `throw`; signal_unix.go,
//! `sighandler`), and its registers.

use super::records::{Recovered, SignalNote, SignalPlace, Text};
use crate::scan::{Scan, hex};
use crate::search::Words;
use memchr::memmem::Finder;
use nom::Parser;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{i64 as signed, u64 as decimal};
use nom::combinator::{all_consuming, opt, rest};
use nom::sequence::{preceded, terminated};
use std::sync::LazyLock;

static SERVED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("http: panic serving "));

/// Looked for in every line that is nobody's: where a dump or a death may begin further right.
pub(crate) const WORDS: [&str; 6] = [
    "goroutine ",
    "panic serving ",
    "panic: ",
    "panic\"",
    "fatal error: ",
    "SIG",
];

static INSIDE: LazyLock<Words> = LazyLock::new(|| Words::new(&WORDS));

/// Whether a dump or a death may begin in a line.
#[inline]
pub(super) fn may_be_inside(line: &[u8]) -> bool {
    INSIDE.first(line, 0).is_some()
}

/// A line of a panic's text, with what stands at its end taken off.
pub(super) fn text(line: &[u8]) -> Text<'_> {
    for (end, recovered) in [
        (&b" [recovered, repanicked]"[..], Recovered::Repanicked),
        (b" [recovered]", Recovered::Recovered),
    ] {
        if let Some(text) = line.strip_suffix(end) {
            return Text { text, recovered };
        }
    }
    Text {
        text: line,
        recovered: Recovered::No,
    }
}

/// `panic: …` behind any number of tabs, which pastes turn into blanks. Go 1.18 and later print a goexit as nothing, so a
/// first line may have one.
pub(super) fn panic(line: &[u8]) -> Option<Text<'_>> {
    line.trim_ascii_start().strip_prefix(b"panic: ").map(text)
}

/// `fatal error: …` behind any number of tabs, and the few that are written without the runtime's `throw`
/// (runtime/proc.go, `badmorestackg0`, `badsystemstack`).
pub(super) fn fatal(line: &[u8]) -> Option<Text<'_>> {
    let line = line.trim_ascii_start();
    let text = line.strip_prefix(b"fatal error: ").or_else(|| {
        let text = line.strip_prefix(b"fatal: ")?;
        (text.starts_with(b"morestack on g") || text.starts_with(b"systemstack called from "))
            .then_some(text)
    })?;
    Some(Text {
        text,
        recovered: Recovered::No,
    })
}

/// Whether a line says by itself that a process dies.
pub(super) fn is_cause(line: &[u8]) -> bool {
    panic(line).is_some() || fatal(line).is_some() || signal(line)
}

/// Where in a line, behind words of the application that had no end, a line begins that says why.
pub(super) fn unfinished(line: &[u8]) -> Option<&[u8]> {
    BEGINNINGS.iter().find_map(|finder| {
        let at = finder.find(line)?;
        let (head, tail) = line.split_at_checked(at)?;
        let before = *head.trim_ascii_start().last()?;
        if head.ends_with(b"[signal ") {
            return None;
        }
        (!before.is_ascii_alphanumeric() && before != b'"' && is_cause(tail)).then_some(tail)
    })
}

static BEGINNINGS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["panic: ", "fatal error: ", "SIG"].map(Finder::new));

/// `SIGQUIT: quit`, `Signal 35`, `Exception 0xc0000005 0x8 0x0 0x0`: a line `PC=` follows.
pub(super) fn signal(line: &[u8]) -> bool {
    match line {
        [b'S', b'I', b'G', b'A'..=b'Z', ..] => {
            let name = memchr::memchr(b':', line).and_then(|at| line.get(..at));
            name.is_some_and(|name| name.len() <= 12 && name.iter().all(u8::is_ascii_alphanumeric))
        }
        _ => line.starts_with(b"Signal ") || line.starts_with(b"Exception 0x"),
    }
}

/// `PC=0x495dc1 m=0 sigcode=0 addr=0x0`; up to 1.8 without `sigcode`.
pub(super) fn signal_place(line: &[u8]) -> Option<SignalPlace> {
    let (_, (pc, m, sigcode, addr)) = all_consuming((
        preceded(tag("PC="), hex),
        opt(preceded(tag(" m="), signed::<_, ()>)),
        opt(preceded(tag(" sigcode="), decimal)),
        opt(preceded(tag(" addr="), hex)),
    ))
    .parse(line)
    .ok()?;
    Some(SignalPlace {
        pc,
        m,
        sigcode,
        addr,
    })
}

/// `[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x4ab573]`
pub(super) fn signal_note(line: &[u8]) -> Option<SignalNote<'_>> {
    let inside = line.strip_prefix(b"[signal ")?.strip_suffix(b"]")?;
    let at = memchr::memmem::rfind(inside, b" code=0x")
        .or_else(|| memchr::memmem::rfind(inside, b" addr=0x"))?;
    let (what, numbers) = inside.split_at_checked(at)?;
    let (_, (code, addr, pc)) = all_consuming((
        opt(preceded(tag(" code="), hex)),
        preceded(tag(" addr="), hex),
        preceded(tag(" pc="), hex),
    ))
    .parse(numbers)
    .ok()?;
    let colon = memchr::memmem::find(what, b": ");
    let (name, description) = match colon {
        Some(at) => (what.get(..at)?, what.get(at + 2..)?),
        None => (what, &b""[..]),
    };
    Some(SignalNote {
        name,
        description,
        code: code.unwrap_or(0),
        addr,
        pc,
    })
}

/// `rax    0xca`: two to seven characters, padded to seven, and the value.
pub(super) fn register(line: &[u8]) -> Option<(&[u8], u64)> {
    fn parse(line: &[u8]) -> Scan<'_, (&[u8], u64)> {
        (
            terminated(
                take_while_m_n(2, 7, |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit()),
                take_while1(|b| b == b' '),
            ),
            hex,
        )
            .parse(line)
    }
    all_consuming(parse)
        .parse(line)
        .ok()
        .map(|(_, found)| found)
}

/// Lines that the runtime prints before the first one that names the death, and between sections.
pub(super) fn is_note(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"runtime: ",
        b"runtime/cgo: ",
        b"unexpected fault address 0x",
        b"accessed data from freed user arena 0x",
        b"signal arrived during ",
        b"instruction bytes:",
        b"panic during panic",
        b"stack trace unavailable",
        b"preempt off reason: ",
        b"traceback: ",
        b"stack: frame={sp:0x",
        b"recover: 0x",
    ];
    STARTS.iter().any(|start| line.starts_with(start)) || is_memory(line) || is_object(line)
}

/// ` *(object+8) = 0xc000f52000`, `object=0xc00112a040 s.base()=0xc00112a000 …` (runtime/mgcmark.go, `gcDumpObject`).
fn is_object(line: &[u8]) -> bool {
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric);
    if let Some(field) = line.strip_prefix(b" *(") {
        let end = memchr::memmem::find(field, b") = 0x");
        let place = end.and_then(|end| field.get(..end)).unwrap_or_default();
        let plus = memchr::memchr(b'+', place);
        return plus.is_some_and(|at| place.get(..at).is_some_and(is_word));
    }
    let name = memchr::memmem::find(line.get(..32.min(line.len())).unwrap_or_default(), b"=0x");
    name.is_some_and(|at| line.get(..at).is_some_and(is_word))
        && (memchr::memmem::find(line, b" s.base()=0x").is_some()
            || memchr::memmem::find(line, b" s=nil").is_some())
}

/// `0x000000c00004e000:  0x…  0x… <main.f+0x12>`: stack memory around a frame that could not be unwound.
fn is_memory(line: &[u8]) -> bool {
    line.starts_with(b"0x") && line.get(18..20) == Some(b": ")
}

/// The client and the text of `http: panic serving 127.0.0.1:60304: assignment to entry in nil map`, wherever in the
/// line it begins.
pub(super) fn served(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = SERVED.find(line)?;
    let (after, _) = tag::<_, _, ()>("http: panic serving ")
        .parse(line.get(at..)?)
        .ok()?;
    let colon = memchr::memmem::find(after, b": ")?;
    let (_, text) = preceded(tag::<_, _, ()>(": "), rest)
        .parse(after.get(colon..)?)
        .ok()?;
    Some((after.get(..colon)?, text))
}

/// `exit status 2`, `signal: killed`: the go command, after the process has ended.
pub(super) fn ended(line: &[u8]) -> bool {
    line.strip_prefix(b"exit status ")
        .is_some_and(|code| !code.is_empty() && code.iter().all(u8::is_ascii_digit))
        || line.starts_with(b"signal: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_of_all_ages() {
        let s =
            signal_note(b"[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x4ab573]")
                .unwrap();
        assert_eq!(
            (s.name, s.code, s.addr, s.pc),
            (&b"SIGSEGV"[..], 1, 8, 0x4ab573)
        );
        let s = signal_note(b"[signal 0xb code=0x1 addr=0x0 pc=0x2a]").unwrap();
        assert_eq!((s.name, s.description), (&b"0xb"[..], &b""[..]));
        let p = signal_place(b"PC=0x7f67 m=0 sigcode=18446744073709551610").unwrap();
        assert_eq!(
            (p.pc, p.m, p.sigcode, p.addr),
            (0x7f67, Some(0), Some(u64::MAX - 5), None)
        );
        assert_eq!(signal_place(b"PC=0x1 m=-1").unwrap().m, Some(-1));
        assert_eq!(signal_place(b"PC=0x1 and more"), None);
        assert!(signal(b"SIGQUIT: quit"));
        assert!(!signal(b"SIGNING: of"[..3].as_ref()));
    }

    #[test]
    fn registers_and_served_panics() {
        assert_eq!(register(b"rax    0xca"), Some((&b"rax"[..], 0xca)));
        assert_eq!(register(b"rflags 0x286"), Some((&b"rflags"[..], 0x286)));
        assert_eq!(register(b"value 12"), None);
        assert_eq!(
            served(b"2026/11/21 02:41:32 http: panic serving 127.0.0.1:60304: a: b"),
            Some((&b"127.0.0.1:60304"[..], &b"a: b"[..]))
        );
        assert_eq!(text(b"x [recovered]").recovered, Recovered::Recovered);
        assert!(ended(b"exit status 2"));
        assert!(!ended(b"exit status of it"));
    }
}
