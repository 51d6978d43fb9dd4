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
//! | `collect` | lines, one by one |
//! | `rows` | distinct diagnostics |
//! | `explain` | explanations and their steps |
//! | `counts` | lines by category |
//! | `log` | the same from the compiler's JSON logs |
//! | `alias` | files that text and logs name differently |
//! | `builds` | which build a line belongs to |
//! | `merge` | diagnostics to decisions |
//! | `decision` | the types of the result |
//! | `functions` | which function a decision is in |
//! | `owner` | whose a generic function is |
//! | `reason` | why it escapes |
//! | `class` | classes of reasons, and what usually helps |
//! | `form` | what kind of expression it is |
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
mod class;
mod collect;
mod counts;
mod decision;
mod diff;
mod explain;
mod form;
mod functions;
mod gosource;
mod log;
mod merge;
mod owner;
mod reason;
mod rows;
mod select;
mod strings;
mod summary;
#[cfg(test)]
mod tests;

pub use alloc::{AllocJoin, AllocSite, Profile, ProfileFrame, ProfileRecord, join_allocations};
pub use budget::{Budget, BudgetError, BudgetReport, BudgetRow};
pub use builds::{Build, BuildSet};
pub use class::Class;
pub use collect::Collector;
pub use counts::{Counts, Unrecognized};
pub use decision::{Analysis, Decision, Flow, FunctionTrust, Kind, Outcome, Place, Step};
pub use diff::{Diff, diff};
pub use form::Form;
pub use gosource::GoSource;
pub use log::LogFile;
pub use reason::Reason;
pub use select::Select;
pub use strings::{Strings, Sym};
pub use summary::{Group, GroupBy, Summary, group, summary};
