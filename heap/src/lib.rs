//! A graph of objects of any heap: who keeps what, and how much goes if it is cut.
//!
//! This crate knows no language and no memory. A source states its objects by [`Objects`] (dense ids in address
//! order) and its references as [`Rows`]; what comes back is in the same ids. Twenty million objects are
//! ordinary, so nothing here allocates per object, an id is a `u32`, and every pass either runs along the ids or
//! along preorder numbers, in which neighbours in memory are neighbours in the graph.
//!
//! ```text
//! Objects, Rows, entries ──▶ Graph ──▶ Dominators (preorder, semi-NCA) ──▶ retained sizes
//!                              ├─────▶ Paths (breadth first from the entries)
//!                              ├─────▶ union_of (what goes if a set goes)
//!                              └─────▶ Rows::transposed (who refers to it)
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `objects` | the trait a source implements |
//! | `column` | dense tables by id, bit sets |
//! | `rows` | references in compressed sparse rows, both ways, made in parallel |
//! | `graph` | rows plus the nodes that are roots rather than objects |
//! | `preorder` | numbering by depth-first search, leaves folded into their only referrer |
//! | `dominators` | semi-NCA on those numbers |
//! | `retained` | sizes added up along the dominator tree |
//! | `groups` | the same by groups of nodes |
//! | `owners` | the dominator tree with the parts of containers seen through |
//! | `chains` | linked lists, as long runs down the dominator tree |
//! | `paths` | shortest paths to roots, merged |
//! | `union` | what a set of nodes keeps together |
//! | `sharers` | which entries lead to what none of them keeps alone |
//! | `stored` | graph and dominators as bytes, and from bytes that nobody has to trust |

#![forbid(unsafe_code)]

mod chains;
mod column;
mod dominators;
mod graph;
mod groups;
mod objects;
mod owners;
mod paths;
mod preorder;
mod retained;
mod rows;
mod sharers;
mod stored;
#[cfg(test)]
mod tests;
mod union;

pub use chains::{Chain, chains};
pub use column::{Bits, Column};
pub use dominators::Dominators;
pub use graph::{Graph, NodeId};
pub use groups::{GroupTotal, by_group};
pub use objects::{ObjId, Objects, Run};
pub use owners::{Heavy, Manner, Owned, Owners};
pub use paths::{MergedPath, Paths};
pub use rows::{Chunk, Rows, RowsBuilder, TooManyEdges};
pub use sharers::{Sharing, sharers};
pub use stored::numbers;
pub use union::{Kept, union_of};
