//! Types that no source spells out: what an expression builds, and the predeclared ones a stripped binary's
//! type links leave out.

use super::{Kind, Shape, Type, TypeError, TypeRef, Types};
use std::sync::PoisonError;

/// How a made type is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Made {
    /// `*elem`
    Pointer(TypeRef),
    /// `[]elem`
    Slice(TypeRef),
    /// `[len]elem`
    Array(TypeRef, u64),
    /// A predeclared type.
    Basic(Kind),
    /// `interface {}`
    EmptyInterface,
}

/// Predeclared types: name, kind, size.
const BASIC: [(&str, Kind, u64); 21] = [
    ("bool", Kind::Bool, 1),
    ("int", Kind::Int, 8),
    ("int8", Kind::Int8, 1),
    ("int16", Kind::Int16, 2),
    ("int32", Kind::Int32, 4),
    ("int64", Kind::Int64, 8),
    ("uint", Kind::Uint, 8),
    ("uint8", Kind::Uint8, 1),
    ("uint16", Kind::Uint16, 2),
    ("uint32", Kind::Uint32, 4),
    ("uint64", Kind::Uint64, 8),
    ("uintptr", Kind::Uintptr, 8),
    ("float32", Kind::Float32, 4),
    ("float64", Kind::Float64, 8),
    ("complex64", Kind::Complex64, 8),
    ("complex128", Kind::Complex128, 16),
    ("string", Kind::String, 16),
    ("unsafe.Pointer", Kind::UnsafePointer, 8),
    ("byte", Kind::Uint8, 1),
    ("rune", Kind::Int32, 4),
    ("Pointer", Kind::UnsafePointer, 8),
];

impl Types<'_> {
    /// `*elem`.
    pub fn pointer_to(&self, elem: TypeRef) -> TypeRef {
        self.make(Made::Pointer(elem))
    }

    /// `[]elem`.
    pub fn slice_of(&self, elem: TypeRef) -> TypeRef {
        self.make(Made::Slice(elem))
    }

    /// `[len]elem`.
    pub fn array_of(&self, elem: TypeRef, len: u64) -> TypeRef {
        self.make(Made::Array(elem, len))
    }

    /// A predeclared type (`int`, `byte`, `any`, `unsafe.Pointer`) by name, without asking any source.
    pub fn predeclared(&self, name: &str) -> Option<TypeRef> {
        if name == "any" || name == "interface {}" {
            return Some(self.make(Made::EmptyInterface));
        }
        let (.., kind, _) = BASIC.iter().find(|(known, ..)| *known == name)?;
        Some(self.make(Made::Basic(*kind)))
    }

    fn make(&self, made: Made) -> TypeRef {
        let mut all = self.made.write().unwrap_or_else(PoisonError::into_inner);
        let index = all.iter().position(|m| *m == made).unwrap_or_else(|| {
            all.push(made);
            all.len() - 1
        });
        TypeRef::Made(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn read_made(&self, index: u32) -> Result<Type, TypeError> {
        let all = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let made = usize::try_from(index).ok().and_then(|i| all.get(i));
        let made = *made.ok_or(TypeError::Foreign)?;
        drop(all);
        let (name, size, kind, shape) = match made {
            Made::Pointer(elem) => {
                let name = format!("*{}", self.resolve(elem)?.name);
                (name, 8, Kind::Pointer, Shape::Pointer { elem: Some(elem) })
            }
            Made::Slice(elem) => {
                let name = format!("[]{}", self.resolve(elem)?.name);
                (name, 24, Kind::Slice, Shape::Slice { elem })
            }
            Made::Array(elem, len) => {
                let of = self.resolve(elem)?;
                let size = of.size.checked_mul(len).ok_or(TypeError::Foreign)?;
                let name = format!("[{len}]{}", of.name);
                (name, size, Kind::Array, Shape::Array { elem, len })
            }
            Made::Basic(kind) => {
                let known = BASIC.iter().find(|(_, of, _)| *of == kind);
                let (name, _, size) = known.ok_or(TypeError::Foreign)?;
                let shape = match kind {
                    Kind::String => Shape::String,
                    Kind::UnsafePointer => Shape::Pointer { elem: None },
                    _ => Shape::Scalar,
                };
                ((*name).to_owned(), *size, kind, shape)
            }
            Made::EmptyInterface => {
                let shape = Shape::Interface { empty: true };
                ("interface {}".to_owned(), 16, Kind::Interface, shape)
            }
        };
        Ok(Type {
            id: TypeRef::Made(index),
            name,
            size,
            kind,
            shape,
            descriptor: None,
        })
    }
}
