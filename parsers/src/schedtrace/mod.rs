//! GODEBUG=schedtrace=X and scheddetail=1 (runtime/proc.go, schedtrace).

mod parse;
mod records;
#[cfg(test)]
mod tests;

pub(crate) use parse::record;
pub use records::{Detail, G, M, Numbers, P, Record, Sample};
