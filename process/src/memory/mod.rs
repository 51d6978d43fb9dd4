//! The dead process's memory: bytes at an address, or the reason why they cannot be had.
//!
//! [`Memory`] is the one way anything in this crate reads the process. A read never invents: it gives the
//! bytes, or a [`ReadError`] naming the first address that is missing and why, and that reason travels with
//! every value and frame up to the screen. [`CoreMemory`] lays a core's segments over the executable's
//! read-only ones; tests use a plain slice of regions.

mod core_memory;
mod page_table;
mod slots;
mod typed;

pub use core_memory::{CoreMemory, Region, RegionSource};
pub(crate) use page_table::{ARENA_PAGES, PAGE, PageTable};
pub(crate) use slots::NewSpan;
pub use slots::{SlotSpan, Slots};
pub use typed::MemoryExt;

use crate::addr::Addr;
use std::borrow::Cow;
use std::sync::Arc;

/// Why an address has no bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Unreadable {
    /// No mapping of the process covered the address.
    NeverMapped,
    /// Mapped, but the kernel (or gcore) left it out of the core and no given file holds it.
    NotDumped,
    /// A heap dump has objects, frames, and the package data that pointers may stand in, and nothing else.
    NotInDump,
    /// Mapped and file-backed, but the file that backs it was not given or does not match.
    FileMissing,
    /// The core was cut short before this byte.
    Truncated,
    /// The request itself makes no sense (runs past the end of the address space, or is absurdly long).
    BadRange,
}

impl Unreadable {
    /// The reason in words, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverMapped => "never mapped",
            Self::NotDumped => "mapped but not dumped",
            Self::NotInDump => "not in a heap dump",
            Self::FileMissing => "backed by a file that is not at hand",
            Self::Truncated => "beyond the end of the truncated core",
            Self::BadRange => "not a range of addresses",
        }
    }
}

/// A read that could not be answered: the first address without bytes, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{addr}: {}", .why.as_str())]
pub struct ReadError {
    /// The first address of the request that has no bytes.
    pub addr: Addr,
    /// Why.
    pub why: Unreadable,
}

/// Result of reading the process.
pub type ReadResult<T> = Result<T, ReadError>;

/// Bytes of a process by address. Implementations are cheap to share between threads.
pub trait Memory: Send + Sync {
    /// Exactly `len` bytes at `addr`; borrowed when they lie in one piece of one input.
    ///
    /// # Errors
    ///
    /// The first address that has no bytes, with the reason.
    fn bytes(&self, addr: Addr, len: u64) -> ReadResult<Cow<'_, [u8]>>;

    /// As many bytes from `addr` as can be had without a gap, at most `max`, borrowed; for scanning strings
    /// and streams whose length is not known beforehand. Never empty.
    ///
    /// # Errors
    ///
    /// When not even the first byte can be had.
    fn run(&self, addr: Addr, max: u64) -> ReadResult<&[u8]>;
}

impl<M: Memory + ?Sized> Memory for Arc<M> {
    fn bytes(&self, addr: Addr, len: u64) -> ReadResult<Cow<'_, [u8]>> {
        (**self).bytes(addr, len)
    }

    fn run(&self, addr: Addr, max: u64) -> ReadResult<&[u8]> {
        (**self).run(addr, max)
    }
}
