//! What lines are written to.

pub mod ansi;
