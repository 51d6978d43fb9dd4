//! Which source of layouts serves a program.

use super::{DwarfLayouts, Field, LayoutSource, Layouts, TableLayouts};
use crate::arch::Arch;
use crate::dwarf::Dwarf;
use crate::image::GoVersion;
use std::sync::Arc;

/// Layouts from whichever source knows the program.
pub enum RuntimeLayouts<'a> {
    /// Its own DWARF.
    Dwarf(DwarfLayouts<'a>),
    /// A built-in table.
    Table(TableLayouts),
}

impl<'a> RuntimeLayouts<'a> {
    /// The executable's own DWARF when it describes a `g` (a linker may have dropped it, or the file be damaged),
    /// else the table of its release. `None` when there is neither DWARF nor a Go version.
    pub fn choose(
        dwarf: Option<Arc<Dwarf<'a>>>,
        version: Option<&GoVersion>,
        arch: Arch,
    ) -> Option<Self> {
        dwarf
            .and_then(DwarfLayouts::new)
            .filter(|dwarf| dwarf.size_of("runtime.g").is_some())
            .map(Self::Dwarf)
            .or_else(|| Some(Self::Table(TableLayouts::for_release(version?, arch)?)))
    }

    /// The DWARF, when that is the source: it knows variables too.
    pub const fn dwarf(&self) -> Option<&DwarfLayouts<'a>> {
        match self {
            Self::Dwarf(dwarf) => Some(dwarf),
            Self::Table(_) => None,
        }
    }

    fn source_of(&self) -> &dyn Layouts {
        match self {
            Self::Dwarf(dwarf) => dwarf,
            Self::Table(table) => table,
        }
    }
}

impl Layouts for RuntimeLayouts<'_> {
    fn field(&self, structure: &str, path: &str) -> Option<Field> {
        self.source_of().field(structure, path)
    }

    fn size_of(&self, structure: &str) -> Option<u64> {
        self.source_of().size_of(structure)
    }

    fn constant(&self, name: &str) -> Option<i64> {
        self.source_of().constant(name)
    }

    fn source(&self) -> LayoutSource {
        self.source_of().source()
    }
}
