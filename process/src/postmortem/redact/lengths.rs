//! Where lengths and capacities stand in values.

use crate::process::Process;
use crate::types::{Shape, TypeRef};

/// Types that nest deeper, or have more lengths, keep none.
const DEEPEST: u32 = 8;
const MOST: usize = 256;

/// Adds the places of lengths and capacities in a value that stands at a place; its size, when its type is known.
pub fn lengths(process: &Process<'_>, ty: TypeRef, at: u64, places: &mut Vec<u64>) -> Option<u64> {
    let before = places.len();
    let size = within(process, ty, at, DEEPEST, (places, before));
    if size.is_none() {
        places.truncate(before);
    }
    size
}

fn within(
    process: &Process<'_>,
    ty: TypeRef,
    at: u64,
    deep: u32,
    (places, before): (&mut Vec<u64>, usize),
) -> Option<u64> {
    let deep = deep.checked_sub(1)?;
    let ty = process.types().resolve(ty).ok()?;
    if places.len() - before > MOST {
        return None;
    }
    match &ty.shape {
        Shape::String => places.push(at.checked_add(8)?),
        Shape::Slice { .. } => places.extend([at.checked_add(8)?, at.checked_add(16)?]),
        Shape::Array { elem, len } => {
            let size = process.types().resolve(*elem).ok()?.size;
            for index in 0..(*len).min(MOST as u64) {
                let at = at.checked_add(index.checked_mul(size)?)?;
                within(process, *elem, at, deep, (places, before))?;
            }
        }
        Shape::Struct { fields } => {
            for field in fields {
                let at = at.checked_add(field.offset)?;
                within(process, field.ty, at, deep, (places, before))?;
            }
        }
        _ => {}
    }
    Some(ty.size)
}
