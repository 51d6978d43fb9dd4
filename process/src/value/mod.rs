//! Values: a typed location of the dead process read into the tree that people look at.
//!
//! In: a type, a [`Place`] (an address, or bytes gathered from registers and spill slots) and [`Limits`].
//! Out: a [`dumpview_model::value::Value`]. Four rules shape the code:
//!
//! * *Right or silent.* Every header is checked before it is believed (a slice's `len` against its `cap`, a
//!   map's entries against its count, a type word against the type data); what fails the check is
//!   `unreadable` with the reason, and so is every byte that memory cannot give. Nothing becomes zero.
//! * *Bounded.* Depth, elements, bytes of strings and the number of nodes have limits, chains are checked
//!   for cycles, and no length field is trusted with an allocation: a hostile graph costs what it may cost.
//! * *Once.* What many values lead to (a channel's queue, a map's order) is read once for a process ([`Shared`]).
//! * *By name.* The runtime's structures are read through [`crate::layout::Layouts`] and types through [`TypeSource`]; no
//!   offset of any release stands here.

mod chan;
mod error;
mod known;
pub mod maps;
mod place;
mod reader;
mod sequence;
mod shared;
mod source;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub use error::ValueError;
pub use place::{Gathered, Place};
pub use reader::Reader;
pub use shared::Shared;
pub use source::{FunctionNames, Globals, Sources, TypeSource};

/// How much of a value to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Composites to enter, one inside the other. Error chains are followed further.
    pub depth: usize,
    /// Elements of arrays, slices and channels and entries of maps to show of each.
    pub len: usize,
    /// Bytes to read of each string.
    pub string: usize,
    /// Nodes of the whole tree; from here on nothing is followed any more.
    pub nodes: usize,
}

impl Limits {
    /// Limits that a person asked for: a tree that large is wanted, so the budget grows with them.
    pub fn asked(depth: usize, len: usize) -> Self {
        let usual = Self::default();
        Self {
            depth,
            len,
            string: len.max(usual.string),
            nodes: usual
                .nodes
                .max(len.saturating_mul(MAX_NODES_PER_ELEMENT))
                .min(MAX_NODES),
        }
    }
}

/// What an element may cost before a list of them is cut.
const MAX_NODES_PER_ELEMENT: usize = 100;
/// Some 200 bytes each: what a tree may cost, whoever asks.
const MAX_NODES: usize = 2_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 4,
            len: 64,
            string: 256,
            nodes: 20_000,
        }
    }
}
