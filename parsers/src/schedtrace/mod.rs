//! GODEBUG=schedtrace=X and scheddetail=1 (runtime/proc.go, schedtrace).

mod reader;
mod records;

pub use reader::Reader;
pub use records::{Detail, G, M, Numbers, P, Record, Sample};
