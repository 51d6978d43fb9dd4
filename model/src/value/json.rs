//! The JSON of values, exactly as `docs/json.md` has it.
//!
//! Scalars are JSON scalars and everything else is an object with `kind` and `type`; integers stay exact.

use super::{Address, Chan, Data, Field, Float, Pointee, Value, Variable};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt::Write;

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.special(), self) {
            (Some(word), _) => serializer.serialize_str(word),
            (None, Self::Single(f)) => serializer.serialize_f32(*f),
            (None, Self::Double(f)) => serializer.serialize_f64(*f),
        }
    }
}

impl Serialize for Variable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &*self.name)?;
        self.serialize_rest(&mut map)?;
        map.end()
    }
}

impl Variable {
    /// Every key but `name`: what `print` puts beside `expr`.
    pub fn serialize_rest<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("type", &*self.ty)?;
        if let Some(value) = &self.value {
            serialize_value(map, value)?;
        }
        map.serialize_entry("standing", self.standing.as_str())?;
        if let Some(why) = self.standing.why() {
            map.serialize_entry("why", why)?;
        }
        if let Some(addr) = self.addr {
            map.serialize_entry("addr", &addr)?;
        }
        if let Some(origin) = self.origin.as_str() {
            map.serialize_entry("origin", origin)?;
        }
        if self.escaped {
            map.serialize_entry("escaped", &true)?;
        }
        Ok(())
    }
}

/// `value`, and beside it `text` where people read it otherwise.
fn serialize_value<M: SerializeMap>(map: &mut M, value: &Value) -> Result<(), M::Error> {
    map.serialize_entry("value", value)?;
    match value.reading_text() {
        Some(text) => map.serialize_entry("text", text),
        None => Ok(()),
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &*self.name)?;
        map.serialize_entry("type", &*self.value.ty)?;
        serialize_value(&mut map, &self.value)?;
        if self.embedded {
            map.serialize_entry("embedded", &true)?;
        }
        map.end()
    }
}

/// `{key, value}` of a map.
struct Entry<'v>(&'v Value, &'v Value);

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", self.0)?;
        serialize_value(&mut map, self.1)?;
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Bool(b) => serializer.serialize_bool(*b),
            Data::Int(n) => serializer.serialize_i64(*n),
            Data::Uint(n) => serializer.serialize_u64(*n),
            Data::Float(f) => f.serialize(serializer),
            Data::String { bytes, len } if bytes.len() as u64 == *len => {
                match std::str::from_utf8(bytes) {
                    Ok(text) => serializer.serialize_str(text),
                    Err(_) => self.serialize_object(serializer, "string"),
                }
            }
            data => self.serialize_object(serializer, kind(data)),
        }
    }
}

/// The `kind` of an object.
const fn kind(data: &Data) -> &'static str {
    match data {
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Uint(_) => "int",
        Data::Float(_) => "float",
        Data::Complex { .. } => "complex",
        Data::String { .. } => "string",
        Data::Struct { .. } => "struct",
        Data::Array { .. } => "array",
        Data::Slice { .. } => "slice",
        Data::Pointer { .. } => "pointer",
        Data::Interface { .. } => "interface",
        Data::Map { .. } => "map",
        Data::Chan(_) => "chan",
        Data::Func { .. } => "func",
        Data::UnsafePointer(_) => "unsafe_pointer",
        Data::Unreadable(_) => "unreadable",
    }
}

impl Value {
    fn serialize_object<S: Serializer>(
        &self,
        serializer: S,
        kind: &'static str,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("type", &*self.ty)?;
        self.serialize_keys(&mut map)?;
        if let Some(doubt) = &self.doubt {
            map.serialize_entry("why", doubt)?;
        }
        map.end()
    }

    fn serialize_keys<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match &self.data {
            Data::Bool(b) => map.serialize_entry("value", b),
            Data::Int(n) => map.serialize_entry("value", n),
            Data::Uint(n) => map.serialize_entry("value", n),
            Data::Float(f) => map.serialize_entry("value", f),
            Data::Complex { re, im } => {
                map.serialize_entry("re", re)?;
                map.serialize_entry("im", im)
            }
            Data::String { bytes, len } => string_keys(map, bytes, *len),
            Data::Struct {
                addr,
                fields,
                truncated,
                ..
            } => {
                addr_key(map, *addr)?;
                map.serialize_entry("fields", fields)?;
                truncated_key(map, *truncated)
            }
            Data::Array {
                addr,
                len,
                elements,
            } => {
                addr_key(map, *addr)?;
                map.serialize_entry("len", len)?;
                elements_keys(map, elements, *len)
            }
            Data::Slice {
                addr,
                len,
                cap,
                elements,
            } => {
                map.serialize_entry("addr", addr)?;
                map.serialize_entry("len", len)?;
                map.serialize_entry("cap", cap)?;
                elements_keys(map, elements, *len)
            }
            Data::Pointer { addr, pointee } => {
                map.serialize_entry("addr", addr)?;
                match pointee {
                    Pointee::NotFollowed => Ok(()),
                    Pointee::Cycle => map.serialize_entry("cycle", &true),
                    Pointee::Value(value) => serialize_value(map, value),
                }
            }
            Data::Interface {
                dynamic_type,
                addr,
                value,
            } => {
                map.serialize_entry("dynamic_type", &dynamic_type.as_deref())?;
                map.serialize_entry("addr", addr)?;
                value
                    .as_ref()
                    .map_or(Ok(()), |value| serialize_value(map, value))
            }
            Data::Map {
                addr,
                len,
                entries,
                truncated,
            } => {
                map.serialize_entry("addr", addr)?;
                map.serialize_entry("len", len)?;
                let entries: Vec<_> = entries.iter().map(|(k, v)| Entry(k, v)).collect();
                map.serialize_entry("entries", &entries)?;
                truncated_key(map, *truncated)
            }
            Data::Chan(chan) => chan_keys(map, chan),
            Data::Func {
                addr,
                name,
                captures,
            } => {
                map.serialize_entry("addr", addr)?;
                map.serialize_entry("name", &name.as_deref())?;
                map.serialize_entry("captures", captures)
            }
            Data::UnsafePointer(addr) => map.serialize_entry("addr", addr),
            Data::Unreadable(why) => map.serialize_entry("why", why),
        }
    }
}

fn string_keys<M: SerializeMap>(map: &mut M, bytes: &[u8], len: u64) -> Result<(), M::Error> {
    map.serialize_entry("value", &String::from_utf8_lossy(bytes))?;
    map.serialize_entry("len", &len)?;
    if std::str::from_utf8(bytes).is_err() {
        let mut hex = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(hex, "{byte:02x}");
        }
        map.serialize_entry("hex", &hex)?;
    }
    truncated_key(map, len.saturating_sub(bytes.len() as u64))
}

fn elements_keys<M: SerializeMap>(
    map: &mut M,
    elements: &[Value],
    len: u64,
) -> Result<(), M::Error> {
    map.serialize_entry("elements", elements)?;
    truncated_key(map, len.saturating_sub(elements.len() as u64))
}

fn chan_keys<M: SerializeMap>(map: &mut M, chan: &Chan) -> Result<(), M::Error> {
    map.serialize_entry("addr", &chan.addr)?;
    if chan.addr.is_nil() {
        return Ok(());
    }
    map.serialize_entry("len", &chan.len)?;
    map.serialize_entry("cap", &chan.cap)?;
    map.serialize_entry("closed", &chan.closed)?;
    elements_keys(map, &chan.elements, chan.len)?;
    map.serialize_entry("recv_waiters", &chan.recv_waiters)?;
    map.serialize_entry("send_waiters", &chan.send_waiters)
}

fn addr_key<M: SerializeMap>(map: &mut M, addr: Option<Address>) -> Result<(), M::Error> {
    addr.map_or(Ok(()), |addr| map.serialize_entry("addr", &addr))
}

fn truncated_key<M: SerializeMap>(map: &mut M, left_out: u64) -> Result<(), M::Error> {
    if left_out == 0 {
        return Ok(());
    }
    map.serialize_entry("truncated", &left_out)
}
