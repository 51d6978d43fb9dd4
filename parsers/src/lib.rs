//! The file formats of what a dead Go process leaves behind: bytes in, typed records out.
//!
//! A parser takes a `&[u8]` (or a line of text) and gives records that borrow from it, each with its byte
//! offset or line number. No parser opens a file, knows Go semantics beyond its format, or prints.
//! One directory per format; [`log`] is where the text formats come together.

#![forbid(unsafe_code)]

pub mod alloctrace;
pub mod checkfinalizers;
pub mod core;
pub mod escape;
pub mod gctrace;
pub mod inittrace;
pub mod lines;
pub mod log;
pub mod memstats;
pub mod oom;
pub mod pacertrace;
pub mod profile;
pub mod quantity;
pub mod race;
mod scan;
pub mod scavtrace;
pub mod schedtrace;
pub mod traceback;
