//! `log/slog`: attributes and records as `key=value`.

use super::{At, Known, Says};
use crate::addr::Addr;
use crate::types::Kind;
use crate::value::{Place, Reader};
use dumpview_model::value::Float;
use dumpview_model::value::duration::go_duration;
use jiff::Timestamp;

pub(super) const SLOG: Known = &[
    ("Attr", Says::All, attr),
    ("Level", Says::All, level),
    ("LevelVar", Says::All, level_var),
    ("Record", Says::Some, record),
    ("Value", Says::All, value),
];

/// Attributes of a record or a group that are shown.
const MOST_ATTRS: u64 = 16;

/// `slog.Kind` of the values that `num` holds.
const KIND_BOOL: u64 = 1;
const KIND_DURATION: u64 = 2;
const KIND_FLOAT64: u64 = 3;
const KIND_INT64: u64 = 4;
const KIND_UINT64: u64 = 7;

fn attr(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let key = reader.string_at(at, "Key")?;
    let held = reader.field(at, "Value")?;
    let value = reader.inside(|reader| value(reader, &held))?;
    Some(format!("{key}={value}"))
}

/// `slog.Value {num uint64; any any}`: the type in `any` says what `num` is.
fn value(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let num = reader.unsigned(at, "num")?;
    let any = reader.field(at, "any")?;
    let Some(held) = reader.dynamic(&any)? else {
        return Some("<nil>".to_owned());
    };
    Some(match held.ty.name.as_str() {
        "log/slog.Kind" => match held.place.uint(reader.sources.memory, held.ty.size).ok()? {
            KIND_BOOL => (num == 1).to_string(),
            KIND_DURATION => go_duration(num.cast_signed()),
            KIND_FLOAT64 => Float::Double(f64::from_bits(num)).to_string(),
            KIND_INT64 => num.cast_signed().to_string(),
            KIND_UINT64 => num.to_string(),
            _ => return None,
        },
        "log/slog.stringptr" => {
            let data = Addr(reader.word(&held)?);
            let len = num.min(4096);
            let bytes = Place::Memory(data)
                .bytes(reader.sources.memory, len)
                .ok()?
                .into_owned();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if len < num { text + "…" } else { text }
        }
        // Nanoseconds since 1970; the location is in the pointer, and UTC says the same moment.
        "log/slog.timeLocation" | "*time.Location" => {
            Timestamp::from_nanosecond(num.cast_signed().into())
                .ok()?
                .to_string()
        }
        "log/slog.groupptr" => {
            let first = Addr(reader.word(&held)?);
            group(reader, first, num)?
        }
        _ => {
            let of_error = match held.ty.kind {
                Kind::Pointer => super::errors::message(reader, &held),
                _ => None,
            };
            match of_error {
                Some(message) => message,
                None => super::context::any(reader, &any)?,
            }
        }
    })
}

fn group(reader: &mut Reader<'_>, first: Addr, len: u64) -> Option<String> {
    let one = reader.sources.types.by_name("log/slog.Attr").ok()?;
    let size = reader.sources.types.resolve(one).ok()?.size;
    let mut attrs = Vec::new();
    for index in 0..len.min(MOST_ATTRS) {
        let at = first.offset(index.checked_mul(size)?);
        let at = reader.typed_at(one, Place::Memory(at))?;
        attrs.push(reader.inside(|reader| attr(reader, &at))?);
    }
    let more = if len > MOST_ATTRS { " …" } else { "" };
    Some(format!("[{}{more}]", attrs.join(" ")))
}

/// `INFO`, `WARN+1`.
fn level(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let level = at.place.int(reader.sources.memory, at.ty.size).ok()?;
    level_text(level)
}

fn level_text(level: i64) -> Option<String> {
    let (base, from) = match level {
        ..0 => ("DEBUG", -4),
        0..4 => ("INFO", 0),
        4..8 => ("WARN", 4),
        8.. => ("ERROR", 8),
    };
    Some(match level.checked_sub(from)? {
        0 => base.to_owned(),
        above => format!("{base}{above:+}"),
    })
}

/// `String` of a `LevelVar` puts its name before.
fn level_var(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    level_text(reader.signed(at, "val")?)
}

/// `2026-11-21T10:00:00Z INFO started port=8080`
fn record(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let time = reader.field(at, "Time")?;
    let mut parts = vec![reader.text_of(&time)?];
    parts.push(level(reader, &reader.field(at, "Level")?)?);
    parts.push(reader.string_at(at, "Message")?);
    let inline = reader.unsigned(at, "nFront")?;
    let front = reader.items(&reader.field(at, "front")?)?;
    let back = reader.items(&reader.field(at, "back")?)?;
    if inline > front.len {
        return None;
    }
    for index in 0..inline {
        parts.push(attr(reader, &front.at(index)?)?);
    }
    for index in 0..back.len.min(MOST_ATTRS) {
        parts.push(attr(reader, &back.at(index)?)?);
    }
    if back.len > MOST_ATTRS {
        parts.push("…".to_owned());
    }
    Some(parts.join(" "))
}
