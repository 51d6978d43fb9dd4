//! A MemStats as JSON: an object on one line, or the lines of an indented one.

use super::names::lookup;
use super::object::{MOST_SIZES, RING};
use super::records::{Field, Form, SizeClass, Snapshot, Value};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use std::fmt;

/// Numbers that went through a decoder without types come back as floats; whole ones up to here were exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A scalar in JSON.
struct Scalar(Option<Value>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of memory statistics")
            }
            fn visit_u64<E>(self, n: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(Value::Integer(n))))
            }
            fn visit_f64<E>(self, n: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(whole(n))))
            }
            fn visit_bool<E>(self, b: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(Value::Bool(b))))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A float that is an exact whole number is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, not negative and below 2^53"
)]
pub(super) fn whole(n: f64) -> Value {
    if n.fract() == 0.0 && (0.0..=EXACT).contains(&n) {
        return Value::Integer(n as u64);
    }
    Value::Float(n)
}

#[expect(clippy::cast_precision_loss, reason = "a fraction")]
fn set(snapshot: &mut Snapshot, field: Field, value: Value) {
    let value = match (field, value) {
        (Field::GCCPUFraction, Value::Integer(n)) => Value::Float(n as f64),
        _ => value,
    };
    snapshot.set(field, value);
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Class {
    size: u64,
    mallocs: u64,
    frees: u64,
}

/// Reads an object into a snapshot, which has the fields before the place where it breaks off, if it does.
struct Object<'s>(&'s mut Snapshot);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of memory statistics")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(snapshot) = self;
        // A number at the end may be the head of a longer one until something follows.
        let mut last = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if let Some((field, value)) = last.take() {
                set(snapshot, field, value);
            }
            match &*key {
                "PauseNs" => snapshot.pause_ns = ring(map.next_value()?)?,
                "PauseEnd" => snapshot.pause_end = ring(map.next_value()?)?,
                "BySize" => {
                    let classes: Vec<Class> = map.next_value()?;
                    if classes.len() > MOST_SIZES {
                        return Err(A::Error::custom("too many size classes"));
                    }
                    snapshot.by_size = classes
                        .iter()
                        .map(|class| SizeClass {
                            size: class.size,
                            mallocs: class.mallocs,
                            frees: class.frees,
                        })
                        .collect();
                }
                _ => match lookup(key.as_bytes()).filter(|name| name.exact) {
                    Some(name) => {
                        let Scalar(value) = map.next_value()?;
                        last = value.map(|value| (name.field, value));
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        if let Some((field, value)) = last {
            set(snapshot, field, value);
        }
        Ok(())
    }
}

fn ring<E: Error>(ring: Vec<u64>) -> Result<Vec<u64>, E> {
    if ring.len() == RING {
        Ok(ring)
    } else {
        Err(E::custom("a ring of pauses has 256 entries"))
    }
}

/// An object, from its `{` on, and whether it is whole; what follows it is left alone.
pub(super) fn object(text: &[u8]) -> (Snapshot, bool) {
    let mut snapshot = Snapshot::new(Form::Json);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let whole = Object(&mut snapshot).deserialize(&mut deserializer).is_ok();
    (snapshot, whole)
}

/// Where the lines of an indented object are.
#[derive(Clone, Debug, Default)]
pub(super) struct Indented {
    array: Option<Array>,
}

#[derive(Clone, Debug)]
enum Array {
    Ring(&'static str, Vec<u64>),
    Sizes(Vec<SizeClass>, [Option<u64>; 3]),
}

/// What a line of an indented object did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// It set this field.
    Field(Field),
    /// It is part of an array, or a key that is not known here.
    Part,
    /// The object ends with it.
    End,
    /// It is none of the object's.
    Foreign,
}

impl Indented {
    /// Whether the object could end here without losing anything.
    pub(super) const fn is_whole(&self) -> bool {
        self.array.is_none()
    }

    /// Reads a line.
    pub(super) fn line(&mut self, text: &[u8], snapshot: &mut Snapshot) -> Step {
        let text = text.trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text);
        let step = match &mut self.array {
            None => self.top(text, snapshot),
            Some(array) => match array.line(text, snapshot) {
                Some(true) => {
                    self.array = None;
                    Some(Step::Part)
                }
                Some(false) => Some(Step::Part),
                None => None,
            },
        };
        step.unwrap_or(Step::Foreign)
    }

    fn top(&mut self, text: &[u8], snapshot: &mut Snapshot) -> Option<Step> {
        if text == b"}" {
            return Some(Step::End);
        }
        let (key, value) = key(text)?;
        let ring = match key {
            b"PauseNs" => Some("PauseNs"),
            b"PauseEnd" => Some("PauseEnd"),
            _ => None,
        };
        match (ring, value) {
            (Some(name), b"[") => {
                self.array = Some(Array::Ring(name, Vec::with_capacity(RING)));
                return Some(Step::Part);
            }
            (Some(name), _) => {
                let values: Vec<u64> = serde_json::from_slice(value).ok()?;
                Array::Ring(name, values).store(snapshot)?;
                return Some(Step::Part);
            }
            (None, _) if key == b"BySize" => {
                if value != b"[" {
                    return None;
                }
                self.array = Some(Array::Sizes(Vec::new(), [None; 3]));
                return Some(Step::Part);
            }
            _ => {}
        }
        let Some(name) = lookup(key).filter(|name| name.exact) else {
            let scalar = !matches!(value.first(), Some(b'{' | b'['));
            return scalar.then_some(Step::Part);
        };
        let Scalar(value) = serde_json::from_slice(value).ok()?;
        set(snapshot, name.field, value?);
        Some(Step::Field(name.field))
    }
}

/// `"key": value`
fn key(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"\"")?;
    let (key, rest) = rest.split_at_checked(memchr::memchr(b'"', rest)?)?;
    let value = rest.strip_prefix(b"\":")?.trim_ascii_start();
    Some((key, value))
}

/// Whether a line could begin or go on with an indented object: `"Alloc": 1,`.
pub(super) fn may_begin(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.first() == Some(&b'"')
        && key(text).is_some_and(|(key, value)| {
            !value.is_empty() && lookup(key).is_some_and(|name| name.exact)
        })
}

impl Array {
    /// Whether the array ended with this line; nothing when it is none of its lines.
    fn line(&mut self, text: &[u8], snapshot: &mut Snapshot) -> Option<bool> {
        if text == b"]" {
            self.store(snapshot)?;
            return Some(true);
        }
        match self {
            Self::Ring(_, ring) => {
                let n: u64 = serde_json::from_slice(text).ok()?;
                if ring.len() == RING {
                    return None;
                }
                ring.push(n);
            }
            Self::Sizes(sizes, open) => match text {
                b"{" => *open = [None; 3],
                b"}" => {
                    let [Some(size), Some(mallocs), Some(frees)] = *open else {
                        return None;
                    };
                    if sizes.len() == MOST_SIZES {
                        return None;
                    }
                    sizes.push(SizeClass {
                        size,
                        mallocs,
                        frees,
                    });
                }
                _ => {
                    let (key, value) = key(text)?;
                    let names = [&b"Size"[..], b"Mallocs", b"Frees"];
                    let index = names.iter().position(|name| *name == key)?;
                    *open.get_mut(index)? = Some(serde_json::from_slice(value).ok()?);
                }
            },
        }
        Some(false)
    }

    fn store(&mut self, snapshot: &mut Snapshot) -> Option<()> {
        match self {
            Self::Ring(_, ring) if ring.len() != RING => return None,
            Self::Ring("PauseNs", ring) => snapshot.pause_ns = std::mem::take(ring),
            Self::Ring(_, ring) => snapshot.pause_end = std::mem::take(ring),
            Self::Sizes(sizes, _) => snapshot.by_size = std::mem::take(sizes),
        }
        Some(())
    }
}
