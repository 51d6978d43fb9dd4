//! What a log tells, collected once: of each process its collections, scheduler, memory statistics and allocations, its
//! crashes, dumps and races; and what could not be read.
//!
//! ```text
//! LogReader ─ Record ─▶ LogModel ─┬▶ processes: gc, sched, memory, alloc, crashes, races
//!                                 ├▶ events (a part of a timeline)
//!                                 └▶ inventory, unread, findings
//! ```
//!
//! Every verb on a log, the report without a verb, the timeline and the screens read this one model. [`Parts`] says which
//! of it is collected, so that a verb on a large log costs what its own records cost. A clone is a snapshot:
//! it shares what is large with the model, which goes on reading.
//!
//! | file | in charge of |
//! |---|---|
//! | `parts` | which parts there are |
//! | `model` | records to parts |
//! | `process` | all that is known of one process |
//! | `waiting` | records whose process the next one tells |
//!
//! # Examples
//!
//! ```
//! use dumpview_model::log_model::{LogModel, Parts};
//! use dumpview_parsers::log::LogReader;
//!
//! let text = b"listening\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1d\nexit status 2\n";
//! let mut model = LogModel::new(Parts::ALL);
//! let mut reader = LogReader::new();
//! reader.push(text, &mut |record| model.record(&record, &mut |_| {}));
//! reader.finish(&mut |record| model.record(&record, &mut |_| {}));
//! model.finish(|_| String::new(), &mut |_| {});
//!
//! let crash = model.processes().first().and_then(|process| process.crashes.first().copied()).unwrap();
//! assert_eq!(crash.text(), "panic: boom");
//! assert_eq!(crash.before[0].text, "listening");
//! ```

mod model;
mod parts;
mod process;
#[cfg(test)]
mod tests;
mod waiting;

pub use model::{Fresh, LogModel};
pub use parts::Parts;
pub use process::LogProcess;
