//! Pairs as logfmt has them: `time=… level=info msg="gc 1 @0.1s …"`.

use super::inside::Inside;
use super::names::{Tells, join, tells};
use crate::line::Stamp;

/// The key of the pair of a record whose value is as it is wanted, and that value.
pub(super) fn key_of<T>(
    record: &[u8],
    wanted: &dyn Fn(&[u8]) -> Option<T>,
) -> Option<(Vec<u8>, T)> {
    let mut rest = record;
    while let Some((key, value, after)) = pair(rest) {
        if let Some(found) = wanted(&value) {
            return Some((key.to_vec(), found));
        }
        rest = after;
    }
    None
}

/// What a record has under this key.
pub(super) fn under(wanted: &[u8], record: &[u8]) -> Option<Inside> {
    let mut text = None;
    let mut inside = Inside::default();
    let mut rest = record;
    while let Some((key, value, after)) = pair(rest) {
        if key == wanted {
            text.get_or_insert(value);
        } else if let Ok(name) = str::from_utf8(key) {
            match tells(name) {
                Tells::Time if inside.stamp.is_none() => {
                    inside.stamp = Stamp::read(&value).map(|(stamp, _)| stamp);
                }
                Tells::Writer | Tells::Process => join(&mut inside.writer, &value),
                _ => {}
            }
        }
        rest = after;
    }
    inside.texts.push(text?);
    Some(inside)
}

/// The first pair of a logfmt text, its value without quotes, and what follows it.
fn pair(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let mut rest = text;
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let head = rest.get(..equals)?;
        let start = memchr::memrchr(b' ', head).map_or(0, |at| at + 1);
        let key = head.get(start..)?;
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-@/".contains(byte);
        let value = rest.get(equals + 1..)?;
        if key.is_empty() || !key.iter().all(is_key) {
            rest = value;
            continue;
        }
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let (text, after) = unquote(quoted)?;
            return Some((key, text, after));
        }
        let end = memchr::memchr(b' ', value).unwrap_or(value.len());
        let (word, after) = value.split_at_checked(end)?;
        return Some((key, word.to_vec(), after));
    }
}

/// A quoted text, whose first quote is taken off, and what follows it.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let at = memchr::memchr2(b'\\', b'"', rest)?;
        out.extend_from_slice(rest.get(..at)?);
        match rest.get(at..)? {
            [b'\\', escape, after @ ..] => {
                match escape {
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'r' => out.push(b'\r'),
                    other => out.push(*other),
                }
                rest = after;
            }
            [b'"', after @ ..] => return Some((out, after)),
            _ => return None,
        }
    }
}
