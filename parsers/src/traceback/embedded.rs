//! Dumps inside one line: loggers write `debug.Stack()` as a string field, with its newlines escaped.

use super::records::Record;
use super::{Reader, header};
use crate::log::{self, Format, Kind, Line, Sink, Taken};

/// Reads the string that begins with a goroutine's header, if it is one. The line stays the application's own,
/// and is given first.
pub(super) fn read(text: &[u8], line: &Line<'_>, out: &mut Sink<'_>) -> Taken {
    let Some(lines) = unescape(text) else {
        return Taken::No;
    };
    let mut lines = lines.split(|b| *b == b'\n').peekable();
    if lines.peek().and_then(|first| header(first)).is_none() {
        return Taken::No;
    }
    let mut give = |kind: Kind<'_>| {
        out(log::Record {
            place: line.place,
            stamp: line.stamp,
            origin: line.origin,
            kind,
        });
    };
    give(Kind::Log(line.text));
    give(Kind::Traceback(Record::Embedded { begins: true }));
    let mut inner = Reader::default();
    while let Some(text) = lines.next() {
        let last = lines.peek().is_none();
        if last && text.is_empty() {
            break;
        }
        let part = Line {
            text,
            unterminated: last && line.cut,
            cut: false,
            ..*line
        };
        inner.line(&part, &mut |record| match record.kind {
            Kind::Log(_) => {}
            kind => give(kind),
        });
    }
    inner.finish(&mut |record| give(record.kind));
    give(Kind::Traceback(Record::Embedded { begins: false }));
    Taken::Yes
}

/// The text up to the quote that ends the string, with escapes as JSON and Go write them; `None` when no
/// newline is escaped in it.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(text, b"]:\\n")?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let Some(at) = memchr::memchr2(b'\\', b'"', rest) else {
            out.extend_from_slice(rest);
            return Some(out);
        };
        let (plain, after) = rest.split_at_checked(at)?;
        out.extend_from_slice(plain);
        let [b'\\', escape, tail @ ..] = after else {
            return Some(out);
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
