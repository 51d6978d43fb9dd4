//! One dead Go process: its memory, symbols, goroutines, frames, variables and values.
//!
//! The flow inside this crate follows the flow of the whole program:
//!
//! ```text
//! image (core + executable) ─▶ memory ─▶ symbols, dwarf, types ─▶ layout ─▶ runtime, unwind ─▶ value, expr, death
//! ```
//!
//! Nothing here opens files (a caller hands in bytes and a [`image::Files`]), and nothing prints.
//! Everything borrows from the inputs, whose lifetime is `'a` throughout.

#![forbid(unsafe_code)]

pub mod addr;
pub mod arch;
pub mod death;
pub mod disasm;
pub mod dwarf;
pub mod expr;
pub mod frames;
pub mod image;
pub mod layout;
pub mod memory;
pub mod process;
pub mod runtime;
pub mod stacks;
pub mod symbols;
pub mod types;
pub mod unwind;
pub mod value;
