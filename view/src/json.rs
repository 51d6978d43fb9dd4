//! Documents as JSON that may be looked at in a terminal: strings carry every character of the dump, and those that a
//! terminal must not be given (control characters of both sets, bidi and invisible ones) in JSON's own escapes.
//!
//! ```
//! let mut out = Vec::new();
//! dumpview_view::json::write(&mut out, "a\u{202e}b\u{9b}").unwrap();
//! assert_eq!(out, br#""a\u202eb\u009b""#);
//! assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), "a\u{202e}b\u{9b}");
//! ```

use dumpview_model::value::quote::is_printable;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Writes a value on one line.
///
/// # Errors
///
/// When it cannot be written.
pub fn write<T: Serialize + ?Sized>(out: impl Write, value: &T) -> io::Result<()> {
    value.serialize(&mut serializer(out))?;
    Ok(())
}

/// What writes values on one line.
pub fn serializer<W: Write>(out: W) -> Serializer<W, impl Formatter> {
    Serializer::with_formatter(out, Safe(CompactFormatter))
}

/// Writes a value on many lines, for people.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_pretty<T: Serialize + ?Sized>(out: impl Write, value: &T) -> io::Result<()> {
    let safe = Safe(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(out, safe))?;
    Ok(())
}

/// A value on one line.
///
/// # Errors
///
/// When it cannot be said in JSON.
pub fn bytes<T: Serialize + ?Sized>(value: &T) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(&mut out, value)?;
    Ok(out)
}

/// A way of writing JSON, with strings that are safe.
struct Safe<F>(F);

/// Hands what is about structure on to the formatter within.
macro_rules! as_within {
    ($($name:ident($($argument:ident: $type:ty),*)),* $(,)?) => {
        $(fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $argument: $type)*) -> io::Result<()> {
            self.0.$name(out $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    as_within! {
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object(), end_object(), begin_object_key(first: bool), end_object_key(),
        begin_object_value(), end_object_value(),
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly every string is of the characters that need no second look.
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, odd)) = rest.char_indices().find(|(_, c)| !is_printable(*c)) {
            let (before, from) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            for unit in odd.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = from.get(odd.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, write_pretty};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #[test]
        fn what_is_read_back_is_what_was_there(text in any::<String>(), key in any::<String>()) {
            let value = json!({ key: [text, 1.5, null, {}] });
            let plain = bytes(&value).unwrap();
            let mut pretty = Vec::new();
            write_pretty(&mut pretty, &value).unwrap();
            for written in [&plain, &pretty] {
                prop_assert_eq!(&serde_json::from_slice::<Value>(written).unwrap(), &value);
                let text = std::str::from_utf8(written).unwrap();
                let odd = |c: &char| *c != '\n' && !dumpview_model::value::quote::is_printable(*c);
                prop_assert_eq!(text.chars().find(odd), None);
            }
        }
    }

    #[test]
    fn characters_beyond_sixteen_bits_are_pairs() {
        assert_eq!(bytes("\u{e0001}").unwrap(), br#""\udb40\udc01""#);
        assert_eq!(
            bytes("é🎉\n\u{7f}").unwrap(),
            "\"é🎉\\n\\u007f\"".as_bytes()
        );
    }
}
