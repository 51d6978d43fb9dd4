//! GODEBUG=gctrace=1 and 2, of every release (runtime/mgc.go; runtime/mgc0.c up to 1.4).

mod reader;
mod records;

pub use reader::Reader;
pub use records::{
    Clock, Cpu, Cycle, Dialect, GreenTea, OldCycle, Record, Scan, ScanClass, Sweeps,
};
