//! GODEBUG=inittrace=1 (Go 1.16 and later; runtime/proc.go, doInit).

mod parse;
mod records;

pub(crate) use parse::record;
pub use records::Record;
