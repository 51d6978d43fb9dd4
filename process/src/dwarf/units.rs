//! The units of `.debug_info`: which one holds an offset, which one a pc, which a package, and the functions of each.
//!
//! The go command makes one unit per package for what the compiler made and one per assembly file, all named by the
//! import path, and the linker gathers the types of the whole program in one unit of package `runtime`
//! (`cmd/link/internal/ld/dwarf.go`), not always the same one. So a question about a runtime structure touches a dozen
//! units, mostly tiny, out of hundreds.
//!
//! Reading the table touches every unit header and root DIE and nothing else; ranges come with the first pc. gimli's own `Unit::new` would
//! also want the line program header, hence the unit is put together here.

use super::{Attributes, Dwarf, DwarfError, Slice, malformed, name_text};
use crate::addr::FileAddr;
use gimli::constants as dw;
use gimli::{
    AttributeValue, DebugAddrBase, DebugLocListsBase, DebugRngListsBase, DebugStrOffsetsBase,
    DwarfFileType, Unit, UnitHeader, UnitOffset, UnitType,
};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// No program has more units; a hostile file must not make the table grow without end.
const MAX_UNITS: usize = 1 << 17;

/// Functions with more ranges than this (only C has several) keep their first ones.
const MAX_RANGES: usize = 4096;

/// One unit: its gimli view and what its root DIE says.
pub struct UnitEntry<'a> {
    /// Offset of the unit's header in `.debug_info`.
    pub offset: u64,
    /// First offset after the unit.
    pub end: u64,
    /// Whether the Go compiler wrote it (`DW_LANG_Go`).
    pub is_go: bool,
    /// Whether its code was compiled without optimisation (`-N` in the producer).
    pub unoptimized: bool,
    pub(crate) unit: Unit<Slice<'a>>,
    functions: OnceLock<Vec<FunctionDie>>,
}

/// A function of a unit, one entry for each of its ranges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FunctionDie {
    /// First pc.
    pub low: FileAddr,
    /// First pc after.
    pub high: FileAddr,
    /// Offset of the subprogram's DIE in `.debug_info`.
    pub die: u64,
}

/// All units, in section order, the packages that Go's are of, and the pc ranges their roots claim.
pub(crate) struct UnitTable<'a> {
    pub(crate) entries: Vec<UnitEntry<'a>>,
    by_package: BTreeMap<&'a [u8], Vec<usize>>,
    by_pc: OnceLock<Vec<(u64, u64, usize)>>,
    pub(crate) damage: Vec<String>,
}

impl<'a> UnitTable<'a> {
    pub(crate) fn read(dwarf: &gimli::Dwarf<Slice<'a>>) -> Self {
        let mut table = Self {
            entries: Vec::new(),
            by_package: BTreeMap::new(),
            by_pc: OnceLock::new(),
            damage: Vec::new(),
        };
        // Go shares one abbreviation table among all its units; gcc writes one for each.
        let mut abbreviations = FxHashMap::default();
        let mut headers = dwarf.units();
        while table.entries.len() < MAX_UNITS {
            let header = match headers.next() {
                Ok(Some(header)) => header,
                Ok(None) => break,
                Err(error) => {
                    // Without a length there is no next unit.
                    table
                        .damage
                        .push(format!(".debug_info: unit header: {error}"));
                    break;
                }
            };
            let offset = header.debug_info_offset().map_or(0, |o| o.0 as u64);
            let shared = abbreviations
                .entry(header.debug_abbrev_offset())
                .or_insert_with(|| dwarf.abbreviations(&header));
            let entry = match shared {
                Ok(shared) => UnitEntry::read(dwarf, header, Arc::clone(shared)),
                Err(error) => Err(*error),
            };
            match entry {
                Ok((entry, name)) => {
                    if let Some(name) = name.filter(|_| entry.is_go) {
                        let of = table.by_package.entry(name).or_default();
                        of.push(table.entries.len());
                    }
                    table.entries.push(entry);
                }
                Err(error) => table
                    .damage
                    .push(format!(".debug_info+{offset:#x}: {error}")),
            }
        }
        table
    }

    /// The unit that holds an offset of `.debug_info`.
    pub(crate) fn containing(&self, offset: u64) -> Result<&UnitEntry<'a>, DwarfError> {
        let after = self.entries.partition_point(|u| u.offset <= offset);
        after
            .checked_sub(1)
            .and_then(|index| self.entries.get(index))
            .filter(|unit| offset < unit.end)
            .ok_or(DwarfError::NoUnit { offset })
    }

    /// The units of a Go package; none when it has no DWARF.
    pub(crate) fn of_package(&self, path: &str) -> impl Iterator<Item = &UnitEntry<'a>> {
        let units = self.by_package.get(path.as_bytes());
        units
            .into_iter()
            .flatten()
            .filter_map(|index| self.entries.get(*index))
    }

    /// Import paths of the packages that have units, in order.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.by_package.keys().copied()
    }

    /// The units whose ranges hold a pc; more than one only in broken or merged DWARF.
    pub(crate) fn at_pc(
        &self,
        dwarf: &Dwarf<'a>,
        pc: FileAddr,
    ) -> impl Iterator<Item = &UnitEntry<'a>> {
        let by_pc = self.by_pc.get_or_init(|| {
            let mut all = Vec::new();
            for (index, entry) in self.entries.iter().enumerate() {
                let root = entry.unit.entry(entry.unit.header.root_offset());
                let ranges = root
                    .ok()
                    .and_then(|root| dwarf.ranges_of(&entry.unit, &root).ok());
                let ranges = ranges.unwrap_or_default().into_iter();
                all.extend(ranges.map(|(low, high)| (low, high, index)));
            }
            all.sort_unstable();
            all
        });
        let after = by_pc.partition_point(|(low, ..)| *low <= pc.0);
        let near = by_pc.get(after.saturating_sub(16)..after);
        near.unwrap_or_default()
            .iter()
            .rev()
            .filter(move |(_, high, _)| pc.0 < *high)
            .filter_map(|(.., index)| self.entries.get(*index))
    }
}

impl<'a> UnitEntry<'a> {
    fn read(
        dwarf: &gimli::Dwarf<Slice<'a>>,
        header: UnitHeader<Slice<'a>>,
        abbreviations: Arc<gimli::Abbreviations>,
    ) -> Result<(Self, Option<&'a [u8]>), gimli::Error> {
        let file_type = DwarfFileType::Main;
        let encoding = header.encoding();
        let offset = header.debug_info_offset().map_or(0, |o| o.0 as u64);
        let length = header.length_including_self() as u64;
        let mut unit = Unit {
            abbreviations,
            name: None,
            comp_dir: None,
            low_pc: 0,
            str_offsets_base: DebugStrOffsetsBase::default_for_encoding_and_file(
                encoding, file_type,
            ),
            addr_base: DebugAddrBase(0),
            loclists_base: DebugLocListsBase::default_for_encoding_and_file(encoding, file_type),
            rnglists_base: DebugRngListsBase::default_for_encoding_and_file(encoding, file_type),
            line_program: None,
            dwo_id: match header.type_() {
                UnitType::Skeleton(id) | UnitType::SplitCompilation(id) => Some(id),
                _ => None,
            },
            header,
        };
        let root = unit.entry(unit.header.root_offset())?;
        for attr in root.attrs() {
            match attr.value() {
                AttributeValue::DebugStrOffsetsBase(base) => unit.str_offsets_base = base,
                AttributeValue::DebugAddrBase(base) => unit.addr_base = base,
                AttributeValue::DebugLocListsBase(base) => unit.loclists_base = base,
                AttributeValue::DebugRngListsBase(base) => unit.rnglists_base = base,
                _ => {}
            }
        }
        if let Some(low) = root.attr_value(dw::DW_AT_low_pc) {
            unit.low_pc = dwarf.attr_address(&unit, low)?.unwrap_or(0);
        }
        let language = root.attr_value(dw::DW_AT_language);
        let is_go = matches!(language, Some(AttributeValue::Language(dw::DW_LANG_Go)));
        let producer = root
            .attr_value(dw::DW_AT_producer)
            .and_then(|value| dwarf.attr_string(&unit, value).ok());
        let unoptimized = producer.is_some_and(|text| {
            let flags = text.slice();
            flags
                .split(|b| *b == b' ' || *b == b';')
                .any(|f| f == b"-N")
        });
        let name = root
            .attr_value(dw::DW_AT_name)
            .and_then(|value| dwarf.attr_string(&unit, value).ok())
            .map(|name| name.slice());
        let entry = Self {
            offset,
            end: offset.saturating_add(length),
            is_go,
            unoptimized,
            unit,
            functions: OnceLock::new(),
        };
        Ok((entry, name))
    }

    /// An offset of `.debug_info` as an offset in this unit.
    pub(crate) fn unit_offset(&self, offset: u64) -> Result<UnitOffset<usize>, DwarfError> {
        offset
            .checked_sub(self.offset)
            .filter(|_| offset < self.end)
            .and_then(|within| usize::try_from(within).ok())
            .map(UnitOffset)
            .ok_or(DwarfError::NoUnit { offset })
    }

    /// An offset in this unit as an offset of `.debug_info`.
    pub(crate) const fn section_offset(&self, within: UnitOffset<usize>) -> u64 {
        self.offset.wrapping_add(within.0 as u64)
    }

    /// The unit's name: for Go the import path.
    pub fn name(&self, dwarf: &Dwarf<'a>) -> Option<Cow<'a, str>> {
        let root = self.unit.entry(self.unit.header.root_offset()).ok()?;
        Attributes::new(dwarf, self, &root).name().map(name_text)
    }

    /// The unit's functions that have code, by pc.
    pub(crate) fn functions(&self, dwarf: &Dwarf<'a>) -> &[FunctionDie] {
        self.functions.get_or_init(|| {
            let mut found = Vec::new();
            // A unit that breaks off half way keeps what was read before.
            let _ = self.scan_functions(dwarf, &mut found);
            found.sort_unstable();
            found
        })
    }

    fn scan_functions(
        &self,
        dwarf: &Dwarf<'a>,
        found: &mut Vec<FunctionDie>,
    ) -> Result<(), gimli::Error> {
        let mut entries = self.unit.entries_raw(None)?;
        while !entries.is_empty() {
            let at = entries.next_offset();
            let Some(abbreviation) = entries.read_abbreviation()? else {
                continue;
            };
            let specs = abbreviation.attributes();
            entries.skip_attributes(specs)?;
            let has_code = abbreviation.tag() == dw::DW_TAG_subprogram
                && specs
                    .iter()
                    .any(|spec| matches!(spec.name(), dw::DW_AT_low_pc | dw::DW_AT_ranges));
            if has_code && let Ok(die) = self.unit.entry(at) {
                let ranges = dwarf.ranges_of(&self.unit, &die).unwrap_or_default();
                found.extend(ranges.into_iter().map(|(low, high)| FunctionDie {
                    low: FileAddr(low),
                    high: FileAddr(high),
                    die: self.section_offset(at),
                }));
            }
        }
        Ok(())
    }

    /// The function whose code holds a pc.
    pub(crate) fn function_at(&self, dwarf: &Dwarf<'a>, pc: FileAddr) -> Option<FunctionDie> {
        let functions = self.functions(dwarf);
        let after = functions.partition_point(|f| f.low <= pc);
        let found = functions.get(after.checked_sub(1)?)?;
        (pc < found.high).then_some(*found)
    }
}

impl<'a> Dwarf<'a> {
    /// The subprogram whose code holds a pc.
    pub fn function_at(&self, pc: FileAddr) -> Option<FunctionDie> {
        self.units()
            .at_pc(self, pc)
            .find_map(|unit| unit.function_at(self, pc))
    }

    /// Whether the code at a pc was compiled without optimisation; `None` when no unit covers it.
    pub fn is_unoptimized(&self, pc: FileAddr) -> Option<bool> {
        self.units()
            .at_pc(self, pc)
            .next()
            .map(|unit| unit.unoptimized)
    }

    /// The pc ranges of a DIE: `low_pc`/`high_pc` (absolute or a length) or a range list; empty ones left out.
    pub(crate) fn ranges_of(
        &self,
        unit: &Unit<Slice<'a>>,
        die: &super::Die<'a>,
    ) -> Result<Vec<(u64, u64)>, DwarfError> {
        let at = unit.header.debug_info_offset().map_or(0, |o| o.0 as u64) + die.offset().0 as u64;
        let mut out = Vec::new();
        let fail = |error| malformed(at, error);
        let mut ranges = self.lists().die_ranges(unit, die).map_err(fail)?;
        while let Some(range) = ranges.next().map_err(fail)? {
            if range.begin < range.end && out.len() < MAX_RANGES {
                out.push((range.begin, range.end));
            }
        }
        Ok(out)
    }
}
