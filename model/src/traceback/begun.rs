//! Where something that takes many lines of a log begins.

use crate::log::ProcessId;
use dumpview_parsers::log::{Origin, Place, Record, Stamp};

/// Its first line.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Begun {
    /// Where that stands.
    pub place: Place,
    /// When it was written, by its prefix.
    pub stamp: Option<Stamp>,
    /// By whom, as its prefix has it.
    pub origin: Origin,
    /// By which process.
    pub process: ProcessId,
}

impl Begun {
    /// With this record.
    pub(super) const fn with(record: &Record<'_>, process: ProcessId) -> Self {
        Self {
            place: record.place,
            stamp: record.stamp,
            origin: record.origin,
            process,
        }
    }
}
