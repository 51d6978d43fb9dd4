//! The two files a dead process leaves: the core, and the executable it ran.
//!
//! [`CoreFile`] knows program headers and notes (through goblin, which still reads a core that was cut
//! short); [`Executable`] knows sections, segments, symbols, build ids and debug sections (through object).
//! Neither knows Go beyond the build information the go command writes.

mod build_info;
mod core_file;
mod cut;
mod executable;
mod relocate;

pub use build_info::{BUILD_INFO_MAGIC, BuildInfo, GoVersion};
pub use core_file::{CoreFile, CoreKind, CoreSegment, Thread};
pub use executable::{Executable, LoadSegment, Section, SectionArena};

/// Opens further files the process had mapped (the executable named in the core, shared libraries), for
/// callers that allow it. They live as long as the inputs.
pub trait Files<'a>: Send + Sync {
    /// The ELF file at `path`, or `None` when it cannot be had, or is none.
    fn image(&self, path: &str) -> Option<&'a Executable<'a>>;
}

/// Opens nothing: only the core and the executable that were given are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl<'a> Files<'a> for NoFiles {
    fn image(&self, _path: &str) -> Option<&'a Executable<'a>> {
        None
    }
}

/// Why a file is not the image it was said to be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Not an ELF file.
    #[error("not an ELF file: begins with {found}")]
    NotElf {
        /// The first bytes, in hex, or `nothing`.
        found: String,
    },
    /// An ELF file of another type than asked for.
    #[error("an ELF file of type {found}, not {wanted}")]
    WrongType {
        /// What it is.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A machine, word size or byte order that is not read here.
    #[error("an ELF file for {found}; amd64 and arm64 are read")]
    UnsupportedMachine {
        /// Word size, byte order and machine number.
        found: String,
    },
    /// The headers contradict themselves or the file ends before them.
    #[error("{what}: {why}")]
    Malformed {
        /// Which structure.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
}
