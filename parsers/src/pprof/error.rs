//! Why bytes are no profile.

/// Why bytes are no profile. Offsets count in the uncompressed file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Nothing is there.
    #[error("the profile is empty")]
    Empty,
    /// A number does not end where the bytes do, or after ten of them.
    #[error("offset {at:#x}: a number (varint) does not end")]
    Varint {
        /// Where it begins.
        at: usize,
    },
    /// A field claims more bytes than there are.
    #[error("offset {at:#x}: field {field} needs {needs} bytes, {left} left")]
    Short {
        /// Where it begins.
        at: usize,
        /// Its number in its message.
        field: u64,
        /// How many bytes it claims.
        needs: u64,
        /// How many there are.
        left: usize,
    },
    /// A field has another wire type than its message says.
    #[error("offset {at:#x}: field {field} has wire type {found}, which it cannot have")]
    WireType {
        /// Where it begins.
        at: usize,
        /// Its number in its message.
        field: u64,
        /// What is found.
        found: u8,
    },
    /// The table of strings has no such entry.
    #[error("offset {at:#x}: string {index} of {count}")]
    NoString {
        /// Where the message begins that names it.
        at: usize,
        /// The index.
        index: i64,
        /// How many strings there are.
        count: usize,
    },
    /// The first string has to be empty.
    #[error("offset {at:#x}: the first string is not empty")]
    FirstString {
        /// Where it begins.
        at: usize,
    },
    /// A number that refers to something, and nothing has it.
    #[error("offset {at:#x}: no {what} has the number {id}")]
    NoSuch {
        /// Where the message begins that names it.
        at: usize,
        /// What it should be.
        what: &'static str,
        /// The number.
        id: u64,
    },
    /// A number that two have.
    #[error("offset {at:#x}: {what} {id} is there twice")]
    Twice {
        /// Where the second one begins.
        at: usize,
        /// What it is.
        what: &'static str,
        /// The number.
        id: u64,
    },
    /// Zero is the number of nothing.
    #[error("offset {at:#x}: a {what} with the number 0")]
    Zero {
        /// Where it begins.
        at: usize,
        /// What it is.
        what: &'static str,
    },
    /// A sample has another number of values than the profile has types.
    #[error("offset {at:#x}: a sample with {found} values, where the profile has {expected} types")]
    Values {
        /// Where it begins.
        at: usize,
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// More of something than can be counted here.
    #[error("more than four thousand million {what}")]
    TooMany {
        /// What.
        what: &'static str,
    },
    /// The time is there twice: files that were appended to each other.
    #[error(
        "offset {at:#x}: a second profile begins here\n\nhint: name the files one by one, they are added up"
    )]
    Concatenated {
        /// Where the second time stands.
        at: usize,
    },
}
