//! The inputs of a timeline.

use crate::log::UnreadLine;
use crate::profile::measure::label;
use crate::profile::sample_index;
use dumpview_parsers::pprof;
use schemars::JsonSchema;
use serde::Serialize;

/// An input of a timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "timeline-source")]
pub struct Source {
    /// As typed.
    #[serde(rename = "path")]
    pub name: String,
    /// `log`, `core` or `profile`.
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

/// What a profile tells for a timeline.
#[derive(Clone, Debug, Default)]
pub struct ProfileFacts {
    /// As the user named it.
    pub name: String,
    /// When it began, nanoseconds since 1970; absent when it does not say.
    pub began_unix: Option<i64>,
    /// How long it was taken, in nanoseconds; zero for one that tells of a moment.
    pub span: u64,
    /// What it counted, and how much of it.
    pub text: String,
}

impl ProfileFacts {
    /// Of a profile. CPU profiles say when they began (`runtime/pprof/proto.go:newProfileBuilder`); those that are the difference
    /// of two, when they ended (`net/http/pprof/pprof.go:serveDeltaProfile`).
    pub fn of(name: String, profile: &pprof::Profile) -> Self {
        let kind = profile
            .sample_types
            .get(sample_index(profile, "").unwrap_or(0));
        let (kind, unit) = kind.map_or(("", ""), |of| (&of.kind, &of.unit));
        let index = sample_index(profile, "").unwrap_or(0);
        let total = profile.samples.column(index).fold(0i64, i64::wrapping_add);
        let span = u64::try_from(profile.duration_nanos).unwrap_or(0);
        let at = Some(profile.time_nanos).filter(|at| *at != 0);
        let ends = kind != "cpu" && kind != "samples";
        let began = at.map(|at| {
            if ends {
                at.saturating_sub(profile.duration_nanos.max(0))
            } else {
                at
            }
        });
        Self {
            name,
            began_unix: began,
            span,
            text: format!("{kind}: {}", label(total, unit)),
        }
    }
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
