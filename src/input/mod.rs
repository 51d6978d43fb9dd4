//! Opening inputs: mapping files, decompressing what was compressed.
//!
//! Everything that is opened lives in an [`Arena`] until the program ends its question, so that the whole
//! analysis can borrow one lifetime.

mod bytes;
mod decompress;
mod error;
mod follow;
mod interrupt;
pub mod log;
mod small;
pub mod stream;
mod zstd;

pub use bytes::{Arena, map_for_good};
pub use decompress::unlinked_temporary_file;
pub use error::{InputError, io_words};
pub use small::small;
