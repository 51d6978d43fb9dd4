//! What lines are written to.

pub mod ansi;
pub mod csv;
pub mod html;
pub mod markdown;
