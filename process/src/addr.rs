//! Quantities that must not be mixed up: addresses of the process, link-time addresses, goroutine ids.
//!
//! A PIE runs at a *bias*: what the executable calls [`FileAddr`] `a` the process calls [`Addr`] `a + bias`.
//! Every symbol, line table and DWARF expression speaks in `FileAddr`; every word in memory, register and
//! runtime structure speaks in `Addr`. The two types make it a compile error to forget the bias, or to
//! apply it twice.

use std::fmt;

/// An address in the dead process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Addr(pub u64);

/// A link-time address, as the executable's headers, symbols and DWARF spell it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileAddr(pub u64);

/// What the loader added to every [`FileAddr`]; zero unless the executable is position independent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bias(pub u64);

/// A goroutine's id as the runtime prints it. Zero is never a user goroutine (g0 and gsignal carry it).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct GoId(pub u64);

impl Addr {
    /// The null address.
    pub const NULL: Self = Self(0);

    /// Whether this is the null address.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// This address moved up by `by` bytes; wraps as the machine does, since the operand comes from input.
    pub const fn offset(self, by: u64) -> Self {
        Self(self.0.wrapping_add(by))
    }

    /// This address moved by a signed number of bytes, wrapping as the machine does.
    pub const fn offset_signed(self, by: i64) -> Self {
        Self(self.0.wrapping_add_signed(by))
    }

    /// Bytes from `start` up to here, or `None` when this lies below `start`.
    pub const fn since(self, start: Self) -> Option<u64> {
        self.0.checked_sub(start.0)
    }

    /// The link-time address that the loader put here.
    pub const fn to_file(self, bias: Bias) -> FileAddr {
        FileAddr(self.0.wrapping_sub(bias.0))
    }
}

impl FileAddr {
    /// Where the loader put this link-time address.
    pub const fn to_process(self, bias: Bias) -> Addr {
        Addr(self.0.wrapping_add(bias.0))
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addr({:#x})", self.0)
    }
}

impl fmt::Display for FileAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for FileAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileAddr({:#x})", self.0)
    }
}

impl fmt::Display for GoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
