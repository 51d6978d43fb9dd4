//! What the verbs on logs share, and what a log without a verb answers.
//!
//! | file | in charge of |
//! |---|---|
//! | `flags` | flags that all of them take |
//! | `drive` | bytes to records |
//! | `pass` | what is none of a verb's, passed on |
//! | `window` | `--since` and `--until` |
//! | `reading` | records to rows, a summary and what is missing |
//! | `report` | what FILE without a verb says of a log |

mod drive;
mod flags;
mod pass;
pub mod reading;
pub mod report;
mod window;

pub use flags::{LogFlags, is_stdin, name};
pub use pass::Passing;
pub use reading::{
    Each, Inputs, Origins, Reading, Timeless, Unread, UnreadLine, When, answer, read,
};
pub use window::{Window, duration};
