//! `net/url`: what `(*URL).String` gives.

use super::{At, Known, Says, errors};
use crate::value::Reader;
use std::fmt::Write;

pub(super) const URL: Known = &[
    ("Error", Says::Chain, errors::text),
    ("EscapeError", Says::Chain, errors::text),
    ("URL", Says::All, url),
    ("Userinfo", Says::All, userinfo),
];

/// A longer part belongs into no line.
const MAX_PART: u64 = 4096;

/// Parts of a URL in which different characters stand for themselves (`net/url.encoding`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    User,
    Path,
    Fragment,
}

impl Part {
    fn escapes(self, c: u8) -> bool {
        if c.is_ascii_alphanumeric() || b"-_.~".contains(&c) {
            return false;
        }
        match self {
            Self::Host => !b"!$&'()*+,;=:[]<>\"".contains(&c),
            Self::User => !b"$&+,;=".contains(&c),
            Self::Path => !b"$&+,/:;=@".contains(&c),
            Self::Fragment => !b"$&+,/:;=?@!()*".contains(&c),
        }
    }

    fn escape(self, text: &[u8]) -> String {
        let mut out = String::new();
        for c in text {
            if self.escapes(*c) {
                let _ = write!(out, "%{c:02X}");
            } else {
                out.push(char::from(*c));
            }
        }
        out
    }

    /// The program's own encoding where it says the same, else the usual one.
    fn encoded(self, plain: &[u8], raw: &[u8]) -> String {
        let valid = raw
            .iter()
            .all(|c| b"!$&'()*+,;=:@[]%".contains(c) || !self.escapes(*c));
        if !raw.is_empty() && valid && unescape(raw).as_deref() == Some(plain) {
            return String::from_utf8_lossy(raw).into_owned();
        }
        self.escape(plain)
    }
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((c, more)) = rest.split_first() {
        if *c != b'%' {
            out.push(*c);
            rest = more;
            continue;
        }
        let (digits, more) = more.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
        rest = more;
    }
    Some(out)
}

fn userinfo(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let part = |path| reader.bytes_of(&reader.field(at, path)?, MAX_PART);
    let mut text = Part::User.escape(&part("username")?);
    if reader.flag(at, "passwordSet")? {
        text.push(':');
        text.push_str(&Part::User.escape(&part("password")?));
    }
    Some(text)
}

pub(super) fn url(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let user = if reader.is_nil(at, "User")? {
        None
    } else {
        let user = reader.follow(&reader.field(at, "User")?)?;
        Some(userinfo(reader, &user)?)
    };
    let part = |path: &str| reader.bytes_of(&reader.field(at, path)?, MAX_PART);
    let plain = |path: &str| Some(String::from_utf8_lossy(&part(path)?).into_owned());
    let (scheme, opaque) = (plain("Scheme")?, plain("Opaque")?);
    let (host, path) = (part("Host")?, part("Path")?);
    if reader.field(at, "OmitHost").is_some() && reader.flag(at, "OmitHost")? {
        return None;
    }
    let mut text = String::new();
    if !scheme.is_empty() {
        text = format!("{scheme}:");
    }
    if opaque.is_empty() {
        let authority = !host.is_empty() || user.is_some();
        if authority || (!scheme.is_empty() && !path.is_empty()) {
            text.push_str("//");
        }
        if let Some(user) = user {
            text.push_str(&user);
            text.push('@');
        }
        text.push_str(&Part::Host.escape(&host));
        let path = match path.as_slice() {
            b"*" => "*".to_owned(),
            path => Part::Path.encoded(path, &part("RawPath")?),
        };
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            text.push('/');
        }
        // RFC 3986, 4.2: a first segment with a colon would be taken for a scheme.
        let first = path.split('/').next().unwrap_or_default();
        if text.is_empty() && first.contains(':') {
            text.push_str("./");
        }
        text.push_str(&path);
    } else {
        text.push_str(&opaque);
    }
    let query = plain("RawQuery")?;
    if reader.flag(at, "ForceQuery")? || !query.is_empty() {
        text.push('?');
        text.push_str(&query);
    }
    let fragment = part("Fragment")?;
    if !fragment.is_empty() {
        text.push('#');
        text.push_str(&Part::Fragment.encoded(&fragment, &part("RawFragment")?));
    }
    Some(text)
}
