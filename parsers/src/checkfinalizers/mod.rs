//! GODEBUG=checkfinalizers=1 (Go 1.25 and later; runtime/mcheckmark.go).

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
