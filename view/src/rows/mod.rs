//! The record types of the product and their columns: one file each.

mod allocation;
mod cost;
mod cycle;
pub mod decision;
mod event;
mod finding;
mod function;
mod goroutine;
mod heap;
mod sample;
mod snapshot;
mod thread;
mod wait;

pub use allocation::Allocation;
pub use cost::{Cost, CostRow, CostUnit};
pub use decision::DecisionRow;
pub use event::{TimelineEvent, sentence};
pub use function::FunctionRow;
pub use goroutine::GoroutineRow;
pub use snapshot::MemorySnapshot;
pub use thread::ThreadRow;
pub use wait::WaitRow;
