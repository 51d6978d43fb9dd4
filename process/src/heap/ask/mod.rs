//! Questions about a heap, answered with plain, owned data: it can be kept, sent and compared after the core is closed.
//!
//! | file | in charge of |
//! |---|---|
//! | `place` | what a place of the graph is called, and which place is meant by a name |
//! | `elsewhere` | what an address is that no object covers |
//! | `totals` | objects, bytes and retained bytes by type, package, size class |
//! | `owners` | the same by root: variable, goroutine, label |
//! | `tree` | the dominator tree, largest first |

mod elsewhere;
mod owners;
mod place;
mod totals;
mod tree;

pub use owners::OwnerKind;
pub use place::NoPlace;
pub use totals::{Of, TotalBy};
pub use tree::Cut;
