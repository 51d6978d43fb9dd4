//! `perf.data`, what `perf record` leaves: mappings, commands and samples of processes, in the order of time.
//!
//! Defined by the kernel's `include/uapi/linux/perf_event.h` and `tools/perf/Documentation/perf.data-file-format.txt`. The file
//! has no names of functions: whoever reads it finds them in the executables. A file that `perf record -o -` wrote into a pipe
//! has the same records without the tables around them.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `header` | what was counted, and build ids: the tables of a file, or the records that stand for them in a pipe |
//! | `read` | the records, by time |
//! | `cursor` | numbers one after the other, with their offsets |

mod cursor;
mod error;
mod header;
mod read;
mod records;
#[cfg(test)]
mod tests;

pub use error::PerfError;
pub use read::{PerfData, recognizes};
pub use records::{Attr, BuildId, Map, Mode, Record, Sample};
