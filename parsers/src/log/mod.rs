//! A log: everything a Go process, and whoever shares its stderr, wrote as text. One pass from bytes to records.
//!
//! ```text
//! chunks ─ lines ─▶ RawLine ─ unwrap ─▶ Line ─ reader ─▶ the formats, each a `Format` ─▶ Record
//! ```
//!
//! Lines lose what log machinery put before them (`unwrap`), but keep their number, offset, time stamp and the
//! origin that the prefix names. A line of the runtime's one-line traces is read at once; any other is offered
//! to the formats of its origin, the one with an open record first; what none of them takes is the
//! application's own and becomes [`Kind::Log`]. A line that looked like
//! one of theirs and could not be read becomes [`Kind::Unreadable`]: nothing is dropped in silence.
//!
//! | file | in charge of |
//! |---|---|
//! | `unwrap` | what log machinery put around a line is taken off |
//! | `colour` | what only a terminal obeys is taken off |
//! | `prefix` | the kinds of prefix there are |
//! | `origins` | the writers that they name |
//! | `learn` | prefixes that nobody listed, and fields that hold a line |
//! | `wrapped` | lines in JSON of known machinery |
//! | `telling` | beginnings that only traces have |
//! | `record` | what a line turned out to be |
//! | `seek` | the words without which a line is the application's own |
//! | `trace` | the traces of one line |
//! | `mend` | torn ones are put together again, or reported |
//! | `ahead` | what is known of a chunk before its turn |
//! | `formats` | the readers of one origin, and which of them reads a line |
//! | `reader` | chunks to records |

mod ahead;
mod colour;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod cut_tests;
mod formats;
mod learn;
mod mend;
mod origins;
mod prefix;
mod reader;
mod record;
mod seek;
#[cfg(test)]
mod seek_tests;
mod telling;
mod trace;
mod unwrap;
#[cfg(test)]
mod unwrap_tests;
#[cfg(test)]
mod whole_tests;
mod wrapped;

pub use crate::line::{Origin, Place, Stamp, Unreadable};
pub use ahead::{Ahead, Scout};
pub use reader::{LogReader, Others};
pub use record::{Kind, Record};
pub use unwrap::{Strip, Unwrapper};

/// Where records go. They borrow from the line or from the reader, so they are copied out or used at once.
pub type Sink<'s> = dyn FnMut(Record<'_>) + 's;

/// Every word by which one of the readers looks for something in a line.
#[cfg(test)]
fn words_of_all() -> Vec<&'static str> {
    let mut all = learn::WORDS.to_vec();
    all.extend(mend::WORDS);
    all.extend(crate::traceback::WORDS);
    all.extend(crate::oom::WORDS);
    all
}
