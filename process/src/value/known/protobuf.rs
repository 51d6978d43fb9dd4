//! Messages of protobuf, by the tags of their fields: what a message of generated code says in the text format, one
//! line, without what is not set.

use super::{At, Nilable};
use crate::types::{Kind, Shape};
use crate::value::Reader;

/// The field that generated code has first, by the name of its type: since version 2 of the module, and before.
const MARKS: [&str; 2] = [
    "google.golang.org/protobuf/internal/impl.MessageState",
    "github.com/golang/protobuf/protoimpl.MessageState",
];

/// Fields of a message, and elements of a repeated field, that are shown.
const MOST_FIELDS: usize = 32;
const MOST_ELEMENTS: u64 = 8;

pub(super) fn message(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let Shape::Struct { fields } = &at.ty.shape else {
        return None;
    };
    let first = fields.first().filter(|field| field.name == "state")?;
    let first = reader.sources.types.resolve(first.ty).ok()?;
    if !MARKS.contains(&first.name.as_str()) {
        return None;
    }
    let tags = reader.sources.types.tags(&at.ty)?;
    if tags.len() != fields.len() {
        return None;
    }
    let ty = std::sync::Arc::clone(&at.ty);
    let Shape::Struct { fields } = &ty.shape else {
        return None;
    };
    let mut parts = Vec::new();
    let mut more = false;
    for (field, tag) in fields.iter().zip(&tags) {
        let Some(name) = proto_name(tag) else {
            continue;
        };
        let held = reader.field(at, &field.name)?;
        let Some(text) = value(reader, &held)? else {
            continue;
        };
        more |= parts.len() >= MOST_FIELDS;
        if !more {
            parts.push(format!("{name}:{text}"));
        }
    }
    if more {
        parts.push("…".to_owned());
    }
    Some(parts.join(" "))
}

/// `name=user_id` in `protobuf:"varint,1,opt,name=user_id,json=userId,proto3"`.
fn proto_name(tag: &str) -> Option<&str> {
    let (_, rest) = tag.split_once("protobuf:\"")?;
    let (list, _) = rest.split_once('"')?;
    list.split(',').find_map(|part| part.strip_prefix("name="))
}

/// A field; the inner `None` is one that is not set.
fn value(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Nilable<String>> {
    match at.ty.kind {
        Kind::Pointer => {
            // Optional scalars and other messages.
            let Some(target) = reader.follow(at) else {
                return Some(None);
            };
            if target.ty.kind != Kind::Struct {
                return reader.line_of(&target).map(Some);
            }
            Some(Some(match reader.text_of(&target) {
                Some(text) => format!("{{{text}}}"),
                None => "{…}".to_owned(),
            }))
        }
        Kind::Slice => {
            let items = reader.items(at)?;
            if items.len == 0 {
                return Some(None);
            }
            if let Some(contents) = reader.contents(at, 0, None) {
                return Some(Some(contents.quoted()));
            }
            let mut shown = Vec::new();
            for index in 0..items.len.min(MOST_ELEMENTS) {
                let element = value(reader, &items.at(index)?)?;
                shown.push(element.unwrap_or_else(|| "0".to_owned()));
            }
            let more = if items.len > MOST_ELEMENTS {
                ", …"
            } else {
                ""
            };
            Some(Some(format!("[{}{more}]", shown.join(", "))))
        }
        Kind::Map => {
            let entries = reader.count(at)?;
            Some((entries > 0).then(|| format!("{{{}}}", super::count(entries, "key"))))
        }
        Kind::Interface => Some(reader.dynamic(at)?.map(|_| "{…}".to_owned())),
        Kind::String => {
            let contents = reader.contents(at, 0, None)?;
            Some((contents.len > 0).then(|| contents.quoted()))
        }
        _ => {
            let zero = reader.is_zero(at)?;
            if zero {
                return Some(None);
            }
            reader.line_of(at).map(Some)
        }
    }
}
