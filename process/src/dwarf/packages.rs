//! The packages of a program.
//!
//! A package is named by its import path, or shorter by the last element of the path or the name in its package
//! clause (`yaml` of `gopkg.in/yaml.v3`) while that means one package only.

use super::{Dwarf, UnitEntry, go, name_text};
use gimli::constants as dw;

/// A Go package of the program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Package {
    /// Import path.
    pub path: String,
    /// The name in its package clause.
    pub name: String,
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
