//! Everything that happened, from every input, on one axis.
//!
//! An input is a log or a core. Each process in it has events with a time on the clocks that their writer
//! had (since the process's start, the wall clock of a prefix), or with none but their place between other lines.
//! [`Log`] takes the records of one log, [`Collector`] puts inputs together, `join` finds what ties their processes to
//! each other, and a [`Timeline`] has each event's time as bounds: what is not exact says by how much.
//!
//! ```text
//! Record, Whose ─ Log ─▶ processes (lanes kept; wall, marks) ─ join ─▶ axis ─ place ─▶ Timeline
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `bounds` | times between two others |
//! | `event` | what can happen |
//! | `kept` | lanes in bounded memory |
//! | `wall` | a process's start by the wall clock, from stamps |
//! | `process` | one process of one input |
//! | `source` | the inputs |
//! | `log` | records of a log to processes |
//! | `collect` | inputs put together |
//! | `join` | which processes are one and the same, and where they stand |
//! | `place` | each event on the axis |
//! | `merged` | the result |

mod bounds;
mod collect;
mod event;
mod join;
mod kept;
mod log;
mod merged;
mod place;
mod process;
mod source;
#[cfg(test)]
mod tests;
mod wall;

pub use bounds::Bounds;
pub use collect::Collector;
pub use event::{
    Event, Lane, MemorySample, Moment, MomentKind, Phase, SchedSample, Since, What, phases,
};
pub use join::Align;
pub use kept::Kept;
pub use log::Log;
pub use merged::{Axis, By, Clock, LaneCount, Placed, Point, ProcessInfo, Series, Timeline};
pub use source::{CoreFacts, ProfileFacts, Source, Unread};
pub use wall::{WallFit, Zone};
