//! What people reason about, whatever source it came from: goroutines, stacks, findings, decisions.
//!
//! ```
//! use dumpview_model::log_model::{LogModel, Parts};
//! use dumpview_parsers::log::LogReader;
//!
//! let log = "panic: boom\n\ngoroutine 7 [running]:\nmain.main()\n\t/src/main.go:8 +0x1d\nexit status 2\n";
//! let mut model = LogModel::new(Parts::OVERVIEW);
//! let mut reader = LogReader::new();
//! reader.push(log.as_bytes(), &mut |record| model.record(&record, &mut |_| {}));
//! reader.finish(&mut |record| model.record(&record, &mut |_| {}));
//! model.finish(|_| String::new(), &mut |_| {});
//! let processes = model.processes();
//! assert_eq!((processes.len(), processes[0].crashes.len()), (1, 1));
//! ```

#![forbid(unsafe_code)]

pub mod alloc;
pub mod death_kind;
pub mod escape;
pub mod finding;
pub mod frame;
pub mod gc;
pub mod goroutine;
pub mod heap;
pub mod inventory;
pub mod log;
pub mod log_model;
pub mod memstats;
pub mod oom;
pub mod profile;
pub mod sched;
pub mod stats;
pub mod timeline;
pub mod traceback;
pub mod units;
pub mod value;
pub mod waits;
pub mod word;
