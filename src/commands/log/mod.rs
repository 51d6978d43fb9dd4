//! What the verbs on logs share: how the input is named, followed, narrowed to a time.

mod args;

pub use args::LogArgs;
