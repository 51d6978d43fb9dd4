//! What Go's types are in a Java heap: a struct is a class whose fields are its words, an array of pointers or of structs an
//! array of references, numbers are arrays of numbers, text is `java.lang.String`.

use super::records::Basic;
use dumpview_process::heap::types::{Label, Role};
use dumpview_process::process::Process;
use dumpview_process::types::{Kind, Shape, TypeRef};

/// A field of a class: bytes of a slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// From the start of the slot.
    pub offset: u64,
    pub basic: Basic,
    pub name: String,
}

/// What objects of a label, in slots of one size, are written as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// `java.lang.String`.
    Text,
    /// An array of numbers.
    Numbers(Basic),
    /// An object with fields, which fill its slot.
    Fields(Vec<Field>),
    /// An array of references, as many as the slot has words; words that hold no pointer are null.
    Words,
}

/// Objects of more fields are arrays.
const MOST_FIELDS: usize = 2000;
/// Structs in structs are opened to this depth, arrays to this length.
const DEEPEST: u32 = 8;
const LONGEST: u64 = 8;

/// How objects of a label are written.
pub fn form(
    process: &Process<'_>,
    label: Option<(&Label, TypeRef)>,
    (slot, header): (u64, u64),
    has_pointers: bool,
) -> Form {
    let Some((label, ty)) = label else {
        return if has_pointers {
            Form::Words
        } else {
            Form::Numbers(Basic::Byte)
        };
    };
    match label.role {
        Role::StringBytes => Form::Text,
        Role::Value => fields(process, ty, slot, header).map_or_else(
            || {
                if has_pointers {
                    Form::Words
                } else {
                    Form::Numbers(Basic::Byte)
                }
            },
            Form::Fields,
        ),
        _ if has_pointers => Form::Words,
        Role::Backing => Form::Numbers(element(process, ty)),
        _ => Form::Numbers(Basic::Byte),
    }
}

/// What an array of a type consists of.
fn element(process: &Process<'_>, ty: TypeRef) -> Basic {
    let ty = process.types().resolve(ty).ok();
    ty.map_or(Basic::Byte, |ty| number(ty.kind).unwrap_or(Basic::Byte))
}

fn number(kind: Kind) -> Option<Basic> {
    Some(match kind {
        Kind::Bool => Basic::Boolean,
        Kind::Int8 | Kind::Uint8 => Basic::Byte,
        Kind::Int16 | Kind::Uint16 => Basic::Short,
        Kind::Int32 | Kind::Uint32 => Basic::Int,
        Kind::Float32 | Kind::Complex64 => Basic::Float,
        Kind::Float64 | Kind::Complex128 => Basic::Double,
        Kind::Int | Kind::Uint | Kind::Int64 | Kind::Uint64 | Kind::Uintptr => Basic::Long,
        _ => return None,
    })
}

/// The fields of a value; what lies between and behind them is filled, so that they make up the slot.
fn fields(process: &Process<'_>, ty: TypeRef, slot: u64, header: u64) -> Option<Vec<Field>> {
    let mut found = Vec::new();
    lay(process, ty, (header, ""), DEEPEST, &mut found)?;
    found.sort_by_key(|field| field.offset);
    let mut fields = Vec::with_capacity(found.len());
    let mut at = 0;
    for field in found {
        if field.offset < at {
            return None;
        }
        fill(&mut fields, at, field.offset);
        at = field.offset + field.basic.size();
        fields.push(field);
    }
    if at > slot {
        return None;
    }
    fill(&mut fields, at, slot);
    (fields.len() <= MOST_FIELDS).then_some(fields)
}

fn fill(fields: &mut Vec<Field>, mut from: u64, to: u64) {
    while from < to && fields.len() <= MOST_FIELDS {
        let basic = [Basic::Long, Basic::Int, Basic::Short, Basic::Byte]
            .into_iter()
            .find(|basic| from.is_multiple_of(basic.size()) && from + basic.size() <= to)
            .unwrap_or(Basic::Byte);
        fields.push(Field {
            offset: from,
            basic,
            name: format!("+{from}"),
        });
        from += basic.size();
    }
}

fn lay(
    process: &Process<'_>,
    ty: TypeRef,
    (at, name): (u64, &str),
    deep: u32,
    into: &mut Vec<Field>,
) -> Option<()> {
    let deep = deep.checked_sub(1)?;
    if into.len() > MOST_FIELDS {
        return None;
    }
    let ty = process.types().resolve(ty).ok()?;
    let mut add = |offset: u64, basic: Basic, what: &str| {
        let name = match (name, what) {
            ("", "") => "value".to_owned(),
            ("", what) => what.to_owned(),
            (name, "") => name.to_owned(),
            (name, what) => format!("{name}.{what}"),
        };
        into.push(Field {
            offset: at + offset,
            basic,
            name,
        });
    };
    match &ty.shape {
        Shape::Scalar => {
            let basic = number(ty.kind)?;
            if ty.size == 2 * basic.size() {
                add(0, basic, "real");
                add(basic.size(), basic, "imag");
            } else if ty.size == basic.size() {
                add(0, basic, "");
            }
        }
        Shape::Opaque => {}
        Shape::String => {
            add(0, Basic::Object, "");
            add(8, Basic::Long, "len");
        }
        Shape::Slice { .. } => {
            add(0, Basic::Object, "");
            add(8, Basic::Long, "len");
            add(16, Basic::Long, "cap");
        }
        Shape::Interface { .. } => {
            add(0, Basic::Long, "type");
            add(8, Basic::Object, "");
        }
        Shape::Pointer { .. } | Shape::Func | Shape::Map { .. } | Shape::Chan { .. } => {
            add(0, Basic::Object, "");
        }
        Shape::Array { elem, len } => {
            let inner = process.types().resolve(*elem).ok()?;
            // Numbers of a longer array are filled in; pointers of one have to be seen.
            if *len > LONGEST && number(inner.kind).is_some() {
                return Some(());
            }
            for index in 0..*len {
                let offset = at.checked_add(index.checked_mul(inner.size)?)?;
                lay(
                    process,
                    *elem,
                    (offset, &format!("{name}[{index}]")),
                    deep,
                    into,
                )?;
            }
        }
        Shape::Struct { fields } => {
            for field in fields {
                let name = match name {
                    "" => field.name.clone(),
                    above => format!("{above}.{}", field.name),
                };
                lay(
                    process,
                    field.ty,
                    (at.checked_add(field.offset)?, &name),
                    deep,
                    into,
                )?;
            }
        }
    }
    Some(())
}
