//! GODEBUG=checkfinalizers=1 (Go 1.25 and later; runtime/mcheckmark.go).

mod parse;
mod reader;
mod records;

pub(crate) use parse::queue;
pub use reader::Reader;
pub use records::Record;
