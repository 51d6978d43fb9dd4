//! Registers, arguments and the rest of a core's notes.

use dumpview_parsers::core::{Notes, note_type};

/// A note's owner, type, and what stays of its contents.
const NT_PRSTATUS: u32 = note_type::NT_PRSTATUS;
/// The vector registers with a header (`NT_X86_XSTATE`, `elf.h`).
const NT_X86_XSTATE: u32 = 0x202;
/// Where registers begin in a `struct elf_prstatus` of a 64-bit machine.
const REGISTERS: usize = 112;
/// Where the arguments begin in a `struct elf_prpsinfo`, after the name of the program.
const ARGUMENTS: usize = 56;
/// Where an XSAVE area says which registers there are (`XCR0`, by its first 8 bytes).
const XCR0: std::ops::Range<usize> = 464..472;
/// Words of registers that are flags and segments rather than values of the program: from `cs` on of amd64 (the last ten of 27).
const SEGMENTS: usize = 17;

/// The places in the file whose bytes are others in the copy.
pub fn redacted(core: &[u8], is_address: &dyn Fn(u64) -> bool) -> Vec<(usize, Vec<u8>)> {
    let mut found = Vec::new();
    for (offset, size) in note_segments(core) {
        let Some(segment) = core.get(offset..offset.saturating_add(size).min(core.len())) else {
            continue;
        };
        for note in Notes::new(segment).flatten() {
            let Some(at) = place(segment, note.desc) else {
                continue;
            };
            if let Some(other) = contents(note.name, note.kind, note.desc, is_address) {
                found.push((offset + at, other));
            }
        }
    }
    found
}

/// Where a part of a segment begins in it.
fn place(segment: &[u8], part: &[u8]) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(segment.as_ptr() as usize)
}

/// What a note has in the copy; `None` when it stays.
fn contents(
    owner: &[u8],
    kind: u32,
    desc: &[u8],
    is_address: &dyn Fn(u64) -> bool,
) -> Option<Vec<u8>> {
    let mut other = vec![0; desc.len()];
    let keep = |other: &mut Vec<u8>, range: std::ops::Range<usize>| {
        if let (Some(from), Some(to)) = (desc.get(range.clone()), other.get_mut(range)) {
            to.copy_from_slice(from);
        }
    };
    match (owner, kind) {
        (b"GDB", _)
        | (b"CORE", note_type::NT_AUXV | note_type::NT_FILE | note_type::NT_SIGINFO) => None,
        (b"CORE", NT_PRSTATUS) => {
            keep(&mut other, 0..REGISTERS);
            let registers = desc.len().saturating_sub(REGISTERS) / 8;
            for number in 0..registers {
                let at = REGISTERS + number * 8;
                let word = desc.get(at..at + 8).and_then(<[u8]>::first_chunk);
                let word = word.map_or(0, |word| u64::from_le_bytes(*word));
                let is_flag = word < 1 << 32 && number >= SEGMENTS;
                if is_address(word) || is_flag {
                    keep(&mut other, at..at + 8);
                }
            }
            Some(other)
        }
        (b"CORE", note_type::NT_PRPSINFO) => {
            keep(&mut other, 0..ARGUMENTS);
            Some(other)
        }
        (_, NT_X86_XSTATE) => {
            keep(&mut other, XCR0);
            Some(other)
        }
        _ => Some(other),
    }
}

/// Place and size of the segments of notes (`PT_NOTE`), by the program headers of a 64-bit ELF file.
fn note_segments(core: &[u8]) -> Vec<(usize, usize)> {
    const PT_NOTE: u64 = 4;
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = core.get(at..at.checked_add(size)?)?;
        let mut le = [0u8; 8];
        le.get_mut(..size)?.copy_from_slice(bytes);
        Some(u64::from_le_bytes(le))
    };
    let (Some(first), Some(size), Some(count)) = (number(32, 8), number(54, 2), number(56, 2))
    else {
        return Vec::new();
    };
    let headers = (0..count).map_while(|index| {
        let at = usize::try_from(first.checked_add(index * size)?).ok()?;
        Some((number(at, 4)?, number(at + 8, 8)?, number(at + 32, 8)?))
    });
    let notes = headers.filter(|(kind, _, _)| *kind == PT_NOTE);
    notes
        .filter_map(|(_, offset, size)| {
            Some((usize::try_from(offset).ok()?, usize::try_from(size).ok()?))
        })
        .collect()
}
