//! Crashes and goroutine dumps (runtime/panic.go, traceback.go, signal_unix.go).

mod grammar;
mod header;
mod reader;
mod records;

pub use grammar::{created_by, elided, function, originating_from, source};
pub use header::header;
pub use reader::Reader;
pub use records::{Creator, Elided, Function, Header, Labels, M, Record, Source};
