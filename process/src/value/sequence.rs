//! Strings and slices: headers that are checked before their bytes are believed.

use super::{Limits, Place, Reader, ValueError};
use crate::addr::Addr;
use crate::memory::{MemoryExt, ReadError, Unreadable};
use crate::types::{Type, TypeRef};
use dumpview_model::value::text::floor_char_boundary;
use dumpview_model::value::{Address, Data, Value};

/// User space ends here on both architectures; nothing is longer.
const MAX_BYTES: u64 = 1 << 48;

/// Text costs like as many nodes as it would fill words of two.
const TEXT_OF_A_NODE: usize = 16;

impl Reader<'_> {
    /// How much text to read of what was asked: no more than is left of the budget, but always some.
    fn affordable(&self, asked: usize) -> u64 {
        let left = self.nodes_left().saturating_mul(TEXT_OF_A_NODE);
        asked.min(left.max(Limits::default().string)) as u64
    }

    /// A string: its first bytes. One whose header cannot be true is unreadable; one whose end is missing
    /// from the core shows what is there and says so.
    pub(super) fn string(&mut self, ty: &Type, place: Place<'_>) -> Result<Value, ValueError> {
        let memory = self.sources.memory;
        let data = place.ptr(memory)?;
        let len = place.offset(8).word(memory)?;
        let doubt = self.check_range("string", data, len)?;
        let want = len.min(self.affordable(self.limits.string));
        let mut bytes = match memory.bytes(data, want) {
            _ if want == 0 => Vec::new(),
            Ok(bytes) => bytes.into_owned(),
            // The beginning may still be there.
            Err(error) => {
                let had = error.addr.since(data).unwrap_or(0).min(want);
                if had == 0 {
                    return Err(error.into());
                }
                memory.bytes(data, had)?.into_owned()
            }
        };
        if (bytes.len() as u64) < len {
            bytes.truncate(whole_characters(&bytes));
        }
        self.spend(bytes.len() / TEXT_OF_A_NODE);
        Ok(Value {
            doubt,
            ..Value::new(self.name(ty), Data::String { bytes, len })
        })
    }

    /// A slice: its first elements, up to `len`.
    pub(super) fn slice(
        &mut self,
        ty: &Type,
        elem: TypeRef,
        place: Place<'_>,
        depth: usize,
    ) -> Result<Value, ValueError> {
        let memory = self.sources.memory;
        let data = place.ptr(memory)?;
        let len = place.offset(8).word(memory)?;
        let cap = place.offset(16).word(memory)?;
        let element = self.sources.types.resolve(elem)?;
        if len > cap {
            return Err(ValueError::Corrupt(format!(
                "slice of len {} and cap {}",
                len.cast_signed(),
                cap.cast_signed()
            )));
        }
        let bytes = cap.checked_mul(element.size).filter(|b| *b < MAX_BYTES);
        let Some(bytes) = bytes.filter(|_| cap.cast_signed() >= 0) else {
            return Err(ValueError::Corrupt(format!(
                "slice of len {} and cap {} at {data}",
                len.cast_signed(),
                cap.cast_signed()
            )));
        };
        if data.is_null() && cap > 0 {
            return Err(ValueError::Corrupt(format!(
                "slice of len {len} and cap {cap} without an array"
            )));
        }
        let doubt = self.check_range("slice", data, bytes)?;
        let errors = self.in_error() && element.name == "error" && !self.may_enter(depth);
        let room = if errors {
            self.most_of(len)
        } else if self.follows {
            self.room(depth, len)
        } else {
            0
        };
        let elements = (0..room)
            .map(|i| {
                let at = data.offset(i.wrapping_mul(element.size));
                self.node(elem, Place::Memory(at), depth + 1)
            })
            .collect();
        let data = Data::Slice {
            addr: Address(data.0),
            len,
            cap,
            elements,
        };
        Ok(Value {
            doubt,
            ..Value::new(self.name(ty), data)
        })
    }

    /// Whether `len` bytes at `data` can be what a header claims. An end that was never mapped makes the
    /// header a lie; one that the core merely lacks makes a doubt.
    pub(super) fn check_range(
        &self,
        what: &str,
        data: Addr,
        len: u64,
    ) -> Result<Option<String>, ValueError> {
        if len == 0 {
            return Ok(None);
        }
        let end = data.0.checked_add(len - 1).filter(|_| len < MAX_BYTES);
        let Some(end) = end.filter(|_| !data.is_null()) else {
            return Err(ValueError::Corrupt(format!(
                "{what} of {len} bytes at {data}"
            )));
        };
        match self.sources.memory.u8(Addr(end)) {
            Ok(_) => Ok(None),
            Err(ReadError {
                why: Unreadable::NeverMapped,
                ..
            }) => Err(ValueError::Corrupt(format!(
                "{what} of {len} bytes at {data} runs into memory that was never mapped"
            ))),
            Err(error) => Ok(Some(format!("its end is missing: {error}"))),
        }
    }
}

/// How many of the bytes form whole characters; all of them unless the last one is cut.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => floor_char_boundary(bytes, bytes.len()),
    }
}
