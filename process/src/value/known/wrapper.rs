//! Wrappers that show the one field that people mean: atomics, `unique.Handle`, `weak.Pointer`.

use crate::types::{FieldType, Kind, Shape, Type, TypeRef};
use crate::value::TypeSource;

/// Packages of the atomic wrappers: the public one, the runtime's, and the runtime's up to Go 1.22.
const ATOMICS: [&str; 3] = [
    "sync/atomic.",
    "internal/runtime/atomic.",
    "runtime/internal/atomic.",
];

/// The field that people mean when they look at a wrapper type, if the type is one.
pub(in crate::value) fn shown_field(ty: &Type) -> Option<&str> {
    if ATOMICS.iter().any(|package| ty.name.starts_with(package)) {
        return last_field(ty).filter(|name| matches!(*name, "v" | "value" | "u"));
    }
    if ty.name.starts_with("unique.Handle[") {
        return last_field(ty).filter(|name| *name == "value");
    }
    if ty.name.starts_with("weak.Pointer[") {
        return last_field(ty).filter(|name| *name == "u");
    }
    None
}

fn last_field(ty: &Type) -> Option<&str> {
    let Shape::Struct { fields } = &ty.shape else {
        return None;
    };
    fields.last().map(|field| field.name.as_str())
}

/// The type behind an `unsafe.Pointer` field of a generic wrapper, which keeps it in a field `_ [0]*T`: `*T`
/// for `atomic.Pointer[T]`, `**T` for `weak.Pointer[T]` (through the cell that is cleared with the object).
pub(in crate::value) fn retyped(
    types: &dyn TypeSource,
    ty: &Type,
    field: &FieldType,
) -> Option<TypeRef> {
    let Shape::Struct { fields } = &ty.shape else {
        return None;
    };
    let held = types.resolve(field.ty).ok()?;
    if held.kind != Kind::UnsafePointer {
        return None;
    }
    let phantom = types.resolve(fields.first()?.ty).ok()?;
    let Shape::Array { elem, len: 0 } = phantom.shape else {
        return None;
    };
    if ty.name.starts_with("weak.Pointer[") {
        return Some(types.pointer_to(elem));
    }
    Some(elem)
}
