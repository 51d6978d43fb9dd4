//! Beginnings that only traces have. They tell a prefix from the words behind it.

use super::trace;

/// Whether a line is, or begins, a trace; not whether it can be read.
pub(super) fn tells(text: &[u8]) -> bool {
    let starts = |word: &[u8]| text.starts_with(word);
    match text.first() {
        Some(b'g') => {
            starts(b"gc ") && behind_number(text, 3, b" @")
                || starts(b"gc") && behind_number(text, 2, b"(")
                || starts(b"goroutine ") && behind_number(text, 10, b" ") && text.contains(&b'[')
                || starts(b"goroutine profile: total ")
                || starts(b"goroutineleak profile: total ")
        }
        Some(b'S') => starts(b"SCHED ") && behind_number(text, 6, b"ms: ") || signal(text),
        Some(b's') => {
            starts(b"scvg")
                || starts(b"scav ")
                || starts(b"scan: ") && trace::whole(text, 1).is_some()
        }
        Some(b'u') => starts(b"unexpected fault address 0x"),
        Some(b'E') => starts(b"Exception 0x"),
        Some(b'f') => {
            starts(b"fatal error: ") || starts(b"fatal: morestack on g") || starts(b"forced scvg")
        }
        Some(b'p') => starts(b"pacer: ") || starts(b"panic: "),
        Some(b'G') => text == b"GC forced",
        Some(b'[') => starts(b"[signal SIG") || starts(b"[originating from goroutine "),
        Some(b'r') => starts(b"runtime stack:") || starts(b"runtime: goroutine stack exceeds "),
        Some(b't') => starts(b"tracealloc(") || starts(b"tracefree(") || text == b"tracegc()",
        Some(b'i' | b'c') => trace::whole(text, 1).is_some(),
        Some(b'W') => starts(b"WARNING: DATA RACE") || starts(b"WARNING: LIKELY CLEANUP"),
        Some(b'h') => starts(b"heap profile: "),
        _ => false,
    }
}

/// `SIGTRAP: trace trap`
fn signal(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"SIG").unwrap_or_default();
    let length = name
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    (2..=8).contains(&length) && name.get(length..length + 2) == Some(b": ")
}

/// Whether digits stand from `at` on, and this behind them.
fn behind_number(text: &[u8], at: usize, what: &[u8]) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0
        && rest
            .get(digits..)
            .is_some_and(|rest| rest.starts_with(what))
}
