//! Where in a line a trace may begin behind a prefix, and which lines must follow one.

use crate::log::{telling, trace};
use crate::traceback::{created_by, elided, function, header, source};
use aho_corasick::AhoCorasick;
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
    /// The first line of a report or a profile: the prefix must stand before the next lines too.
    Block,
}

/// Words of which one stands where any of them begins. None is escaped inside JSON or logfmt.
const WORDS: [&str; 25] = [
    "panic: ",
    "goroutine ",
    "fatal error: ",
    "fatal: ",
    "SIG",
    "Exception 0x",
    "unexpected fault address 0x",
    "runtime: ",
    "runtime stack:",
    "gc",
    "GC forced",
    "SCHED ",
    "scvg",
    "scav ",
    "scan: ",
    "pacer: ",
    "init ",
    "checkfinalizers: ",
    "tracealloc(",
    "tracefree(",
    "WARNING: ",
    "http: panic serving ",
    "# ",
    "==================",
    "heap profile: ",
];

static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(WORDS).ok());

/// So many words that look like a beginning are looked at in a line.
const ATTEMPTS: usize = 16;

/// The first trace that begins in a line, not at its start.
pub(super) fn first(text: &[u8]) -> Option<(usize, Mark)> {
    let search = SEARCH.as_ref()?;
    search
        .find_iter(text)
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
    let inside = memchr::memchr2(b'"', b'\\', text).and_then(|end| text.get(..end));
    let inside = inside.unwrap_or(text);
    if inside == b"==================" {
        return Some(Mark::Rule);
    }
    if is_line(text) || is_line(inside) {
        return Some(Mark::Trace);
    }
    telling::tells(text).then_some(Mark::Block)
}

/// `# import/path`, which the go command puts before the traces of its compilers.
fn is_package(text: &[u8]) -> bool {
    let path = text.strip_prefix(b"# ").unwrap_or_default();
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/[] ".contains(byte);
    (1..=256).contains(&path.len()) && path.iter().all(inside)
}

/// Whether a text is a trace of one line, or announces some.
pub(super) fn is_line(text: &[u8]) -> bool {
    trace::whole(text, 1).is_some() || is_package(text)
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
