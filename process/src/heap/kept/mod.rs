//! What is learnt of a heap as bytes, so that the next run of the program need not learn it again.
//!
//! | file | in charge of |
//! |---|---|
//! | `identity` | of which inputs it was learnt |
//! | `sections` | sections in one file, each with its checksum |
//! | `graph` | objects' references, types, who keeps what: all that an [`Analysis`](super::Analysis) cost |
//! | `page` | what `heap` says without a word more |
//!
//! Where the bytes are kept is for others to know. They are never believed: a file is of this program and these inputs,
//! whole and unharmed to the last bit, and fits what is read of the core anew (its spans), or it is nothing, and the
//! work is done again. What has holes is not kept, since what is missing is said where it is found to be missing.
//!
//! Columns are used where the file is mapped, so the file has to stay for as long as the program runs; the rest is small.

mod graph;
mod identity;
mod page;
mod sections;

pub use identity::Identity;
pub use sections::{Kind, Sections};
