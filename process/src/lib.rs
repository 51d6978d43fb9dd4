//! One dead Go process: its memory, symbols, goroutines, frames, variables and values, and why it died.
//!
//! The flow inside this crate follows the flow of the whole program:
//!
//! ```text
//! image (core + executable) ─▶ mapped (facts), memory ─▶ symbols, dwarf, types, layout ─▶ runtime, unwind, value, expr
//!                           ─▶ process (all of it, lazily) ─▶ postmortem (judgement, as owned data)
//! ```
//!
//! Nothing here opens files (a caller hands in bytes and a [`image::Files`]), and nothing prints.
//! Everything borrows from the inputs, whose lifetime is `'a` throughout, but for what [`postmortem`] gives.
//!
//! # Example
//!
//! ```
//! use dumpview_process::image::{CoreFile, Executable, ImageError, NoFiles, SectionArena};
//! use dumpview_process::mapped::OpenOptions;
//! use dumpview_process::postmortem::{Postmortem, Summary};
//! use dumpview_process::process::Process;
//!
//! fn sum_up(core: &[u8], executable: &[u8]) -> Result<Summary, ImageError> {
//!     let sections = SectionArena::default();
//!     let core = CoreFile::parse(core)?;
//!     let executable = Executable::parse(executable, &sections)?;
//!     let process = Process::open(&core, Some(&executable), &NoFiles, OpenOptions::default());
//!     Ok(Postmortem::new(process).summary())
//! }
//! # fn unpacked(path: &str) -> Vec<u8> {
//! #     let path = format!("{}/../corpus/fixtures/{path}.zst", env!("CARGO_MANIFEST_DIR"));
//! #     let mut file = std::fs::File::open(path).unwrap();
//! #     let mut bytes = Vec::new();
//! #     let mut unpacked = ruzstd::decoding::StreamingDecoder::new(&mut file).unwrap();
//! #     std::io::Read::read_to_end(&mut unpacked, &mut bytes).unwrap();
//! #     bytes
//! # }
//! # let core = unpacked("crash-deadlock-noopt-go1.27.3-amd64.core");
//! # let executable = unpacked("crash-noopt-go1.27.3-amd64.exe");
//!
//! let summary = sum_up(&core, &executable)?;
//! assert_eq!(summary.reason, "fatal error: all goroutines are asleep - deadlock!");
//! # Ok::<(), ImageError>(())
//! ```

#![forbid(unsafe_code)]

pub mod addr;
pub mod arch;
mod callers;
pub mod disasm;
pub mod dwarf;
pub mod expr;
pub mod flow;
pub mod frames;
pub mod heap;
pub mod heapdump;
pub mod image;
pub mod layout;
pub mod mapped;
pub mod memory;
pub mod postmortem;
pub mod process;
pub mod profile;
pub mod runtime;
pub mod scope;
pub mod source;
pub mod stacks;
pub mod symbols;
pub mod types;
pub mod unwind;
pub mod value;
