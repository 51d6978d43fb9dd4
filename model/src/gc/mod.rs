//! The collector's life, from what it prints: the cycles of each process ([`crate::log::Whose`] tells which) are added up in memory that
//! does not grow with the log, and judged.
//!
//! ```text
//! log::Record ─ Collector ─┬▶ Cycle (one at a time, for JSON, CSV and whoever draws)
//!                          └▶ Process (a process: totals, quantiles, series, the last cycles) ─▶ Summary, findings
//! ```
//!
//! [`Collector`] is a plain value that is cheap to clone: whoever draws while another thread reads takes a clone, which
//! shares every process with it until that process goes on. A process holds at most [`RECENT`] cycles whole, series of at most 512 points and sketches of 58 kB, so
//! that looking costs the same after a minute and after a week.
//!
//! Heap sizes are whole MiB, cut down, and times are cut down too (see [`dumpview_parsers::quantity`]): sums are
//! lower bounds, and what is computed from them says by how much it may be off.
//!
//! | file | in charge of |
//! |---|---|
//! | `cycle` | a cycle of any release, and what follows from its numbers |
//! | `collect` | records to processes |
//! | `process` | a process's totals |
//! | `numbers` | numbers of cycles that are missing or doubtful |
//! | `extras` | scavenger, pacer, scan and init lines |
//! | `pressure` | cycles back to back under a limit |
//! | `growth` | whether live heap rises like a leak |
//! | `summary` | figures of a process |
//! | `findings`, `stream` | what they mean, and what is not there |
//! | `compare` | two processes |

mod collect;
mod compare;
mod cycle;
mod extras;
mod findings;
mod growth;
mod numbers;
mod pressure;
mod process;
mod stream;
mod summary;
#[cfg(test)]
mod tests;

pub use collect::{Collector, FORMATS, More, Sums, WithoutCycles};
pub use compare::{Row, Unit, Verdict, compare};
pub use cycle::{Cycle, Printed};
pub use extras::{Extras, Inits, Pacer, Scavenger};
pub use findings::findings;
pub use growth::{Confidence, Growth, Shape};
pub use pressure::{Pressure, Streak};
pub use process::{Process, RECENT, SeriesSet};

pub use summary::{Gogc, Moment, Phase, Rate, Summary};
