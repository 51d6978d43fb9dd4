//! The memory map, and the columns of a region.

use crate::ask::Topic;
use dumpview_view::column::{Cell, Column, Row};
use dumpview_view::columns;
use std::borrow::Cow;

/// Asks for the memory map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskMemory;

impl Topic for AskMemory {
    type Answer = MemoryMap;
}

/// The memory of a process.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MemoryMap {
    /// In address order.
    pub regions: Vec<Region>,
    /// What there is to know about the dump as a whole.
    pub notes: Vec<String>,
}

/// Where a region's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Have {
    /// In the core.
    Dumped,
    /// In a file that it maps.
    File,
    /// There never were any: the addresses are only reserved, and nobody may read or write there.
    Reserved,
    /// Nowhere, and why.
    Missing(&'static str),
}

/// A range of addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// First address.
    pub start: u64,
    /// First address after it.
    pub end: u64,
    /// `rwx`, as mapped; empty when not known.
    pub permissions: String,
    /// Where its bytes are.
    pub have: Have,
    /// The file it maps, or what it is for.
    pub what: String,
}

impl Region {
    /// Bytes of address space.
    pub fn size(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

impl Have {
    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dumped => "dumped",
            Self::File => "from file",
            Self::Reserved => "reserved",
            Self::Missing(_) => "missing",
        }
    }

    /// Why there are no bytes, when there are none.
    pub const fn why_missing(self) -> Option<&'static str> {
        match self {
            Self::Missing(why) => Some(why),
            Self::Reserved => Some("reserved, and never used"),
            Self::Dumped | Self::File => None,
        }
    }
}

impl Row for Region {
    const KEY: &'static str = "regions";
    const ONE: &'static str = "region";
    const COLUMNS: &'static [Column<Self>] = columns! {
        start: "start" Address, |r| Cell::Address(r.start), "its first address";
        end: "end" Address, |r| Cell::Address(r.end), "the first address after it";
        size: "size" Bytes, |r| Cell::Count(r.size()), "bytes of address space";
        permissions: "perm" Text, |r| Cell::Text(Cow::Borrowed(&r.permissions)), "as mapped: rwx";
        have: "bytes" Text, |r| Cell::Word(r.have.as_str()), "where its bytes are: dumped, from file, reserved, missing";
        what: "what" Text, |r| Cell::Text(Cow::Borrowed(&r.what)), "the file it maps, or what it is for";
        why_missing: Text, |r| r.have.why_missing().map_or(Cell::Absent, Cell::Word), "why there are no bytes";
    };
}
