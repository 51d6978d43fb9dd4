//! The file formats of what a dead Go process leaves behind: bytes in, typed records out.
//!
//! A parser takes a `&[u8]` (or a line of text) and gives records that borrow from it, each with its byte
//! offset or line number. No parser opens a file, knows Go semantics beyond its format, or prints.
//! One directory per format; [`log`] is where the text formats come together.
//!
//! ```
//! use dumpview_parsers::gctrace::Record;
//! use dumpview_parsers::log::{Kind, LogReader};
//!
//! let log = b"started\n\
//!     gc 1 @0.009s 2%: 0.087+1.0+0.011 ms clock, 1.0+0.72/1.7/0.040+0.13 ms cpu, 4->4->3 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 12 P\n";
//! let (mut cycles, mut others) = (Vec::new(), 0);
//! let mut reader = LogReader::new();
//! let mut each = |record: dumpview_parsers::log::Record<'_>| match record.kind {
//!     Kind::Gc(Record::Cycle(cycle)) => cycles.push((record.place.line, cycle)),
//!     _ => others += 1,
//! };
//! // Bytes may come in pieces, as a pipe gives them.
//! reader.push(log, &mut each);
//! reader.finish(&mut each);
//! let [(line, cycle)] = cycles.as_slice() else { panic!() };
//! assert_eq!((*line, cycle.start.0, cycle.heap_live.0, others), (2, 9_000_000, 3, 1));
//! ```

#![forbid(unsafe_code)]

pub mod alloctrace;
pub mod checkfinalizers;
pub mod core;
pub mod escape;
pub mod gctrace;
pub mod heapdump;
pub mod inittrace;
pub mod line;
pub mod log;
pub mod memstats;
pub mod oom;
pub mod pacertrace;
pub mod perfdata;
pub mod pprof;
pub mod profile;
pub mod quantity;
pub mod race;
mod scan;
pub mod scavtrace;
pub mod schedtrace;
mod search;
pub mod smaps;
pub mod stacks;
#[cfg(test)]
mod testing;
pub mod traceback;
