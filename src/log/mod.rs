//! What the verbs on logs share.
//!
//! | file | in charge of |
//! |---|---|
//! | `flags` | flags that all of them take |
//! | `drive` | bytes to records |
//! | `pass` | what is none of a verb's, passed on |
//! | `window` | `--since` and `--until` |
//! | `reading` | records to rows, a summary and what is missing |

mod drive;
mod flags;
mod pass;
pub mod reading;
mod window;

pub use flags::{LogFlags, is_stdin, name};
pub use pass::Passing;
pub use reading::{Body, Each, Inputs, Origins, Reading, Timeless, When, answer, read, sum_up};
pub use window::{Window, duration};
