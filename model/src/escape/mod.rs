//! Escape decisions: what the compiler decided about each variable and expression, merged from every build
//! and dialect in the input.
//!
//! A [`Collector`] takes lines one by one and keeps each distinct diagnostic and explanation once, so that its
//! memory follows the program that was compiled and not the size of the file. [`Collector::finish`] joins
//! terse lines with their explained twins into an [`Analysis`] of [`Decision`]s.
//!
//! | file | in charge of |
//! |---|---|
//! | `strings` | interned text |
//! | `collect` | lines to distinct diagnostics and flows |
//! | `log` | the same from the compiler's JSON logs |
//! | `alias` | files that text and logs name differently |
//! | `builds` | which build a line belongs to |
//! | `merge` | diagnostics to decisions |
//! | `decision` | the types of the result |
//! | `functions` | which function a decision is in |
//! | `reason` | why it escapes, and what usually helps |
//! | `select` | filters |
//! | `summary` | counts by kind, package, file, function, reason |
//! | `diff` | what appeared and went between two inputs |
//! | `budget` | functions that must not escape |
//! | `alloc` | joined with a heap profile |
//! | `gosource` | a Go file's functions and lines |

mod alias;
mod alloc;
mod budget;
mod builds;
mod collect;
mod decision;
mod diff;
mod functions;
mod gosource;
mod log;
mod merge;
mod reason;
mod select;
mod strings;
mod summary;
#[cfg(test)]
mod tests;

pub use alloc::{AllocJoin, AllocSite, Profile, ProfileFrame, ProfileRecord, join_allocations};
pub use budget::{Budget, BudgetError, BudgetReport, BudgetRow};
pub use builds::{Build, BuildSet};
pub use collect::{Collector, Counts, Unrecognized};
pub use decision::{Analysis, Decision, Flow, FunctionTrust, Kind, Outcome, Place, Step};
pub use diff::{Diff, diff};
pub use gosource::GoSource;
pub use log::LogFile;
pub use reason::{Class, Form, Reason};
pub use select::Select;
pub use strings::{Strings, Sym};
pub use summary::{Group, GroupBy, Summary, group, summary};
