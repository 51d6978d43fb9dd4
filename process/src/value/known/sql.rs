//! `database/sql`: how a pool stands, and values that may be NULL.

use super::{At, Known, Says};
use crate::types::Shape;
use crate::value::Reader;
use std::fmt::Write;

pub(super) const SQL: Known = &[
    ("DB", Says::Some, pool),
    ("Null", Says::All, null),
    ("NullBool", Says::All, null),
    ("NullByte", Says::All, null),
    ("NullFloat64", Says::All, null),
    ("NullInt16", Says::All, null),
    ("NullInt32", Says::All, null),
    ("NullInt64", Says::All, null),
    ("NullString", Says::All, null),
    ("NullTime", Says::All, null),
];

/// `5 of at most 10 open, 2 in use, 3 idle, 1 waiting`: the numbers of `DB.Stats`.
fn pool(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let open = reader.signed(at, "numOpen")?;
    let idle = reader.items(&reader.field(at, "freeConn")?)?.len;
    let used = open.checked_sub(i64::try_from(idle).ok()?)?;
    let most = reader.signed(at, "maxOpen")?;
    // A map of the requests; since Go 1.23 a slice in a set.
    let requests = reader.field(at, "connRequests")?;
    let waiting = match requests.ty.shape {
        Shape::Map { .. } => reader.count(&requests)?,
        _ => reader.items(&reader.field(&requests, "s")?)?.len,
    };
    let mut text = if most > 0 {
        format!("{open} of at most {most} open")
    } else {
        format!("{open} open")
    };
    let _ = write!(text, ", {used} in use, {idle} idle, {waiting} waiting");
    if reader.flag(at, "closed")? {
        text.push_str(", closed");
    }
    Some(text)
}

/// The first field is the value, `Valid` says whether there is one.
fn null(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    if !reader.flag(at, "Valid")? {
        return Some("NULL".to_owned());
    }
    let Shape::Struct { fields } = &at.ty.shape else {
        return None;
    };
    let first = fields.first()?.name.clone();
    let value = reader.field(at, &first)?;
    match reader.text_of(&value) {
        Some(text) => Some(text),
        None => reader.line_of(&value),
    }
}
