//! `reflect`: a `Value` by what it holds, a `Type` by its name.

use super::{At, Known, Says};
use crate::addr::Addr;
use crate::types::Shape;
use crate::value::{Place, Reader};

pub(super) const REFLECT: Known = &[
    ("Value", Says::Some, value),
    ("rtype", Says::All, type_name),
];

/// Flags of a `reflect.Value` (`reflect/value.go`), the same in all releases: the kind, the data word is an address,
/// and a method value.
const KIND: u64 = (1 << 5) - 1;
const INDIRECT: u64 = 1 << 7;
const METHOD: u64 = 1 << 9;

/// `int(42)`, `main.Point {X: 1, Y: 2}`; the type's field was `typ` up to Go 1.20.
fn value(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let flag = reader.unsigned(at, "flag")?;
    if flag & KIND == 0 {
        return Some("<invalid reflect.Value>".to_owned());
    }
    let descriptor = reader.field_of(at, &["typ_", "typ"])?;
    let descriptor = Addr(reader.word(&descriptor)?);
    if flag & METHOD != 0 || descriptor.is_null() {
        return None;
    }
    let ty = reader.sources.types.dynamic(descriptor).ok()?.ty;
    let word = reader.field(at, "ptr")?;
    let held = if flag & INDIRECT == 0 {
        reader.typed_at(ty, word.place)?
    } else {
        reader.typed_at(ty, Place::Memory(Addr(reader.word(&word)?)))?
    };
    let line = reader.line_of(&held)?;
    Some(match held.ty.shape {
        Shape::Scalar | Shape::String => format!("{}({line})", held.ty.name),
        _ => line,
    })
}

/// The descriptor of a type is the type's own.
fn type_name(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let ty = reader.sources.types.dynamic(at.place.addr()?).ok()?.ty;
    let ty = reader.sources.types.resolve(ty).ok()?;
    Some(ty.name.clone())
}
