//! The words of records: where one may begin in a line, of which one a line is a piece, and which line only looks
//! like one. The mender asks; nothing here takes tokens or keeps state.

use super::template::{Step, TEMPLATES, Template};
use crate::scan;
use crate::search::Words;
use std::sync::LazyLock;

/// How many words of an application a line may have that look like a record's.
pub(super) const ATTEMPTS: usize = 16;

/// Words that begin a record (as many as `BEGINNINGS`), then ones that only stand inside one.
pub(in crate::log) const WORDS: [&str; 22] = [
    "gc ",
    "SCHED ",
    "scav ",
    "pacer: ",
    "scan: ",
    "checkfinalizers: ",
    "init ",
    ": status=",
    ": p=",
    " ms clock, ",
    " ms cpu, ",
    " MB goal, ",
    " MB stacks, ",
    " MB globals, ",
    " KiB work",
    "% util",
    " idlethreads=",
    " schedticks=",
    " lockedm=",
    " lockedg=",
    " handoff, ",
    " (forced)",
];
const BEGINNINGS: usize = 9;

/// Looks for all of them at once.
static SEARCH: LazyLock<Words> = LazyLock::new(|| Words::new(&WORDS));

/// Whether any of the words is in a text.
#[inline]
pub(super) fn has_word(text: &[u8]) -> bool {
    SEARCH.first(text, 0).is_some()
}

/// The word's number in [`WORDS`], where it begins and where it ends.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = (usize, usize, usize)> {
    let found = SEARCH.all(text);
    found.map(|found| (found.pattern().as_usize(), found.start(), found.end()))
}

/// The format whose word this is.
fn format_of(word: usize) -> &'static str {
    match WORDS.get(word) {
        Some(&(" KiB work" | "% util")) => "scavtrace",
        Some(&(" idlethreads=" | " schedticks=" | " lockedm=" | " lockedg=")) => "schedtrace",
        _ => "gctrace",
    }
}

/// Where a record may begin in a text: at its start, or at a word.
pub(super) fn beginnings(text: &[u8]) -> impl Iterator<Item = (usize, &'static Template)> {
    let inside = words(text)
        .filter(|(word, ..)| *word < BEGINNINGS)
        .filter_map(|(word, start, _)| match WORDS.get(word) {
            // What belongs to them stands in front: `  G12: status=`.
            Some(&(": status=" | ": p=")) => {
                let before = text.get(..start)?;
                let digits = before
                    .iter()
                    .rev()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                start.checked_sub(digits + 3)
            }
            _ => Some(start),
        })
        .filter(|&start| start > 0);
    std::iter::once(0)
        .chain(inside)
        .take(ATTEMPTS)
        .flat_map(move |start| {
            let rest = text.get(start..).unwrap_or_default();
            TEMPLATES
                .iter()
                .filter(move |template| match template.step(0) {
                    Step::Lit(literal) => rest.starts_with(literal.as_bytes()),
                    _ => false,
                })
                .map(move |template| (start, template))
        })
}

/// Whether a text begins like a record: its first word, and a number.
pub(super) fn begins(text: &[u8]) -> bool {
    beginnings(text)
        .take_while(|(start, _)| *start == 0)
        .any(|(_, template)| {
            let Step::Lit(first) = template.step(0) else {
                return false;
            };
            let rest = text.get(first.len()..).unwrap_or_default();
            if let Step::Path = template.step(1) {
                return is_package(rest);
            }
            template
                .number(1)
                .is_some_and(|(_, form)| form.scan(rest).is_ok())
        })
}

/// Whether a text ends in the first word of a record, without the number that comes next.
pub(super) fn ends_bare(text: &[u8]) -> bool {
    let is_first = |word: &str| word.ends_with(' ') && text.ends_with(word.as_bytes());
    WORDS.iter().take(BEGINNINGS).any(|word| is_first(word))
}

/// Whether a first word stands further on in a text, without the number that comes next.
pub(super) fn has_bare(text: &[u8]) -> bool {
    words(text).any(|(word, start, end)| {
        word < BEGINNINGS && start > 0 && !text.get(end).is_some_and(u8::is_ascii_digit)
    })
}

/// Whether a text goes on as an init line does behind its first word: a package, and when it was initialised, as far as
/// that is there.
fn is_package(rest: &[u8]) -> bool {
    let Some(length) = memchr::memmem::find(rest, b" @") else {
        return false;
    };
    let behind = rest.get(length + 2..).unwrap_or_default();
    let is_path = rest.get(..length).is_some_and(scan::is_path);
    is_path && behind.first().is_none_or(u8::is_ascii_digit)
}

/// The format of which a line has a piece: a word of it with the numbers that belong to it.
pub(super) fn orphan(text: &[u8]) -> Option<&'static str> {
    if text == b" (forced)" {
        return Some("gctrace");
    }
    words(text)
        .filter(|(word, ..)| *word >= BEGINNINGS)
        .find_map(|(word, start, end)| {
            let before = start.checked_sub(1).and_then(|at| text.get(at));
            let digit_before = before.is_none_or(u8::is_ascii_digit);
            let behind = text.get(end);
            let fits = match WORDS.get(word) {
                Some(&" (forced)") => {
                    text.get(..start)?.ends_with(b" P") || text.get(..start)?.ends_with(b"% util")
                }
                Some(&" lockedm=" | &" lockedg=") => {
                    behind.is_some_and(|byte| byte.is_ascii_digit() || b"-n".contains(byte))
                }
                Some(&" schedticks=") => behind == Some(&b'['),
                Some(&"% util") => digit_before,
                Some(&" KiB work") => digit_before && matches!(behind, Some(b',' | b' ') | None),
                Some(&" handoff, ") => before == Some(&b')'),
                _ => digit_before && behind.is_none_or(u8::is_ascii_digit),
            };
            fits.then(|| format_of(word))
        })
}

/// The format of a line that begins as only a trace does, and was not read.
pub(super) fn looks_odd(text: &[u8]) -> Option<&'static str> {
    let number_behind = |word: &[u8]| {
        text.strip_prefix(word)
            .and_then(|rest| rest.first())
            .is_some_and(u8::is_ascii_digit)
    };
    let has = |byte| memchr::memchr(byte, text).is_some();
    match text.first()? {
        b'g' if number_behind(b"gc ") => (has(b'@') && has(b'%') && has(b':')).then_some("gctrace"),
        b'g' if number_behind(b"gc") => (has(b'(') && has(b'+')).then_some("gctrace"),
        b'S' if number_behind(b"SCHED ") => Some("schedtrace"),
        b's' if number_behind(b"scav ") => Some("scavtrace"),
        b's' if number_behind(b"scvg") || text.starts_with(b"scvg: ") => Some("scavtrace"),
        b'p' if text.starts_with(b"pacer: ") => Some("pacertrace"),
        b's' if text.starts_with(b"scan: total ") || text.starts_with(b"scan: class ") => {
            Some("gctrace")
        }
        b'c' if text.starts_with(b"checkfinalizers: ") => Some("checkfinalizers"),
        b'i' if text.starts_with(b"init ") => {
            memchr::memmem::find(text, b" ms clock, ").and(Some("inittrace"))
        }
        _ => None,
    }
}
