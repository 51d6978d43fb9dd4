//! Words, pointers and Go strings read through any [`Memory`].

use super::{Memory, ReadError, ReadResult, Unreadable};
use crate::addr::Addr;
use std::borrow::Cow;

/// Typed reads; all little-endian, as both supported architectures are.
pub trait MemoryExt: Memory {
    /// One byte.
    fn u8(&self, addr: Addr) -> ReadResult<u8> {
        self.array::<1>(addr).map(|[b]| b)
    }
    /// A 16-bit word.
    fn u16(&self, addr: Addr) -> ReadResult<u16> {
        self.array(addr).map(u16::from_le_bytes)
    }
    /// A 32-bit word.
    fn u32(&self, addr: Addr) -> ReadResult<u32> {
        self.array(addr).map(u32::from_le_bytes)
    }
    /// A signed 32-bit word.
    fn i32(&self, addr: Addr) -> ReadResult<i32> {
        self.array(addr).map(i32::from_le_bytes)
    }
    /// A 64-bit word.
    fn u64(&self, addr: Addr) -> ReadResult<u64> {
        self.array(addr).map(u64::from_le_bytes)
    }
    /// A signed 64-bit word.
    fn i64(&self, addr: Addr) -> ReadResult<i64> {
        self.array(addr).map(i64::from_le_bytes)
    }
    /// A pointer-sized word as an address.
    fn ptr(&self, addr: Addr) -> ReadResult<Addr> {
        self.u64(addr).map(Addr)
    }
    /// An unsigned integer of `size` bytes (1, 2, 4 or 8), zero-extended.
    fn uint(&self, addr: Addr, size: u64) -> ReadResult<u64> {
        match size {
            1 => self.u8(addr).map(u64::from),
            2 => self.u16(addr).map(u64::from),
            4 => self.u32(addr).map(u64::from),
            8 => self.u64(addr),
            _ => Err(ReadError {
                addr,
                why: Unreadable::BadRange,
            }),
        }
    }
    /// A fixed number of bytes.
    fn array<const N: usize>(&self, addr: Addr) -> ReadResult<[u8; N]> {
        let bytes = self.bytes(addr, N as u64)?;
        <[u8; N]>::try_from(bytes.as_ref()).map_err(|_| ReadError {
            addr,
            why: Unreadable::BadRange,
        })
    }
    /// The bytes of the Go string whose header (pointer, length) is at `addr`. A length over `max` is cut
    /// to `max`; the second value is the length the header claims.
    fn go_string(&self, addr: Addr, max: u64) -> ReadResult<(Cow<'_, [u8]>, u64)> {
        let data = self.ptr(addr)?;
        let len = self.u64(addr.offset(8))?;
        if len == 0 {
            return Ok((Cow::Borrowed(&[]), 0));
        }
        Ok((self.bytes(data, len.min(max))?, len))
    }
    /// A NUL-terminated string of at most `max` bytes, without the NUL. A string that does not end within
    /// `max` or within readable memory gives what there was.
    fn c_string(&self, addr: Addr, max: u64) -> ReadResult<&[u8]> {
        let run = self.run(addr, max)?;
        let end = memchr::memchr(0, run).unwrap_or(run.len());
        Ok(run.get(..end).unwrap_or(run))
    }
}

impl<M: Memory + ?Sized> MemoryExt for M {}
