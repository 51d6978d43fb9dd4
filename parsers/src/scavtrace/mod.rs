//! GODEBUG=scavtrace=1 and the older `scvg` lines (runtime/mgcscavenge.go).

mod reader;
mod records;

pub use reader::Reader;
pub use records::{Record, Released, State, Work};
