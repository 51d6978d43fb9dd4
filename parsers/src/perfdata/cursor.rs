//! Numbers one after the other, with their offsets.

use super::error::PerfError;

/// Bytes that are still to be read, and where they stand in the file.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    at: u64,
}

impl<'a> Cursor<'a> {
    /// The bytes of the file from an offset on, so many of them at most.
    pub fn new(bytes: &'a [u8], at: u64, len: u64) -> Self {
        let from = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
        let from = from.unwrap_or_default();
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(from.len());
        Self {
            rest: from.get(..len).unwrap_or_default(),
            at,
        }
    }

    /// Where it stands.
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// How many bytes are left.
    pub const fn left(&self) -> u64 {
        self.rest.len() as u64
    }

    /// The next bytes.
    pub fn take(&mut self, len: u64, what: &'static str) -> Result<&'a [u8], PerfError> {
        let split = usize::try_from(len).ok();
        let split = split.and_then(|len| self.rest.split_at_checked(len));
        let (bytes, rest) = split.ok_or(PerfError::Short {
            at: self.at,
            what,
            needs: len,
            left: self.left(),
        })?;
        self.rest = rest;
        self.at += len;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], PerfError> {
        let bytes = self.take(N as u64, what)?;
        Ok(bytes.try_into().unwrap_or([0; N]))
    }

    /// A number of 64 bits.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, PerfError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A number of 32 bits.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, PerfError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A number of 16 bits.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, PerfError> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// The next bytes by themselves, so many of them at most.
    pub fn of(&self, len: u64) -> Self {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        Self {
            rest: self.rest.get(..len).unwrap_or(self.rest),
            at: self.at,
        }
    }

    /// Text that ends with a zero, or with the bytes.
    pub fn text(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| *byte == 0);
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        self.at += text.len() as u64;
        text
    }
}
