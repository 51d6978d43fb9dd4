//! What reading a value needs to know about the process, as a seam: types, layouts, function names.

use super::{Shared, ValueError};
use crate::addr::Addr;
use crate::layout::{FieldError, Layouts, Structure};
use crate::memory::Memory;
use crate::scope::CaptureSlot;
use crate::symbols::Symbols;
use crate::types::{Dynamic, Type, TypeError, TypeRef, Types};
use std::sync::Arc;

/// The types of one process: [`crate::types::Types`], or a handful of made-up ones in tests.
pub trait TypeSource: Send + Sync {
    /// What a type is made of.
    fn resolve(&self, ty: TypeRef) -> Result<Arc<Type>, TypeError>;

    /// The dynamic type that an interface's type word (`eface._type`, `itab.Type`) names. A word that leads to
    /// no descriptor is an error, never a guess.
    fn dynamic(&self, type_word: Addr) -> Result<Dynamic, TypeError>;

    /// A type by the name Go prints for it, with full import path.
    fn by_name(&self, name: &str) -> Result<TypeRef, TypeError>;

    /// A predeclared type by name.
    fn predeclared(&self, name: &str) -> Option<TypeRef>;

    /// `*elem`.
    fn pointer_to(&self, elem: TypeRef) -> TypeRef;

    /// `[]elem`.
    fn slice_of(&self, elem: TypeRef) -> TypeRef;

    /// `[len]elem`.
    fn array_of(&self, elem: TypeRef, len: u64) -> TypeRef;

    /// The names of the constants of a type that have this value (`main.Monday`), first declared first.
    fn constant_names(&self, ty: &Type, value: i64) -> Vec<String>;

    /// The tags of a struct's fields, in their order; `None` where nothing keeps them.
    fn tags(&self, ty: &Type) -> Option<Vec<String>>;

    /// What the closure whose code starts at `entry` captures; empty when it is not known.
    fn captures(&self, entry: Addr) -> Vec<CaptureSlot>;
}

/// Names of functions by code address.
pub trait FunctionNames: Send + Sync {
    /// Name of the function that contains `pc`, as a traceback prints it.
    fn function_name(&self, pc: Addr) -> Option<Arc<str>>;
}

/// What readings of well-known types ask of the process besides.
pub trait Globals: Send + Sync {
    /// Where a package variable stands, by its full name.
    fn variable(&self, name: &str) -> Option<Addr>;

    /// A nanotime that the process is known to have reached.
    fn reached(&self) -> Option<i64>;
}

/// Everything a [`super::Reader`] asks.
#[derive(Clone, Copy)]
pub struct Sources<'r> {
    /// The bytes.
    pub memory: &'r dyn Memory,
    /// The types.
    pub types: &'r dyn TypeSource,
    /// The runtime's structures.
    pub layouts: &'r dyn Layouts,
    /// The functions.
    pub functions: &'r dyn FunctionNames,
    /// Package variables, and the time.
    pub globals: &'r dyn Globals,
    /// What was read of structures that many values lead to.
    pub shared: &'r Shared,
}

impl<'r> Sources<'r> {
    /// A structure of the runtime at an address.
    pub(super) const fn structure(&self, name: &'r str, addr: Addr) -> Structure<'r> {
        Structure {
            memory: self.memory,
            layouts: self.layouts,
            name,
            addr,
        }
    }

    /// A pointer field under the first of several names that this release has: structures and fields were
    /// renamed between releases.
    pub(super) fn ptr_field(&self, names: &[(&str, &str)], addr: Addr) -> Result<Addr, ValueError> {
        let known = names
            .iter()
            .find(|(structure, path)| self.layouts.field(structure, path).is_some());
        let Some((name, path)) = known else {
            let (structure, path) = names.first().copied().unwrap_or_default();
            return Err(FieldError::NoSuchField {
                structure: structure.to_owned(),
                path: path.to_owned(),
            }
            .into());
        };
        let structure = Structure {
            memory: self.memory,
            layouts: self.layouts,
            name,
            addr,
        };
        Ok(structure.ptr(path)?)
    }
}

impl TypeSource for Types<'_> {
    fn resolve(&self, ty: TypeRef) -> Result<Arc<Type>, TypeError> {
        Self::resolve(self, ty)
    }

    fn dynamic(&self, type_word: Addr) -> Result<Dynamic, TypeError> {
        Self::dynamic(self, type_word)
    }

    fn by_name(&self, name: &str) -> Result<TypeRef, TypeError> {
        Self::by_name(self, name)
    }

    fn predeclared(&self, name: &str) -> Option<TypeRef> {
        Self::predeclared(self, name)
    }

    fn pointer_to(&self, elem: TypeRef) -> TypeRef {
        Self::pointer_to(self, elem)
    }

    fn slice_of(&self, elem: TypeRef) -> TypeRef {
        Self::slice_of(self, elem)
    }

    fn array_of(&self, elem: TypeRef, len: u64) -> TypeRef {
        Self::array_of(self, elem, len)
    }

    fn constant_names(&self, ty: &Type, value: i64) -> Vec<String> {
        Self::constant_names(self, ty, value)
    }

    fn tags(&self, ty: &Type) -> Option<Vec<String>> {
        self.field_tags(ty.descriptor?).ok()
    }

    fn captures(&self, entry: Addr) -> Vec<CaptureSlot> {
        self.capture_slots(entry.to_file(self.bias()))
    }
}

impl FunctionNames for Symbols<'_> {
    fn function_name(&self, pc: Addr) -> Option<Arc<str>> {
        Some(self.find(pc)?.printed_name().into())
    }
}
