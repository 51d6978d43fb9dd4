//! What the end-to-end tests share: the cases of the corpus, the built binary, and comparisons with what is
//! known about a case from elsewhere.
//!
//! Two witnesses speak about every case, and neither knows this project's readers: the program itself, which
//! printed what it held just before it died (`truth`), and the Go runtime, whose traceback is on its stderr
//! ([`traceback`]). Every check counts what it compared, so that a test can refuse to pass on nothing.

pub mod binary;
pub mod case;
pub mod death;
pub mod disass;
pub mod goroutines;
pub mod known;
pub mod report;
pub mod run;
pub mod samples;
pub mod traceback;
pub mod value;
pub mod variables;

pub use case::Case;
pub use report::Report;
