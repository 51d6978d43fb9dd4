//! GODEBUG=gcpacertrace=1 (runtime/mgcpacer.go, mgcsweep.go).

mod parse;
mod records;

pub(crate) use parse::record;
pub use records::{End, OldEnd, Record, Start, SweepDone};
