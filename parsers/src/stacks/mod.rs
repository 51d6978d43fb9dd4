//! Sampled stacks as text of other tools: folded stacks, and what `perf script` prints.
//!
//! | file | in charge of |
//! |---|---|
//! | `folded` | a stack in one line, for flame graphs |
//! | `perf` | samples of `perf script` |

mod folded;
mod perf;

pub use folded::{FoldedLine, folded_line, recognizes_folded};
pub use perf::{PerfFrame, PerfHeader, PerfLine, perf_line, recognizes_perf};
