//! What the verbs on logs share.
//!
//! | file | in charge of |
//! |---|---|
//! | `args` | flags that all of them take, and their own |
//! | `drive` | bytes to records |
//! | `dump` | the statistics of a heap dump |
//! | `pass` | what is none of a verb's, passed on |
//! | `window` | `--since` and `--until` |
//! | `whole` | a log read whole, for answers without rows |
//! | `reading` | records to rows, a summary and what is missing |
//! | `verb` | a verb on logs as the registry takes it |

mod args;
mod drive;
mod dump;
mod pass;
pub mod reading;
mod verb;
mod whole;
mod window;

pub use crate::flags::LogFlags;
pub use crate::words::{is_stdin, name};
pub use args::LogArgs;
pub use pass::Passing;
pub use reading::{Body, Each, Inputs, Reading, Summed, Timeless, When, read};
pub use verb::OnLog;
pub use whole::{Whole, whole};
