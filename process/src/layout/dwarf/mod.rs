//! Layouts from the executable's own DWARF.
//!
//! Nothing is read before the first question. That question passes once over the units of package runtime, one of which
//! holds the program's types ([`crate::dwarf`]); after it, a structure costs the reading of its own DIE and members,
//! once.

mod text;

pub(crate) use text::TypeText;

use super::shape::{Member, Node, Shape, Shapes, resolve};
use super::{Field, LayoutSource, Layouts};
use crate::addr::FileAddr;
use crate::dwarf::{Attributes, Dwarf, PackageNames, go};
use gimli::constants as dw;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A type by the offset of its DIE in `.debug_info`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DieRef(u64);

type DieShape = Arc<Shape<DieRef>>;

/// Typedefs stand in chains of one or two; a longer one is a cycle.
const MOST_TYPEDEFS: usize = 16;

/// Layouts, constants and variables of the runtime, as an executable's DWARF states them.
pub struct DwarfLayouts<'a> {
    dwarf: Arc<Dwarf<'a>>,
    /// Names of package runtime, whose units hold every type.
    runtime: OnceLock<Arc<PackageNames<'a>>>,
    shapes: Mutex<FxHashMap<DieRef, Option<DieShape>>>,
}

impl<'a> DwarfLayouts<'a> {
    /// Layouts from DWARF, or `None` when it does not describe a Go runtime. Costs one look at every unit's root.
    pub fn new(dwarf: Arc<Dwarf<'a>>) -> Option<Self> {
        let describes_go = dwarf.units().of_package("runtime").next().is_some();
        describes_go.then(|| Self {
            dwarf,
            runtime: OnceLock::new(),
            shapes: Mutex::default(),
        })
    }

    /// Link-time address of a package variable (`runtime.allgs`).
    pub fn variable(&self, name: &str) -> Option<FileAddr> {
        self.with_package_of(name, |names| names.variables.get(name.as_bytes()).copied())
            .map(|variable| variable.address)
    }

    /// The DIE of a structure by name, or of the type of a package variable by the variable's name.
    fn root(&self, structure: &str) -> Option<DieRef> {
        let name = structure.as_bytes();
        let known = self.names().types.get(name).copied();
        known
            .or_else(|| {
                self.with_package_of(structure, |names| names.variables.get(name)?.type_die)
            })
            .map(DieRef)
    }

    fn names(&self) -> &PackageNames<'a> {
        self.runtime.get_or_init(|| self.dwarf.names_of("runtime"))
    }

    /// Asks the names of the package that a full name (`internal/abi.FuncID_goexit`) belongs to.
    fn with_package_of<T>(
        &self,
        name: &str,
        ask: impl FnOnce(&PackageNames<'a>) -> Option<T>,
    ) -> Option<T> {
        let path_end = name.rfind('/').map_or(0, |slash| slash + 1);
        let dot = path_end + name.get(path_end..)?.find('.')?;
        match name.get(..dot)? {
            "runtime" => ask(self.names()),
            package => ask(&self.dwarf.names_of(package)),
        }
    }

    /// The shape at a DIE, from the cache or the file. `arrays` bounds how deep arrays may contain arrays.
    fn shape_within(&self, of: DieRef, arrays: u8) -> Option<DieShape> {
        let cache = || self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().get(&of) {
            return known.clone();
        }
        let shape = self.read_shape(of, arrays).map(Arc::new);
        cache().insert(of, shape.clone());
        shape
    }

    fn read_shape(&self, at: DieRef, arrays: u8) -> Option<Shape<DieRef>> {
        let mut at = at;
        for _ in 0..MOST_TYPEDEFS {
            let (unit, die) = self.dwarf.die(at.0).ok()?;
            let attributes = Attributes::new(&self.dwarf, unit, &die);
            let size = attributes.unsigned(dw::DW_AT_byte_size);
            let of = attributes.reference(dw::DW_AT_type).map(DieRef);
            match die.tag() {
                dw::DW_TAG_typedef => at = of?,
                dw::DW_TAG_structure_type => {
                    return Some(Shape {
                        size: size?,
                        node: Node::Struct(self.members(at)?),
                    });
                }
                dw::DW_TAG_array_type => {
                    let element = of?;
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

    /// The members of a structure's DIE; `None` when one of them lacks its name, place or type.
    fn members(&self, of: DieRef) -> Option<Vec<Member<DieRef>>> {
        let mut members = Some(Vec::new());
        let read = self.dwarf.children_of(of.0, |unit, die| {
            if die.tag() != dw::DW_TAG_member {
                return;
            }
            let attributes = Attributes::new(&self.dwarf, unit, die);
            let member = || {
                Some(Member {
                    name: String::from_utf8_lossy(attributes.name()?).into(),
                    offset: attributes.unsigned(dw::DW_AT_data_member_location)?,
                    shape: DieRef(attributes.reference(dw::DW_AT_type)?),
                    embedded: attributes.flag(go::EMBEDDED_FIELD),
                })
            };
            match (&mut members, member()) {
                (Some(members), Some(member)) => members.push(member),
                _ => members = None,
            }
        });
        read.ok().and(members)
    }
}

/// Arrays of arrays of … in one type; the runtime has two.
const MOST_NESTED_ARRAYS: u8 = 8;

impl Shapes for DwarfLayouts<'_> {
    type Ref = DieRef;

    fn shape(&self, of: DieRef) -> Option<DieShape> {
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
