//! The inputs of a timeline.

use crate::log::UnreadLine;
use schemars::JsonSchema;
use serde::Serialize;

/// An input of a timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "timeline-source")]
pub struct Source {
    /// As typed.
    #[serde(rename = "path")]
    pub name: String,
    /// `log` or `core`.
    pub kind: &'static str,
    /// `go1.27.3`; null where it is not known.
    pub go_version: Option<String>,
    /// How many lines looked like a trace and could not be read.
    #[serde(skip)]
    pub unread: u64,
}

/// A line that could not be read, and of which input.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The input, by its number.
    pub source: usize,
    /// The line.
    pub line: UnreadLine,
}

/// What a core tells for a timeline; the caller reads it from the core.
#[derive(Clone, Debug, Default)]
pub struct CoreFacts {
    /// As the user named it.
    pub name: String,
    /// The release, when it is known.
    pub go_version: Option<String>,
    /// Why it died.
    pub reason: String,
    /// How many goroutines it had.
    pub goroutines: Option<u64>,
    /// When the runtime started, nanoseconds since 1970.
    pub started_unix: Option<i64>,
    /// The latest time it is known to have reached, nanoseconds since 1970.
    pub reached_unix: Option<i64>,
    /// The pauses it remembers: collection, end in nanoseconds since 1970, nanoseconds.
    pub pauses: Vec<(u64, i64, u64)>,
}
