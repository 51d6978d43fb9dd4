//! Crashes and goroutine dumps (runtime/panic.go, traceback.go, signal_unix.go) of every release and level of
//! `GOTRACEBACK`, also those of `runtime.Stack`, `/debug/pprof/goroutine?debug=2` and gops.
//!
//! A dump can be larger than memory should be, so records are lines or pairs of lines, given as they are read;
//! which of them make one goroutine, or one crash, is for the model to say.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `header` | `goroutine 7 [running]:` and its notes and labels |
//! | `grammar` | the other lines of a goroutine's section |
//! | `head` | the lines that say why, registers |
//! | `reader` | which line may follow which |
//! | `embedded` | dumps inside one line, escaped |
//! | `alike` | sections that differ from others in numbers only |

mod alike;
mod embedded;
mod grammar;
mod head;
mod header;
mod reader;
mod records;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use head::WORDS;

pub(crate) use alike::{Alike, Whole};
pub use grammar::{created_by, elided, function, originating_from, source};
pub use header::header;
pub use reader::Reader;
pub use records::{
    Creator, Elided, Frame, Function, Header, Labels, M, Record, Recovered, Section, SignalNote,
    SignalPlace, Source, Text,
};
