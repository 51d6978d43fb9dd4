//! GODEBUG=gcpacertrace=1 (runtime/mgcpacer.go, mgcsweep.go).

mod reader;
mod records;

pub use reader::Reader;
pub use records::{End, OldEnd, Record, Start, SweepDone};
