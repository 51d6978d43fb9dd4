//! What the Go compiler prints under `-gcflags=-m` and its relatives: escape analysis, inlining,
//! devirtualisation and the `-d=` debug lines, as text or as the JSON of `-json=0,DIR`.
//!
//! The unit is one line: [`frame`] finds the position in front of it and [`message`] reads the rest. Nothing
//! here keeps state between lines, because outputs of several builds are appended to one file and parallel
//! builds interleave; who wants a flow put together from its lines does that over these records. A message
//! borrows from the line it was read from.
//!
//! Two facts shaped this. Most bytes of a `-m=2` file are repeated word for word (the go command replays
//! cached output, people append builds), so framing is separate from reading the message: a caller that
//! recognises the bytes of a line need not have it parsed. And an expression in a message is source text
//! printed again, with whatever stands in its string literals, so fixed words are looked for at the start
//! and the end of a message, never in the middle.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `frame` | a line's position |
//! | `message` | what a message says |
//! | `words` | the fixed words around a message's text |
//! | `flow` | the indented explanation lines of `-m=2` |
//! | `debug` | `-d=` lines, IR dumps of `-m=3` |
//! | `noise` | what the go command, vet and the type checker print in between |
//! | `logopt` | `-json=0,DIR` |
//! | `print` | the way back, for tests |

mod debug;
mod flow;
mod frame;
mod logopt;
mod message;
mod noise;
mod print;
mod records;
#[cfg(test)]
mod tests;
mod words;

pub use frame::{frame, without_prefix};
pub use logopt::{
    LogDiagnostic, LogError, LogHeader, LogNote, begins_log, log_diagnostic, log_header,
};
pub use message::{bare, message, recognizes};
pub use records::{Category, Inlining, Line, Message, Position, Step};
