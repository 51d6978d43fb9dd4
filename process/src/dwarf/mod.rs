//! The executable's DWARF, versions 4 and 5 side by side, read where a question leads.
//!
//! Nothing is read at [`Dwarf::load`] but the section table. The unit table (headers and root DIEs) comes with
//! the first question; the names of one package with the first question about it, which is all that the runtime's own
//! structures need; the functions of a unit, and the sections of range and location lists, with the first pc inside
//! it; the index of all type names, package variables and constants with the first question by name. All of it is
//! behind locks, so threads share one copy.
//!
//! | file | in charge of |
//! |---|---|
//! | `units` | which unit holds an offset, a pc, a package; the functions of each |
//! | `attributes` | one DIE, asked by what its attributes mean |
//! | `tree` | from a DIE to others |
//! | `top_level` | what a unit declares, in one pass; the names of one package |
//! | `index` | the names of all packages |
//! | `packages` | the packages themselves |
//! | `lines` | files and lines of C code |
//! | `location` | location expressions, evaluated on a frame |
//!
//! DWARF is input: a unit, DIE or list that does not parse is a [`DwarfError`] for that question, and the
//! rest is still answered. References are followed a bounded number of times, so cyclic ones end.

mod attributes;
mod index;
mod lines;
mod location;
mod packages;
mod top_level;
mod tree;
mod units;

pub use index::{Constant, GlobalIndex, NamedDie};
pub use location::{Location, NoLocation, Piece};
pub use packages::Package;
pub use units::{FunctionDie, UnitEntry};

pub(crate) use attributes::{Attributes, go, name_text, type_name_text};
pub(crate) use lines::CLines;
pub(crate) use location::{Found, Located, Site, Source};
pub(crate) use top_level::{PackageNames, TopLevel};

use crate::image::Executable;
use gimli::{EndianSlice, RunTimeEndian, Section};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use units::UnitTable;

/// How gimli reads our sections.
pub(crate) type Slice<'a> = EndianSlice<'a, RunTimeEndian>;
/// A DIE with its attributes.
pub(crate) type Die<'a> = gimli::DebuggingInformationEntry<Slice<'a>, usize>;

/// References (typedef to typedef, abstract origin to specification) are followed at most this often.
pub(crate) const MAX_REFERENCES: usize = 64;

/// Why DWARF could not answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DwarfError {
    /// A section does not parse at some place.
    #[error(".debug_info+{offset:#x}: {why}")]
    Malformed {
        /// Offset of the unit or DIE in `.debug_info`.
        offset: u64,
        /// What gimli found.
        why: String,
    },
    /// No unit holds the offset.
    #[error(".debug_info+{offset:#x}: no unit there")]
    NoUnit {
        /// Offset in `.debug_info`.
        offset: u64,
    },
    /// A DIE lacks what its kind must have, or refers to itself.
    #[error(".debug_info+{offset:#x}: {what}")]
    Unexpected {
        /// Offset of the DIE in `.debug_info`.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// The DWARF of one executable. Addresses in it are link-time ([`crate::addr::FileAddr`]).
pub struct Dwarf<'a> {
    section: Box<dyn Fn(&'static str) -> &'a [u8] + Send + Sync + 'a>,
    /// Units, abbreviations, addresses and strings.
    sections: gimli::Dwarf<Slice<'a>>,
    /// With range and location lists, which only variables and pcs need.
    lists: OnceLock<gimli::Dwarf<Slice<'a>>>,
    units: OnceLock<UnitTable<'a>>,
    names: Mutex<FxHashMap<String, Arc<PackageNames<'a>>>>,
    index: OnceLock<GlobalIndex<'a>>,
    packages: OnceLock<Vec<Package>>,
}

impl std::fmt::Debug for Dwarf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dwarf")
            .field("debug_info", &self.info_size())
            .finish_non_exhaustive()
    }
}

impl<'a> Dwarf<'a> {
    /// The DWARF of an executable, or `None` when it has none. Compressed sections are decompressed when they are
    /// first needed, so callers load only when a question needs DWARF.
    pub fn load(executable: &'a Executable<'a>) -> Option<Self> {
        if !executable.has_dwarf() {
            return None;
        }
        let dwarf = Self::from_sections(|name| executable.debug_section(name));
        (dwarf.info_size() > 0).then_some(dwarf)
    }

    /// DWARF from sections by name (`.debug_info`); an absent one is empty. The line table is never asked for:
    /// pclntab answers for lines, and it is the largest section after `.debug_info`.
    pub fn from_sections(section: impl Fn(&'static str) -> &'a [u8] + Send + Sync + 'a) -> Self {
        Self {
            sections: sections(&section, Lists::LeftOut),
            lists: OnceLock::new(),
            units: OnceLock::new(),
            names: Mutex::default(),
            index: OnceLock::new(),
            packages: OnceLock::new(),
            section: Box::new(section),
        }
    }

    /// Bytes of `.debug_info`: what a scan of everything would cost.
    pub fn info_size(&self) -> u64 {
        self.sections.debug_info.reader().len() as u64
    }

    pub(crate) const fn sections(&self) -> &gimli::Dwarf<Slice<'a>> {
        &self.sections
    }

    /// The sections with range and location lists.
    pub(crate) fn lists(&self) -> &gimli::Dwarf<Slice<'a>> {
        self.lists
            .get_or_init(|| sections(&self.section, Lists::Loaded))
    }

    /// What a package declares, by one pass over its units.
    pub(crate) fn names_of(&self, package: &str) -> Arc<PackageNames<'a>> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(package) {
            return Arc::clone(known);
        }
        let read = Arc::new(PackageNames::read(self, package));
        names.insert(package.to_owned(), Arc::clone(&read));
        read
    }

    /// Import paths of the packages that have units, in order.
    pub fn package_paths(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.units().packages()
    }

    pub(crate) fn units(&self) -> &UnitTable<'a> {
        self.units.get_or_init(|| UnitTable::read(&self.sections))
    }

    /// Units that could not be read, in words.
    pub fn damage(&self) -> &[String] {
        &self.units().damage
    }

    /// Type names, runtime type offsets, package variables and constants of all Go units. The first call scans
    /// `.debug_info` with every core of the machine.
    pub fn index(&self) -> &GlobalIndex<'a> {
        self.index.get_or_init(|| GlobalIndex::build(self))
    }

    /// The DIE at an offset of `.debug_info`, and the unit it stands in.
    pub(crate) fn die(&self, offset: u64) -> Result<(&UnitEntry<'a>, Die<'a>), DwarfError> {
        let unit = self.units().containing(offset)?;
        let at = unit.unit_offset(offset)?;
        let die = unit
            .unit
            .entry(at)
            .map_err(|error| malformed(offset, error))?;
        Ok((unit, die))
    }
}

/// Whether the sections of range and location lists are among those loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Loaded,
    LeftOut,
}

/// gimli's view of the sections.
fn sections<'a>(
    section: &dyn Fn(&'static str) -> &'a [u8],
    lists: Lists,
) -> gimli::Dwarf<Slice<'a>> {
    use gimli::SectionId as Id;
    let list = |name| match lists {
        Lists::Loaded => section(name),
        Lists::LeftOut => &[],
    };
    let sections = gimli::Dwarf::load(|id| {
        let bytes = match id {
            Id::DebugAbbrev => section(".debug_abbrev"),
            Id::DebugAddr => section(".debug_addr"),
            Id::DebugInfo => section(".debug_info"),
            Id::DebugLineStr => section(".debug_line_str"),
            Id::DebugLoc => list(".debug_loc"),
            Id::DebugLocLists => list(".debug_loclists"),
            Id::DebugRanges => list(".debug_ranges"),
            Id::DebugRngLists => list(".debug_rnglists"),
            Id::DebugStr => section(".debug_str"),
            Id::DebugStrOffsets => section(".debug_str_offsets"),
            _ => &[],
        };
        Ok::<_, std::convert::Infallible>(EndianSlice::new(bytes, RunTimeEndian::Little))
    });
    match sections {
        Ok(sections) => sections,
        Err(never) => match never {},
    }
}

pub(crate) fn malformed(offset: u64, error: gimli::Error) -> DwarfError {
    DwarfError::Malformed {
        offset,
        why: error.to_string(),
    }
}
