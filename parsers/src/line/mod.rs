//! A line of a log, and what every format needs to read one: where it stood, when it was written and by whom, and
//! what a format's reader is. Nothing here knows a format.
//!
//! | file | in charge of |
//! |---|---|
//! | `raw` | bytes to lines |
//! | `line` | a line and where it stood |
//! | `stamp` | times that log machinery and loggers write |
//! | `format` | what a format's reader is, and what it gives |

mod format;
#[expect(
    clippy::module_inception,
    reason = "the room is named after what it is about"
)]
mod line;
mod raw;
mod stamp;

pub use format::{Format, Given, Sink, Taken, Unreadable};
pub use line::{Line, Origin, Place, Written};
pub use raw::{LineReader, MAX_LINE, RawLine};
pub use stamp::Stamp;
