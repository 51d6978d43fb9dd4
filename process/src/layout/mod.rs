//! Layouts of the runtime's own structures: where a field stands, asked by the name the runtime gives it.
//!
//! No offset of a runtime structure is written in code. A [`Layouts`] answers from the executable's DWARF when
//! there is any, else from a table generated from DWARF for that release and architecture. That is what
//! makes stripped binaries first-class and a new Go release a change of data.
//!
//! Field paths are dotted from the structure down: `sched.sp`, `stack.lo`, `gFree.stack`. A path may stop at a
//! struct (then its size is the struct's). Wrapper types of `internal/runtime/atomic` have their word at
//! offset 0, so the path of the wrapper (`atomicstatus`) is the path of the word. Elements of arrays are
//! `central[3]`; fields of embedded structures are reachable without naming those, as in Go; a variable
//! whose type has no name (`runtime.work` before 1.20) goes by its own.

mod choice;
mod dwarf;
mod recipe;
mod shape;
mod table;

pub use choice::RuntimeLayouts;
pub use dwarf::DwarfLayouts;
pub use recipe::{MadeRecipe, Recipe};
pub use table::{TableImage, TableLayouts, write_table};

use crate::addr::Addr;
use crate::memory::{Memory, MemoryExt, ReadResult};

/// Offset and size of one field, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// From the start of the structure.
    pub offset: u64,
    /// Size of the field; of the whole array when it is one.
    pub size: u64,
}

/// Where the layouts in use came from; shown by `info -v` and in findings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LayoutSource {
    /// The executable's own DWARF.
    Dwarf,
    /// The built-in table generated from this exact release.
    Table(String),
    /// The built-in table of the nearest release, since this one has none: say so wherever it matters.
    NearestTable(String),
}

/// Layouts of the runtime of one executable.
pub trait Layouts: Send + Sync {
    /// The field at a dotted path of a structure (`runtime.g`, `sched.pc`); `None` when this release has no
    /// such field, which callers must treat as "this release does not have it", never as offset zero.
    fn field(&self, structure: &str, path: &str) -> Option<Field>;

    /// Size of a structure in bytes.
    fn size_of(&self, structure: &str) -> Option<u64>;

    /// Value of a runtime constant by its full name (`runtime._Gwaiting`), where the source knows it.
    fn constant(&self, name: &str) -> Option<i64>;

    /// Where the answers come from.
    fn source(&self) -> LayoutSource;
}

/// A field that could not be read: this release has none, or memory has not.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FieldError {
    /// The layout has no such field.
    #[error("{structure} has no field {path} in this release")]
    NoSuchField {
        /// Structure asked for.
        structure: String,
        /// Path asked for.
        path: String,
    },
    /// Memory could not answer.
    #[error("{structure}.{path} at {error}")]
    Unreadable {
        /// Structure asked for.
        structure: String,
        /// Path asked for.
        path: String,
        /// Address and reason.
        error: crate::memory::ReadError,
    },
}

/// One structure in the process's memory, read by field path.
#[derive(Clone, Copy)]
pub struct Structure<'r> {
    /// The memory it stands in.
    pub memory: &'r dyn Memory,
    /// The layouts that know it.
    pub layouts: &'r dyn Layouts,
    /// Its name, `runtime.g`.
    pub name: &'r str,
    /// Where it stands.
    pub addr: Addr,
}

impl Structure<'_> {
    /// Address of a field.
    pub fn addr_of(&self, path: &str) -> Result<(Addr, Field), FieldError> {
        let field = self
            .layouts
            .field(self.name, path)
            .ok_or_else(|| FieldError::NoSuchField {
                structure: self.name.to_owned(),
                path: path.to_owned(),
            })?;
        Ok((self.addr.offset(field.offset), field))
    }

    /// An unsigned integer field of its own width (1, 2, 4 or 8 bytes), zero-extended.
    pub fn uint(&self, path: &str) -> Result<u64, FieldError> {
        let (addr, field) = self.addr_of(path)?;
        self.unreadable(path, self.memory.uint(addr, field.size))
    }

    /// A pointer field.
    pub fn ptr(&self, path: &str) -> Result<Addr, FieldError> {
        let (addr, _) = self.addr_of(path)?;
        self.unreadable(path, self.memory.ptr(addr))
    }

    fn unreadable<T>(&self, path: &str, read: ReadResult<T>) -> Result<T, FieldError> {
        read.map_err(|error| FieldError::Unreadable {
            structure: self.name.to_owned(),
            path: path.to_owned(),
            error,
        })
    }
}
