//! What packages declare: variables with their addresses, constants with their values.

use crate::addr::{Addr, FileAddr};
use crate::arch::{Arch, Registers};
use crate::dwarf::{Attributes, Dwarf, Location, NoLocation, Site, name_text};
use crate::types::{TypeRef, Types};
use gimli::constants as dw;

/// A package variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageVariable {
    /// Full name, `net/http.DefaultClient`.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
    /// Where it stands, or why that cannot be told.
    pub place: Result<Addr, NoLocation>,
}

/// A package's name and one in it that several packages have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{name} could be {}", .candidates.join(" or "))]
pub struct Ambiguous {
    /// As it was asked for, `yaml.Node`.
    pub name: String,
    /// Full names of all it may mean.
    pub candidates: Vec<String>,
}

/// What a name of a package stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PackageItem {
    /// A variable.
    Variable(PackageVariable),
    /// An integer constant.
    Constant {
        /// Its type; untyped constants have their default type here.
        ty: TypeRef,
        /// Its value; an unsigned 64-bit one keeps its bits.
        value: i64,
    },
}

impl Types<'_> {
    /// What `package.name` stands for; `None` when there is nothing of the name (or no DWARF to tell).
    ///
    /// # Errors
    ///
    /// When several packages are meant.
    pub fn package_item(
        &self,
        package: &str,
        name: &str,
        arch: Arch,
    ) -> Result<Option<PackageItem>, Ambiguous> {
        let Some(dwarf) = self.dwarf() else {
            return Ok(None);
        };
        let mut found: Vec<(String, PackageItem)> = Vec::new();
        for path in dwarf.packages_named(package) {
            let full = format!("{path}.{name}");
            found.extend(self.item(dwarf, &full, arch).map(|item| (full, item)));
        }
        if found.len() > 1 {
            return Err(Ambiguous {
                name: format!("{package}.{name}"),
                candidates: found.into_iter().map(|(full, _)| full).collect(),
            });
        }
        Ok(found.pop().map(|(_, item)| item))
    }

    fn item(&self, dwarf: &Dwarf<'_>, full: &str, arch: Arch) -> Option<PackageItem> {
        let index = dwarf.index();
        if let Some(named) = index.variables_named(full).first() {
            return self
                .package_variable(named.die, arch)
                .map(PackageItem::Variable);
        }
        let constant = index.constants.iter().find(|c| c.name == full)?;
        Some(PackageItem::Constant {
            ty: TypeRef::Die(constant.type_die),
            value: constant.value,
        })
    }

    /// Every package variable, by name. Each has a DIE; those the linker dropped have none.
    pub fn package_variables(&self, arch: Arch) -> impl Iterator<Item = PackageVariable> + '_ {
        let all = self.dwarf().map(|dwarf| dwarf.index().variables.as_slice());
        all.unwrap_or_default()
            .iter()
            .filter_map(move |named| self.package_variable(named.die, arch))
    }

    fn package_variable(&self, offset: u64, arch: Arch) -> Option<PackageVariable> {
        let dwarf = self.dwarf()?;
        let (unit, die) = dwarf.die(offset).ok()?;
        let attributes = Attributes::new(dwarf, unit, &die);
        let name = name_text(attributes.name()?).into_owned();
        let ty = TypeRef::Die(attributes.reference(dw::DW_AT_type)?);
        let size = self.resolve(ty).map_or(8, |ty| ty.size);
        let registers = Registers::new(arch);
        let site = Site {
            bias: self.bias(),
            cfa: None,
            registers: &registers,
            memory: self.memory(),
        };
        let place = die
            .attr_value(dw::DW_AT_location)
            .and_then(|value| dwarf.expression_at(unit, value, FileAddr(0), offset).ok()?)
            .ok_or(NoLocation::OptimizedOut)
            .and_then(|found| dwarf.locate(unit, None, found.expression, size, &site, offset))
            .and_then(|located| match located.location {
                Location::Memory(addr) => Ok(addr),
                Location::Pieces(_) => Err(NoLocation::Unknown("not in one piece of memory")),
            });
        Some(PackageVariable { name, ty, place })
    }
}
