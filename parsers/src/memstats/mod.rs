//! runtime.MemStats in the many forms in which people print it.

mod reader;
mod records;

pub use reader::Reader;
pub use records::Record;
