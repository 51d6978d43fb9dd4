//! Where a value's bytes are: at an address, or gathered from registers and spill slots.

use super::ValueError;
use crate::addr::Addr;
use crate::dwarf::Piece;
use crate::memory::Memory;
use std::borrow::Cow;

/// Where a value begins. Copied freely; fields and elements are places further in.
#[derive(Clone, Copy, Debug)]
pub enum Place<'p> {
    /// In the process's memory.
    Memory(Addr),
    /// Somewhere in bytes that were put together from pieces, or computed.
    Gathered(&'p Gathered, u64),
}

/// A value whose bytes do not stand together in memory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gathered {
    /// Pieces by rising offset, without overlaps. What no piece covers is not available.
    pub pieces: Vec<Piece>,
}

impl Gathered {
    /// One run of known bytes.
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self {
            pieces: vec![Piece {
                offset: 0,
                size: bytes.len() as u64,
                bytes: Ok(bytes),
            }],
        }
    }

    /// `len` bytes from `offset`; every one of them must be there.
    fn bytes(&self, offset: u64, len: u64) -> Result<Cow<'_, [u8]>, ValueError> {
        if len == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        let mut out: Cow<'_, [u8]> = Cow::Borrowed(&[]);
        let mut at = offset;
        let Some(end) = offset.checked_add(len) else {
            return Err(ValueError::NoPiece("past the end of the value".to_owned()));
        };
        for piece in &self.pieces {
            let piece_end = piece.offset.saturating_add(piece.size);
            if piece_end <= at {
                continue;
            }
            if piece.offset > at || at >= end {
                break;
            }
            let bytes = piece
                .bytes
                .as_ref()
                .map_err(|why| ValueError::Piece(why.clone()))?;
            let until = piece_end.min(end);
            let range =
                usize::try_from(at - piece.offset).ok()..usize::try_from(until - piece.offset).ok();
            let part = match (range.start, range.end) {
                (Some(from), Some(to)) => bytes.get(from..to),
                _ => None,
            };
            let Some(part) = part else { break };
            if out.is_empty() {
                out = Cow::Borrowed(part);
            } else {
                out.to_mut().extend_from_slice(part);
            }
            at = until;
        }
        if at == end {
            return Ok(out);
        }
        Err(ValueError::NoPiece(format!(
            "bytes {at} to {end} of it are in no register or slot"
        )))
    }
}

impl Place<'_> {
    /// The place `by` bytes further in.
    pub const fn offset(self, by: u64) -> Self {
        match self {
            Self::Memory(addr) => Self::Memory(addr.offset(by)),
            Self::Gathered(gathered, at) => Self::Gathered(gathered, at.wrapping_add(by)),
        }
    }

    /// The address, for what stands in memory.
    pub const fn addr(self) -> Option<Addr> {
        match self {
            Self::Memory(addr) => Some(addr),
            Self::Gathered(..) => None,
        }
    }

    /// Exactly `len` bytes.
    pub fn bytes<'b>(
        &'b self,
        memory: &'b dyn Memory,
        len: u64,
    ) -> Result<Cow<'b, [u8]>, ValueError> {
        match self {
            Self::Memory(_) if len == 0 => Ok(Cow::Borrowed(&[])),
            Self::Memory(addr) => Ok(memory.bytes(*addr, len)?),
            Self::Gathered(gathered, at) => gathered.bytes(*at, len),
        }
    }

    /// An unsigned integer of up to eight bytes, zero-extended.
    pub fn uint(self, memory: &dyn Memory, size: u64) -> Result<u64, ValueError> {
        let bytes = self.bytes(memory, size)?;
        let mut word = [0; 8];
        match word.get_mut(..bytes.len()) {
            Some(low) => low.copy_from_slice(&bytes),
            None => {
                return Err(ValueError::Corrupt(format!("an integer of {size} bytes")));
            }
        }
        Ok(u64::from_le_bytes(word))
    }

    /// A signed integer of up to eight bytes, sign-extended.
    pub fn int(self, memory: &dyn Memory, size: u64) -> Result<i64, ValueError> {
        let unused = 64_u32.saturating_sub(u32::try_from(size.saturating_mul(8)).unwrap_or(64));
        let word = self.uint(memory, size)?.cast_signed();
        Ok(word.checked_shl(unused).unwrap_or(0) >> unused.min(63))
    }

    /// A pointer-sized word.
    pub fn word(self, memory: &dyn Memory) -> Result<u64, ValueError> {
        self.uint(memory, 8)
    }

    /// A pointer.
    pub fn ptr(self, memory: &dyn Memory) -> Result<Addr, ValueError> {
        self.word(memory).map(Addr)
    }
}

#[cfg(test)]
mod tests {
    use super::{Gathered, Place};
    use crate::dwarf::{NoLocation, Piece};
    use crate::memory::CoreMemory;

    #[test]
    fn pieces_join_and_gaps_say_why() {
        let piece = |offset, bytes| Piece {
            offset,
            size: 8,
            bytes,
        };
        let gathered = Gathered {
            pieces: vec![
                piece(0, Ok(vec![1; 8])),
                piece(8, Ok(vec![2; 8])),
                piece(16, Err(NoLocation::OptimizedOut)),
                piece(32, Ok(vec![3; 8])),
            ],
        };
        let memory = CoreMemory::default();
        let at = |offset, len| {
            Place::Gathered(&gathered, 0)
                .offset(offset)
                .bytes(&memory, len)
                .map(std::borrow::Cow::into_owned)
                .map_err(|e| e.to_string())
        };
        assert_eq!(at(6, 4), Ok(vec![1, 1, 2, 2]));
        assert_eq!(at(16, 4), Err("optimized out".to_owned()));
        assert_eq!(at(12, 8), Err("optimized out".to_owned()));
        assert!(at(24, 8).unwrap_err().contains("no register"));
        assert_eq!(at(32, 8), Ok(vec![3; 8]));
        assert!(at(36, 8).is_err());
        assert!(at(u64::MAX, 8).is_err());
        let negative = Gathered::whole(vec![0xfe, 0xff]);
        assert_eq!(Place::Gathered(&negative, 0).int(&memory, 2), Ok(-2));
        assert_eq!(Place::Gathered(&negative, 0).uint(&memory, 2), Ok(0xfffe));
    }
}
