//! The scheduler's life, from what it prints every so often: how long its queues are, which Ps are idle, how many
//! threads there are, and with `scheddetail=1` what every goroutine does.
//!
//! ```text
//! Record, Whose ─ Collector ─┬▶ Sample (one at a time, with its goroutine table)
//!                            └▶ Process (quantiles, heat over time, Ps that stand still) ─▶ Summary, findings
//! ```
//!
//! A sample is a moment: what happens between two is not seen, so shares are shares of samples. Like
//! [`crate::gc::Collector`], the collector is a plain value of bounded size that is cheap to clone for whoever draws
//! while another thread reads; only the goroutine table of the sample that is being read grows with the process.
//!
//! | file | in charge of |
//! |---|---|
//! | `sample` | a sample with what follows it |
//! | `collect` | records to samples to processes |
//! | `process` | a process's totals |
//! | `waits` | what goroutines wait for |
//! | `heat` | queues over time |
//! | `summary` | figures of a process |
//! | `findings` | what they mean |

mod collect;
mod findings;
mod heat;
mod process;
mod sample;
mod summary;
#[cfg(test)]
mod tests;
mod waits;

pub use collect::{Collector, FORMATS};
pub use findings::findings;
pub use heat::{Column, Heat};
pub use process::{PerP, Process, RECENT, Standstill};
pub use sample::{Detail, G, M, MAX_GOROUTINES, P, Sample, g_status, p_status};
pub use summary::{PSummary, StandstillSummary, Summary};
pub use waits::{Count, Waits};
