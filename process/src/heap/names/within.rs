//! The way from the start of a value to a word in it: `.Items`, `[17].Name`.

use super::NamedBy;
use crate::types::{Shape, TypeRef, Types};
use std::fmt::Write;

/// Types nest no deeper; a deeper one is damage.
const DEEPEST: u32 = 64;

/// Adds the way to the field or element that covers `offset`, which `by` names. What no field covers, or lies beyond the
/// type, is told by its distance, which is nobody's name.
pub(super) fn push_path(
    types: &Types<'_>,
    ty: TypeRef,
    offset: u64,
    name: &mut String,
    by: NamedBy,
) -> NamedBy {
    let rest = follow(types, ty, offset, name);
    if rest == 0 {
        return by;
    }
    let _ = write!(name, "+{rest:#x}");
    NamedBy::Place
}

/// Goes as far as fields and elements lead, and returns the bytes that are left. The second word of an interface is
/// its value, and no distance.
fn follow(types: &Types<'_>, mut ty: TypeRef, mut offset: u64, name: &mut String) -> u64 {
    for _ in 0..DEEPEST {
        let Ok(known) = types.resolve(ty) else {
            break;
        };
        match &known.shape {
            Shape::Struct { fields } => {
                let covers = |size: u64, at: u64| at <= offset && offset - at < size;
                let field = fields.iter().find(|field| {
                    let size = types.resolve(field.ty).map_or(0, |ty| ty.size);
                    covers(size, field.offset)
                });
                let Some(field) = field else {
                    break;
                };
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&field.name);
                offset -= field.offset;
                ty = field.ty;
            }
            Shape::Array { elem, .. } => {
                let size = types.resolve(*elem).map_or(0, |ty| ty.size);
                let Some(index) = offset.checked_div(size) else {
                    break;
                };
                let _ = write!(name, "[{index}]");
                offset -= index * size;
                ty = *elem;
            }
            Shape::Interface { .. } if offset == 8 => return 0,
            _ => break,
        }
    }
    offset
}
