//! Types as they are spelled, for making tables of them.

use super::{DieRef, DwarfLayouts, Node};
use crate::dwarf::{Attributes, PackageNames};
use gimli::constants as dw;

/// A type with everything that a table says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TypeText {
    /// Without parts; its size in bytes.
    Scalar(u64),
    /// An array. `name` is that of a type declared as one.
    Array {
        name: Option<String>,
        size: u64,
        count: u64,
        element: Box<TypeText>,
    },
    /// A structure. `name` is `None` when the source wrote it in place.
    Struct {
        name: Option<String>,
        size: u64,
        members: Vec<MemberText>,
    },
}

/// A member of a structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MemberText {
    pub name: String,
    pub offset: u64,
    pub of: TypeText,
    pub embedded: bool,
}

impl<'a> DwarfLayouts<'a> {
    /// Full names of the named types of the standard library, in no order.
    pub(crate) fn type_names(&self) -> Vec<String> {
        let names = self.names().types.keys();
        names
            .map(|n| String::from_utf8_lossy(n).into_owned())
            .collect()
    }

    /// Full names of the variables of a package.
    pub(crate) fn variable_names(&self, package: &str) -> Vec<String> {
        let names = self.with_package_of(&format!("{package}."), |names| {
            Some(names.variables.keys().copied().collect::<Vec<_>>())
        });
        let text = |n: &[u8]| String::from_utf8_lossy(n).into_owned();
        names.unwrap_or_default().into_iter().map(text).collect()
    }

    /// Integer constants of packages, by full name.
    pub(crate) fn constants(&self, packages: &[&str]) -> Vec<(String, i64)> {
        let mut out = Vec::new();
        for package in packages {
            let all = self.with_package_of(&format!("{package}."), |names| {
                Some(
                    names
                        .constants
                        .iter()
                        .map(|(n, v)| (*n, *v))
                        .collect::<Vec<_>>(),
                )
            });
            let text = |(n, v): (&[u8], i64)| (String::from_utf8_lossy(n).into_owned(), v);
            out.extend(all.unwrap_or_default().into_iter().map(text));
        }
        out
    }

    /// A named type.
    pub(crate) fn type_text(&self, name: &str) -> Option<TypeText> {
        self.text_at(DieRef(*self.names().types.get(name.as_bytes())?), 0)
    }

    /// The type of a package variable.
    pub(crate) fn variable_type(&self, name: &str) -> Option<TypeText> {
        let of = |names: &PackageNames<'a>| names.variables.get(name.as_bytes())?.type_die;
        let at = self.with_package_of(name, of)?;
        self.text_at(DieRef(at), 0)
    }

    fn text_at(&self, at: DieRef, depth: u8) -> Option<TypeText> {
        // Members of named structures are not followed; only types written in place nest.
        const DEEPEST: u8 = 12;
        if depth > DEEPEST {
            return None;
        }
        let shape = self.shape_within(at, super::MOST_NESTED_ARRAYS)?;
        Some(match &shape.node {
            Node::Scalar => TypeText::Scalar(shape.size),
            Node::Array { element, count } => TypeText::Array {
                name: self.typedef_name(at),
                size: shape.size,
                count: *count,
                element: Box::new(self.text_at(*element, depth + 1)?),
            },
            Node::Struct(members) => {
                let name = self.die_name(at);
                let named = name.as_deref().is_some_and(|n| !n.starts_with("struct {"));
                let members = if named && depth > 0 && name.as_deref().is_some_and(is_leaf) {
                    Vec::new()
                } else {
                    let text = |m: &super::Member<DieRef>| {
                        Some(MemberText {
                            name: m.name.to_string(),
                            offset: m.offset,
                            of: self.text_at(m.shape, depth + 1)?,
                            embedded: m.embedded,
                        })
                    };
                    members.iter().filter_map(text).collect()
                };
                TypeText::Struct {
                    name: name.filter(|_| named),
                    size: shape.size,
                    members,
                }
            }
        })
    }

    /// The name of the typedef at a DIE, if it is one.
    fn typedef_name(&self, at: DieRef) -> Option<String> {
        let (unit, die) = self.dwarf.die(at.0).ok()?;
        let name = Attributes::new(&self.dwarf, unit, &die).name()?;
        (die.tag() == dw::DW_TAG_typedef).then(|| String::from_utf8_lossy(name).into_owned())
    }

    /// The name of the type at a DIE, behind typedefs.
    fn die_name(&self, at: DieRef) -> Option<String> {
        let mut at = at.0;
        for _ in 0..super::MOST_TYPEDEFS {
            let (unit, die) = self.dwarf.die(at).ok()?;
            let attributes = Attributes::new(&self.dwarf, unit, &die);
            if die.tag() != dw::DW_TAG_typedef {
                return Some(String::from_utf8_lossy(attributes.name()?).into_owned());
            }
            at = attributes.reference(dw::DW_AT_type)?;
        }
        None
    }
}

/// Whether a name is a plain one, so that a table refers to the type by it.
fn is_leaf(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/'))
}
