//! The one checked way to the bytes of a dump.

use super::DumpError;

/// A place in a dump.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Offset in the file.
    pub const fn offset(&self) -> u64 {
        self.at as u64
    }

    fn ends(&self, what: &'static str) -> DumpError {
        DumpError::Truncated {
            offset: self.bytes.len() as u64,
            what,
        }
    }

    /// A varint: seven bits a byte, the lowest first (`encoding/binary.Uvarint`).
    #[inline]
    pub fn number(&mut self, what: &'static str) -> Result<u64, DumpError> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(*byte))
            }
            _ => self.long_number(what),
        }
    }

    fn long_number(&mut self, what: &'static str) -> Result<u64, DumpError> {
        let from = self.at;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or_else(|| self.ends(what))?;
            self.at += 1;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.at = from;
        Err(DumpError::TooLarge {
            offset: from as u64,
            what,
        })
    }

    /// A number that stands for yes or no.
    pub fn flag(&mut self, what: &'static str) -> Result<bool, DumpError> {
        Ok(self.number(what)? != 0)
    }

    /// A length, and so many bytes.
    #[inline]
    pub fn data(&mut self, what: &'static str) -> Result<&'a [u8], DumpError> {
        let offset = self.offset();
        let claimed = self.number(what)?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = usize::try_from(claimed)
            .ok()
            .and_then(|len| rest.get(..len));
        let Some(found) = found else {
            return Err(DumpError::TooLong {
                offset,
                what,
                claimed,
                left: rest.len() as u64,
            });
        };
        self.at += found.len();
        Ok(found)
    }
}
