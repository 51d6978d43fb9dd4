//! What people reason about, whatever source it came from: goroutines, stacks, findings, decisions.

#![forbid(unsafe_code)]

pub mod alloc;
pub mod escape;
pub mod finding;
pub mod frame;
pub mod gc;
pub mod goroutine;
pub mod inventory;
pub mod log;
pub mod log_model;
pub mod memstats;
pub mod oom;
pub mod sched;
pub mod stats;
pub mod timeline;
pub mod traceback;
pub mod units;
pub mod value;
