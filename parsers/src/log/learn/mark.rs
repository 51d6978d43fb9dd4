//! Where in a line a trace may begin behind a prefix, and which lines must follow one.

use crate::log::{telling, trace};
use crate::search::Words;
use crate::traceback::{created_by, elided, function, header, source};
use std::sync::LazyLock;

/// What seems to begin in the middle of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    /// A panic, a fatal error, a signal: a goroutine's header must come behind the same prefix.
    Death,
    /// A goroutine's header: a call must come next.
    Header,
    /// A trace of one line, whole: another one must come.
    Trace,
    /// The line above a race report.
    Rule,
    /// The first line of a report or a profile: the prefix must stand before the next lines too, between another's.
    Report,
    /// What else tells of a trace: the prefix must stand before the next lines, and no other lines between.
    Block,
}

/// Words of which one stands where any of them begins. None is escaped inside JSON or logfmt.
pub(in crate::log) const WORDS: [&str; 23] = [
    "panic: ",
    "goroutine ",
    "fatal error: ",
    "fatal: morestack on g",
    "SIG",
    "Exception 0x",
    "unexpected fault address 0x",
    "runtime: ",
    "runtime stack:",
    "gc ",
    "GC forced",
    "SCHED ",
    "scvg",
    "scav ",
    "scan: ",
    "pacer: ",
    "init ",
    "checkfinalizers: ",
    "tracealloc(",
    "WARNING: ",
    "heap profile: ",
    "http: panic serving ",
    "==================",
];

static SEARCH: LazyLock<Words> = LazyLock::new(|| Words::new(&WORDS));

/// So many words that look like a beginning are looked at in a line.
const ATTEMPTS: usize = 16;

/// The first trace that begins in a line, not at its start.
pub(super) fn first(text: &[u8]) -> Option<(usize, Mark)> {
    SEARCH
        .all(text)
        .take(ATTEMPTS)
        .filter(|found| found.start() > 0)
        .find_map(|found| {
            let at = found.start();
            let before = *text.get(at - 1)?;
            if before.is_ascii_alphanumeric() || before == b'_' || before == b'.' {
                return None;
            }
            Some((at, of(text.get(at..)?)?))
        })
}

/// What a text begins, if anything does with it. The text may go on in quotes or braces that are not its own.
fn of(text: &[u8]) -> Option<Mark> {
    let starts = |word: &[u8]| text.starts_with(word);
    if starts(b"panic: ")
        || starts(b"fatal error: ")
        || starts(b"fatal: ")
        || starts(b"SIG") && telling::tells(text)
    {
        return Some(Mark::Death);
    }
    if starts(b"Exception 0x")
        || starts(b"unexpected fault address 0x")
        || starts(b"runtime: ")
        || starts(b"runtime stack:")
    {
        return Some(Mark::Death);
    }
    if starts(b"goroutine ") {
        let digits = text.iter().skip(10).take_while(|b| b.is_ascii_digit());
        let digits = digits.count();
        let behind = text.get(10 + digits..).unwrap_or_default();
        if digits > 0 && behind.starts_with(b" ") && memchr::memmem::find(behind, b"]").is_some() {
            return Some(Mark::Header);
        }
    }
    if starts(b"http: panic serving ") {
        return Some(Mark::Death);
    }
    let inside = memchr::memchr3(b'"', b'\\', b'\'', text).and_then(|end| text.get(..end));
    let inside = inside.unwrap_or(text);
    if inside == b"==================" {
        return Some(Mark::Rule);
    }
    if is_line(text) || is_line(inside) {
        return Some(Mark::Trace);
    }
    if starts(b"WARNING: ") || starts(b"heap profile: ") || starts(b"goroutine") {
        return telling::tells(text).then_some(Mark::Report);
    }
    telling::tells(text).then_some(Mark::Block)
}

/// Whether a text is a trace of one line.
pub(super) fn is_line(text: &[u8]) -> bool {
    trace::whole(text, 1).is_some()
}

/// Whether a line can come right behind a goroutine's header.
pub(super) fn is_call(text: &[u8]) -> bool {
    function(text).is_some()
        || created_by(text).is_some()
        || elided(text).is_some()
        || text.starts_with(b"\t") && source(text).is_some()
        || text.ends_with(b"; stack unavailable")
}

/// Whether a line is a goroutine's header.
pub(super) fn is_header(text: &[u8]) -> bool {
    header(text.trim_ascii_start()).is_some()
}
