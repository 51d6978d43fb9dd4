//! Go types of the dead process, from two sources with one shape: DWARF and the runtime's own descriptors.
//!
//! [`Types`] resolves a [`TypeRef`] to a [`Type`] and remembers it; threads share the answers. DWARF knows the
//! types of variables; descriptors (`abi.Type`, in the process's memory even when the executable is stripped)
//! know the dynamic types of interfaces. Names have full import paths in both, as DWARF prints them: the
//! runtime's own strings shorten paths, so a descriptor's name is put together from its package path.

mod by_name;
mod descriptor;
mod die;
mod listing;
mod made;
mod map_layout;
mod model;
mod names;

pub(crate) use by_name::shorten;
pub use listing::ListedType;
pub use map_layout::{Entries, MapLayout, SLOTS, Slots};
pub use model::{FieldType, Kind, Shape, Type, TypeRef};

use crate::addr::{Addr, Bias};
use crate::dwarf::{Dwarf, DwarfError};
use crate::image::GoVersion;
use crate::memory::{Memory, ReadError};
use made::Made;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// `.debug_info` up to this size is indexed to find the DIE of a runtime type (some 0.3 s of one core at the
/// limit); above it the descriptor alone answers, which says the same of everything but C.
const CHEAP_INDEX: u64 = 48 << 20;

/// Where one module (executable, plugin, shared library) keeps its type descriptors; fields of
/// `runtime.moduledata` as read from the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TypeModule {
    /// `types`: what type and name offsets count from.
    pub types: Addr,
    /// `etypes`: the first address after.
    pub etypes: Addr,
    /// `typelinks` (up to Go 1.26): address and number of `int32` offsets.
    pub typelinks: Option<(Addr, u64)>,
    /// `typedesclen` (since Go 1.27): the descriptors lie back to back this far from `types`.
    pub descriptors_len: Option<u64>,
}

/// Why a type could not be had.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// DWARF could not answer.
    #[error(transparent)]
    Dwarf(#[from] DwarfError),
    /// The descriptor's memory could not be read.
    #[error("type descriptor: {0}")]
    Unreadable(#[from] ReadError),
    /// What stands at the address is no type descriptor.
    #[error("{addr}: not a type descriptor: {why}")]
    NotADescriptor {
        /// Where.
        addr: Addr,
        /// What is impossible about it.
        why: &'static str,
    },
    /// A DIE reference without DWARF, or a made type that was not made here.
    #[error("no such type here")]
    Foreign,
    /// No type has the name.
    #[error("no type {0}")]
    Unknown(String),
    /// Several packages have a type of this name.
    #[error("{name} could be {}", .candidates.join(" or "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Full names, at most a dozen.
        candidates: Vec<String>,
    },
}

/// A dynamic type: what an interface's type word names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dynamic {
    /// The type.
    pub ty: TypeRef,
    /// Whether the interface's data word is the value itself instead of its address.
    pub direct: bool,
}

/// The types of one process.
pub struct Types<'a> {
    memory: Arc<dyn Memory + 'a>,
    dwarf: Option<Arc<Dwarf<'a>>>,
    modules: Vec<TypeModule>,
    version: Option<GoVersion>,
    bias: Bias,
    resolved: RwLock<FxHashMap<TypeRef, Arc<Type>>>,
    made: RwLock<Vec<Made>>,
    listed: OnceLock<Vec<ListedType>>,
}

impl std::fmt::Debug for Types<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Types")
            .field("dwarf", &self.dwarf)
            .field("modules", &self.modules)
            .finish_non_exhaustive()
    }
}

impl<'a> Types<'a> {
    /// Types read from DWARF (of the main module, when there is any) and from the descriptors of `modules`,
    /// the main module first.
    pub fn new(
        memory: Arc<dyn Memory + 'a>,
        dwarf: Option<Arc<Dwarf<'a>>>,
        modules: Vec<TypeModule>,
        version: Option<GoVersion>,
    ) -> Self {
        Self {
            memory,
            dwarf,
            modules,
            version,
            bias: Bias(0),
            resolved: RwLock::default(),
            made: RwLock::default(),
            listed: OnceLock::new(),
        }
    }

    /// The same types of a program that was loaded with a bias.
    #[must_use]
    pub fn with_bias(self, bias: Bias) -> Self {
        Self { bias, ..self }
    }

    /// What the loader added to the addresses of DWARF.
    pub const fn bias(&self) -> Bias {
        self.bias
    }

    /// The DWARF these types come from, when there is any.
    pub fn dwarf(&self) -> Option<&Dwarf<'a>> {
        self.dwarf.as_deref()
    }

    /// What a type is made of.
    pub fn resolve(&self, id: TypeRef) -> Result<Arc<Type>, TypeError> {
        self.resolve_within(id, 0)
    }

    fn resolve_within(&self, id: TypeRef, depth: usize) -> Result<Arc<Type>, TypeError> {
        let known = self.resolved.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&id) {
            return Ok(Arc::clone(found));
        }
        drop(known);
        let ty = Arc::new(match id {
            TypeRef::Die(offset) => self.read_die(offset, depth)?,
            TypeRef::Descriptor(addr) => self.read_descriptor(addr)?,
            TypeRef::Made(index) => self.read_made(index)?,
        });
        let mut known = self
            .resolved
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.entry(id).or_insert(ty)))
    }

    /// The dynamic type that an interface's type word (`eface._type`, `itab.Type`) names.
    pub fn dynamic(&self, type_word: Addr) -> Result<Dynamic, TypeError> {
        let header = self.header(type_word)?;
        Ok(Dynamic {
            ty: self.of_descriptor(type_word),
            direct: header.is_direct(),
        })
    }

    /// The type a descriptor stands for: its DIE when the executable has one and finding it is cheap.
    pub fn of_descriptor(&self, addr: Addr) -> TypeRef {
        let die = self
            .dwarf()
            .filter(|dwarf| dwarf.info_size() <= CHEAP_INDEX)
            .zip(self.modules.first())
            .filter(|(_, main)| main.types <= addr && addr < main.etypes)
            .and_then(|(dwarf, main)| dwarf.index().runtime_type(addr.since(main.types)?));
        die.map_or(TypeRef::Descriptor(addr), TypeRef::Die)
    }

    /// Whether an address lies among the descriptors the linker wrote.
    pub(crate) fn is_static(&self, addr: Addr) -> bool {
        self.module_of(addr).is_some()
    }

    /// Whether the program was built by Go 1.`minor`.
    pub(crate) fn is_release(&self, minor: u32) -> bool {
        self.version.as_ref().is_some_and(|v| v.minor == minor)
    }

    /// Whether the program was built by Go 1.`minor` or later; assumed when the version is not known.
    pub(crate) fn at_least(&self, minor: u32) -> bool {
        self.version.as_ref().is_none_or(|v| v.minor >= minor)
    }

    /// The module whose descriptors include an address.
    fn module_of(&self, addr: Addr) -> Option<&TypeModule> {
        self.modules
            .iter()
            .find(|module| module.types <= addr && addr < module.etypes)
    }

    /// The names of the constants of a type that have this value (`main.Monday`), first declared first.
    /// Only DWARF knows them.
    pub fn constant_names(&self, ty: &Type, value: i64) -> Vec<String> {
        let Some(dwarf) = self.dwarf() else {
            return Vec::new();
        };
        if !ty.name.contains('.') {
            // Constants of predeclared types are numbers to their readers.
            return Vec::new();
        }
        let index = dwarf.index();
        let mut names: Vec<String> = index
            .types_named(&ty.name)
            .iter()
            .flat_map(|named| index.constants_of(named.die))
            .filter(|constant| constant.value == value)
            .map(|constant| constant.name.clone().into_owned())
            .collect();
        names.dedup();
        names
    }
}
