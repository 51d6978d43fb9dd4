//! What a file is, told from its content.

use dumpview_process::image::CoreFile;

/// The kinds of input that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An ELF core dump.
    Core,
    /// An ELF executable or library.
    Executable,
    /// Something else.
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
