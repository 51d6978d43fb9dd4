//! Memory statistics, from runtime.MemStats in whatever form they were printed.
//!
//! [`Collector`] takes records and puts snapshots to processes; [`Snapshot`] answers what one moment tells: where
//! `Sys` goes to the byte, which pauses the runtime remembers; [`findings`] says what it means. What was not printed
//! is not known here either: a part that is missing is missing, and only when all the others are there is it told
//! from what remains.
//!
//! Where several ways lead to a number (runtime/metrics has other names for the same counters), the snapshot
//! knows the way; the rest of the model reads fields.
//!
//! | file | in charge of |
//! |---|---|
//! | `snapshot` | one moment |
//! | `parts` | what Sys is made of |
//! | `pauses` | the ring of the last 256 pauses |
//! | `collect` | records to processes, in bounded memory |
//! | `series` | differences between moments |
//! | `number` | values as JSON has them |
//! | `summary` | what the snapshots of a process come to |
//! | `findings` | what it means |

mod collect;
mod findings;
mod number;
mod parts;
mod pauses;
mod series;
mod snapshot;
mod summary;
#[cfg(test)]
mod tests;

pub use collect::{Collector, FORMATS, MOST, Process};
pub use dumpview_parsers::memstats::{Amount, Field, Form, Metric, MetricValue, SizeClass, Value};
pub use findings::findings;
pub use number::Rounded;
pub use parts::{Part, Parts};
pub use pauses::{PauseFigures, figures};
pub use series::{Difference, differences, elapsed};
pub use snapshot::{Pause, Snapshot};
pub use summary::{Summary, Sums};
