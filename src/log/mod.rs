//! What the verbs on logs share.
//!
//! | file | in charge of |
//! |---|---|
//! | `flags` | flags that all of them take |
//! | `drive` | bytes to records |
//! | `pass` | what is none of a verb's, passed on |
//! | `window` | `--since` and `--until` |
//! | `reading` | records to rows, a summary and what is missing |
//! | `verb` | a verb on logs as the registry takes it |

mod drive;
mod flags;
mod pass;
pub mod reading;
mod verb;
mod window;

pub use flags::{LogFlags, is_stdin, name};
pub use pass::Passing;
pub use reading::{Body, Each, Inputs, Reading, Timeless, When, answer, read, sum_up};
pub use verb::{LogArgs, OnLog};
pub use window::{Window, duration};
