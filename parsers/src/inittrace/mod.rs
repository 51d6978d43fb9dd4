//! GODEBUG=inittrace=1 (Go 1.16 and later; runtime/proc.go, doInit).

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
