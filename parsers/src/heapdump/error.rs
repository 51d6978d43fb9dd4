//! What can be wrong with a dump, and where.

/// Why a dump, or what follows in it, cannot be read. Offsets count from the start of the file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// It does not begin with a line of a format that is known.
    #[error("not a heap dump: begins with {found}, not with a line like `go1.7 heap dump`")]
    Header {
        /// The first bytes, escaped.
        found: String,
    },
    /// The file ends inside a record, or where one should begin.
    #[error("the dump ends at {offset:#x}, where {what} should stand")]
    Truncated {
        /// Where the bytes end.
        offset: u64,
        /// Which field is missing.
        what: &'static str,
    },
    /// A length that the rest of the file cannot hold.
    #[error("{what} at {offset:#x} claims {claimed} bytes, and {left} are left")]
    TooLong {
        /// Where the length stands.
        offset: u64,
        /// Which field.
        what: &'static str,
        /// The length.
        claimed: u64,
        /// Bytes behind it.
        left: u64,
    },
    /// A number of more than 64 bits.
    #[error("{what} at {offset:#x} is a number of more than 64 bits")]
    TooLarge {
        /// Where the number starts.
        offset: u64,
        /// Which field.
        what: &'static str,
    },
    /// A record of a kind that no writer has.
    #[error("a record of the unknown kind {tag} at {offset:#x}")]
    Tag {
        /// Where the record starts.
        offset: u64,
        /// Its tag.
        tag: u64,
    },
    /// A field of a kind that no writer has.
    #[error("a field of the unknown kind {kind} at {offset:#x}")]
    FieldKind {
        /// Where the kind stands.
        offset: u64,
        /// The kind.
        kind: u64,
    },
}

impl DumpError {
    /// Where reading ended; 0 for a header.
    pub const fn offset(&self) -> u64 {
        match self {
            Self::Header { .. } => 0,
            Self::Truncated { offset, .. }
            | Self::TooLong { offset, .. }
            | Self::TooLarge { offset, .. }
            | Self::Tag { offset, .. }
            | Self::FieldKind { offset, .. } => *offset,
        }
    }

    /// Whether the file just ends, as a dump does when the disk was full or its writer died.
    pub const fn is_cut(&self) -> bool {
        matches!(self, Self::Truncated { .. } | Self::TooLong { .. })
    }
}
