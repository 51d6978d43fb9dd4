//! Names of one package: its types, constants and variables, from one pass over the DIEs of its units.
//!
//! DIEs below the first level (members, parameters, locals) are skipped, not read. Only names of Go's standard
//! library are kept, since that is where the runtime's structures live: a program's own types may be a
//! hundred times as many.

use super::units::{Slice, Unit, Units};
use gimli::{AttributeValue, DebugInfoOffset, UnitOffset};
use rustc_hash::FxHashMap;

/// What the units of a package declare, by full name (`runtime.g`).
#[derive(Default)]
pub(super) struct Names<'a> {
    /// Types with a name (a typedef only where nothing else has it): the offset of their DIE in the unit numbered `types_unit`.
    pub types: FxHashMap<&'a [u8], UnitOffset>,
    /// Which of the package's units has the types; every Go type of a program stands in one unit.
    pub types_unit: Option<usize>,
    /// Integer constants.
    pub constants: FxHashMap<&'a [u8], i64>,
    /// Package variables.
    pub variables: FxHashMap<&'a [u8], Variable>,
}

/// A package variable.
#[derive(Clone, Copy)]
pub(super) struct Variable {
    /// Link-time address.
    pub address: u64,
    /// Its type, by offset in `.debug_info`, since types stand in another unit.
    pub type_die: Option<DebugInfoOffset>,
}

impl<'a> Names<'a> {
    /// Reads the names of a package's units; in each, what follows damage is left out.
    pub fn read(units: &Units<'a>, package: &str) -> Self {
        let mut names = Self::default();
        for (number, unit) in units.package(package).iter().enumerate() {
            names.fill(units, unit, number);
        }
        names
    }

    fn fill(&mut self, units: &Units<'a>, unit: &Unit<'a>, number: usize) -> Option<()> {
        let mut entries = unit.header.entries_raw(&unit.abbreviations, None).ok()?;
        while !entries.is_empty() {
            let depth = entries.next_depth();
            let offset = entries.next_offset();
            let Some(abbreviation) = entries.read_abbreviation().ok()? else {
                continue;
            };
            let wanted = depth == 1
                && matches!(
                    abbreviation.tag(),
                    gimli::DW_TAG_structure_type
                        | gimli::DW_TAG_base_type
                        | gimli::DW_TAG_typedef
                        | gimli::DW_TAG_constant
                        | gimli::DW_TAG_variable
                );
            if !wanted {
                entries.skip_attributes(abbreviation.attributes()).ok()?;
                continue;
            }
            let mut name: Option<&[u8]> = None;
            let mut value = None;
            let mut location = None;
            let mut type_die = None;
            for spec in abbreviation.attributes() {
                let attribute = entries.read_attribute_inline(*spec).ok()?;
                match attribute.name() {
                    gimli::DW_AT_name => name = units.text(&attribute.value()),
                    gimli::DW_AT_const_value => value = signed(&attribute.value()),
                    gimli::DW_AT_location => {
                        if let AttributeValue::Exprloc(expression) = attribute.value() {
                            location = units.fixed_address(unit, expression.0);
                        }
                    }
                    gimli::DW_AT_type => {
                        if let AttributeValue::DebugInfoRef(at) = attribute.value() {
                            type_die = Some(at);
                        }
                    }
                    _ => {}
                }
            }
            let Some(name) = name.filter(|name| in_standard_library(name)) else {
                continue;
            };
            match abbreviation.tag() {
                gimli::DW_TAG_constant => {
                    if let Some(value) = value {
                        self.constants.insert(name, value);
                    }
                }
                gimli::DW_TAG_variable => {
                    if let Some(address) = location {
                        self.variables.insert(name, Variable { address, type_die });
                    }
                }
                _ => {
                    if *self.types_unit.get_or_insert(number) == number {
                        self.types.entry(name).or_insert(offset);
                    }
                }
            }
        }
        Some(())
    }
}

/// An integer, whatever its form: Go writes sdata, C compilers the smallest that fits.
fn signed(value: &AttributeValue<Slice<'_>>) -> Option<i64> {
    value.sdata_value().or_else(|| match value {
        AttributeValue::Udata(v) => Some(v.cast_signed()),
        _ => None,
    })
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
