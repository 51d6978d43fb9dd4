//! Crashes and goroutine dumps (runtime/panic.go, traceback.go, signal_unix.go).

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
