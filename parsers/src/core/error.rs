//! What can be wrong with a note, and where.

/// A note that could not be read. Offsets count from the start of the note segment.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The 12-byte header, name or contents run past the end of the segment.
    #[error("note at {offset:#x}: {what} needs {needed} bytes, {left} left")]
    Truncated {
        /// Where the note starts.
        offset: usize,
        /// Which part of it.
        what: &'static str,
        /// Bytes that part claims.
        needed: usize,
        /// Bytes left in the segment.
        left: usize,
    },
    /// The contents do not have the shape the note's type calls for.
    #[error("note contents: expected {expected} at byte {offset:#x}")]
    Malformed {
        /// Offset within the note's contents.
        offset: usize,
        /// What should have been there.
        expected: &'static str,
    },
}
