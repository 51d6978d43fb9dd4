//! One file or folder per verb: each turns an opened input into an answer.

pub mod alloc;
pub mod bt;
pub mod contents;
pub mod disass;
pub mod escapes;
pub mod export;
pub mod gc;
pub mod goroutines;
pub mod heap;
pub mod heap_dump;
pub mod info;
pub mod list;
pub mod listing;
pub mod locals;
pub mod memory;
pub mod memstats;
pub mod moves;
pub mod pprof;
pub mod print;
pub mod regs;
pub mod report;
pub mod sched;
pub mod threads;
pub mod timeline;
pub mod waits;
pub mod x;
