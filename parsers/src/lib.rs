//! The file formats of what a dead Go process leaves behind: bytes in, typed records out.
//!
//! A parser takes a `&[u8]` (or a line of text) and gives records that borrow from it, each with its byte
//! offset or line number. No parser opens a file, knows Go semantics beyond its format, or prints.
//! One directory per format.

#![forbid(unsafe_code)]

pub mod core;
pub mod escape;
pub mod heap_profile;
