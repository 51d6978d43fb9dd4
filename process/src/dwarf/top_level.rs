//! What a unit declares at its top level, read in one pass; and the names of one package made of it.
//!
//! DIEs below the first level (members, parameters, locals) are skipped, not read.

use super::attributes::go;
use super::{Dwarf, Slice, UnitEntry};
use crate::addr::FileAddr;
use gimli::AttributeValue;
use gimli::constants as dw;
use rustc_hash::FxHashMap;

/// A named declaration at the top level of a unit.
pub(crate) struct TopLevel<'a> {
    /// Type, variable or constant.
    pub(crate) tag: dw::DwTag,
    /// Offset of the DIE in `.debug_info`.
    pub(crate) die: u64,
    /// The name as it stands there.
    pub(crate) name: &'a [u8],
    /// The DIE of its type.
    pub(crate) type_die: Option<u64>,
    /// A constant's value; unsigned 64-bit values keep their bits.
    pub(crate) value: Option<i64>,
    /// Link-time address of a variable that has a fixed one.
    pub(crate) address: Option<FileAddr>,
    /// Offset of a type's descriptor from `moduledata.types`.
    pub(crate) runtime_type: Option<u64>,
}

impl<'a> UnitEntry<'a> {
    /// Calls `each` for every named type, variable and constant of the unit, in order.
    pub(crate) fn top_level(
        &self,
        dwarf: &Dwarf<'a>,
        mut each: impl FnMut(TopLevel<'a>),
    ) -> Result<(), gimli::Error> {
        let mut entries = self.unit.entries_raw(None)?;
        while !entries.is_empty() {
            let depth = entries.next_depth();
            let at = entries.next_offset();
            let Some(abbreviation) = entries.read_abbreviation()? else {
                continue;
            };
            let tag = abbreviation.tag();
            if depth != 1 || !is_named(tag) {
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let mut name = None;
            let mut found = TopLevel {
                tag,
                die: self.section_offset(at),
                name: &[],
                type_die: None,
                value: None,
                address: None,
                runtime_type: None,
            };
            for spec in abbreviation.attributes() {
                let attribute = entries.read_attribute_inline(*spec)?;
                let value = attribute.value();
                match attribute.name() {
                    dw::DW_AT_name => {
                        let text = dwarf.sections().attr_string(&self.unit, value).ok();
                        name = text.map(|text| text.slice());
                    }
                    dw::DW_AT_const_value => found.value = integer(&value),
                    dw::DW_AT_location => found.address = self.fixed_address(dwarf, &value),
                    dw::DW_AT_type => {
                        found.type_die = match value {
                            AttributeValue::UnitRef(within) => Some(self.section_offset(within)),
                            AttributeValue::DebugInfoRef(offset) => Some(offset.0 as u64),
                            _ => None,
                        };
                    }
                    go::RUNTIME_TYPE => {
                        found.runtime_type = match value {
                            AttributeValue::Addr(at) => Some(at),
                            value @ AttributeValue::DebugAddrIndex(_) => {
                                let at = dwarf.sections().attr_address(&self.unit, value);
                                at.ok().flatten()
                            }
                            value => value.udata_value(),
                        };
                    }
                    _ => {}
                }
            }
            if let Some(name) = name {
                each(TopLevel { name, ..found });
            }
        }
        Ok(())
    }

    /// The address that a variable's location names outright: `DW_OP_addr`, or `DW_OP_addrx` of DWARF 5.
    fn fixed_address(
        &self,
        dwarf: &Dwarf<'a>,
        location: &AttributeValue<Slice<'a>>,
    ) -> Option<FileAddr> {
        let AttributeValue::Exprloc(expression) = location else {
            return None;
        };
        let mut operations = expression.operations(self.unit.encoding());
        let address = match operations.next().ok()?? {
            gimli::Operation::Address { address } => address,
            gimli::Operation::AddressIndex { index } => {
                dwarf.sections().address(&self.unit, index).ok()?
            }
            _ => return None,
        };
        Some(FileAddr(address))
    }
}

const fn is_named(tag: dw::DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_variable
            | dw::DW_TAG_constant
            | dw::DW_TAG_base_type
            | dw::DW_TAG_typedef
            | dw::DW_TAG_structure_type
            | dw::DW_TAG_pointer_type
            | dw::DW_TAG_array_type
            | dw::DW_TAG_subroutine_type
    )
}

/// An integer, whatever its form: Go writes sdata, C compilers the smallest that fits.
fn integer(value: &AttributeValue<Slice<'_>>) -> Option<i64> {
    value.sdata_value().or_else(|| match value {
        AttributeValue::Udata(v) => Some(v.cast_signed()),
        _ => None,
    })
}

/// What the units of one package declare, by full name (`runtime.g`).
///
/// Only names of Go's standard library are kept, since that is where the runtime's structures live, and package runtime
/// holds the types of the whole program, which may be a hundred times as many.
#[derive(Default)]
pub(crate) struct PackageNames<'a> {
    /// Types with a name (a typedef only where nothing else has it): their DIEs.
    pub(crate) types: FxHashMap<&'a [u8], u64>,
    /// Integer constants.
    pub(crate) constants: FxHashMap<&'a [u8], i64>,
    /// Package variables with a fixed address.
    pub(crate) variables: FxHashMap<&'a [u8], NamedVariable>,
}

/// A package variable.
#[derive(Clone, Copy)]
pub(crate) struct NamedVariable {
    /// Where it stands.
    pub(crate) address: FileAddr,
    /// The DIE of its type.
    pub(crate) type_die: Option<u64>,
}

impl<'a> PackageNames<'a> {
    /// Reads the names of a package's units; in each, what follows damage is left out.
    pub(super) fn read(dwarf: &Dwarf<'a>, package: &str) -> Self {
        let mut names = Self::default();
        for unit in dwarf.units().of_package(package) {
            let _ = unit.top_level(dwarf, |found| names.add(&found));
        }
        names
    }

    fn add(&mut self, found: &TopLevel<'a>) {
        if !in_standard_library(found.name) {
            return;
        }
        match found.tag {
            dw::DW_TAG_constant => {
                if let Some(value) = found.value {
                    self.constants.insert(found.name, value);
                }
            }
            dw::DW_TAG_variable => {
                if let Some(address) = found.address {
                    let variable = NamedVariable {
                        address,
                        type_die: found.type_die,
                    };
                    self.variables.insert(found.name, variable);
                }
            }
            dw::DW_TAG_structure_type | dw::DW_TAG_base_type | dw::DW_TAG_typedef => {
                self.types.entry(found.name).or_insert(found.die);
            }
            _ => {}
        }
    }
}

/// Whether a type or variable belongs to a package of the standard library: the first element of its import
/// path has no dot, and it is not `main`. Composite types (`*T`, `[]T`, `map[K]V`) start with no letter of a
/// path, or with a bracket inside.
fn in_standard_library(name: &[u8]) -> bool {
    let path = name
        .iter()
        .position(|b| *b == b'/')
        .map_or(name, |slash| name.get(..slash).unwrap_or(name));
    let starts_like_a_path = name.first().is_some_and(u8::is_ascii_lowercase);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/');
    if !starts_like_a_path || !name.iter().all(plain) || name.starts_with(b"main.") {
        return false;
    }
    // Without a slash, `runtime.g` has its dot behind the package; with one, `example.com/x` is not ours.
    path.len() == name.len() || !path.contains(&b'.')
}

#[cfg(test)]
mod tests {
    use super::in_standard_library;

    #[test]
    fn only_named_types_of_the_standard_library_are_kept() {
        for name in [
            "runtime.g",
            "internal/runtime/maps.Map",
            "int",
            "sync.Mutex",
        ] {
            assert!(in_standard_library(name.as_bytes()), "{name}");
        }
        for name in [
            "*runtime.g",
            "[]uint8",
            "main.T",
            "example.com/x.T",
            "map[string]int",
            "func(int)",
            "struct { x int }",
            "sync/atomic.Pointer[go.shape.int]",
            "",
        ] {
            assert!(!in_standard_library(name.as_bytes()), "{name}");
        }
    }
}
