//! Why an input gave no bytes.

use std::io;

/// Why a path gave no bytes, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The path is a directory.
    #[error("is a directory")]
    Directory,
    /// The path is a pipe, socket or device.
    #[error(
        "is not a regular file: a dump has to be read here and there, so write it to a file first"
    )]
    NotRegular,
    /// Nothing in it.
    #[error("is empty: the dump was not written (disk full? core size limit of 0?)")]
    Empty,
    /// The system's own reason.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A compressed file that does not decompress.
    #[error("cannot decompress: {0}")]
    Decompress(String),
}
