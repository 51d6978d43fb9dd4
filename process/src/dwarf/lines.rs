//! Lines of C code. Go code has its own in pclntab; the line table is asked for what the C compiler made, and only there.

use super::{Slice, malformed};
use crate::addr::FileAddr;
use crate::image::Executable;
use gimli::constants as dw;
use gimli::{AttributeValue, EndianSlice, RunTimeEndian, Unit};
use rustc_hash::FxHashMap;

/// More rows than this are not kept: no C library has them, a hostile table may.
const MOST_ROWS: usize = 1 << 24;

/// From an address on, until the next row. An address that no code has is where a sequence ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Row {
    addr: FileAddr,
    /// Index into the files; none at the end of a sequence, which stands before what begins there.
    place: Option<(u32, u32)>,
}

/// The lines of the C code of one file, by link-time address.
#[derive(Debug, Default)]
pub(crate) struct CLines {
    files: Vec<String>,
    rows: Vec<Row>,
}

impl CLines {
    /// Reads the line tables of all units that are not Go's; what cannot be read is not there.
    pub(crate) fn read(executable: &Executable<'_>) -> Self {
        let mut lines = Self::default();
        if !executable.has_dwarf() {
            return lines;
        }
        let load = |id: gimli::SectionId| {
            let bytes = match id {
                gimli::SectionId::DebugAbbrev => executable.debug_section(".debug_abbrev"),
                gimli::SectionId::DebugInfo => executable.debug_section(".debug_info"),
                gimli::SectionId::DebugLine => executable.debug_section(".debug_line"),
                gimli::SectionId::DebugLineStr => executable.debug_section(".debug_line_str"),
                gimli::SectionId::DebugStr => executable.debug_section(".debug_str"),
                gimli::SectionId::DebugStrOffsets => executable.debug_section(".debug_str_offsets"),
                _ => &[],
            };
            Ok::<_, gimli::Error>(EndianSlice::new(bytes, RunTimeEndian::Little))
        };
        let Ok(dwarf) = gimli::Dwarf::load(load) else {
            return lines;
        };
        let mut files = FxHashMap::default();
        let mut headers = dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            let Ok(unit) = dwarf.unit(header) else {
                continue;
            };
            if !is_go(&unit) && lines.add(&dwarf, unit, &mut files).is_none() {
                break;
            }
        }
        lines
            .rows
            .sort_unstable_by_key(|row| (row.addr, row.place.is_some()));
        lines
    }

    /// File and line of an address; none for what is no C code of this file, or was made by no line.
    pub(crate) fn at(&self, addr: FileAddr) -> Option<(&str, u32)> {
        let after = self.rows.partition_point(|row| row.addr <= addr);
        let (file, line) = self.rows.get(after.checked_sub(1)?)?.place?;
        let file = self.files.get(usize::try_from(file).ok()?)?;
        (line != 0).then_some((file, line))
    }

    /// The rows of a unit; `None` when there are too many.
    fn add<'a>(
        &mut self,
        dwarf: &gimli::Dwarf<Slice<'a>>,
        mut unit: Unit<Slice<'a>>,
        known: &mut FxHashMap<String, u32>,
    ) -> Option<()> {
        let Some(program) = unit.line_program.take() else {
            return Some(());
        };
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        let mut rows = program.rows();
        let mut sequence: Vec<Row> = Vec::new();
        while let Ok(Some((header, row))) = rows.next_row() {
            if self.rows.len() + sequence.len() >= MOST_ROWS {
                return None;
            }
            let addr = FileAddr(row.address());
            if row.end_sequence() {
                sequence.push(Row { addr, place: None });
                // What the linker left out stands at address zero.
                if sequence.first().is_some_and(|first| first.addr.0 != 0) {
                    self.rows.append(&mut sequence);
                }
                sequence.clear();
                continue;
            }
            let number = row.file_index();
            let file = *numbers.entry(number).or_insert_with(|| {
                let path = header
                    .file(number)
                    .map(|file| path(dwarf, &unit, header, file));
                let path = path.unwrap_or_default();
                let next = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
                *known.entry(path).or_insert_with_key(|path| {
                    self.files.push(path.clone());
                    next
                })
            });
            let line = row
                .line()
                .map_or(0, |line| u32::try_from(line.get()).unwrap_or(0));
            let place = Some((file, line));
            // Of rows at one address the last one counts.
            if let Some(last) = sequence.last_mut().filter(|last| last.addr == addr) {
                last.place = place;
            } else {
                sequence.push(Row { addr, place });
            }
        }
        Some(())
    }
}

fn is_go(unit: &Unit<Slice<'_>>) -> bool {
    let root = unit.entry(unit.header.root_offset());
    let language = root
        .ok()
        .and_then(|root| root.attr_value(dw::DW_AT_language));
    matches!(language, Some(AttributeValue::Language(dw::DW_LANG_Go)))
}

/// A file's whole path: its name, in its folder, in the folder the compiler ran in.
fn path<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &Unit<Slice<'a>>,
    header: &gimli::LineProgramHeader<Slice<'a>>,
    file: &gimli::FileEntry<Slice<'a>>,
) -> String {
    let text = |value: AttributeValue<Slice<'a>>| {
        let read = dwarf
            .attr_string(unit, value)
            .map_err(|error| malformed(0, error));
        read.map_or_else(
            |_| String::new(),
            |bytes| String::from_utf8_lossy(bytes.slice()).into_owned(),
        )
    };
    let base = unit.comp_dir.map_or_else(String::new, |dir| {
        String::from_utf8_lossy(dir.slice()).into_owned()
    });
    let folder = file.directory(header).map_or_else(String::new, text);
    [folder, base]
        .into_iter()
        .fold(text(file.path_name()), |path, folder| {
            if path.starts_with('/') || folder.is_empty() {
                path
            } else {
                format!("{folder}/{path}")
            }
        })
}
