//! Dumps inside one line: loggers write `debug.Stack()` as a string field, with its newlines escaped.

use super::header;

/// The lines of the string that begins with a goroutine's header, if it is one.
pub(super) fn dump(text: &[u8]) -> Option<Vec<u8>> {
    let lines = unescape(text)?;
    header(lines.split(|b| *b == b'\n').next()?)?;
    Some(lines)
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
