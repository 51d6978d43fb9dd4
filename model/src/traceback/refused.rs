//! The block of memory that the operating system refused, from the runtime's own line about it.

use crate::finding::{Finding, Severity};
use crate::units::bytes;

/// `runtime: out of memory: cannot allocate N-byte block (M in use)`, `mheap.grow` in `runtime/mheap.go`.
const BEGINS: &str = "out of memory: cannot allocate ";

/// What was asked for, and how much the heap had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Bytes asked for in one piece.
    pub block: u64,
    /// Bytes that the heap had, where the line says so.
    pub in_use: Option<u64>,
}

impl Refused {
    /// Reads the runtime's line, wherever it stands in a text.
    pub fn read(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(BEGINS)?;
        let (block, rest) = rest.split_once("-byte block")?;
        let in_use = rest.trim_start().strip_prefix('(').and_then(|rest| {
            let (in_use, _) = rest.split_once(" in use)")?;
            in_use.parse().ok()
        });
        Some(Self {
            block: block.parse().ok()?,
            in_use,
        })
    }

    /// In a sentence. A piece that is larger than all the heap had is one that the program asked for by mistake.
    pub fn finding(&self) -> Finding {
        let in_use = self.in_use.map_or_else(String::new, |in_use| {
            format!(" while {} were in use", bytes(in_use))
        });
        let verdict = match self.in_use {
            Some(in_use) if self.block > in_use => {
                ": one allocation that is larger than all the rest; look at the length that was asked for"
            }
            Some(_) => ": the heap had grown until nothing was left",
            None => "",
        };
        Finding::new(
            "crash.out-of-memory",
            Severity::Critical,
            format!(
                "the system refused {} in one piece{in_use}{verdict}",
                bytes(self.block)
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtimes_line_is_read_with_and_without_what_was_in_use() {
        let read = |text| Refused::read(text).map(|refused| (refused.block, refused.in_use));
        let line = "runtime: out of memory: cannot allocate 8192-byte block";
        assert_eq!(read(line), Some((8192, None)));
        let line =
            "runtime: out of memory: cannot allocate 68719476736-byte block (3964928 in use)";
        assert_eq!(read(line), Some((68_719_476_736, Some(3_964_928))));
        assert_eq!(read("out of memory: cannot allocate x-byte block"), None);
        assert_eq!(read("fatal error: out of memory"), None);
    }
}
