//! The Go runtime of a dead process, read from its own structures: goroutines, Ms, Ps, what waits on what.
//!
//! Everything here reads through three things and nothing else: memory, layouts (where a field stands in this
//! release), and the addresses of the runtime's package variables. [`Runtime`] holds the three. Nothing
//! here knows whether they came from DWARF, a table, symbols, or a search.
//!
//! The dump is of a process that died, perhaps by corrupting this very memory: every list is bounded, every
//! pointer may lead nowhere, and what could not be had is noted, not guessed.

mod goroutine;
mod goroutines;
#[cfg(test)]
mod tests;
mod vars;
mod wait_reason;

pub use goroutine::{Gobuf, Goroutine, StackBounds};
pub use goroutines::{Goroutines, Note};
pub use vars::{RuntimeVars, Variables};
pub use wait_reason::WaitReasons;

use crate::addr::Addr;
use crate::layout::{Layouts, Structure};
use crate::memory::Memory;

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
}
