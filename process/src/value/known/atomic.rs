//! `sync/atomic` and the runtime's own atomics.

use super::wrapper::shown_field;
use super::{At, Known, Says};
use crate::types::Kind;
use crate::value::Reader;
use dumpview_model::value::Float;

pub(super) const ATOMIC: Known = &[
    ("Bool", Says::All, scalar),
    ("Int32", Says::All, scalar),
    ("Int64", Says::All, scalar),
    ("Uint8", Says::All, scalar),
    ("Uint32", Says::All, scalar),
    ("Uint64", Says::All, scalar),
    ("Uintptr", Says::All, scalar),
    ("Float64", Says::All, scalar),
];

/// Scalars of `sync/atomic` and the runtime's own atomics.
fn scalar(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let field = shown_field(&at.ty)?.to_owned();
    let held = reader.field(at, &field)?;
    let memory = reader.sources.memory;
    match held.ty.kind {
        Kind::Int32 | Kind::Int64 | Kind::Int => {
            Some(held.place.int(memory, held.ty.size).ok()?.to_string())
        }
        Kind::Uint8 | Kind::Uint32 | Kind::Uint64 | Kind::Uint | Kind::Uintptr => {
            let word = held.place.uint(memory, held.ty.size).ok()?;
            Some(match at.ty.name.rsplit_once('.')?.1 {
                "Bool" => (word != 0).to_string(),
                "Float64" => Float::Double(f64::from_bits(word)).to_string(),
                _ => word.to_string(),
            })
        }
        _ => None,
    }
}
