//! Layouts from the executable's own DWARF (versions 4 and 5).
//!
//! Nothing is read before the first question. That question finds the units by their root DIEs
//! ([`units`]) and passes once over those of package runtime ([`names`]), one of which holds the program's
//! types; after it, a structure costs the reading of its own DIE and members, once.

mod names;
mod text;
mod units;

pub(crate) use text::TypeText;

use super::shape::{Member, Node, Shape, Shapes, resolve};
use super::{Field, LayoutSource, Layouts};
use crate::addr::FileAddr;
use crate::image::Executable;
use gimli::{AttributeValue, UnitOffset};
use names::Names;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use units::{Slice, Unit, Units};

type DieShape = Arc<Shape<UnitOffset>>;

/// Layouts, constants and variables of the runtime, as an executable's DWARF states them.
pub struct DwarfLayouts<'a> {
    exe: &'a Executable<'a>,
    units: OnceLock<Units<'a>>,
    /// Names of package runtime, whose units hold every type.
    runtime: OnceLock<Names<'a>>,
    /// Names of other packages, for their constants and variables.
    packages: Mutex<BTreeMap<String, Arc<Names<'a>>>>,
    shapes: Mutex<FxHashMap<UnitOffset, Option<DieShape>>>,
}

impl<'a> DwarfLayouts<'a> {
    /// Layouts from `exe`, or `None` when it has no DWARF that describes a Go runtime. Costs the
    /// decompression of the sections and one look at every unit's root.
    pub fn new(exe: &'a Executable<'a>) -> Option<Self> {
        if !exe.has_dwarf() {
            return None;
        }
        let layouts = Self {
            exe,
            units: OnceLock::new(),
            runtime: OnceLock::new(),
            packages: Mutex::default(),
            shapes: Mutex::default(),
        };
        let any = !layouts.units().package("runtime").is_empty();
        any.then_some(layouts)
    }

    /// Link-time address of a package variable (`runtime.allgs`).
    pub fn variable(&self, name: &str) -> Option<FileAddr> {
        self.with_package_of(name, |names| names.variables.get(name.as_bytes()).copied())
            .map(|variable| FileAddr(variable.address))
    }

    /// Import paths of the packages that have DWARF, in order.
    pub fn packages(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.units().packages()
    }

    /// The DIE of a structure by name, or of the type of a package variable by the variable's name.
    fn root(&self, structure: &str) -> Option<UnitOffset> {
        let name = structure.as_bytes();
        if let Some(root) = self.names().types.get(name) {
            return Some(*root);
        }
        let at = self.with_package_of(structure, |names| names.variables.get(name)?.type_die)?;
        at.to_unit_offset(&self.unit()?.header)
    }

    fn units(&self) -> &Units<'a> {
        self.units.get_or_init(|| Units::read(self.exe))
    }

    /// The unit that holds the types.
    fn unit(&self) -> Option<&Unit<'a>> {
        let number = self.names().types_unit?;
        self.units().package("runtime").get(number)
    }

    fn names(&self) -> &Names<'a> {
        self.runtime
            .get_or_init(|| Names::read(self.units(), "runtime"))
    }

    /// Asks the names of the package that a full name (`internal/abi.FuncID_goexit`) belongs to.
    fn with_package_of<T>(
        &self,
        name: &str,
        ask: impl FnOnce(&Names<'a>) -> Option<T>,
    ) -> Option<T> {
        let path_end = name.rfind('/').map_or(0, |slash| slash + 1);
        let dot = path_end + name.get(path_end..)?.find('.')?;
        let package = name.get(..dot)?;
        if package == "runtime" {
            return ask(self.names());
        }
        let mut packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
        let names = if let Some(names) = packages.get(package) {
            Arc::clone(names)
        } else {
            let names = Arc::new(Names::read(self.units(), package));
            packages.insert(package.to_owned(), Arc::clone(&names));
            names
        };
        drop(packages);
        ask(&names)
    }

    /// The shape at a DIE, from the cache or the file. `arrays` bounds how deep arrays may contain arrays.
    fn shape_within(&self, of: UnitOffset, arrays: u8) -> Option<DieShape> {
        let cache = || self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().get(&of) {
            return known.clone();
        }
        let shape = self.read_shape(of, arrays).map(Arc::new);
        cache().insert(of, shape.clone());
        shape
    }

    fn read_shape(&self, at: UnitOffset, arrays: u8) -> Option<Shape<UnitOffset>> {
        let unit = self.unit()?;
        let mut at = at;
        // Typedefs stand in chains of one or two; a longer one is a cycle.
        for _ in 0..16 {
            let mut entries = unit
                .header
                .entries_raw(&unit.abbreviations, Some(at))
                .ok()?;
            let mut die = gimli::DebuggingInformationEntry::null();
            entries.read_entry(&mut die).ok().filter(|found| *found)?;
            let size = die.attr_value(gimli::DW_AT_byte_size);
            let size = size.and_then(|v| v.udata_value());
            match die.tag() {
                gimli::DW_TAG_typedef => at = reference(unit, &die)?,
                gimli::DW_TAG_structure_type => {
                    let members = if die.has_children() {
                        self.members(unit, &mut entries)?
                    } else {
                        Vec::new()
                    };
                    return Some(Shape {
                        size: size?,
                        node: Node::Struct(members),
                    });
                }
                gimli::DW_TAG_array_type => {
                    let element = reference(unit, &die)?;
                    let stride = self.shape_within(element, arrays.checked_sub(1)?)?.size;
                    let size = size?;
                    return Some(Shape {
                        size,
                        node: Node::Array {
                            element,
                            count: size.checked_div(stride).unwrap_or(0),
                        },
                    });
                }
                // Pointers, functions, maps and channels say no size: they are one word.
                _ => {
                    return Some(Shape {
                        size: size.unwrap_or(8),
                        node: Node::Scalar,
                    });
                }
            }
        }
        None
    }

    /// The members that follow a structure's DIE.
    fn members(
        &self,
        unit: &Unit<'a>,
        entries: &mut gimli::EntriesRaw<'_, Slice<'a>>,
    ) -> Option<Vec<Member<UnitOffset>>> {
        let mut members = Vec::new();
        let mut die = gimli::DebuggingInformationEntry::null();
        while entries.next_depth() > 0 && !entries.is_empty() {
            let depth = entries.next_depth();
            if !entries.read_entry(&mut die).ok()? || depth != 1 {
                continue;
            }
            if die.tag() != gimli::DW_TAG_member {
                continue;
            }
            let name = die
                .attr_value(gimli::DW_AT_name)
                .and_then(|v| self.units().text(&v))?;
            let offset = die
                .attr_value(gimli::DW_AT_data_member_location)
                .and_then(|v| v.udata_value())?;
            let embedded = die
                .attr_value(DW_AT_GO_EMBEDDED_FIELD)
                .is_some_and(|v| v == AttributeValue::Flag(true) || v.udata_value() == Some(1));
            members.push(Member {
                name: String::from_utf8_lossy(name).into(),
                offset,
                shape: reference(unit, &die)?,
                embedded,
            });
        }
        Some(members)
    }
}

/// Set on embedded fields (`cmd/internal/dwarf/dwarf.go:DW_AT_go_embedded_field`).
const DW_AT_GO_EMBEDDED_FIELD: gimli::DwAt = gimli::DwAt(0x2903);

/// Arrays of arrays of … in one type; the runtime has two.
const MOST_NESTED_ARRAYS: u8 = 8;

/// The DIE's type as an offset in the unit that holds all types.
fn reference(
    unit: &Unit<'_>,
    die: &gimli::DebuggingInformationEntry<Slice<'_>>,
) -> Option<UnitOffset> {
    match die.attr_value(gimli::DW_AT_type)? {
        AttributeValue::UnitRef(at) => Some(at),
        // What Go writes, though its types never leave their unit.
        AttributeValue::DebugInfoRef(at) => at.to_unit_offset(&unit.header),
        _ => None,
    }
}

impl Shapes for DwarfLayouts<'_> {
    type Ref = UnitOffset;

    fn shape(&self, of: UnitOffset) -> Option<DieShape> {
        self.shape_within(of, MOST_NESTED_ARRAYS)
    }
}

impl Layouts for DwarfLayouts<'_> {
    fn field(&self, structure: &str, path: &str) -> Option<Field> {
        resolve(self, self.root(structure)?, path)
    }

    fn size_of(&self, structure: &str) -> Option<u64> {
        Some(self.shape(self.root(structure)?)?.size)
    }

    fn constant(&self, name: &str) -> Option<i64> {
        self.with_package_of(name, |names| names.constants.get(name.as_bytes()).copied())
    }

    fn source(&self) -> LayoutSource {
        LayoutSource::Dwarf
    }
}
