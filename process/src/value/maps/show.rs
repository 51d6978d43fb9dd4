//! A map as a value: entries sorted by key where keys have an order, cut to the limit, the count checked.

use super::{MapTable, Slot};
use crate::addr::Addr;
use crate::types::{MapLayout, Type, TypeRef};
use crate::value::shared::Smallest;
use crate::value::{Limits, Place, Reader, Sources, ValueError};
use dumpview_model::value::{Address, Data, Value};
use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Entries looked at to find the smallest keys, unless more are to be shown. A larger map shows the smallest of
/// its first this many.
const MAX_SORTED: usize = 1 << 16;

impl Reader<'_> {
    /// A map's entries, in the order of their keys.
    pub(in crate::value) fn map(
        &mut self,
        ty: &Type,
        (key, elem, layout): (TypeRef, TypeRef, MapLayout),
        header: Addr,
        depth: usize,
    ) -> Result<Value, ValueError> {
        let name = self.name(ty);
        if header.is_null() {
            let data = Data::Map {
                addr: Address(0),
                len: 0,
                entries: Vec::new(),
                truncated: 0,
            };
            return Ok(Value::new(name, data));
        }
        let table = MapTable::new(self.sources, header, layout)?;
        let room = usize::try_from(self.room(depth, u64::MAX)).unwrap_or(0);
        let most = room.max(MAX_SORTED);
        let Smallest {
            slots,
            found,
            doubt,
        } = if room == 0 {
            Smallest {
                slots: Arc::new([]),
                found: 0,
                doubt: None,
            }
        } else {
            let shared = self.sources.shared;
            shared.map((header, key, layout, room), || {
                let mut slots = Vec::new();
                let walked = table.walk(&mut |slot| {
                    slots.push(slot);
                    if slots.len() < most {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                })?;
                Ok(Smallest {
                    found: slots.len() as u64,
                    slots: smallest(self.sources, key, slots, room).into(),
                    doubt: walked.doubt,
                })
            })?
        };
        let entries: Vec<_> = slots
            .iter()
            .map(|slot| {
                let key = self.node(key, Place::Memory(slot.key), depth + 1);
                let value = self.node(elem, Place::Memory(slot.elem), depth + 1);
                (key, value)
            })
            .collect();
        // The header's count is believed for what was not walked, the walk for what was.
        let whole = found < most as u64 && room > 0;
        let total = if whole { found } else { table.count };
        let data = Data::Map {
            addr: Address(header.0),
            len: table.count,
            truncated: total.saturating_sub(entries.len() as u64),
            entries,
        };
        Ok(Value {
            doubt,
            ..Value::new(name, data)
        })
    }
}

/// The slots with the smallest keys in their order; table order for keys that have none.
fn smallest(sources: Sources<'_>, key: TypeRef, mut slots: Vec<Slot>, room: usize) -> Vec<Slot> {
    let mut keys = Reader::new(
        sources,
        Limits {
            depth: 1,
            len: 8,
            string: 64,
            nodes: 32,
        },
    );
    let sortable = sources.types.resolve(key).is_ok_and(|ty| ty.size <= 256);
    if sortable {
        let mut sorted: Vec<_> = slots
            .into_iter()
            .map(|slot| (keys.read(key, Place::Memory(slot.key)), slot))
            .collect();
        sorted.sort_by(|(a, _), (b, _)| compare(a, b));
        slots = sorted.into_iter().map(|(_, slot)| slot).collect();
    }
    slots.truncate(room);
    slots
}

/// Order of keys: numbers by value, strings by bytes, structs and arrays by their parts, interfaces by
/// dynamic type and then value. Keys without an order are equal, which keeps the table's.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (&a.data, &b.data) {
        (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
        (Data::Int(a), Data::Int(b)) => a.cmp(b),
        (Data::Uint(a), Data::Uint(b)) => a.cmp(b),
        (Data::Float(a), Data::Float(b)) => a.to_f64().total_cmp(&b.to_f64()),
        (Data::String { bytes: a, .. }, Data::String { bytes: b, .. }) => a.cmp(b),
        (Data::Pointer { addr: a, .. }, Data::Pointer { addr: b, .. }) => a.cmp(b),
        (Data::Struct { fields: a, .. }, Data::Struct { fields: b, .. }) => a
            .iter()
            .zip(b)
            .map(|(a, b)| compare(&a.value, &b.value))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
        (Data::Array { elements: a, .. }, Data::Array { elements: b, .. }) => a
            .iter()
            .zip(b)
            .map(|(a, b)| compare(a, b))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
        (
            Data::Interface {
                dynamic_type: s,
                value: Some(a),
                ..
            },
            Data::Interface {
                dynamic_type: t,
                value: Some(b),
                ..
            },
        ) => s.cmp(t).then_with(|| compare(a, b)),
        _ => Ordering::Equal,
    }
}
