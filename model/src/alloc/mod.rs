//! What a program allocated and what became of it, from allocfreetrace.
//!
//! [`Collector`] takes records as they come and keeps the objects that are alive, the distinct stacks and types, and
//! their sums: a trace of gigabytes costs what its live heap costs. An object's age is counted in collections, which
//! the trace marks itself (`tracegc`); 1 is an object that the first collection after its allocation found dead.
//!
//! | file | in charge of |
//! |---|---|
//! | `collect` | records to live objects and sums |
//! | `totals` | a sum, with the ages at which objects died |
//! | `rows` | sums by type, size and stack |
//! | `findings` | what they mean |

mod collect;
mod findings;
mod rows;
#[cfg(test)]
mod tests;
mod totals;

pub use collect::{Collector, FORMATS, Process};
pub use findings::findings;
pub use rows::{By, Row};
pub use totals::{Ages, Totals};
