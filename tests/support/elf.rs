//! Executables with their debug information unpacked, so that its bytes can be found and changed.

use object::{Object, ObjectSection, SectionKind};

/// What says in a section's flags that it is packed.
const SHF_COMPRESSED: u64 = 1 << 11;

/// An ELF file with its debug information unpacked behind its end: words within can be found.
pub fn plain_debug(elf: &[u8]) -> Vec<u8> {
    let mut out = elf.to_vec();
    let Ok(file) = object::File::parse(elf) else {
        return out;
    };
    // Field offsets of the header and of section headers are those of ELF64.
    let word = |at: usize| u64::from_le_bytes(elf[at..at + 8].try_into().expect("8 bytes"));
    let headers = usize::try_from(word(40)).expect("an offset");
    for section in file.sections() {
        let packed = section
            .compressed_file_range()
            .is_ok_and(|range| !matches!(range.format, object::CompressionFormat::None));
        if section.kind() != SectionKind::Debug || !packed {
            continue;
        }
        let plain = section.uncompressed_data().expect("debug information");
        let header = headers + section.index().0 * 64;
        let flags = word(header + 8) & !SHF_COMPRESSED;
        let at = out.len() as u64;
        for (field, value) in [(8, flags), (24, at), (32, plain.len() as u64)] {
            out[header + field..header + field + 8].copy_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&plain);
    }
    out
}
