//! Dumps inside one line: loggers write `debug.Stack()`, or all that a crash printed, as a string field with its newlines
//! escaped.

use super::head::is_cause;
use super::header;

/// What stood in one line.
#[derive(Debug)]
pub(super) struct Inside {
    /// The lines of the string, from the first that says why or that is a goroutine's header.
    pub lines: Vec<u8>,
    /// What another field says of the panic, when the string does not.
    pub cause: Option<Vec<u8>>,
}

/// What a line holds in whose text `goroutine ` stands at `at`.
pub(super) fn dump(line: &[u8], at: usize) -> Option<Inside> {
    memchr::memmem::find(line.get(at..)?, b"]:\\n")?;
    let start = string_at(line, at);
    let whole = unescape(line.get(start..)?);
    let mut from = 0;
    let mut begun = None;
    for part in whole.split(|byte| *byte == b'\n') {
        if header(part).is_some() {
            let from = *begun.get_or_insert(from);
            let lines = whole.get(from..)?.to_vec();
            let told = whole.get(from..)?.split(|byte| *byte == b'\n').next();
            let cause = if told.is_some_and(|first| header(first).is_some()) {
                cause(line)
            } else {
                None
            };
            return Some(Inside { lines, cause });
        }
        if begun.is_none() && is_cause(part) {
            begun = Some(from);
        }
        from += part.len() + 1;
    }
    None
}

/// Where the string begins in which a text stands.
fn string_at(line: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(quote) = line.get(..end).and_then(|head| memchr::memrchr(b'"', head)) {
        let before = line.get(..quote).unwrap_or_default();
        if before.last() != Some(&b'\\') {
            return quote + 1;
        }
        end = quote;
    }
    at
}

/// The text up to the quote that ends the string, with escapes as JSON and Go write them.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let Some(at) = memchr::memchr2(b'\\', b'"', rest) else {
            out.extend_from_slice(rest);
            return out;
        };
        let (plain, after) = rest.split_at_checked(at).unwrap_or_default();
        out.extend_from_slice(plain);
        let [b'\\', escape, tail @ ..] = after else {
            return out;
        };
        rest = tail;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => {}
            b'u' => {
                let code = tail
                    .get(..4)
                    .and_then(|hex| u32::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
                if let Some(c) = code.and_then(char::from_u32) {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    rest = tail.get(4..).unwrap_or_default();
                }
            }
            other => out.push(*other),
        }
    }
}

/// What a line of fields says of a panic: the value of a field of that name, or the error of a line that speaks of one.
pub(super) fn cause(line: &[u8]) -> Option<Vec<u8>> {
    let fields = fields(line);
    let of = |wanted: &[&[u8]]| {
        wanted.iter().find_map(|name| {
            let mut fields = fields.iter();
            let found =
                fields.find(|(key, value)| key.eq_ignore_ascii_case(name) && value.len() > 1);
            found.map(|(_, value)| value.clone())
        })
    };
    let speaks = |(key, value): &(&[u8], Vec<u8>)| {
        let value = value.to_ascii_lowercase();
        memchr::memmem::find(&value, b"panic").is_some() && value.len() < 200
            || key.eq_ignore_ascii_case(b"panic")
    };
    let named = |value: &Vec<u8>| !value.eq_ignore_ascii_case(b"panic");
    let runtime = fields
        .iter()
        .find(|(_, value)| value.starts_with(b"runtime error: "));
    if let Some((_, value)) = runtime {
        return Some(value.clone());
    }
    let says =
        fields.iter().any(speaks) || memchr::memmem::find(line, b"Observed a panic").is_some();
    says.then(|| {
        of(&[
            b"panic",
            b"error",
            b"err",
            b"reason",
            b"recover",
            b"exception",
            b"cause",
        ])
    })
    .flatten()
    .filter(named)
}

/// The fields of a line whose values are quoted: `"key":"value"`, `key="value"`.
fn fields(line: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    /// A line of a log has no more that matter.
    const MOST: usize = 64;
    let mut found = Vec::new();
    let mut rest = line;
    let mut last: &[u8] = b"";
    while let Some(quote) = memchr::memchr(b'"', rest)
        && found.len() < MOST
    {
        let (before, quoted) = rest.split_at_checked(quote).unwrap_or_default();
        let quoted = quoted.get(1..).unwrap_or_default();
        let Some(end) = closing(quoted) else { break };
        let raw = quoted.get(..end).unwrap_or_default();
        rest = quoted.get(end + 1..).unwrap_or_default();
        if let Some(head) = before.strip_suffix(b"=") {
            let start = memchr::memrchr(b' ', head).map_or(0, |at| at + 1);
            found.push((head.get(start..).unwrap_or_default(), unescape(raw)));
        } else if before.trim_ascii() == b":" {
            found.push((last, unescape(raw)));
        }
        last = raw;
    }
    found
}

/// Where the quote is that ends a string.
fn closing(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'\\', b'"', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}
