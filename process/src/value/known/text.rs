//! Types that are little more than a text: a regular expression, raw JSON, a position, a module.

use super::{At, Known, Says, errors};
use crate::value::Reader;
use std::fmt::Write;

pub(super) const REGEXP: Known = &[("Regexp", Says::Some, regexp)];

pub(super) const JSON: Known = &[
    ("RawMessage", Says::All, raw),
    ("SyntaxError", Says::Chain, errors::text),
];

/// Since Go 1.27 `json.RawMessage` is another name for this.
pub(super) const JSONTEXT: Known = &[("Value", Says::All, raw)];

pub(super) const TOKEN: Known = &[("Position", Says::All, position)];

pub(super) const DEBUG: Known = &[("Module", Says::Some, module)];

/// Raw JSON beyond this is cut.
const MAX_RAW: usize = 256;

fn regexp(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    reader.string_at(at, "expr")
}

fn raw(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    if reader.word(at)? == 0 {
        return None;
    }
    let bytes = reader.bytes_of(at, 1 << 16)?;
    let text = String::from_utf8(bytes).ok()?;
    let end = dumpview_model::value::text::floor_char_boundary(text.as_bytes(), MAX_RAW);
    Some(if end < text.len() {
        format!("{}…{} more", text.get(..end)?, text.len() - end)
    } else {
        text
    })
}

/// `(token.Position).String`
fn position(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let mut text = reader.string_at(at, "Filename")?;
    let (line, column) = (reader.signed(at, "Line")?, reader.signed(at, "Column")?);
    if line > 0 {
        if !text.is_empty() {
            text.push(':');
        }
        text.push_str(&line.to_string());
        if column != 0 {
            let _ = write!(text, ":{column}");
        }
    }
    Some(if text.is_empty() {
        "-".to_owned()
    } else {
        text
    })
}

fn module(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let (path, version) = (
        reader.string_at(at, "Path")?,
        reader.string_at(at, "Version")?,
    );
    Some(if version.is_empty() {
        path
    } else {
        format!("{path}@{version}")
    })
}
