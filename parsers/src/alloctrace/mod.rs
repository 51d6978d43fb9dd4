//! GODEBUG=allocfreetrace=1 (Go 1.3 to 1.22): `tracealloc`, `tracefree`, `tracegc` (runtime/mprof.go).
//!
//! ```text
//! tracealloc(0xc000016010, 0x10, *runtime.p)     address, size rounded to its class, type unless it has no pointers
//! goroutine 1 [running]:
//! runtime.mallocgc(0x10, 0x508120, 0x1)
//! <tab>/usr/local/go/src/runtime/malloc.go:1131 +0x7b1 fp=0x7fff1136e2c0 sp=0x7fff1136e248 pc=0x40cd91
//! …
//! <blank line>
//! tracegc()                                      once in each collection, when marking is done
//! <blank line>, a goroutine dump of all
//! end tracegc
//! ```
//!
//! Every allocation prints a traceback of some kilobytes, so a record is given with its stack when it is complete
//! and nothing of it is kept. A type is text and may hold commas and parentheses (`func(int) string`), so the last
//! parenthesis ends it. Lines of the application's and of gctrace stand between the lines of a record, since every
//! piece of it is a write of its own: a few of them do not end it.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `head` | the first line of a record |
//! | `reader` | which line belongs to which record |
//! | `print` | the way back, for tests |

mod head;
#[cfg(test)]
mod print;
mod reader;
mod records;
#[cfg(test)]
mod tests;

pub use reader::Reader;
pub(crate) use reader::is_ours;
pub use records::{Call, Object, Record, Stack};
