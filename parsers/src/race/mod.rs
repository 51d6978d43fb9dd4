//! Reports of the race detector (`go build -race`), which ThreadSanitizer prints, not the Go runtime.
//!
//! Calls look like those of a traceback, indented and without arguments, so the same functions read them. The
//! numbers of goroutines are the detector's own and join with nothing.

mod grammar;
mod reader;
mod records;
#[cfg(test)]
mod tests;

pub use reader::Reader;
pub use records::{Access, Record, Who};
