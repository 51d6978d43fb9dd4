//! From the type word of an interface to a type.

use super::plan::{Plans, TypeId};
use crate::addr::Addr;
use crate::layout::Layouts;
use crate::memory::{Memory, MemoryExt};
use crate::types::Types;
use rustc_hash::FxHashMap;

/// What an interface holds: the type, and whether the data word is the value itself.
pub(in crate::heap) type Dynamic = (TypeId, bool);

/// Type words seen so far. A word that leads to no descriptor is remembered too: hostile memory has many.
pub(in crate::heap) struct Interfaces<'r> {
    memory: &'r dyn Memory,
    /// Offset of the type in an itab.
    in_itab: Option<u64>,
    known: FxHashMap<(Addr, bool), Option<Dynamic>>,
}

impl<'r> Interfaces<'r> {
    pub fn new(memory: &'r dyn Memory, layouts: &dyn Layouts) -> Self {
        // `internal/abi.ITab` since 1.22, `runtime.itab` before.
        let field = layouts
            .field("internal/abi.ITab", "Type")
            .or_else(|| layouts.field("runtime.itab", "_type"));
        Self {
            memory,
            in_itab: field.map(|field| field.offset),
            known: FxHashMap::default(),
        }
    }

    /// The type word of an itab.
    pub fn type_in_itab(&self, itab: Addr) -> Option<Addr> {
        if !itab.0.is_multiple_of(8) {
            return None;
        }
        self.memory.ptr(itab.offset(self.in_itab?)).ok()
    }

    /// The dynamic type behind the first word of an interface, an itab unless the interface is empty.
    pub fn dynamic(
        &mut self,
        types: &Types<'_>,
        plans: &mut Plans<'_, '_>,
        word: Addr,
        empty: bool,
    ) -> Option<Dynamic> {
        if let Some(known) = self.known.get(&(word, empty)) {
            return *known;
        }
        let descriptor = if empty {
            Some(word)
        } else {
            self.type_in_itab(word)
        };
        let found = descriptor
            .and_then(|at| types.dynamic(at).ok())
            .map(|dynamic| (plans.id(dynamic.ty), dynamic.direct));
        self.known.insert((word, empty), found);
        found
    }
}
