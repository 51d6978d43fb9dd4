//! A file with holes where zeros are: a redacted core is mostly zeros.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// Zeros become a hole in pieces of so many bytes.
const PAGE: usize = 4096;
/// Bytes that are gathered before they are written.
pub const GATHERED: usize = 64 << 10;

/// A file that is written from its start to its end.
pub struct Sparse {
    file: File,
    /// Zeros that were not written yet.
    zeros: u64,
    can_seek: bool,
}

impl Sparse {
    pub fn new(file: File) -> Self {
        let can_seek = file.metadata().is_ok_and(|about| about.is_file());
        Self {
            file,
            zeros: 0,
            can_seek,
        }
    }

    /// Gives the file its whole length.
    pub fn end(&mut self) -> io::Result<()> {
        if self.zeros > 0 {
            let at = self.file.stream_position()?;
            self.file.set_len(at + self.zeros)?;
            self.zeros = 0;
        }
        Ok(())
    }
}

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_zero = |page: &[u8]| page.len() == PAGE && page.iter().all(|byte| *byte == 0);
        let pages = || bytes.chunks(PAGE);
        let first = self.can_seek && pages().next().is_some_and(is_zero);
        if first {
            let zeros = pages().take_while(|page| is_zero(page)).count() * PAGE;
            self.zeros += zeros as u64;
            return Ok(zeros);
        }
        if self.zeros > 0 {
            self.file
                .seek(SeekFrom::Current(self.zeros.cast_signed()))?;
            self.zeros = 0;
        }
        let until = pages().take_while(|page| !self.can_seek || !is_zero(page));
        let until: usize = until.map(<[u8]>::len).sum();
        self.file.write(bytes.get(..until).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
