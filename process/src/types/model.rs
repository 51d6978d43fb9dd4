//! The shape of a Go type, whichever source described it.
//!
//! Types refer to each other by [`TypeRef`] and are resolved on demand, because type graphs are cyclic and
//! large while a question usually needs a handful.

use super::map_layout::MapLayout;
use crate::addr::Addr;

/// Names one type: a DIE of the executable's DWARF, a descriptor in the process's memory, or a type that an
/// expression built (`*T` for `&x`, `[]T` for a slice of an array).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum TypeRef {
    /// Offset of the type's DIE in `.debug_info`.
    Die(u64),
    /// Address of an `abi.Type` in the process.
    Descriptor(Addr),
    /// Index into the types made by expressions.
    Made(u32),
}

/// `reflect.Kind`, numbered as `internal/abi.Kind`, plus what only C code has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names are Go's own")]
#[repr(u8)]
pub enum Kind {
    Bool = 1,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Array,
    Chan,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
    UnsafePointer,
    /// A C type without a Go counterpart (union, bit field, incomplete type).
    Foreign,
}

/// One Go type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Type {
    /// What names it.
    pub id: TypeRef,
    /// As Go prints it with full import paths: `main.Point`, `map[string]net/http.Header`, `main.Box[int]`.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Kind.
    pub kind: Kind,
    /// What it is made of.
    pub shape: Shape,
    /// Address of its runtime descriptor, when the binary has one.
    pub descriptor: Option<Addr>,
}

/// What a type is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Booleans, integers, floats, complex numbers, uintptr: [`Type::kind`] and size say all.
    Scalar,
    /// `{ptr, len}`.
    String,
    /// `len` elements back to back.
    Array {
        /// Element type.
        elem: TypeRef,
        /// Number of elements.
        len: u64,
    },
    /// `{ptr, len, cap}`.
    Slice {
        /// Element type.
        elem: TypeRef,
    },
    /// Fields in declaration order, offsets in bytes.
    Struct {
        /// The fields.
        fields: Vec<FieldType>,
    },
    /// A pointer; `None` for `unsafe.Pointer` and C's `void *`.
    Pointer {
        /// What it points at.
        elem: Option<TypeRef>,
    },
    /// A func value: a pointer to `{code, captures…}`.
    Func,
    /// Two words; the first is a type (empty interface) or an itab (interface with methods).
    Interface {
        /// Whether it is an `eface`.
        empty: bool,
    },
    /// A pointer to the map header.
    Map {
        /// Key type.
        key: TypeRef,
        /// Element type.
        elem: TypeRef,
        /// How this release lays the table out.
        layout: MapLayout,
    },
    /// A pointer to `runtime.hchan`.
    Chan {
        /// Element type.
        elem: TypeRef,
    },
    /// Known by size only.
    Opaque,
}

/// A field of a struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldType {
    /// Name; an embedded field has its type's base name.
    pub name: String,
    /// Type.
    pub ty: TypeRef,
    /// Bytes from the start of the struct.
    pub offset: u64,
    /// Embedded (anonymous) field.
    pub embedded: bool,
}

impl Kind {
    /// The kind of an `abi.Kind` number; flag bits above the low five must be masked off by the caller.
    pub const fn from_abi(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Bool,
            2 => Self::Int,
            3 => Self::Int8,
            4 => Self::Int16,
            5 => Self::Int32,
            6 => Self::Int64,
            7 => Self::Uint,
            8 => Self::Uint8,
            9 => Self::Uint16,
            10 => Self::Uint32,
            11 => Self::Uint64,
            12 => Self::Uintptr,
            13 => Self::Float32,
            14 => Self::Float64,
            15 => Self::Complex64,
            16 => Self::Complex128,
            17 => Self::Array,
            18 => Self::Chan,
            19 => Self::Func,
            20 => Self::Interface,
            21 => Self::Map,
            22 => Self::Pointer,
            23 => Self::Slice,
            24 => Self::String,
            25 => Self::Struct,
            26 => Self::UnsafePointer,
            _ => return None,
        })
    }
}
