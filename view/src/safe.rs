//! Names, paths and messages from a dump as text that a terminal may be given.
//!
//! Quoted strings are made safe where they are quoted (`dumpview_model::value::quote`); this is for what stands
//! outside quotes: function names, file paths, goroutine labels, thread names, error texts. An ordinary name
//! comes out unchanged and unallocated; an escape sequence, a newline or a bidi control comes out in Go's
//! spelling (`\x1b`, `\n`, `\u202e`).

use dumpview_model::value::quote;
use std::borrow::Cow;
use std::path::Path;

/// A name or message, on one line and without control characters.
pub fn safe(text: &str) -> Cow<'_, str> {
    quote::escape(text)
}

/// Bytes that should be text but come from the dump; what is no UTF-8 is shown as `\xNN`.
pub fn safe_bytes(bytes: &[u8]) -> Cow<'_, str> {
    quote::escape_bytes(bytes)
}

/// A path of this machine, which may hold any bytes as well.
pub fn safe_path(path: &Path) -> Cow<'_, str> {
    quote::escape_bytes(path.as_os_str().as_encoded_bytes())
}

/// A name or message between marks or in an attribute of HTML, XML or SVG.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in safe(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{safe, safe_bytes, safe_path};
    use std::path::Path;

    #[test]
    fn terminals_get_no_control_characters() {
        assert_eq!(safe("main.f\u{1b}]0;owned\u{7}"), r"main.f\x1b]0;owned\a");
        assert_eq!(safe("a\nb\u{202e}c"), r"a\nb\u202ec");
        assert_eq!(safe_bytes(b"ok\xfe"), r"ok\xfe");
        assert_eq!(safe_path(Path::new("/tmp/a b/é\r.go")), r"/tmp/a b/é\r.go");
    }
}
