//! The scheduler's life, from what it prints every so often: how long its queues are, which Ps are idle, how many
//! threads there are, and with `scheddetail=1` what every goroutine does.
//!
//! ```text
//! log::Record ─ Collector ─┬▶ Sample (one at a time, with its goroutine table)
//!                          └▶ Run (a process: quantiles, heat over time, Ps that stand still) ─▶ Summary, findings
//! ```
//!
//! A sample is a moment: what happens between two is not seen, so shares are shares of samples. Like
//! [`crate::gc::Collector`], the collector is a plain value of bounded size, to be kept behind a lock by whoever draws
//! while another thread reads; only the goroutine table of the sample that is being read grows with the process.
//!
//! | file | in charge of |
//! |---|---|
//! | `sample` | a sample with what follows it |
//! | `collect` | records to samples to runs |
//! | `run` | a process's totals |
//! | `heat` | queues over time |
//! | `summary` | figures of a run |
//! | `findings` | what they mean |

mod collect;
mod findings;
mod heat;
mod run;
mod sample;
mod summary;
#[cfg(test)]
mod tests;

pub use collect::{Collector, Unrecognized};
pub use findings::findings;
pub use heat::{Column, Heat};
pub use run::{PerP, RECENT, Recent, Run, Standstill};
pub use sample::{Detail, G, M, MAX_GOROUTINES, P, Sample, g_status, p_status};
pub use summary::{Count, PSummary, StandstillSummary, Summary, Waits};
