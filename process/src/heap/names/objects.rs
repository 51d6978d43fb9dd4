//! References out of an object, named by its label.

use super::within::push_path;
use super::{NamedBy, Names, Reference};
use crate::addr::Addr;
use crate::heap::Scratch;
use crate::heap::types::{Label, Role};
use crate::memory::MemoryExt;
use crate::types::{Entries, MapLayout, Shape, TypeRef};
use crate::value::{Limits, Place, Reader, TypeSource};
use dumpview_model::value::text::Style;
use std::fmt::Write;

/// Pointers in the runtime's structures, by structure.
const MAP_FIELDS: [(&str, &[&str]); 3] = [
    ("internal/runtime/maps.Map", &["dirPtr"]),
    ("runtime.hmap", &["buckets", "oldbuckets", "extra"]),
    (
        "runtime.mapextra",
        &["overflow", "oldoverflow", "nextOverflow"],
    ),
];
const TABLE_FIELDS: [(&str, &[&str]); 1] = [("internal/runtime/maps.table", &["groups.data"])];
const CHAN_FIELDS: [(&str, &[&str]); 1] = [(
    "runtime.hchan",
    &[
        "buf",
        "timer",
        "recvq.first",
        "recvq.last",
        "sendq.first",
        "sendq.last",
    ],
)];

/// How much of a key is read and printed.
const KEY: Limits = Limits {
    depth: 1,
    len: 4,
    string: 40,
    nodes: 64,
};
/// A longer text is no name.
const LONGEST_KEY: usize = 64;

impl Names<'_, '_> {
    pub(super) fn of_object(&self, object: u32) -> Vec<Reference> {
        if self.heap.roots.goroutine_of(object).is_some() {
            return Vec::new();
        }
        self.words_of(object)
    }

    /// The same, of the record of a goroutine too.
    pub(super) fn words_of(&self, object: u32) -> Vec<Reference> {
        let spans = &self.heap.spans;
        let (Some(span), Some((addr, _))) = (spans.of_object(object), spans.place(object)) else {
            return Vec::new();
        };
        let Some(slot) = span.slot_at(addr) else {
            return Vec::new();
        };
        let header = self.heap.pointers.header(span, slot);
        let start = addr.offset(header.map_or(0, |(_, at)| at));
        let label = self.labels.of(object);
        let bytes = self.heap.pointers.bytes(span);
        let mut found = Vec::new();
        let pointers = &self.heap.pointers;
        pointers.visit(span, &bytes, slot, &mut Scratch::default(), |offset| {
            let value = Addr(pointers.word(&bytes, offset));
            let word = span.start.offset(offset);
            if !value.is_null() && spans.find(value).is_some() {
                let at = word.0 - start.0;
                let (name, by) = label
                    .and_then(|label| self.in_object(label, start, at))
                    .unwrap_or_else(|| (format!("+{at:#x}"), NamedBy::Place));
                found.extend(self.reference(Some(word), value, name, by));
            }
        });
        found
    }

    /// The name of the word at an offset of an object.
    fn in_object(&self, label: &Label, start: Addr, at: u64) -> Option<(String, NamedBy)> {
        let types = self.process.types();
        let mut name = String::new();
        let by = match label.role {
            Role::Value => {
                let ty = self.labels.type_ref(label.ty)?;
                push_path(types, ty, at, &mut name, NamedBy::Type)
            }
            Role::Backing | Role::ChanBuffer => {
                let ty = self.labels.type_ref(label.ty)?;
                let size = types.resolve(ty).ok()?.size;
                let index = at.checked_div(size)?;
                let _ = write!(name, "[{index}]");
                push_path(types, ty, at % size, &mut name, NamedBy::Type)
            }
            Role::MapEntries => {
                self.map_entry(self.labels.type_ref(label.ty)?, start, at, &mut name)?
            }
            Role::MapDirectory => {
                let _ = write!(name, "[{}]", at / 8);
                NamedBy::Runtime
            }
            Role::MapHeader if self.is_swiss(label) => {
                self.structure(&MAP_FIELDS[..1], at, &mut name)?;
                NamedBy::Runtime
            }
            Role::MapHeader => {
                self.structure(&MAP_FIELDS[1..2], at, &mut name)?;
                NamedBy::Runtime
            }
            Role::MapExtra => {
                self.structure(&MAP_FIELDS[2..], at, &mut name)?;
                NamedBy::Runtime
            }
            Role::MapTable => {
                self.structure(&TABLE_FIELDS, at, &mut name)?;
                NamedBy::Runtime
            }
            Role::Chan => {
                self.structure(&CHAN_FIELDS, at, &mut name)?;
                NamedBy::Runtime
            }
            Role::Closure => self.capture(label.code, at, &mut name),
            Role::StringBytes | Role::Tiny => return None,
        };
        Some((name, by))
    }

    fn is_swiss(&self, label: &Label) -> bool {
        let ty = self.labels.type_ref(label.ty);
        let ty = ty.and_then(|ty| self.process.types().resolve(ty).ok());
        ty.is_some_and(|ty| {
            matches!(&ty.shape, Shape::Map { layout, .. } if matches!(layout, MapLayout::Swiss { .. }))
        })
    }

    /// The field of a structure of the runtime.
    fn structure(&self, list: &[(&str, &[&str])], at: u64, name: &mut String) -> Option<()> {
        let layouts = self.process.layouts()?;
        let found = list.iter().find_map(|(structure, paths)| {
            paths.iter().find(|path| {
                let field = layouts.field(structure, path);
                field.is_some_and(|field| field.offset == at)
            })
        })?;
        name.push_str(found);
        Some(())
    }

    /// The captured variable in a slot of a closure. Up to Go 1.22 nothing tells where which is.
    fn capture(&self, code: Addr, at: u64, name: &mut String) -> NamedBy {
        let types = self.process.types();
        for slot in types.captures(code) {
            let size = if slot.by_reference {
                8
            } else {
                types.resolve(slot.ty).map_or(0, |ty| ty.size)
            };
            let Some(offset) = at.checked_sub(slot.offset).filter(|at| *at < size) else {
                continue;
            };
            if slot.by_reference {
                let _ = write!(name, "&{}", slot.name);
                return NamedBy::Variable;
            }
            name.push_str(&slot.name);
            return push_path(types, slot.ty, offset, name, NamedBy::Variable);
        }
        let _ = write!(name, "capture +{at:#x}");
        NamedBy::Place
    }

    /// The entry of a map's bucket or group: its key, and the way in its element.
    fn map_entry(&self, map: TypeRef, start: Addr, at: u64, name: &mut String) -> Option<NamedBy> {
        let types = self.process.types();
        let map = types.resolve(map).ok()?;
        let Shape::Map { key, elem, layout } = map.shape else {
            return None;
        };
        let place = EntryPlace::of(layout, at)?;
        let (slot, offset, indirect) = match place {
            EntryPlace::Overflow => {
                name.push_str("overflow");
                return Some(NamedBy::Runtime);
            }
            EntryPlace::Key {
                at,
                offset,
                indirect,
            } => (at, offset, indirect),
            EntryPlace::Elem {
                key,
                offset,
                indirect,
            } => (key, offset, indirect),
        };
        let key_text = self.key(key, start.offset(slot), layout);
        let _ = write!(name, "[{key_text}]");
        let ty = match place {
            EntryPlace::Key { .. } => {
                name.insert_str(0, "key of ");
                key
            }
            _ => elem,
        };
        if indirect {
            return Some(NamedBy::Type);
        }
        Some(push_path(types, ty, offset, name, NamedBy::Type))
    }

    /// A key in words, short.
    fn key(&self, ty: TypeRef, at: Addr, layout: MapLayout) -> String {
        let is_pointer = layout
            .entries()
            .is_some_and(|entries| entries.keys.indirect);
        let at = if is_pointer {
            self.process.memory.ptr(at).unwrap_or_default()
        } else {
            at
        };
        let value = Reader::new(self.process.sources(), KEY).read(ty, Place::Memory(at));
        let style = Style {
            depth: 1,
            len: 4,
            string: 40,
            ..Style::default()
        };
        let text = style.line(&value);
        if text.len() > LONGEST_KEY {
            format!("{at}")
        } else {
            text
        }
    }
}

/// Where in a bucket or group a word stands.
enum EntryPlace {
    Key {
        at: u64,
        offset: u64,
        indirect: bool,
    },
    /// `key` is where the entry's key stands.
    Elem {
        key: u64,
        offset: u64,
        indirect: bool,
    },
    Overflow,
}

impl EntryPlace {
    fn of(layout: MapLayout, at: u64) -> Option<Self> {
        let entries = layout.entries()?;
        let base = at - at.checked_rem(entries.stride)?;
        let inside = at - base;
        let Entries { keys, elems, .. } = entries;
        if let Some((number, offset)) = keys.slot_of(inside) {
            return Some(Self::Key {
                at: base.wrapping_add(keys.at(number)),
                offset,
                indirect: keys.indirect,
            });
        }
        if let Some((number, offset)) = elems.slot_of(inside) {
            return Some(Self::Elem {
                key: base.wrapping_add(keys.at(number)),
                offset,
                indirect: elems.indirect,
            });
        }
        (entries.overflow == Some(inside)).then_some(Self::Overflow)
    }
}
