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
//! | `line` | a line and where it stood |
//! | `stamp` | times that log machinery and loggers write |
//! | `unwrap` | what log machinery put around a line is taken off |
//! | `prefix` | the kinds of prefix there are |
//! | `wrapped` | lines in JSON |
//! | `telling` | beginnings that only traces have |
//! | `record` | what a line turned out to be |
//! | `format` | what a format's reader is |
//! | `trace` | the traces of one line |
//! | `words` | by which words a record, or a piece of one, is known |
//! | `mend`, `template`, `style` | torn ones are put together again, or reported |
//! | `formats` | the readers of one origin, and which of them reads a line |
//! | `reader` | chunks to records |

#[cfg(test)]
mod corpus;
mod format;
mod formats;
mod line;
mod mend;
#[cfg(test)]
mod mend_tests;
mod prefix;
mod reader;
mod record;
mod stamp;
mod style;
mod telling;
mod template;
mod trace;
mod unwrap;
#[cfg(test)]
mod unwrap_tests;
mod words;
mod wrapped;

pub use format::{Format, Sink, Taken};
pub use line::{Line, Origin, Place};
pub use reader::LogReader;
pub use record::{Kind, Record, Unreadable};
pub use stamp::Stamp;
pub use unwrap::{Strip, Unwrapper};
