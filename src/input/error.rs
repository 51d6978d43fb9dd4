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
    #[error("{}", io_words(.0))]
    Io(#[from] io::Error),
    /// A compressed file that does not decompress.
    #[error("cannot decompress: {0}")]
    Decompress(String),
}

/// The system's reason, without its number.
pub fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is no directory".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => {
            let text = error.to_string();
            match text.find(" (os error ") {
                Some(end) => text.get(..end).unwrap_or(&text).to_lowercase(),
                None => text,
            }
        }
    }
}
