//! Labels of goroutines: `{"request_id":"42", "tenant":"acme corp"}`. It looks like JSON and is none: keys and values
//! are quoted as Go source is (`%q`), there is no blank after the colon and one after the comma.

use std::borrow::Cow;

/// The labels of one sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Labels<'a>(&'a [u8]);

impl<'a> Labels<'a> {
    /// Labels as written between `{` and `}`, both included; nothing when a quote or a brace is missing.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let inner = text.strip_prefix(b"{")?.strip_suffix(b"}")?;
        let mut rest = inner;
        while !rest.is_empty() {
            (_, rest) = pair(rest)?;
        }
        Some(Self(inner))
    }

    /// Keys and values in the order in which they are printed.
    pub fn iter(&self) -> impl Iterator<Item = (Quoted<'a>, Quoted<'a>)> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (found, after) = pair(rest)?;
            rest = after;
            Some(found)
        })
    }
}

/// `"k":"v"`, and the comma behind it.
fn pair(text: &[u8]) -> Option<((Quoted<'_>, Quoted<'_>), &[u8])> {
    let (key, rest) = Quoted::parse(text)?;
    let (value, rest) = Quoted::parse(rest.strip_prefix(b":")?)?;
    let rest = match rest {
        [] => rest,
        [b',', b' ', after @ ..] if !after.is_empty() => after,
        _ => return None,
    };
    Some(((key, value), rest))
}

/// A string as Go's `%q` prints it, without its quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quoted<'a>(&'a [u8]);

impl<'a> Quoted<'a> {
    /// A quoted string at the start of `text`, and what follows it.
    pub fn parse(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let inner = text.strip_prefix(b"\"")?;
        let mut from = 0;
        loop {
            let at = from + memchr::memchr2(b'"', b'\\', inner.get(from..)?)?;
            if inner.get(at) == Some(&b'"') {
                return Some((Self(inner.get(..at)?), inner.get(at + 1..)?));
            }
            from = at + 2;
        }
    }

    /// The string. An escape that Go does not write stands as it is.
    pub fn text(&self) -> Cow<'a, [u8]> {
        if memchr::memchr(b'\\', self.0).is_none() {
            return Cow::Borrowed(self.0);
        }
        let mut out = Vec::with_capacity(self.0.len());
        let mut rest = self.0;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            let (plain, escape) = rest.split_at(at);
            out.extend_from_slice(plain);
            let used = unescape(escape, &mut out).unwrap_or_else(|| {
                out.push(b'\\');
                1
            });
            rest = escape.get(used..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
        Cow::Owned(out)
    }
}

/// Appends what the escape at the start of `text` stands for; gives its length.
fn unescape(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let number = |length: usize| {
        let digits = std::str::from_utf8(text.get(2..2 + length)?).ok()?;
        let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
        plain
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten()
    };
    let simple = match text.get(1)? {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        other @ (b'\\' | b'"' | b'\'') => *other,
        b'x' => {
            out.push(u8::try_from(number(2)?).ok()?);
            return Some(4);
        }
        wide @ (b'u' | b'U') => {
            let length = if *wide == b'u' { 4 } else { 8 };
            let char = char::from_u32(number(length)?)?;
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(2 + length);
        }
        _ => return None,
    };
    out.push(simple);
    Some(2)
}
