//! Writable segments as the loader leaves them, before the program runs: with every address moved that has to be.

use super::executable::{Executable, LoadSegment};
use crate::addr::Bias;
use crate::arch::Arch;
use object::read::elf::SectionHeader;
use object::{LittleEndian, elf};

/// Bytes of an `Elf64_Rela`.
const RELA: usize = 24;
/// No program has larger initial data.
const MOST_BYTES: usize = 1 << 30;

impl<'a> Executable<'a> {
    /// The writable segments with their initial contents. Of an executable that may be loaded anywhere, words that hold
    /// addresses get theirs (`R_X86_64_RELATIVE`, `R_AARCH64_RELATIVE`); others of its relocations concern C only.
    pub(crate) fn initial_data(&self, bias: Bias) -> Vec<LoadSegment<'a>> {
        let segments = self.load_segments().filter(|segment| segment.writable);
        if !self.is_position_independent() {
            return segments.collect();
        }
        let relative = u64::from(match self.arch {
            Arch::Amd64 => elf::R_X86_64_RELATIVE.0,
            Arch::Arm64 => elf::R_AARCH64_RELATIVE.0,
        });
        let mut moved: Vec<(LoadSegment<'a>, Vec<u8>)> = segments
            .filter(|segment| segment.bytes.len() <= MOST_BYTES)
            .map(|segment| (segment, segment.bytes.to_vec()))
            .collect();
        for section in self.elf.elf_section_table().iter() {
            if section.sh_type(LittleEndian) != elf::SHT_RELA {
                continue;
            }
            let entries = section.data(LittleEndian, self.bytes).unwrap_or_default();
            for entry in entries.chunks_exact(RELA) {
                let word = |at: usize| {
                    let bytes = entry.get(at..).and_then(<[u8]>::first_chunk);
                    bytes.map_or(0, |word| u64::from_le_bytes(*word))
                };
                let (place, info, addend) = (word(0), word(8), word(16));
                if info & 0xffff_ffff != relative {
                    continue;
                }
                let value = addend.wrapping_add(bias.0).to_le_bytes();
                for (segment, bytes) in &mut moved {
                    let at = place.checked_sub(segment.addr.0);
                    let at = at.and_then(|at| usize::try_from(at).ok());
                    let room = at.and_then(|at| bytes.get_mut(at..at.checked_add(8)?));
                    if let Some(room) = room {
                        room.copy_from_slice(&value);
                    }
                }
            }
        }
        moved
            .into_iter()
            .map(|(segment, bytes)| LoadSegment {
                bytes: self.arena.keep(bytes),
                ..segment
            })
            .collect()
    }
}
