//! The text of a line that stands in one field of a record: JSON whatever the key is called and however deep it stands,
//! or logfmt.

use crate::line::Stamp;
use serde_json::Value;

/// Where the text stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// The keys that lead to it.
    Json(Vec<String>),
    /// The key before `=`.
    Logfmt(Vec<u8>),
}

/// What was in a record.
#[derive(Debug, Default)]
pub(super) struct Inside {
    pub text: Vec<u8>,
    pub stamp: Option<Stamp>,
    /// Who wrote it, by the fields that name a process, a container or a host.
    pub writer: Vec<u8>,
}

/// Keys may be so deep.
const DEEPEST: usize = 6;

/// Names of fields that tell the writer, without what stands between their words.
const WRITERS: [&str; 24] = [
    "pid",
    "pod",
    "podname",
    "container",
    "containername",
    "containerid",
    "service",
    "servicename",
    "app",
    "appname",
    "application",
    "hostname",
    "host",
    "instance",
    "syslogidentifier",
    "unit",
    "systemdunit",
    "logstream",
    "logstreamname",
    "task",
    "taskname",
    "namespacename",
    "namespace",
    "source",
];

/// Names of fields that tell the time.
const TIMES: [&str; 11] = [
    "time",
    "timestamp",
    "ts",
    "t",
    "realtimetimestamp",
    "sourcerealtimetimestamp",
    "date",
    "datetime",
    "eventtime",
    "asctime",
    "when",
];

impl Field {
    /// The field of a record in which a text begins as `tells` wants it.
    pub fn with(record: &[u8], tells: &dyn Fn(&[u8]) -> bool) -> Option<Self> {
        if record.first() == Some(&b'{') {
            let value: Value = serde_json::from_slice(record).ok()?;
            let mut path = Vec::new();
            return path_to(&value, tells, &mut path, 0).then_some(Self::Json(path));
        }
        let mut rest = record;
        while let Some((key, value, after)) = pair(rest) {
            if tells(&value) {
                return Some(Self::Logfmt(key.to_vec()));
            }
            rest = after;
        }
        None
    }

    /// What a record has in this field.
    pub fn of(&self, record: &[u8]) -> Option<Inside> {
        match self {
            Self::Json(path) => {
                if record.first() != Some(&b'{') {
                    return None;
                }
                let value: Value = serde_json::from_slice(record).ok()?;
                let mut at = &value;
                for key in path {
                    at = at.get(key.as_str())?;
                }
                let mut inside = Inside {
                    text: at.as_str()?.as_bytes().to_vec(),
                    ..Inside::default()
                };
                around(&value, path, &mut inside, 0);
                Some(inside)
            }
            Self::Logfmt(wanted) => {
                let mut inside = None;
                let mut stamp = None;
                let mut writer = Vec::new();
                let mut rest = record;
                while let Some((key, value, after)) = pair(rest) {
                    if key == wanted {
                        inside.get_or_insert(value);
                    } else if let Ok(name) = str::from_utf8(key) {
                        let name = plain(name);
                        if stamp.is_none() && TIMES.contains(&name.as_str()) {
                            stamp = Stamp::read(&value).map(|(stamp, _)| stamp);
                        } else if WRITERS.contains(&name.as_str()) {
                            join(&mut writer, &value);
                        }
                    }
                    rest = after;
                }
                Some(Inside {
                    text: inside?,
                    stamp,
                    writer,
                })
            }
        }
    }
}

fn path_to(
    value: &Value,
    tells: &dyn Fn(&[u8]) -> bool,
    path: &mut Vec<String>,
    depth: usize,
) -> bool {
    match value {
        Value::String(text) => tells(text.as_bytes()),
        Value::Object(fields) if depth < DEEPEST => fields.iter().any(|(key, value)| {
            path.push(key.clone());
            let found = path_to(value, tells, path, depth + 1);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    }
}

/// The time and the writer that other fields tell.
fn around(value: &Value, path: &[String], inside: &mut Inside, depth: usize) {
    let Value::Object(fields) = value else {
        return;
    };
    for (key, value) in fields {
        let name = plain(key);
        match value {
            Value::Object(_) if depth < DEEPEST => around(value, path, inside, depth + 1),
            _ if inside.stamp.is_none() && TIMES.contains(&name.as_str()) => {
                inside.stamp = stamp(value);
            }
            Value::String(text) if WRITERS.contains(&name.as_str()) && path.last() != Some(key) => {
                join(&mut inside.writer, text.as_bytes());
            }
            Value::Number(number) if name == "pid" => {
                join(&mut inside.writer, number.to_string().as_bytes());
            }
            _ => {}
        }
    }
}

fn join(writer: &mut Vec<u8>, part: &[u8]) {
    if !writer.is_empty() {
        writer.push(b' ');
    }
    writer.extend_from_slice(part.get(..part.len().min(128)).unwrap_or_default());
}

fn plain(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
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
