//! The executable's DWARF, versions 4 and 5 side by side, read where a question leads.
//!
//! Nothing is read at [`Dwarf::load`] but the section table. The unit table (headers and root DIEs) comes with
//! the first question; the functions of a unit with the first pc inside it; the index of all type names,
//! package variables and constants with the first question by name. All of it is behind `OnceLock`, so threads
//! share one copy.
//!
//! DWARF is input: a unit, DIE or list that does not parse is a [`DwarfError`] for that question, and the
//! rest is still answered. References are followed a bounded number of times, so cyclic ones end.

mod abi;
mod attributes;
mod closures;
mod generics;
mod index;
mod location;
mod packages;
mod scopes;
mod units;
mod variables;

pub use closures::CaptureSlot;
pub use index::{Constant, GlobalIndex, NamedDie};
pub use location::{Location, Piece};
pub use packages::{Package, PackageItem, PackageVariable};
pub use units::{FunctionDie, UnitEntry};
pub use variables::{
    Frame, FrameVariables, Origin, Standing, Variable, VariablesError, range_body_parent,
};

pub(crate) use attributes::{Attributes, go, name_text, type_name_text};

use crate::image::Executable;
use gimli::{EndianSlice, RunTimeEndian, Section};
use std::sync::OnceLock;
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
    sections: gimli::Dwarf<Slice<'a>>,
    units: OnceLock<UnitTable<'a>>,
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
    /// The DWARF of an executable, or `None` when it has none. Compressed sections are decompressed here, so
    /// callers load only when a question needs DWARF.
    pub fn load(executable: &Executable<'a>) -> Option<Self> {
        if !executable.has_dwarf() {
            return None;
        }
        let dwarf = Self::from_sections(|name| executable.debug_section(name));
        (dwarf.info_size() > 0).then_some(dwarf)
    }

    /// DWARF from sections by name (`.debug_info`); an absent one is empty. The line table is never asked for:
    /// pclntab answers for lines, and it is the largest section after `.debug_info`.
    pub fn from_sections(section: impl Fn(&'static str) -> &'a [u8]) -> Self {
        use gimli::SectionId as Id;
        let sections = gimli::Dwarf::load(|id| {
            let bytes = match id {
                Id::DebugAbbrev => section(".debug_abbrev"),
                Id::DebugAddr => section(".debug_addr"),
                Id::DebugInfo => section(".debug_info"),
                Id::DebugLineStr => section(".debug_line_str"),
                Id::DebugLoc => section(".debug_loc"),
                Id::DebugLocLists => section(".debug_loclists"),
                Id::DebugRanges => section(".debug_ranges"),
                Id::DebugRngLists => section(".debug_rnglists"),
                Id::DebugStr => section(".debug_str"),
                Id::DebugStrOffsets => section(".debug_str_offsets"),
                _ => &[],
            };
            Ok::<_, std::convert::Infallible>(EndianSlice::new(bytes, RunTimeEndian::Little))
        });
        let sections = match sections {
            Ok(sections) => sections,
            Err(never) => match never {},
        };
        Self {
            sections,
            units: OnceLock::new(),
            index: OnceLock::new(),
            packages: OnceLock::new(),
        }
    }

    /// Bytes of `.debug_info`: what a scan of everything would cost.
    pub fn info_size(&self) -> u64 {
        self.sections.debug_info.reader().len() as u64
    }

    pub(crate) const fn sections(&self) -> &gimli::Dwarf<Slice<'a>> {
        &self.sections
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

pub(crate) fn malformed(offset: u64, error: gimli::Error) -> DwarfError {
    DwarfError::Malformed {
        offset,
        why: error.to_string(),
    }
}
