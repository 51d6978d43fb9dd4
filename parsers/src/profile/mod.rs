//! Profiles in the text form of `debug=1`: heap and allocs, goroutine, threadcreate, goroutineleak and a program's own
//! count profiles, block and mutex (runtime/pprof/pprof.go; the forms are the same from Go 1.0 to 1.27, labels
//! since 1.14).
//!
//! ```text
//! goroutine profile: total 25                              heap profile: 2: 4096 [10: 20480] @ heap/1048576
//! 3 @ 0x43b296 0x407e9b                                    1: 2048 [5: 10240] @ 0x4a2f1c 0x4a2e00
//! # labels: {"tenant":"acme corp"}                         #<tab>0x4a2f1b<tab>main.work+0x3b<tab>/src/main.go:12
//! #<tab>0x43b295<tab>main.worker+0x71<tabs>/src/main.go:32
//!
//! --- contention:        --- mutex:
//! cycles/second=N        cycles/second=N
//! 15228984454 1057 @ …   sampling period=1
//! ```
//!
//! The unit is one line, and a record borrows from it: a profile of a hundred thousand goroutines is read without
//! keeping any of it. A [`Record::Sample`] is followed by its labels and its frames; frames are one for each
//! function, so that of functions inlined into each other, address less offset is the same entry. Values are
//! the samples as taken, not scaled to the whole. The memory statistics that end a heap profile are read by
//! [`crate::memstats`].
//!
//! A profile has no last line. What follows a blank line belongs to it as long as it has its form, so that a line
//! of the application's between two records does not lose the rest.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `addresses` | addresses in hexadecimal |
//! | `labels` | labels, which are Go-quoted |
//! | `line` | what one line says |
//! | `reader` | which line belongs to a profile |

mod addresses;
mod labels;
mod line;
#[cfg(test)]
mod print;
mod reader;
mod records;
#[cfg(test)]
mod tests;

pub use addresses::Addresses;
pub use labels::{Labels, Quoted};
pub use line::line;
pub use reader::Reader;
pub use records::{Frame, Header, Memory, Record, Sample, Values};
