//! Profiles in the text form of `debug=1` (runtime/pprof/pprof.go).

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
