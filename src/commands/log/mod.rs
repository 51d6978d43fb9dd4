//! What the verbs on logs share: how the input is named, followed, narrowed to a time, what becomes of the lines that
//! are none of theirs; and what a log answers without a verb.

mod args;
mod drive;
mod pass;
pub mod report;
mod stop;
mod window;

pub use args::{LogArgs, reader};
pub use drive::{Step, drive};
use pass::Passing;
pub use stop::Stop;
pub use window::{Window, Within, duration};
