//! Everything that happened, from every input, on one axis.
//!
//! An input is a log or a core. Each process in it is a *strand*: events with a time on the clocks that its writer
//! had (since the process's start, the wall clock of a prefix), or with none but their place between other lines.
//! [`Collector`] takes records, `join` finds what ties strands to each other, and a [`Timeline`] has each event's
//! time as bounds: what is not exact says by how much.
//!
//! ```text
//! records ─ collect ─▶ strands (lanes kept; wall, marks) ─ join ─▶ axis ─ place ─▶ Timeline
//! ```
//!
//! | file | in charge of |
//! |---|---|
//! | `bounds` | times between two others |
//! | `event` | what can happen |
//! | `kept` | lanes in bounded memory |
//! | `wall` | a process's start by the wall clock, from stamps |
//! | `strand` | one process of one input |
//! | `collect` | records to strands |
//! | `moments` | records to moments |
//! | `crash`, `race` | the records of one crash or race report |
//! | `join` | which strands are one process, and where they stand |
//! | `place` | each event on the axis |
//! | `merged` | the result |

mod bounds;
mod collect;
mod crash;
mod event;
mod join;
mod kept;
mod merged;
mod moments;
mod place;
mod race;
mod strand;
#[cfg(test)]
mod tests;
mod wall;

pub use bounds::Bounds;
pub use collect::{Collector, CoreFacts, Source, UnreadableLine};
pub use event::{
    Event, Lane, MemorySample, Moment, MomentKind, Phase, SchedSample, Since, What, phases,
};
pub use join::{Align, AlignTo};
pub use kept::Kept;
pub use merged::{Axis, By, Clock, Placed, Series, StrandInfo, Timeline};
pub use wall::{WallFit, Zone};
