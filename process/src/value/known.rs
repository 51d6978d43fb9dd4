//! Types of the standard library that people read otherwise than their fields say: times, locks, counters,
//! atomics, big integers, weak pointers.
//!
//! Every reading is computed from the fields as the type names them, so a release that moves or renames one
//! loses the reading, never gets a wrong one. The fields stay in the tree whatever the reading says.

use super::{Place, Reader, TypeSource};
use crate::types::{FieldType, Kind, Shape, Type, TypeRef};
use dumpview_model::value::Data;
use dumpview_model::value::duration::go_duration;
use std::fmt::Write;
use std::sync::Arc;

/// `sync.rwmutexMaxReaders`
const MAX_READERS: i64 = 1 << 30;
/// Words of a `big.Int` that are turned into decimals (quadratic work); larger ones show their fields.
const MAX_BIG_WORDS: u64 = 64;

/// Packages of the atomic wrappers: the public one, the runtime's, and the runtime's up to Go 1.22.
const ATOMICS: [&str; 3] = [
    "sync/atomic.",
    "internal/runtime/atomic.",
    "runtime/internal/atomic.",
];

/// The field that people mean when they look at a wrapper type, if the type is one.
pub(super) fn shown_field(ty: &Type) -> Option<&str> {
    if ATOMICS.iter().any(|package| ty.name.starts_with(package)) {
        return last_field(ty).filter(|name| matches!(*name, "v" | "value" | "u"));
    }
    if ty.name.starts_with("unique.Handle[") {
        return last_field(ty).filter(|name| *name == "value");
    }
    if ty.name.starts_with("weak.Pointer[") {
        return last_field(ty).filter(|name| *name == "u");
    }
    None
}

fn last_field(ty: &Type) -> Option<&str> {
    let Shape::Struct { fields } = &ty.shape else {
        return None;
    };
    fields.last().map(|field| field.name.as_str())
}

/// The type behind an `unsafe.Pointer` field of a generic wrapper, which keeps it in a field `_ [0]*T`: `*T`
/// for `atomic.Pointer[T]`, `**T` for `weak.Pointer[T]` (through the cell that is cleared with the object).
pub(super) fn retyped(types: &dyn TypeSource, ty: &Type, field: &FieldType) -> Option<TypeRef> {
    let Shape::Struct { fields } = &ty.shape else {
        return None;
    };
    let held = types.resolve(field.ty).ok()?;
    if held.kind != Kind::UnsafePointer {
        return None;
    }
    let phantom = types.resolve(fields.first()?.ty).ok()?;
    let Shape::Array { elem, len: 0 } = phantom.shape else {
        return None;
    };
    if ty.name.starts_with("weak.Pointer[") {
        return Some(types.pointer_to(elem));
    }
    Some(elem)
}

impl Reader<'_> {
    /// How people read a value of a well-known type.
    pub(super) fn known_reading(
        &mut self,
        ty: &Type,
        place: Place<'_>,
        data: &Data,
    ) -> Option<String> {
        match (ty.name.as_str(), data) {
            ("time.Duration", Data::Int(nanos)) => Some(go_duration(*nanos)),
            (_, Data::Struct { shown, .. }) => match ty.name.as_str() {
                "time.Time" => self.time(ty, place),
                "sync.Mutex" | "internal/sync.Mutex" => self.mutex(ty, place),
                "sync.RWMutex" => self.rw_mutex(ty, place),
                "sync.WaitGroup" => self.wait_group(ty, place),
                "sync.Once" => {
                    let done = self.uint_at(ty, place, "done")? & 0xff != 0;
                    Some(if done { "done" } else { "not done" }.to_owned())
                }
                "sync.Cond" => {
                    let wait = self.uint_at(ty, place, "notify.wait")?;
                    let notified = self.uint_at(ty, place, "notify.notify")?;
                    // Both are uint32 tickets that wrap around.
                    let waiting = wait.wrapping_sub(notified) & 0xffff_ffff;
                    Some(count(waiting, "waiter"))
                }
                "math/big.Int" => self.big_int(ty, place),
                name if shown.is_some() => self.atomic(name, ty, place),
                _ => None,
            },
            _ => None,
        }
    }

    /// Scalars of `sync/atomic` and the runtime's own atomics.
    fn atomic(&self, name: &str, ty: &Type, place: Place<'_>) -> Option<String> {
        let field = shown_field(ty)?;
        let (held, at) = self.field_at(ty, place, field)?;
        let (_, kind) = name.rsplit_once('.')?;
        match held.kind {
            Kind::Int32 | Kind::Int64 | Kind::Int => {
                Some(at.int(self.sources.memory, held.size).ok()?.to_string())
            }
            Kind::Uint8 | Kind::Uint32 | Kind::Uint64 | Kind::Uint | Kind::Uintptr => {
                let word = at.uint(self.sources.memory, held.size).ok()?;
                Some(match kind {
                    "Bool" => (word != 0).to_string(),
                    "Float64" => {
                        let float = f64::from_bits(word);
                        dumpview_model::value::Float::Double(float).to_string()
                    }
                    _ => word.to_string(),
                })
            }
            _ => None,
        }
    }

    /// `sync/mutex.go`, since Go 1.24 `internal/sync/mutex.go`: 1 locked, 2 woken, 4 starving, the rest counts
    /// waiters. No owner is recorded.
    fn mutex(&self, ty: &Type, place: Place<'_>) -> Option<String> {
        let state = self
            .uint_at(ty, place, "mu.state")
            .or_else(|| self.uint_at(ty, place, "state"))?
            & 0xffff_ffff;
        let mut text = if state & 1 == 0 { "unlocked" } else { "locked" }.to_owned();
        if state & 4 != 0 {
            text.push_str(", starving");
        }
        if state >> 3 > 0 {
            let _ = write!(text, ", {}", count(state >> 3, "waiter"));
        }
        Some(text)
    }

    /// `sync/rwmutex.go`: a pending or holding writer makes `readerCount` negative by a constant.
    fn rw_mutex(&self, ty: &Type, place: Place<'_>) -> Option<String> {
        let readers = self.int32_at(ty, place, "readerCount")?;
        let waits_for = self.int32_at(ty, place, "readerWait")?;
        Some(if readers >= 0 {
            match readers {
                0 => "unlocked".to_owned(),
                n => format!("read-locked, {}", count(n.unsigned_abs(), "reader")),
            }
        } else {
            let held_back = (readers + MAX_READERS).saturating_sub(waits_for).max(0);
            let mut text = if waits_for > 0 {
                let readers = count(waits_for.unsigned_abs(), "reader");
                format!("read-locked, writer waits for {readers}")
            } else {
                "write-locked".to_owned()
            };
            if held_back > 0 {
                let _ = write!(
                    text,
                    ", {} waiting",
                    count(held_back.unsigned_abs(), "reader")
                );
            }
            text
        })
    }

    /// `sync/waitgroup.go`: the counter above, the waiters below; since Go 1.25 bit 31 is a flag.
    fn wait_group(&self, ty: &Type, place: Place<'_>) -> Option<String> {
        let state = self
            .uint_at(ty, place, "state")
            .or_else(|| self.uint_at(ty, place, "state1"))?;
        let waiters = state & 0x7fff_ffff;
        // The counter is the signed upper half.
        let mut text = format!("counter {}", state.cast_signed() >> 32);
        if waiters > 0 {
            let _ = write!(text, ", {}", count(waiters, "waiter"));
        }
        Some(text)
    }

    /// `math/big.Int {neg bool; abs nat}` in decimals.
    fn big_int(&self, ty: &Type, place: Place<'_>) -> Option<String> {
        let memory = self.sources.memory;
        let negative = self.uint_at(ty, place, "neg")? != 0;
        let (_, abs) = self.field_at(ty, place, "abs")?;
        let data = abs.ptr(memory).ok()?;
        let len = abs.offset(8).word(memory).ok()?;
        if len > MAX_BIG_WORDS {
            return None;
        }
        let mut words = Vec::new();
        for index in 0..len {
            words.push(Place::Memory(data.offset(index * 8)).word(memory).ok()?);
        }
        // Nineteen decimals at a time, the least significant first.
        const CHUNK: u128 = 10_000_000_000_000_000_000;
        let mut chunks = Vec::new();
        while words.last().is_some_and(|w| *w == 0) {
            words.pop();
        }
        while !words.is_empty() {
            let mut rest = 0u128;
            for word in words.iter_mut().rev() {
                let value = (rest << 64) | u128::from(*word);
                *word = u64::try_from(value / CHUNK).ok()?;
                rest = value % CHUNK;
            }
            chunks.push(rest);
            while words.last().is_some_and(|w| *w == 0) {
                words.pop();
            }
        }
        let mut text = if negative { "-" } else { "" }.to_owned();
        match chunks.pop() {
            Some(first) => {
                let _ = write!(text, "{first}");
            }
            None => return Some("0".to_owned()),
        }
        for chunk in chunks.iter().rev() {
            let _ = write!(text, "{chunk:019}");
        }
        Some(text)
    }

    /// A field by dotted path through structs that stand inside each other.
    pub(super) fn field_at<'p>(
        &self,
        ty: &Type,
        place: Place<'p>,
        path: &str,
    ) -> Option<(Arc<Type>, Place<'p>)> {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let Shape::Struct { fields } = &ty.shape else {
            return None;
        };
        let field = fields.iter().find(|field| field.name == first)?;
        let held = self.sources.types.resolve(field.ty).ok()?;
        let at = place.offset(field.offset);
        match rest {
            Some(rest) => self.field_at(&held, at, rest),
            None => Some((held, at)),
        }
    }

    /// An unsigned integer field; of an atomic wrapper, the integer inside.
    pub(super) fn uint_at(&self, ty: &Type, place: Place<'_>, path: &str) -> Option<u64> {
        let (mut held, mut at) = self.field_at(ty, place, path)?;
        while let Some(inner) = shown_field(&held).map(str::to_owned) {
            (held, at) = self.field_at(&held, at, &inner)?;
        }
        if !matches!(held.shape, Shape::Scalar) {
            return None;
        }
        at.uint(self.sources.memory, held.size).ok()
    }

    /// An `int32` field, sign-extended.
    fn int32_at(&self, ty: &Type, place: Place<'_>, path: &str) -> Option<i64> {
        let word = self.uint_at(ty, place, path)?;
        Some((word << 32).cast_signed() >> 32)
    }
}

/// `1 waiter`, `2 waiters`.
fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
