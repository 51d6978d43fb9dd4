//! The scope of a real frame: its variables as DWARF located them, its package, every package of the program.

use super::{Global, Local, NameError, Scope, Storage};
use crate::arch::Arch;
use crate::dwarf::Location;
use crate::scope::{PackageItem, Variable};
use crate::types::Types;
use crate::value::Gathered;
use std::sync::Arc;

/// Names as they are visible in one frame, or in none.
pub struct FrameScope<'s, 'a> {
    types: &'s Types<'a>,
    arch: Arch,
    variables: Vec<Variable>,
    package: Option<String>,
}

impl<'s, 'a> FrameScope<'s, 'a> {
    /// The scope of a frame: its variables, and its function's name as the linker spells it.
    pub fn new(
        types: &'s Types<'a>,
        arch: Arch,
        variables: Vec<Variable>,
        function: Option<&str>,
    ) -> Self {
        Self {
            types,
            arch,
            variables,
            package: function.and_then(package_of).map(unescape),
        }
    }

    /// The package variables alone.
    pub fn without_frame(types: &'s Types<'a>, arch: Arch) -> Self {
        Self::new(types, arch, Vec::new(), None)
    }
}

impl Scope for FrameScope<'_, '_> {
    fn local(&self, name: &str) -> Option<Local> {
        let variable = self
            .variables
            .iter()
            .find(|v| v.name == name && !v.shadowed)?;
        let storage = variable.location.as_ref().map(|location| match location {
            Location::Memory(addr) => Storage::Memory(*addr),
            Location::Pieces(pieces) => {
                let pieces = pieces.clone();
                Storage::Gathered(Arc::new(Gathered { pieces }), 0)
            }
        });
        Some(Local {
            ty: variable.ty,
            storage,
            standing: variable.standing.to_model(),
        })
    }

    fn global(&self, package: &str, name: &str) -> Result<Option<Global>, NameError> {
        let item = self.types.package_item(package, name, self.arch)?;
        Ok(match item {
            None => None,
            Some(PackageItem::Variable(variable)) => {
                let name = variable.name;
                Some(Global::Variable {
                    ty: variable.ty,
                    addr: variable
                        .place
                        .map_err(|why| NameError::NoPlace { name, why })?,
                })
            }
            Some(PackageItem::Constant { ty, value }) => {
                let known = self.types.resolve(ty).ok();
                // DWARF gives untyped constants their default type: they stay constants here.
                let named = known.filter(|ty| ty.name.contains('.'));
                Some(Global::Constant {
                    ty: named.map(|_| ty),
                    value: value.into(),
                })
            }
        })
    }

    fn package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    fn is_package(&self, path: &str) -> bool {
        let dwarf = self.types.dwarf();
        dwarf.is_some_and(|dwarf| !dwarf.packages_named(path).is_empty())
    }
}

/// The import path in a function's name: up to the first dot after the last slash, type arguments aside.
fn package_of(function: &str) -> Option<&str> {
    let bare = function.split('[').next().unwrap_or(function);
    let last = bare.rfind('/').map_or(0, |slash| slash + 1);
    let dot = bare.get(last..)?.find('.')?;
    function.get(..last + dot)
}

/// The linker writes dots of the path's last element, and a few other characters, as `%xx`.
fn unescape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, escaped) = rest.split_at(at);
        out.push_str(before);
        let code = escaped
            .get(1..3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let (c, len) = match code.filter(u8::is_ascii) {
            Some(byte) => (char::from(byte), 3),
            None => ('%', 1),
        };
        out.push(c);
        rest = escaped.get(len..).unwrap_or_default();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::{package_of, unescape};

    #[test]
    fn packages_of_functions() {
        for (function, package) in [
            ("main.main", "main"),
            ("net/http.(*Client).Do", "net/http"),
            ("gopkg.in/yaml%2ev3.Unmarshal.func1", "gopkg.in/yaml.v3"),
            ("main.F[go.shape.*example.com/a/b.T]", "main"),
            ("example.com/a-b/c.(*T[...]).M", "example.com/a-b/c"),
        ] {
            assert_eq!(package_of(function).map(unescape).as_deref(), Some(package));
        }
    }
}
