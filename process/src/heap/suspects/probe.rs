//! Where in an object strings and slices stand: worked out once a label.

use super::facts::Facts;
use crate::addr::Addr;
use crate::heap::pointers::word_at;
use crate::heap::types::{Label, Link, Plans, Role};
use crate::types::{Kind, SLOTS, TypeRef};
use crate::value::TypeSource;
use std::borrow::Cow;

/// What stands at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// Pointer and length.
    Text,
    /// Pointer, length and capacity, in elements of so many bytes.
    Slice { elem: u64, bytes: bool },
}

/// A string or slice as it stands in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub what: What,
    pub at: Addr,
    /// In bytes.
    pub len: u64,
    /// In bytes; of a string its length.
    pub cap: u64,
}

/// The places of an object with a label.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe {
    /// Bytes after which the places come again; 0 when they do not.
    stride: u64,
    places: Vec<(u64, What)>,
}

/// Places of one label beyond this are left out; who holds what they refer to is then unknown.
const MOST_PLACES: usize = 1 << 12;

impl Probe {
    /// Whether there is nothing to see.
    pub const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether anything that text or bytes are reached by is among it.
    pub fn has_text(&self) -> bool {
        let is_text = |what: &What| matches!(what, What::Text | What::Slice { bytes: true, .. });
        self.places.iter().any(|(_, what)| is_text(what))
    }

    /// Calls `visit` with everything that is not nil.
    #[inline]
    pub fn visit(&self, bytes: &[u8], mut visit: impl FnMut(Seen)) {
        let end = bytes.len() as u64;
        let mut base = 0;
        while base < end {
            for (offset, what) in &self.places {
                let from = base + offset;
                let at = word_at(bytes, from);
                if at == 0 || from + 16 > end {
                    continue;
                }
                let len = word_at(bytes, from + 8);
                let seen = match what {
                    What::Text => Seen {
                        what: *what,
                        at: Addr(at),
                        len,
                        cap: len,
                    },
                    What::Slice { elem, .. } => Seen {
                        what: *what,
                        at: Addr(at),
                        len: len.saturating_mul(*elem),
                        cap: word_at(bytes, from + 16).saturating_mul(*elem),
                    },
                };
                visit(seen);
            }
            if self.stride == 0 {
                break;
            }
            base += self.stride;
        }
    }
}

/// Makes probes.
pub(super) struct Probes<'t, 'a> {
    plans: Plans<'t, 'a>,
    types: &'t crate::types::Types<'a>,
}

impl<'t, 'a> Probes<'t, 'a> {
    pub fn new(facts: &Facts<'t, 'a, '_>) -> Self {
        let types = facts.process.types();
        Self {
            plans: Plans::new(types),
            types,
        }
    }

    /// One for each label.
    pub fn of_labels(&mut self, facts: &Facts<'t, 'a, '_>) -> Vec<Probe> {
        let labels = facts.labels;
        labels
            .list()
            .iter()
            .map(|label| {
                let ty = labels.type_ref(label.ty);
                self.of_label(label, ty).unwrap_or_default()
            })
            .collect()
    }

    /// One of a variable.
    pub fn of_type(&mut self, ty: TypeRef) -> Probe {
        let mut probe = Probe::default();
        // What cannot be laid out is seen as far as it can.
        let _ = self.add(ty, 0, &mut probe);
        probe
    }

    fn of_label(&mut self, label: &Label, ty: Option<TypeRef>) -> Option<Probe> {
        match label.role {
            Role::Value => ty.map(|ty| self.of_type(ty)),
            Role::Backing | Role::ChanBuffer => {
                let mut probe = self.of_type(ty?);
                let id = self.plans.id(ty?);
                probe.stride = self.plans.plan(id)?.size;
                Some(probe)
            }
            Role::MapEntries => self.of_entries(ty?),
            Role::Closure => {
                let mut probe = Probe::default();
                for slot in self.types.captures(label.code) {
                    if !slot.by_reference {
                        self.add(slot.ty, slot.offset, &mut probe)?;
                    }
                }
                Some(probe)
            }
            _ => None,
        }
    }

    fn of_entries(&mut self, ty: TypeRef) -> Option<Probe> {
        let id = self.plans.id(ty);
        let (key, elem, layout) = self.plans.plan(id)?.map?;
        let entries = layout.entries()?;
        let mut probe = Probe {
            stride: entries.stride.max(8),
            places: Vec::new(),
        };
        for (of, slots) in [(key, entries.keys), (elem, entries.elems)] {
            if slots.indirect {
                continue;
            }
            let of = self.plans.type_ref(of)?;
            for slot in 0..SLOTS {
                self.add(of, slots.at(slot), &mut probe)?;
            }
        }
        Some(probe)
    }

    /// Adds the places of a value of a type at an offset; `None` when there are too many, or the type is unreadable.
    fn add(&mut self, ty: TypeRef, at: u64, probe: &mut Probe) -> Option<()> {
        let id = self.plans.id(ty);
        let plan = self.plans.plan(id)?;
        for (offset, link) in &plan.links {
            let from = at.checked_add(*offset)?;
            match link {
                Link::Text => probe.places.push((from, What::Text)),
                Link::Slice(elem) => {
                    let size = self.plans.plan(*elem)?.size;
                    let bytes = self
                        .plans
                        .resolve(*elem)
                        .is_some_and(|ty| ty.kind == Kind::Uint8);
                    probe.places.push((from, What::Slice { elem: size, bytes }));
                }
                Link::Array { of, count } => {
                    let size = self.plans.plan(*of)?.size;
                    let of = self.plans.type_ref(*of)?;
                    for index in 0..*count {
                        self.add(of, from.checked_add(index.checked_mul(size)?)?, probe)?;
                    }
                }
                _ => {}
            }
            if probe.places.len() > MOST_PLACES {
                return None;
            }
        }
        Some(())
    }
}

/// The bytes of an object without its header, where it starts, and its slot's size.
pub(super) fn object_bytes<'m>(
    facts: &Facts<'m, '_, '_>,
    object: u32,
) -> Option<(Addr, Cow<'m, [u8]>)> {
    let spans = &facts.heap.spans;
    let span = spans.of_object(object)?;
    let (at, size) = spans.place(object)?;
    let header = facts.heap.pointers.header_size(span);
    let start = at.offset(header);
    use crate::memory::Memory;
    let bytes = facts.process.memory.bytes(start, size - header).ok()?;
    Some((start, bytes))
}
