//! One file per verb: each turns an opened process into an answer.

pub mod at;
pub mod bt;
pub mod escapes;
pub mod goroutines;
pub mod info;
pub mod list;
pub mod listing;
pub mod locals;
pub mod print;
pub mod regs;
pub mod report;
pub mod threads;
pub mod x;
