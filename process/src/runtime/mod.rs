//! The Go runtime of a dead process, read from its own structures: goroutines, Ms, Ps, what waits on what.
//!
//! Everything here reads through three things and nothing else: memory, layouts (where a field stands in this
//! release), and the addresses of the runtime's package variables. [`Runtime`] holds the three. Nothing
//! here knows whether they came from DWARF, a table, symbols, or a search.
//!
//! The dump is of a process that died, perhaps by corrupting this very memory: every list is bounded, every
//! pointer may lead nowhere, and what could not be had is noted, not guessed.

mod clock;
mod collections;
mod counts;
#[cfg(test)]
mod crowds;
mod defers;
mod goroutine;
mod goroutines;
mod labels;
mod machines;
pub mod search;
mod system;
#[cfg(test)]
mod tests;
mod threads;
mod vars;
mod wait_reason;
mod waits;

pub use clock::Reached;
pub(crate) use clock::processors;
pub use collections::{Collections, Pause};
pub use counts::FreeGs;
pub use defers::{
    DeferKind, Deferred, LinkedDefers, linked as linked_defers, open_coded as open_coded_defers,
};
pub use goroutine::{GError, Gobuf, Goroutine, StackBounds};
pub use goroutines::{Goroutines, Note};
pub use labels::{Label, LabelError, labels};
pub use machines::{Machine, Machines};
pub use system::SystemRule;
pub use threads::{OnStack, RuntimeThread, match_threads};
pub use vars::{RuntimeVars, Variables};
pub use wait_reason::WaitReasons;
pub use waits::{ChannelWait, Queued, Semaphores, Sudogs, WaitsOn, waits_on};

use crate::addr::Addr;
use crate::layout::{FieldError, Layouts, Structure};
use crate::memory::{Memory, ReadResult};
use goroutine::GReader;

/// What is needed to read the runtime's structures; cheap to copy and to share between threads.
#[derive(Clone, Copy)]
pub struct Runtime<'r> {
    /// The process's memory.
    pub memory: &'r dyn Memory,
    /// Where fields stand in this release.
    pub layouts: &'r dyn Layouts,
    /// Where the runtime's package variables stand in this process.
    pub vars: &'r dyn Variables,
}

impl<'r> Runtime<'r> {
    /// A structure of the runtime at an address.
    pub fn structure(&self, name: &'r str, addr: Addr) -> Structure<'r> {
        Structure {
            memory: self.memory,
            layouts: self.layouts,
            name,
            addr,
        }
    }

    /// Reads a package variable of the runtime, named without its package.
    fn variable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'r dyn Memory, Addr) -> ReadResult<T>,
    ) -> Result<T, FieldError> {
        let at = self
            .vars
            .address(&format!("runtime.{name}"))
            .ok_or_else(|| FieldError::NoSuchField {
                structure: "runtime".to_owned(),
                path: name.to_owned(),
            })?;
        read(self.memory, at).map_err(|error| FieldError::Unreadable {
            structure: "runtime".to_owned(),
            path: name.to_owned(),
            error,
        })
    }

    /// The g at an address, also one that is in no list (g0, gsignal); `Ok(None)` when it is dead.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or what stands there is no g.
    pub fn goroutine_at(&self, addr: Addr) -> Result<Option<Goroutine>, GError> {
        GReader::new(*self)?.read(addr)
    }
}
