//! The screens. Each states the data it shows; who knows the input fills it.

pub mod account;
pub mod alloc;
pub mod escapes;
pub mod frames;
pub mod gc;
pub mod goroutines;
pub mod heap;
pub mod memory;
pub mod memstats;
pub mod output;
pub mod overview;
pub mod profile;
pub mod sched;
pub mod text;
pub mod timeline;
pub mod waits;

#[cfg(test)]
mod tests;
