//! What lines are written to.

pub mod ansi;
pub mod csv;
