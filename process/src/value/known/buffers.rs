//! `strings`, `bytes`, `bufio`: what is in a buffer, which for a reader is what nobody has read yet.

use super::{At, Known, Says};
use crate::value::Reader;

pub(super) const STRINGS: Known = &[
    ("Builder", Says::All, builder),
    ("Reader", Says::All, unread),
];

pub(super) const BYTES: Known = &[("Buffer", Says::All, buffer), ("Reader", Says::All, unread)];

pub(super) const BUFIO: Known = &[
    ("ReadWriter", Says::Some, both),
    ("Reader", Says::Some, reader_buffer),
    ("Writer", Says::Some, writer_buffer),
];

fn builder(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let contents = reader.contents(&reader.field(at, "buf")?, 0, None)?;
    Some(contents.quoted())
}

/// `bytes.Buffer`: read up to `off`.
fn buffer(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let read = reader.unsigned(at, "off")?;
    let contents = reader.contents(&reader.field(at, "buf")?, read, None)?;
    Some(contents.quoted())
}

/// `strings.Reader` and `bytes.Reader`: read up to `i`, which a seek may put beyond the end.
fn unread(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let read = reader.unsigned(at, "i")?;
    let contents = reader.contents(&reader.field(at, "s")?, read, None)?;
    Some(contents.quoted())
}

fn reader_buffer(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let (from, to) = (reader.unsigned(at, "r")?, reader.unsigned(at, "w")?);
    let buffer = reader.field(at, "buf")?;
    let size = reader.items(&buffer)?.len;
    let contents = reader.contents(&buffer, from, Some(to))?;
    Some(buffered(contents.len, size, "unread", &contents.quoted()))
}

fn writer_buffer(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let to = reader.unsigned(at, "n")?;
    let buffer = reader.field(at, "buf")?;
    let size = reader.items(&buffer)?.len;
    let contents = reader.contents(&buffer, 0, Some(to))?;
    Some(buffered(
        contents.len,
        size,
        "unflushed",
        &contents.quoted(),
    ))
}

fn buffered(len: u64, size: u64, what: &str, quoted: &str) -> String {
    if len == 0 {
        return format!("nothing {what} in {size}");
    }
    format!("{len} of {size} bytes {what}: {quoted}")
}

fn both(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let from = reader.field(at, "Reader").and_then(|r| reader.follow(&r))?;
    let to = reader.field(at, "Writer").and_then(|w| reader.follow(&w))?;
    let (from, to) = (reader_buffer(reader, &from)?, writer_buffer(reader, &to)?);
    Some(format!("{from}; {to}"))
}
