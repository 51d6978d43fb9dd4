//! A value on the way to its reading: what its type says, and how to get from it to its fields, elements, and what
//! it points at.
//!
//! Every step goes by the names that the type itself has and answers `None` for what this release does not have or
//! memory cannot give, so that a reading that needs it is silent. The steps of one reading are counted: a hostile
//! graph costs no more than [`MAX_STEPS`].

use super::Nilable;
use super::wrapper::{retyped, shown_field};
use crate::addr::Addr;
use crate::types::{Kind, Shape, Type, TypeRef};
use crate::value::{Place, Reader};
use dumpview_model::value::text::Style;
use dumpview_model::value::{Data, Value};
use std::sync::Arc;

/// Fields, elements and pointers that one reading may look at.
const MAX_STEPS: usize = 20_000;
/// Bytes of a string that a reading needs whole.
const MAX_TEXT: u64 = 4096;
/// Bytes of contents that a reading quotes.
const MAX_QUOTED: u64 = 64;
/// Readings inside each other: an address in an error in an error.
const MAX_READINGS: usize = 32;

/// A typed place.
#[derive(Clone, Debug)]
pub(in crate::value) struct At<'p> {
    /// The type.
    pub(in crate::value) ty: Arc<Type>,
    /// Where the value begins.
    pub(in crate::value) place: Place<'p>,
}

/// The elements of a slice or an array.
pub(super) struct Items<'p> {
    elem: Arc<Type>,
    first: Place<'p>,
    pub(super) len: u64,
}

impl<'p> Items<'p> {
    pub(super) fn at(&self, index: u64) -> Option<At<'p>> {
        let offset = index.checked_mul(self.elem.size)?;
        (index < self.len).then(|| At {
            ty: Arc::clone(&self.elem),
            place: self.first.offset(offset),
        })
    }
}

/// What the contents of a buffer begin with, quoted, and how much more there is.
pub(super) struct Contents {
    bytes: Vec<u8>,
    pub(super) len: u64,
}

impl Contents {
    pub(super) fn quoted(self) -> String {
        let value = Value::new(
            "string",
            Data::String {
                bytes: self.bytes,
                len: self.len,
            },
        );
        Style::default().line(&value)
    }
}

impl Reader<'_> {
    fn step(&self) -> Option<()> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        (steps < MAX_STEPS).then_some(())
    }

    /// A field by dotted path. Pointers and atomic pointers on the way are followed.
    pub(super) fn field<'p>(&self, at: &At<'p>, path: &str) -> Option<At<'p>> {
        let mut here = at.clone();
        for name in path.split('.') {
            here = match here.ty.kind {
                Kind::Pointer => self.follow(&here)?,
                _ => here,
            };
            self.step()?;
            let (ty, place) = self.field_at(&here.ty, here.place, name)?;
            here = At { ty, place };
        }
        Some(here)
    }

    /// The first of several paths that the type has: fields were renamed between releases.
    pub(super) fn field_of<'p>(&self, at: &At<'p>, paths: &[&str]) -> Option<At<'p>> {
        paths.iter().find_map(|path| self.field(at, path))
    }

    /// What a pointer leads to; `None` when it is nil.
    pub(super) fn follow<'p>(&self, at: &At<'p>) -> Option<At<'p>> {
        let Shape::Pointer { elem: Some(elem) } = at.ty.shape else {
            return None;
        };
        let addr = self.word(at).map(Addr)?;
        if addr.is_null() {
            return None;
        }
        self.typed_at(elem, Place::Memory(addr))
    }

    pub(super) fn typed_at<'p>(&self, ty: TypeRef, place: Place<'p>) -> Option<At<'p>> {
        self.step()?;
        let ty = self.sources.types.resolve(ty).ok()?;
        Some(At { ty, place })
    }

    /// A value of the type of a name, at an address.
    pub(super) fn named_at(&self, name: &str, addr: Addr) -> Option<At<'static>> {
        let ty = self.sources.types.by_name(name).ok()?;
        self.typed_at(ty, Place::Memory(addr))
    }

    /// The first word.
    pub(super) fn word(&self, at: &At<'_>) -> Option<u64> {
        self.step()?;
        at.place.word(self.sources.memory).ok()
    }

    /// An unsigned integer, an integer in an atomic wrapper, or a bool.
    pub(super) fn unsigned(&self, at: &At<'_>, path: &str) -> Option<u64> {
        let at = self.scalar_at(at, path)?;
        at.place.uint(self.sources.memory, at.ty.size).ok()
    }

    /// A signed integer, or one in an atomic wrapper.
    pub(super) fn signed(&self, at: &At<'_>, path: &str) -> Option<i64> {
        let at = self.scalar_at(at, path)?;
        at.place.int(self.sources.memory, at.ty.size).ok()
    }

    /// A bool: of another byte than 0 and 1 nothing is said.
    pub(super) fn flag(&self, at: &At<'_>, path: &str) -> Option<bool> {
        match self.unsigned(at, path)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn scalar_at<'p>(&self, at: &At<'p>, path: &str) -> Option<At<'p>> {
        let mut here = self.field(at, path)?;
        while let Some(inner) = shown_field(&here.ty).map(str::to_owned) {
            here = self.field(&here, &inner)?;
        }
        matches!(here.ty.shape, Shape::Scalar).then_some(here)
    }

    /// Whether all bytes of a scalar are zero.
    pub(super) fn is_zero(&self, at: &At<'_>) -> Option<bool> {
        self.step()?;
        let bytes = at.place.bytes(self.sources.memory, at.ty.size).ok()?;
        Some(bytes.iter().all(|b| *b == 0))
    }

    /// Whether a pointer, map, slice, channel, func or interface is nil.
    pub(super) fn is_nil(&self, at: &At<'_>, path: &str) -> Option<bool> {
        let at = self.field(at, path)?;
        Some(self.word(&at)? == 0)
    }

    /// A whole string; `None` also for one that is too long to belong into a line.
    pub(super) fn string_of(&self, at: &At<'_>) -> Option<String> {
        if at.ty.kind != Kind::String {
            return None;
        }
        let memory = self.sources.memory;
        self.step()?;
        let len = at.place.offset(8).word(memory).ok()?;
        if len > MAX_TEXT {
            return None;
        }
        let data = Place::Memory(at.place.ptr(memory).ok()?);
        let bytes = data.bytes(memory, len).ok()?.into_owned();
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A string field.
    pub(super) fn string_at(&self, at: &At<'_>, path: &str) -> Option<String> {
        self.string_of(&self.field(at, path)?)
    }

    /// Elements of a slice whose header can be true, or of an array.
    pub(super) fn items<'p>(&self, at: &At<'p>) -> Option<Items<'p>> {
        let memory = self.sources.memory;
        let (elem, first, len) = match at.ty.shape {
            Shape::Slice { elem } => {
                let data = at.place.ptr(memory).ok()?;
                let len = at.place.offset(8).word(memory).ok()?;
                let cap = at.place.offset(16).word(memory).ok()?;
                let absurd = len > cap || cap > 1 << 47 || (data.is_null() && cap > 0);
                if absurd {
                    return None;
                }
                (elem, Place::Memory(data), len)
            }
            Shape::Array { elem, len } => (elem, at.place, len),
            _ => return None,
        };
        self.step()?;
        let elem = self.sources.types.resolve(elem).ok()?;
        Some(Items { elem, first, len })
    }

    /// All bytes of a `[]byte`, `[n]byte` or string, if there are at most `most`.
    pub(super) fn bytes_of(&self, at: &At<'_>, most: u64) -> Option<Vec<u8>> {
        let (first, len) = self.bytes_range(at)?;
        if len > most {
            return None;
        }
        let bytes = first.bytes(self.sources.memory, len).ok()?;
        Some(bytes.into_owned())
    }

    /// The beginning of the bytes of a `[]byte` or string after the first `from`, up to `to`.
    pub(super) fn contents(&self, at: &At<'_>, from: u64, to: Option<u64>) -> Option<Contents> {
        let (first, all) = self.bytes_range(at)?;
        let to = to.unwrap_or(all);
        let len = to.checked_sub(from).filter(|_| to <= all)?;
        let shown = len.min(MAX_QUOTED);
        let bytes = first
            .offset(from)
            .bytes(self.sources.memory, shown)
            .ok()?
            .into_owned();
        Some(Contents { bytes, len })
    }

    fn bytes_range<'p>(&self, at: &At<'p>) -> Option<(Place<'p>, u64)> {
        if at.ty.kind == Kind::String {
            let memory = self.sources.memory;
            let len = at.place.offset(8).word(memory).ok()?;
            return Some((Place::Memory(at.place.ptr(memory).ok()?), len));
        }
        let items = self.items(at)?;
        (items.elem.kind == Kind::Uint8).then_some((items.first, items.len))
    }

    /// What an interface holds. The outer `None`: it cannot be read; the inner one: nil.
    pub(super) fn dynamic<'p>(&self, at: &At<'p>) -> Option<Nilable<At<'p>>> {
        let Shape::Interface { empty } = at.ty.shape else {
            return None;
        };
        let word = Addr(self.word(at)?);
        if word.is_null() {
            return Some(None);
        }
        let descriptor = if empty {
            word
        } else {
            self.sources.itab_type(word).ok()?
        };
        let dynamic = self.sources.types.dynamic(descriptor).ok()?;
        let data = at.place.offset(8);
        let place = if dynamic.direct {
            data
        } else {
            Place::Memory(data.ptr(self.sources.memory).ok()?)
        };
        Some(Some(self.typed_at(dynamic.ty, place)?))
    }

    /// Entries of a map as its header counts them.
    pub(super) fn count(&self, at: &At<'_>) -> Option<u64> {
        let Shape::Map { layout, .. } = at.ty.shape else {
            return None;
        };
        let header = Addr(self.word(at)?);
        if header.is_null() {
            return Some(0);
        }
        let table = crate::value::maps::MapTable::new(self.sources, header, layout).ok()?;
        Some(table.count)
    }

    /// Reads something inside another reading; not too far inside.
    pub(super) fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.readings >= MAX_READINGS {
            return None;
        }
        self.readings += 1;
        let answer = read(self);
        self.readings -= 1;
        answer
    }

    /// The reading of a value that belongs into another's.
    pub(super) fn text_of(&mut self, at: &At<'_>) -> Option<String> {
        let reading = self.inside(|reader| reader.look_up(at));
        reading.map(|(text, _)| text)
    }

    /// Any value in few words: its reading, else the value on one line without what it leads to.
    pub(super) fn line_of(&mut self, at: &At<'_>) -> Option<String> {
        self.step()?;
        let depth = self.limits.depth;
        let value = self.inside(|reader| Some(reader.node(at.ty.id, at.place, depth)))?;
        let style = Style {
            string: 64,
            len: 8,
            ..Style::default()
        };
        Some(style.line(&value))
    }

    /// What an `atomic.Pointer[T]` leads to. The outer `None`: it cannot be read; the inner one: nil.
    pub(super) fn load_or_nil<'p>(&self, at: &At<'p>) -> Option<Nilable<At<'p>>> {
        match self.load(at) {
            Some(target) => Some(Some(target)),
            None => (self.word(at)? == 0).then_some(None),
        }
    }

    /// What an `atomic.Pointer[T]` leads to, unless it is nil.
    pub(super) fn load<'p>(&self, at: &At<'p>) -> Option<At<'p>> {
        let Shape::Struct { fields } = &at.ty.shape else {
            return None;
        };
        let field = fields.last().filter(|field| field.name == "v")?;
        let target = retyped(self.sources.types, &at.ty, field)?;
        let place = at.place.offset(field.offset);
        self.follow(&self.typed_at(target, place)?)
    }
}
