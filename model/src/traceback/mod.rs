//! What tracebacks in a log say: dumps of goroutines, each with the reason of death it stands under, and reports
//! of races.
//!
//! A log can hold thousands of dumps (a server that survives its panics prints one each), so all are counted and
//! described by a line, and the goroutines of one are kept: that of the last crash, of the last dump when nothing
//! crashed, or of the one that was asked for.
//!
//! | file | in charge of |
//! |---|---|
//! | `collect` | records to dumps and races: where a crash begins and ends |
//! | `open` | one dump whose records are still coming |
//! | `begun` | where something that takes many lines begins |
//! | `section` | a goroutine from its section |
//! | `dump` | a dump as it is kept and as it is listed |
//! | `line` | a line beside it |
//! | `death` | why the process died |
//! | `profile` | goroutines as a profile counts them |
//! | `race` | two accesses, in a sentence |
//! | `repeated` | the same crash again and again |
//! | `refused` | the block of memory that was not to be had |
//! | `findings` | what the goroutines of a dump suffer from |
//! | `diff` | two dumps of one process |

mod begun;
mod collect;
mod death;
mod diff;
mod dump;
mod findings;
mod line;
mod open;
mod profile;
mod race;
mod refused;
mod repeated;
mod section;
#[cfg(test)]
mod tests;

pub use begun::Begun;
pub use collect::{Collected, Collector, Each, Ended, FORMATS, Which};
pub use death::{Death, PanicText, RaisedSignal};
pub use diff::{Diff, Stayed, diff};
pub use dump::{Dump, Summary, ThreadStack};
pub use findings::{Seen, findings, of_goroutines, repeating};
pub use line::LogLine;
pub use profile::Profile;
pub use race::{Access, Race};
pub use refused::Refused;
pub use repeated::repeated;
