//! Packages and what they declare: variables with their addresses, constants with their values.
//!
//! A package is named by its import path, or shorter by the last element of the path or the name in its package
//! clause (`yaml` of `gopkg.in/yaml.v3`) while that means one package only.

use super::location::{Location, NoLocation, Site};
use super::{Attributes, Dwarf, UnitEntry, go, name_text};
use crate::addr::Addr;
use crate::arch::{Arch, Registers};
use crate::types::{TypeRef, Types};
use gimli::constants as dw;

/// A Go package of the program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Package {
    /// Import path.
    pub path: String,
    /// The name in its package clause.
    pub name: String,
}

/// A package variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageVariable {
    /// Full name, `net/http.DefaultClient`.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
    /// Where it stands, or why that cannot be told.
    pub place: Result<Addr, String>,
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

impl Dwarf<'_> {
    /// The program's Go packages, by path.
    pub fn packages(&self) -> &[Package] {
        self.packages.get_or_init(|| {
            let mut all: Vec<Package> = self
                .units()
                .entries
                .iter()
                .filter(|unit| unit.is_go)
                .filter_map(|unit| self.package_of(unit))
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        })
    }

    fn package_of(&self, unit: &UnitEntry<'_>) -> Option<Package> {
        let root = unit.unit.entry(unit.unit.header.root_offset()).ok()?;
        let path = root.attr_value(dw::DW_AT_name)?;
        let text = |value| self.sections().attr_string(&unit.unit, value).ok();
        let path = name_text(text(path)?.slice()).into_owned();
        let name = root
            .attr_value(go::PACKAGE_NAME)
            .and_then(text)
            .map(|name| String::from_utf8_lossy(name.slice()).into_owned());
        let last = || path.rsplit('/').next().unwrap_or(&path).to_owned();
        Some(Package {
            name: name.unwrap_or_else(last),
            path,
        })
    }

    /// The paths of the packages that a path, its last element or a package name may mean.
    pub fn packages_named(&self, name: &str) -> Vec<&str> {
        let all = self.packages();
        if let Some(exact) = all.iter().find(|package| package.path == name) {
            return vec![&exact.path];
        }
        all.iter()
            .filter(|package| package.name == name || package.path.rsplit('/').next() == Some(name))
            .map(|package| package.path.as_str())
            .collect()
    }
}

impl Types<'_> {
    /// What `package.name` stands for; `None` when there is nothing of the name (or no DWARF to tell).
    ///
    /// # Errors
    ///
    /// In words, when several packages are meant.
    pub fn package_item(
        &self,
        package: &str,
        name: &str,
        arch: Arch,
    ) -> Result<Option<PackageItem>, String> {
        let Some(dwarf) = self.dwarf() else {
            return Ok(None);
        };
        let mut found: Vec<(String, PackageItem)> = Vec::new();
        for path in dwarf.packages_named(package) {
            let full = format!("{path}.{name}");
            found.extend(self.item(dwarf, &full, arch).map(|item| (full, item)));
        }
        if found.len() > 1 {
            let names: Vec<String> = found.into_iter().map(|(full, _)| full).collect();
            return Err(format!("{package}.{name} could be {}", names.join(" or ")));
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
            .and_then(|value| {
                dwarf
                    .expression_at(unit, value, crate::addr::FileAddr(0), offset)
                    .ok()?
            })
            .ok_or(NoLocation::OptimizedOut)
            .and_then(|found| dwarf.locate(unit, None, found.expression, size, &site, offset))
            .and_then(|location| match location {
                Location::Memory(addr) => Ok(addr),
                Location::Pieces(_) => Err(NoLocation::Unknown("not in one piece of memory")),
            })
            .map_err(|why| why.to_string());
        Some(PackageVariable { name, ty, place })
    }
}
