//! Questions about a heap, answered with plain, owned data: it can be kept, sent and compared after the core is closed.
//!
//! | file | in charge of |
//! |---|---|
//! | `page` | the heap on a page |
//! | `place` | what a place of the graph is called, and which place is meant by a name |
//! | `elsewhere` | what an address is that no object covers |
//! | `around` | what stands around a place, for a picture |
//! | `retention` | the dominator tree merged by names, for pictures of profiles |
//! | `totals` | objects, bytes and retained bytes by type, package, size class |
//! | `owners` | the same by root: variable, goroutine, label |
//! | `grouping` | each object under such a name, to lay two heaps beside each other |
//! | `tree` | the dominator tree, largest first |
//! | `object` | one object: its value, what refers to it, why it is alive |
//! | `paths` | shortest paths to roots, merged |
//! | `find` | objects of a type that fulfil a condition |
//! | `kept` | what a value keeps |
//! | `site` | where sampled objects were allocated |
//! | `set` | what several places keep together |

mod around;
mod elsewhere;
mod find;
mod grouping;
mod kept;
mod object;
mod owners;
mod page;
mod paths;
mod place;
mod retention;
mod set;
mod site;
mod totals;
mod tree;

pub use around::{Around, Link, Near};
pub use find::{Condition, Finds, MOST as MOST_FOUND};
pub use grouping::{GroupBy, Grouping};
pub use object::{ObjectFacts, Site, SiteFrame};
pub use owners::OwnerKind;
pub use page::Page;
pub use paths::Found;
pub use place::NoPlace;
pub use retention::{Kept, Retention};
pub use totals::{Of, TotalBy};
pub use tree::Cut;
