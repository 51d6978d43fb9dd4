//! Executables that end before they should: a copy that was interrupted, a disk that was full.
//!
//! Headers stand at the beginning and say where everything else would. What of it is in the file can be used; a section that
//! is not whole is as good as none.

use object::elf::{FileHeader64, SHT_NOBITS, SHT_NULL};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{LittleEndian, U32};
use std::mem::offset_of;

type Header = FileHeader64<LittleEndian>;
type Section = object::elf::SectionHeader64<LittleEndian>;

/// How many bytes are missing at the end of an ELF file, by its headers.
pub(super) fn missing(bytes: &[u8]) -> u64 {
    let Ok(header) = Header::parse(bytes) else {
        return 0;
    };
    let end = |offset: u64, size: u64| offset.saturating_add(size);
    let table = end(
        header.e_shoff(LittleEndian),
        u64::from(header.e_shnum(LittleEndian)) * size_of::<Section>() as u64,
    );
    let segments = header.program_headers(LittleEndian, bytes);
    let segments = segments.unwrap_or_default().iter().map(|segment| {
        end(
            segment.p_offset(LittleEndian),
            segment.p_filesz(LittleEndian),
        )
    });
    let sections = header.section_headers(LittleEndian, bytes);
    let sections = sections.unwrap_or_default().iter().map(section_end);
    let whole = segments.chain(sections).fold(table, u64::max);
    whole.saturating_sub(bytes.len() as u64)
}

/// The same file without the sections that are not whole in it; without any when their table is not.
pub(super) fn without_lost(bytes: &[u8]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    let Ok(header) = Header::parse(bytes) else {
        return copy;
    };
    let mut set = |at: usize, value: &[u8]| {
        if let Some(field) = copy.get_mut(at..at.saturating_add(value.len())) {
            field.copy_from_slice(value);
        }
    };
    let table = usize::try_from(header.e_shoff(LittleEndian)).unwrap_or(usize::MAX);
    let Ok(sections) = header.section_headers(LittleEndian, bytes) else {
        set(offset_of!(Header, e_shoff), &[0; 8]);
        set(offset_of!(Header, e_shnum), &[0; 2]);
        set(offset_of!(Header, e_shstrndx), &[0; 2]);
        return copy;
    };
    let nothing = U32::<LittleEndian>::new(LittleEndian, SHT_NULL.0);
    for (index, section) in sections.iter().enumerate() {
        if section_end(section) > bytes.len() as u64 {
            let at = table.saturating_add(index.saturating_mul(size_of::<Section>()));
            let field = at.saturating_add(offset_of!(Section, sh_type));
            set(field, object::bytes_of(&nothing));
        }
    }
    copy
}

/// Where a section ends in the file; 0 for one that takes no place there.
fn section_end(section: &Section) -> u64 {
    if section.sh_type(LittleEndian) == SHT_NOBITS {
        return 0;
    }
    let offset = section.sh_offset(LittleEndian);
    offset.saturating_add(section.sh_size(LittleEndian))
}
