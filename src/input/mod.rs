//! Opening inputs: mapping files, decompressing what was compressed, recognising what a file is.
//!
//! Everything that is opened lives in an [`Arena`] until the program ends its question, so that the whole
//! analysis can borrow one lifetime.

mod bytes;
mod decompress;
mod follow;
mod interrupt;
mod kind;
pub mod log;
mod map;
pub mod stream;

pub use bytes::{Arena, InputError};
pub use decompress::unlinked_temporary_file;
pub use kind::{Kind, recognize, recognize_file};
