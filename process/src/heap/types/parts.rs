//! Objects that are parts of maps, channels and functions: the runtime makes them, and no type names them.
//!
//! Maps to 1.23 (`runtime/map.go`): `hmap` → buckets, old buckets while growing, overflow buckets. Since 1.24
//! (`internal/runtime/maps`): `Map` → one group of a small map, or a directory of tables, each with its groups. A
//! channel's buffer is an object of its own when its elements hold pointers (`runtime/chan.go:makechan`). A function is
//! its entry and its captures, which DWARF describes since 1.23.

use super::flow::{Claim, Flow};
use super::label::{Label, Role, Source};
use super::plan::{Link, TypeId};
use crate::addr::Addr;
use crate::heap::pointers::word_at;
use crate::types::{MapLayout, SLOTS};

impl Flow<'_, '_> {
    /// A pointer to a part of a map or channel of a type.
    pub fn part(&mut self, role: Role, ty: TypeId, at: Addr, source: Source) {
        let bytes = match role {
            Role::MapHeader if self.places.map.is_some() && self.is_swiss(ty) => {
                self.places.map_size
            }
            Role::MapHeader => self.places.hmap_size,
            Role::MapTable => self.places.table_size,
            Role::Chan => self.places.chan_size,
            _ => 0,
        };
        // Entries and buffers are as long as the runtime made them; nothing else points at their start.
        let bytes = if bytes == 0 {
            self.whole_slot(at)
        } else {
            bytes
        };
        let has_pointers = !matches!(role, Role::MapEntries);
        let claim = Claim {
            role,
            ty,
            code: Addr::NULL,
            bytes,
            has_pointers,
            anywhere: false,
        };
        self.claim(at, claim, source);
    }

    fn is_swiss(&mut self, ty: TypeId) -> bool {
        let map = self.plans.plan(ty).and_then(|plan| plan.map);
        !matches!(map, Some((_, _, MapLayout::Hmap { .. })))
    }

    fn whole_slot(&self, at: Addr) -> u64 {
        let span = self.spans.at(at);
        span.map_or(0, |span| span.elemsize - self.header_of(span))
    }

    /// A function value: its object starts with the code's address.
    pub fn closure(&mut self, at: Addr, source: Source) {
        let bytes = self.read(at, 8);
        let code = Addr(word_at(&bytes, 0));
        let known = self
            .process
            .symbols()
            .ok()
            .and_then(|symbols| symbols.find(code));
        if known.is_none_or(|func| func.entry != code) {
            return;
        }
        let claim = Claim {
            role: Role::Closure,
            ty: TypeId::default(),
            code,
            bytes: self.whole_slot(at),
            has_pointers: true,
            anywhere: false,
        };
        self.claim(at, claim, source);
    }

    /// What such a part refers to.
    pub fn follow_part(&mut self, label: &Label, bytes: &[u8]) {
        let (ty, source) = (label.ty, label.source);
        match label.role {
            Role::MapHeader => self.map_header(ty, bytes, source),
            Role::MapDirectory => {
                for at in (0..bytes.len() as u64).step_by(8) {
                    self.go(Role::MapTable, ty, Addr(word_at(bytes, at)), source);
                }
            }
            Role::MapTable => {
                if let Some(groups) = self.places.groups {
                    let at = Addr(word_at(bytes, groups.offset));
                    self.go(Role::MapEntries, ty, at, source);
                }
            }
            Role::MapEntries => self.map_entries(ty, bytes, source),
            Role::Chan => {
                if let Some(buffer) = self.places.buffer {
                    let at = Addr(word_at(bytes, buffer.offset));
                    self.go(Role::ChanBuffer, ty, at, source);
                }
                self.senders(ty, bytes, source);
            }
            Role::Closure => {
                let slots = {
                    use crate::value::TypeSource;
                    self.types.captures(label.code)
                };
                for slot in slots {
                    let ty = self.plans.id(slot.ty);
                    if slot.by_reference {
                        self.link(Link::Pointer(ty), bytes, slot.offset, source);
                    } else {
                        self.values(ty, bytes, slot.offset, 1, source);
                    }
                }
            }
            _ => {}
        }
    }

    /// What blocked senders have in hand: it stands on their stacks, where optimised code often has no variable for it,
    /// and is of the channel's element type.
    fn senders(&mut self, ty: TypeId, bytes: &[u8], source: Source) {
        let (Some((first, next, elem)), Some(plan)) = (self.places.senders, self.plans.plan(ty))
        else {
            return;
        };
        if plan.links.is_empty() {
            return;
        }
        let mut sudog = Addr(word_at(bytes, first.offset));
        while !sudog.is_null() && self.senders.insert(sudog) {
            let record = self.read(sudog, next.offset.max(elem.offset) + 8);
            let value = Addr(word_at(&record, elem.offset));
            if !value.is_null() {
                let value = self.read(value, plan.size);
                self.values(ty, &value, 0, 1, source);
            }
            sudog = Addr(word_at(&record, next.offset));
        }
    }

    fn go(&mut self, role: Role, ty: TypeId, at: Addr, source: Source) {
        if !at.is_null() {
            self.part(role, ty, at, source);
        }
    }

    fn map_header(&mut self, ty: TypeId, bytes: &[u8], source: Source) {
        if self.is_swiss(ty)
            && let Some((pointer, len)) = self.places.map
        {
            let at = Addr(word_at(bytes, pointer.offset));
            let role = if word_at(bytes, len.offset) == 0 {
                Role::MapEntries
            } else {
                Role::MapDirectory
            };
            self.go(role, ty, at, source);
        } else if let Some((now, old, extra)) = self.places.hmap {
            for field in [now, old] {
                let at = Addr(word_at(bytes, field.offset));
                self.go(Role::MapEntries, ty, at, source);
            }
            self.go(
                Role::MapExtra,
                ty,
                Addr(word_at(bytes, extra.offset)),
                source,
            );
        }
    }

    fn map_entries(&mut self, ty: TypeId, bytes: &[u8], source: Source) {
        let Some((key, elem, layout)) = self.plans.plan(ty).and_then(|plan| plan.map) else {
            return;
        };
        let Some(entries) = layout.entries() else {
            return;
        };
        let count = bytes.len() as u64 / entries.stride.max(64);
        for index in 0..count.max(1) {
            let base = index * entries.stride;
            for (of, slots) in [(key, entries.keys), (elem, entries.elems)] {
                for slot in 0..SLOTS {
                    let at = base.wrapping_add(slots.at(slot));
                    if slots.indirect {
                        self.link(Link::Pointer(of), bytes, at, source);
                    } else {
                        self.values(of, bytes, at, 1, source);
                    }
                }
            }
            if let Some(overflow) = entries.overflow {
                let at = Addr(word_at(bytes, base + overflow));
                self.go(Role::MapEntries, ty, at, source);
            }
        }
    }
}
