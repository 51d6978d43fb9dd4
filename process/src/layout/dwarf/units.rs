//! The compilation units of an executable, told apart by reading nothing but their root DIEs.
//!
//! The go command makes one unit per package for what the compiler made and one per assembly file, all named
//! by the import path, and the linker gathers the types of the whole program in one unit of package `runtime`
//! (`cmd/link/internal/ld/dwarf.go`), not always the same one. So a question about a runtime structure
//! touches a dozen units, mostly tiny, out of hundreds.

use crate::image::Executable;
use gimli::{
    Abbreviations, AttributeValue, DebugAbbrev, DebugAddr, DebugAddrBase, DebugAddrIndex,
    DebugInfo, DebugLineStr, DebugStr, EndianSlice, LittleEndian, UnitHeader,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a DWARF section; outlives every borrow of the reader.
pub(super) type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// One compilation unit.
pub(super) struct Unit<'a> {
    pub header: UnitHeader<Slice<'a>>,
    pub abbreviations: Arc<Abbreviations>,
    addr_base: DebugAddrBase<usize>,
}

/// The units that Go packages left, by import path, and the sections they refer to.
pub(super) struct Units<'a> {
    by_name: BTreeMap<&'a [u8], Vec<Unit<'a>>>,
    addr: DebugAddr<Slice<'a>>,
    str: DebugStr<Slice<'a>>,
    line_str: DebugLineStr<Slice<'a>>,
}

/// No program has more packages; a hostile file must not make the list grow without end.
const MOST_UNITS: usize = 1 << 17;

impl<'a> Units<'a> {
    /// Reads unit headers and root DIEs. Stops at the first unit that makes no sense and keeps those before.
    pub fn read(exe: &Executable<'a>) -> Self {
        let section = |name| EndianSlice::new(exe.debug_section(name), LittleEndian);
        let debug_abbrev = DebugAbbrev::from(section(".debug_abbrev"));
        let mut units = Self {
            by_name: BTreeMap::new(),
            addr: DebugAddr::from(section(".debug_addr")),
            str: DebugStr::from(section(".debug_str")),
            line_str: DebugLineStr::from(section(".debug_line_str")),
        };
        // Go's units share one table of abbreviations; C units bring one each.
        let mut abbreviations = BTreeMap::new();
        let mut headers = DebugInfo::from(section(".debug_info")).units();
        for _ in 0..MOST_UNITS {
            let Ok(Some(header)) = headers.next() else {
                break;
            };
            let at = header.debug_abbrev_offset();
            let table = match abbreviations.get(&at.0) {
                Some(table) => Arc::clone(table),
                None => match header.abbreviations(&debug_abbrev) {
                    Ok(table) => {
                        let table = Arc::new(table);
                        abbreviations.insert(at.0, Arc::clone(&table));
                        table
                    }
                    Err(_) => continue,
                },
            };
            let unit = Unit {
                header,
                abbreviations: table,
                addr_base: DebugAddrBase(0),
            };
            units.add(unit);
        }
        units
    }

    fn add(&mut self, mut unit: Unit<'a>) -> Option<()> {
        let mut entries = unit.header.entries_raw(&unit.abbreviations, None).ok()?;
        let root = entries.read_abbreviation().ok()??;
        let (mut name, mut go) = (None, false);
        for spec in root.attributes() {
            let attribute = entries.read_attribute(*spec).ok()?;
            match attribute.name() {
                gimli::DW_AT_name => name = self.text(&attribute.value()),
                gimli::DW_AT_language => {
                    go = attribute.value() == AttributeValue::Language(gimli::DW_LANG_Go);
                }
                gimli::DW_AT_addr_base => {
                    if let AttributeValue::DebugAddrBase(base) = attribute.value() {
                        unit.addr_base = base;
                    }
                }
                _ => {}
            }
        }
        if go {
            self.by_name.entry(name?).or_default().push(unit);
        }
        Some(())
    }

    /// The units of a package; none when it has no DWARF.
    pub fn package(&self, path: &str) -> &[Unit<'a>] {
        self.by_name.get(path.as_bytes()).map_or(&[], Vec::as_slice)
    }

    /// Packages with a unit, in order of their import paths.
    pub fn packages(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.by_name.keys().copied()
    }

    /// A string attribute, wherever its form keeps it.
    pub fn text(&self, value: &AttributeValue<Slice<'a>>) -> Option<&'a [u8]> {
        match value {
            AttributeValue::String(text) => Some(text.slice()),
            AttributeValue::DebugStrRef(at) => self.str.get_str(*at).ok().map(|s| s.slice()),
            AttributeValue::DebugLineStrRef(at) => {
                self.line_str.get_str(*at).ok().map(|s| s.slice())
            }
            _ => None,
        }
    }

    /// The address that a variable's location names outright: `DW_OP_addr`, or `DW_OP_addrx` of DWARF 5.
    pub fn fixed_address(&self, unit: &Unit<'a>, location: Slice<'a>) -> Option<u64> {
        let (op, operand) = location.slice().split_first()?;
        match gimli::DwOp(*op) {
            gimli::DW_OP_addr => operand.try_into().ok().map(u64::from_le_bytes),
            gimli::DW_OP_addrx => {
                let mut operand = EndianSlice::new(operand, LittleEndian);
                let index = gimli::Reader::read_uleb128(&mut operand).ok()?;
                let index = DebugAddrIndex(usize::try_from(index).ok()?);
                let size = unit.header.address_size();
                self.addr.get_address(size, unit.addr_base, index).ok()
            }
            _ => None,
        }
    }
}
