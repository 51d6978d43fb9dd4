//! Records in JSON: one in a line or many, with the text wherever it stands; or one in many lines, as it is printed for people.

use super::inside::Inside;
use super::names::{Tells, join, tells};
use crate::line::Stamp;
use serde_json::{Deserializer, Value};

/// A step on the way to the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The field of this name.
    Key(String),
    /// Each of a list.
    Each,
    /// One of a few that stand in a list of such, without names: `["1767322045000", "gc 1 @0.1s …"]`.
    At(usize),
}

/// The way may be so long.
const LONGEST: usize = 12;

/// The records of a line, whatever stands between and behind them: a list that is printed a record a line has commas there.
fn records(line: &[u8]) -> impl Iterator<Item = Value> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = first_record(rest)?;
        let mut values = Deserializer::from_slice(rest).into_iter::<Value>();
        let value = values.next()?.ok()?;
        rest = rest.get(values.byte_offset()..).unwrap_or_default();
        Some(value)
    })
}

/// What stands between records of a list, and before its first.
const BETWEEN: &[u8] = b", \t[";

/// A line from where its first record begins.
fn first_record(line: &[u8]) -> Option<&[u8]> {
    let start = line.iter().position(|byte| !BETWEEN.contains(byte))?;
    line.get(start..).filter(|rest| rest.first() == Some(&b'{'))
}

/// Whether nothing stands before this place of a line that is no list's.
pub(super) fn is_between(line: &[u8], at: usize) -> bool {
    line.iter().take(at).all(|byte| BETWEEN.contains(byte))
}

/// Whether a line has records.
pub(super) fn is_of_records(line: &[u8]) -> bool {
    first_record(line).is_some()
}

/// The way to the first text of a line that is as it is wanted, and what was found there.
pub(super) fn way_to<T>(
    line: &[u8],
    wanted: &dyn Fn(&[u8]) -> Option<T>,
) -> Option<(Vec<Step>, T)> {
    records(line).find_map(|record| {
        let mut way = Vec::new();
        let found = seek(&record, wanted, &mut way)?;
        Some((way, found))
    })
}

fn seek<T>(value: &Value, wanted: &dyn Fn(&[u8]) -> Option<T>, way: &mut Vec<Step>) -> Option<T> {
    if way.len() > LONGEST {
        return None;
    }
    let in_list = matches!(way.last(), Some(Step::Each));
    let mut within = |step: Step, value: &Value| {
        way.push(step);
        let found = seek(value, wanted, way);
        if found.is_none() {
            way.pop();
        }
        found
    };
    match value {
        Value::String(text) => wanted(text.as_bytes()),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(key, value)| within(Step::Key(key.clone()), value)),
        Value::Array(all) => all.iter().enumerate().find_map(|(index, value)| {
            let step = if in_list { Step::At(index) } else { Step::Each };
            within(step, value)
        }),
        _ => None,
    }
}

/// What the records of a line have at the end of this way.
pub(super) fn at_end_of(way: &[Step], line: &[u8]) -> Option<Inside> {
    let mut inside = Inside::default();
    for record in records(line) {
        texts(&record, way, &mut inside.texts);
        around(&record, way, &mut inside, 0);
    }
    (!inside.texts.is_empty()).then_some(inside)
}

fn texts(value: &Value, way: &[Step], found: &mut Vec<Vec<u8>>) {
    let Some((step, rest)) = way.split_first() else {
        found.extend(value.as_str().map(|text| text.as_bytes().to_vec()));
        return;
    };
    match (step, value) {
        (Step::Key(key), Value::Object(fields)) => {
            if let Some(value) = fields.get(key) {
                texts(value, rest, found);
            }
        }
        (Step::Each, Value::Array(all)) => all.iter().for_each(|value| texts(value, rest, found)),
        (Step::At(index), Value::Array(all)) => {
            if let Some(value) = all.get(*index) {
                texts(value, rest, found);
            }
        }
        _ => {}
    }
}

/// The time and the writer that other fields tell.
fn around(value: &Value, way: &[Step], inside: &mut Inside, depth: usize) {
    let Value::Object(fields) = value else {
        return;
    };
    let is_text = |key: &String| matches!(way.last(), Some(Step::Key(last)) if last == key);
    for (key, value) in fields {
        match (tells(key), value) {
            (_, Value::Object(_)) if depth < LONGEST => around(value, way, inside, depth + 1),
            (Tells::Time, _) if inside.stamp.is_none() => inside.stamp = stamp(value),
            (Tells::Writer | Tells::Process, Value::String(text)) if !is_text(key) => {
                join(&mut inside.writer, text.as_bytes());
            }
            (Tells::Process, Value::Number(number)) => {
                join(&mut inside.writer, number.to_string().as_bytes());
            }
            _ => {}
        }
    }
}

/// A time as text, or counted from 1970 in the unit that its size tells.
fn stamp(value: &Value) -> Option<Stamp> {
    let number = match value {
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => number,
            Err(_) => return Stamp::read(text.as_bytes()).map(|(stamp, _)| stamp),
        },
        Value::Number(number) => number.as_f64()?,
        _ => return None,
    };
    let scale = match number {
        n if n < 1e8 => return None,
        n if n < 1e11 => 1e9,
        n if n < 1e14 => 1e6,
        n if n < 1e17 => 1e3,
        _ => 1.0,
    };
    let nanos = number * scale;
    #[expect(clippy::cast_possible_truncation, reason = "within the bounds of i64")]
    (nanos < 9e18).then_some(Stamp::Utc(nanos as i64))
}

/// The key and the text of a field that has a line of its own: `    "message": "gc 1 @0.1s …",`.
pub(super) fn member(line: &[u8]) -> Option<(String, String)> {
    let line = line.trim_ascii();
    let mut keys = Deserializer::from_slice(line).into_iter::<String>();
    let key = keys.next()?.ok()?;
    let rest = line.get(keys.byte_offset()..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let mut values = Deserializer::from_slice(rest).into_iter::<String>();
    let text = values.next()?.ok()?;
    let rest = rest.get(values.byte_offset()..)?;
    matches!(rest, b"" | b",").then_some((key, text))
}

/// Whether a line is what stands around such fields in their record: brackets, and fields that hold no text.
pub(super) fn is_around_members(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if line.iter().all(|byte| b"{}[], \t".contains(byte)) {
        return !line.is_empty();
    }
    let mut keys = Deserializer::from_slice(line).into_iter::<String>();
    if !line.starts_with(b"\"") || !matches!(keys.next(), Some(Ok(_))) {
        return false;
    }
    let rest = line.get(keys.byte_offset()..).unwrap_or_default();
    rest.trim_ascii_start().first() == Some(&b':')
}
