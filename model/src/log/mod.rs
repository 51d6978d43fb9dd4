//! What is decided once about every record of a log, before anything is counted: which process wrote it, and whether
//! it could be read at all.
//!
//! ```text
//! LogReader ─ Record ─▶ Processes ─ Whose ─▶ gc, sched, memstats, alloc, traceback, timeline (see `log_model`)
//!                    └▶ Unread
//! ```
//!
//! The collectors below take a record together with its [`Whose`] and never ask the question again, so process 2 of
//! the collector's trace is process 2 of the scheduler's samples and of the memory statistics.
//!
//! | file | in charge of |
//! |---|---|
//! | `process` | processes of a log, and which of them a record is of |
//! | `joint` | cycles of several processes, put apart together |
//! | `ranked` | the processes that a collector keeps, the one with the most records first |
//! | `evidence` | what a record tells of its process, and what a process was last known to have reached |
//! | `unread` | lines that looked like a record and could not be read |

mod evidence;
mod joint;
mod process;
mod ranked;
#[cfg(test)]
mod tests;
mod unread;

pub use evidence::{COUNTERS, fallen};
pub use process::{Offer, ProcessId, Processes, When, Whose};
pub use ranked::{OfProcess, Sums, get, main, ranked, sums};
pub use unread::{Unread, UnreadLine, head};

/// So many processes of a log are kept by each collector. The go command may run hundreds of compilers: of more, the
/// ones with the fewest records go, among those the ones that were silent for longest.
pub const MOST_PROCESSES: usize = 64;
