//! Reports of the race detector.

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
