//! What tracebacks in a log say: dumps of goroutines, each with the reason of death it stands under, and reports
//! of races.
//!
//! A log can hold thousands of dumps (a server that survives its panics prints one each), so all are counted and
//! described by a line, and the goroutines of one are kept: that of the last crash, of the last dump when nothing
//! crashed, or of the one that was asked for.
//!
//! | file | in charge of |
//! |---|---|
//! | `collect` | which records make one dump |
//! | `section` | a goroutine from its section |
//! | `dump` | a dump as it is kept and as it is listed |
//! | `death` | why the process died |
//! | `profile` | goroutines as a profile counts them |
//! | `race` | two accesses, in a sentence |
//! | `findings` | what the goroutines of a dump suffer from |
//! | `diff` | two dumps of one process |

mod collect;
mod death;
mod diff;
mod dump;
mod findings;
mod profile;
mod race;
mod section;
#[cfg(test)]
mod tests;

pub use collect::{Collected, Collector, Unrecognized, Which};
pub use death::{Death, DeathKind, PanicText, RaisedSignal};
pub use diff::{Diff, Stayed, diff};
pub use dump::{Dump, LogLine, Summary, ThreadStack};
pub use findings::findings;
pub use profile::Profile;
pub use race::{Access, Race};
