//! An opened input: what it is, decided here for every verb, and how it is opened.
//!
//! | file | in charge of |
//! |---|---|
//! | `kind` | what a file is, told from its content |
//! | `core` | a core and its executable, opened |
//! | `kept` | what is kept of its heap between runs |

pub mod core;
mod kept;
mod kind;

pub use kind::{Kind, recognize_file, recognize_stdin};

use crate::answer::Failure;
use crate::flags::Common;
use std::path::{Path, PathBuf};

/// Inputs that are read as they come: logs, compiler output.
pub struct Files<'f> {
    /// As typed, at least one; `-` is stdin.
    pub paths: &'f [PathBuf],
    /// Flags that every verb takes.
    pub common: &'f Common,
}

impl Files<'_> {
    /// The first of them, for verbs that read one.
    pub fn first(&self) -> &Path {
        self.paths.first().map_or(Path::new(""), PathBuf::as_path)
    }
}

/// The kind of an input that a verb was asked of, which cannot be opened as anything when it is not there.
///
/// # Errors
///
/// When the file cannot be opened or read.
pub fn kind_of(path: &Path) -> Result<Kind, Failure> {
    recognize_file(path).map_err(|error| Failure::cannot_read(path, &error))
}
