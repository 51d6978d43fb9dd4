//! GODEBUG=scavtrace=1 and the older `scvg` lines (runtime/mgcscavenge.go).

mod parse;
mod records;

pub(crate) use parse::record;
pub use records::{Record, Released, State, Work};
