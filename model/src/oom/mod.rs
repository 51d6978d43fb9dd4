//! Kills for memory, put together from the lines that the kernel prints of each.
//!
//! Lines of one report are told by their order and by process numbers: what comes before the kill belongs to it, the
//! reaper's line after it as well. Two reports that mix (two machines in one stream without a prefix) would be one; what
//! names another process than the killed one is left out then.
//!
//! | file | in charge of |
//! |---|---|
//! | `collect` | lines to kills |
//! | `killing` | one kill, and what is to be said of it |

mod collect;
mod killing;
#[cfg(test)]
mod tests;

pub use collect::{Collector, FORMATS};
pub use killing::{Killing, Other, Scope};
