//! Bytes of a dead process as text that is safe to show.
//!
//! Whatever the process held, what comes out is printable: control characters, escape sequences, bidi
//! controls, invisible and unassigned characters and bytes that are no UTF-8 are written as Go's `%q` writes
//! them. Rust's own notion of printable (letters, marks, numbers, punctuation, symbols and the ASCII space)
//! is the same as Go's `strconv.IsPrint`, so the text also pastes into Go source.

use std::borrow::Cow;
use std::fmt::Write;

/// A Go string literal of the bytes, quotes included: `"a\n\x1b[31m\u202e\xff"`.
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
                out.push(c);
            } else {
                push_escaped(&mut out, c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

/// A name or a path as it stands outside quotes: printable characters as they are, the rest escaped.
/// Backslashes and quotes stay, so that ordinary names never change.
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    Cow::Owned(out)
}

/// [`escape`] for bytes that may not be UTF-8.
pub fn escape_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return escape(text);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// Whether a character may reach a terminal as it is.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // `str::escape_debug` knows which characters are printable, and escapes combining marks only where they
    // begin a string: hence the letter before.
    let mut buffer = [b'a', 0, 0, 0, 0];
    let len = 1 + buffer
        .get_mut(1..)
        .map_or(0, |rest| c.encode_utf8(rest).len());
    let text = buffer.get(..len).and_then(|b| std::str::from_utf8(b).ok());
    text.is_some_and(|t| t.escape_debug().nth(1) == Some(c))
}

fn push_escaped(out: &mut String, c: char) {
    let short = match c {
        '\x07' => "\\a",
        '\x08' => "\\b",
        '\x0c' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\x0b' => "\\v",
        c if is_printable(c) => return out.push(c),
        c => {
            let code = u32::from(c);
            let _ = match code {
                ..0x80 => write!(out, "\\x{code:02x}"),
                0x80..0x10000 => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
            return;
        }
    };
    out.push_str(short);
}

#[cfg(test)]
mod tests {
    use super::{escape, escape_bytes, quote};
    use proptest::prelude::*;

    /// Expected texts are what `strconv.Quote` of Go 1.27 gives.
    #[test]
    fn quotes_as_strconv_does() {
        for (bytes, text) in [
            (&b"plain"[..], r#""plain""#),
            (b"a\"b\\c", r#""a\"b\\c""#),
            (
                b"\x07\x08\x0c\n\r\t\x0b\0\x1b[31m\x7f",
                r#""\a\b\f\n\r\t\v\x00\x1b[31m\x7f""#,
            ),
            (b"\xff\xc3\x28", r#""\xff\xc3(""#),
            ("héllo → 世界 🎉".as_bytes(), r#""héllo → 世界 🎉""#),
            ("e\u{301}".as_bytes(), "\"e\u{301}\""),
            (
                "\u{202e}\u{2066}\u{200b}\u{feff}\u{a0}\u{ad}".as_bytes(),
                r#""\u202e\u2066\u200b\ufeff\u00a0\u00ad""#,
            ),
            (
                "\u{85}\u{e0001}\u{10ffff}".as_bytes(),
                r#""\u0085\U000e0001\U0010ffff""#,
            ),
        ] {
            assert_eq!(quote(bytes), text);
        }
    }

    #[test]
    fn ordinary_names_do_not_change() {
        let name = r#"net/http.(*Client).Do, "C:\x" — é"#;
        assert!(matches!(escape(name), std::borrow::Cow::Borrowed(n) if n == name));
    }

    proptest! {
        #[test]
        fn nothing_unprintable_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for text in [quote(&bytes), escape_bytes(&bytes).into_owned()] {
                prop_assert!(text.chars().all(super::is_printable), "{text:?}");
            }
        }
    }
}
