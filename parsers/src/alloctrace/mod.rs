//! GODEBUG=allocfreetrace=1 (Go 1.3 to 1.22): `tracealloc`, `tracefree`, `tracegc` (runtime/mprof.go).

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
