//! What a part of an expression stands for: a constant, a typed place, a text, a type.

use crate::addr::Addr;
use crate::types::TypeRef;
use crate::value::{Gathered, Place};
use dumpview_model::value::Standing;
use std::sync::Arc;

/// Where an operand's bytes are.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory; has an address.
    Memory(Addr),
    /// Put together from pieces, or computed.
    Gathered(Arc<Gathered>, u64),
    /// Not looked at, because only the type is asked for.
    Unread,
}

impl Storage {
    /// Computed bytes.
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::Gathered(Arc::new(Gathered::whole(bytes)), 0)
    }

    /// A computed word or several.
    pub fn words(words: &[u64]) -> Self {
        Self::bytes(words.iter().flat_map(|w| w.to_le_bytes()).collect())
    }

    /// The same, `by` bytes further in.
    pub fn offset(&self, by: u64) -> Self {
        match self {
            Self::Memory(addr) => Self::Memory(addr.offset(by)),
            Self::Gathered(gathered, at) => {
                Self::Gathered(Arc::clone(gathered), at.wrapping_add(by))
            }
            Self::Unread => Self::Unread,
        }
    }

    /// The address, of what stands in memory.
    pub const fn addr(&self) -> Option<Addr> {
        match self {
            Self::Memory(addr) => Some(*addr),
            _ => None,
        }
    }

    /// As a reader takes it; `None` when it was not looked at.
    pub fn place(&self) -> Option<Place<'_>> {
        match self {
            Self::Memory(addr) => Some(Place::Memory(*addr)),
            Self::Gathered(gathered, at) => Some(Place::Gathered(gathered, *at)),
            Self::Unread => None,
        }
    }
}

/// An untyped constant; typed scalars are computed as these too and cut to their width.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// A bool.
    Bool(bool),
    /// An integer, exact.
    Int(i128),
    /// A rune: an integer of another default type.
    Rune(i128),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
    /// A string.
    Str(Vec<u8>),
    /// `nil`
    Nil,
}

impl Const {
    /// Its default type; for `nil`, what the compiler calls it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Rune(_) => "int32",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Str(_) => "string",
            Self::Nil => "untyped nil",
        }
    }
}

/// What an operand is.
#[derive(Clone, Debug)]
pub enum What {
    /// A constant.
    Const(Const),
    /// A value of a type somewhere.
    Value(TypeRef, Storage),
    /// A string that was computed and stands nowhere.
    Text(TypeRef, Arc<[u8]>),
    /// A type.
    Type(TypeRef),
}

/// A part of an expression, evaluated.
#[derive(Clone, Debug)]
pub struct Operand {
    /// What it is.
    pub what: What,
    /// How far to trust it: as far as the least trusted variable in it.
    pub standing: Standing,
}

impl Operand {
    /// A constant, which is always exact.
    pub const fn constant(constant: Const) -> Self {
        Self {
            what: What::Const(constant),
            standing: Standing::Exact,
        }
    }

    /// A value, exact until something says otherwise.
    pub const fn value(ty: TypeRef, storage: Storage) -> Self {
        Self {
            what: What::Value(ty, storage),
            standing: Standing::Exact,
        }
    }
}
