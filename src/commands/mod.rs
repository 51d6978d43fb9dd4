//! One file per verb: each turns an opened process into an answer.

pub mod escapes;
pub mod info;
pub mod listing;
pub mod regs;
pub mod threads;
pub mod x;
