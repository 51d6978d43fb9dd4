//! What the verbs on logs share: how the input is named, followed, narrowed to a time; and what a log answers
//! without a verb.

mod args;
pub mod report;

pub use args::LogArgs;
