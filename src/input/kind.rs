//! What a file is, told from its content.

use super::stream;
use dumpview_process::image::CoreFile;
use std::io::{self, Read};
use std::path::Path;

/// The kinds of input that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An ELF core dump.
    Core,
    /// An ELF executable or library.
    Executable,
    /// Something else: text, as far as it is anything that is read here.
    Other,
}

/// Recognises an input by its first bytes.
pub fn recognize(bytes: &[u8]) -> Kind {
    if CoreFile::recognizes(bytes) {
        Kind::Core
    } else if bytes.starts_with(b"\x7fELF") {
        Kind::Executable
    } else {
        Kind::Other
    }
}

/// As much of an ELF file as its kind takes.
const HEAD: u64 = 64;

/// Recognises a file, also a compressed one. What can be read only once (stdin as `-`, a pipe) is not looked into:
/// a core has to be a file, so it can only be text.
///
/// # Errors
///
/// When the file cannot be opened or read.
pub fn recognize_file(path: &Path) -> io::Result<Kind> {
    if path.as_os_str() == "-" {
        return Ok(Kind::Other);
    }
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Ok(Kind::Other);
    }
    let mut head = Vec::new();
    stream::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(recognize(&head))
}
