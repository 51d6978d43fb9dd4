//! GODEBUG=gctrace=1 and 2, of every release (runtime/mgc.go; runtime/mgc0.c up to 1.4).

mod edited;
mod parse;
mod records;
#[cfg(test)]
mod tests;

pub(crate) use edited::edited;
pub(crate) use parse::record;
pub use records::{
    Clock, Cpu, Cycle, Dialect, GreenTea, OldCycle, Record, Scan, ScanClass, Sweeps,
};
