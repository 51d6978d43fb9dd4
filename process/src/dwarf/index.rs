//! What can be asked of DWARF by name: types, package variables, constants; and types by runtime descriptor.
//!
//! Built by one pass over the top level of every Go unit, units in parallel. Names borrow from `.debug_info`,
//! so the index costs some forty bytes a name. C units are left out: their names are not Go's.

use super::{Dwarf, TopLevel, name_text};
use gimli::constants as dw;
use rayon::prelude::*;
use std::borrow::Cow;

/// A name and the DIE it names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NamedDie<'a> {
    /// The name with full import path, unescaped.
    pub name: Cow<'a, str>,
    /// Offset of the DIE in `.debug_info`.
    pub die: u64,
}

/// A named integer constant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Constant<'a> {
    /// Offset of its type's DIE.
    pub type_die: u64,
    /// Its value; unsigned 64-bit values keep their bits.
    pub value: i64,
    /// Full name, `main.Monday`.
    pub name: Cow<'a, str>,
}

/// The index over all Go units.
#[derive(Default, Debug)]
pub struct GlobalIndex<'a> {
    /// Types in name order; a named type has its typedef before or after the DIE it stands for.
    pub types: Vec<NamedDie<'a>>,
    /// Offset of the runtime descriptor from `moduledata.types` → DIE, in order.
    pub runtime_types: Vec<(u64, u64)>,
    /// Package variables in name order.
    pub variables: Vec<NamedDie<'a>>,
    /// Constants by type, then value.
    pub constants: Vec<Constant<'a>>,
}

impl<'a> GlobalIndex<'a> {
    pub(super) fn build(dwarf: &Dwarf<'a>) -> Self {
        let units = &dwarf.units().entries;
        let mut index = units
            .par_iter()
            .filter(|unit| unit.is_go)
            .map(|unit| {
                let mut part = Self::default();
                // A unit that breaks off half way keeps what was read before.
                let _ = unit.top_level(dwarf, |found| part.add(&found));
                part
            })
            .reduce(Self::default, Self::join);
        index.types.par_sort_unstable();
        index.variables.par_sort_unstable();
        index.runtime_types.par_sort_unstable();
        index.constants.par_sort_unstable();
        index
    }

    fn join(mut self, mut other: Self) -> Self {
        self.types.append(&mut other.types);
        self.runtime_types.append(&mut other.runtime_types);
        self.variables.append(&mut other.variables);
        self.constants.append(&mut other.constants);
        self
    }

    fn add(&mut self, found: &TopLevel<'a>) {
        let named = || NamedDie {
            name: name_text(found.name),
            die: found.die,
        };
        match found.tag {
            dw::DW_TAG_variable => self.variables.push(named()),
            dw::DW_TAG_constant => {
                if let (Some(value), Some(type_die)) = (found.value, found.type_die) {
                    self.constants.push(Constant {
                        type_die,
                        value,
                        name: name_text(found.name),
                    });
                }
            }
            _ => {
                self.types.push(named());
                let runtime = found.runtime_type.filter(|offset| *offset != 0);
                self.runtime_types
                    .extend(runtime.map(|runtime| (runtime, found.die)));
            }
        }
    }

    /// The DIEs of a type name, unescaped and with full import path.
    pub fn types_named(&self, name: &str) -> &[NamedDie<'a>] {
        named(&self.types, name)
    }

    /// The DIEs of a package variable's full name.
    pub fn variables_named(&self, name: &str) -> &[NamedDie<'a>] {
        named(&self.variables, name)
    }

    /// The type DIE whose descriptor stands at `offset` from `moduledata.types`.
    pub fn runtime_type(&self, offset: u64) -> Option<u64> {
        let at = self.runtime_types.partition_point(|(o, _)| *o < offset);
        let (found, die) = self.runtime_types.get(at)?;
        (*found == offset).then_some(*die)
    }

    /// The constants declared with a type, in value order.
    pub fn constants_of(&self, type_die: u64) -> &[Constant<'a>] {
        let from = self.constants.partition_point(|c| c.type_die < type_die);
        let to = self.constants.partition_point(|c| c.type_die <= type_die);
        self.constants.get(from..to).unwrap_or_default()
    }
}

fn named<'v, 'a>(sorted: &'v [NamedDie<'a>], name: &str) -> &'v [NamedDie<'a>] {
    let from = sorted.partition_point(|n| n.name.as_ref() < name);
    let to = sorted.partition_point(|n| n.name.as_ref() <= name);
    sorted.get(from..to).unwrap_or_default()
}
