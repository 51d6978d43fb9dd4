//! A line of a log, as the process wrote it, and where it stood.

use super::Stamp;

/// Where something stood in an input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// Line number in the file as it is, counted from 1.
    pub line: u64,
    /// Offset of the line's first byte in the (decompressed, UTF-8) input.
    pub offset: u64,
}

/// Which of several writers a line is from, told from its prefix: container, pod, unit, compose service. Numbers
/// are given in order of appearance; [`crate::log::LogReader::origin_name`] has their names. Two processes that write
/// to one stream without a prefix share an origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Origin(pub u32);

/// Where and when something was written, and by whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Where it begins.
    pub place: Place,
    /// When it was written, by the line's prefix.
    pub stamp: Option<Stamp>,
    /// By whom.
    pub origin: Origin,
}

impl From<&Line<'_>> for Written {
    fn from(line: &Line<'_>) -> Self {
        Self {
            place: line.place,
            stamp: line.stamp,
            origin: line.origin,
        }
    }
}

/// One line without what log machinery put around it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line<'a> {
    /// What the process wrote, without `\n`, `\r`, colours and prefix. May hold any bytes.
    pub text: &'a [u8],
    /// Where it stood; the first line when it was put together from several.
    pub place: Place,
    /// When it was written, by the prefix.
    pub stamp: Option<Stamp>,
    /// By whom.
    pub origin: Origin,
    /// The input ended before the line did.
    pub unterminated: bool,
    /// The line was longer than [`super::MAX_LINE`] or cut by the log machinery; `text` is its head.
    pub cut: bool,
}
