//! What a log holds: how many records of each format, and from which line to which.

use dumpview_parsers::log::{Kind, Place, Record};
use dumpview_parsers::{checkfinalizers, gctrace, oom, profile, race, schedtrace, traceback};
use std::collections::BTreeMap;

/// A format, or the application's own lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Part {
    /// Crashes and goroutine dumps.
    Traceback,
    /// The kernel's out-of-memory killer.
    Oom,
    /// Race reports.
    Race,
    /// Collections.
    Gc,
    /// Scheduler samples.
    Sched,
    /// Allocations and frees.
    Alloc,
    /// Memory statistics.
    MemStats,
    /// Text profiles.
    Profile,
    /// The scavenger.
    Scavenger,
    /// The pacer.
    Pacer,
    /// Finalizer checks.
    Finalizers,
    /// Package initialisation.
    Init,
    /// Lines that looked like a trace and could not be read.
    Unreadable,
    /// The application's own lines.
    Log,
}

impl Part {
    /// What a record is part of.
    pub const fn of(kind: &Kind<'_>) -> Option<Self> {
        Some(match kind {
            Kind::Traceback(_) => Self::Traceback,
            Kind::Oom(_) => Self::Oom,
            Kind::Race(_) => Self::Race,
            Kind::Gc(_) => Self::Gc,
            Kind::Sched(_) => Self::Sched,
            Kind::Alloc(_) => Self::Alloc,
            Kind::MemStats(_) => Self::MemStats,
            Kind::Profile(_) => Self::Profile,
            Kind::Scavenger(_) => Self::Scavenger,
            Kind::Pacer(_) => Self::Pacer,
            Kind::Finalizers(_) => Self::Finalizers,
            Kind::Init(_) => Self::Init,
            Kind::Unreadable(_) => Self::Unreadable,
            Kind::Log(_) => Self::Log,
            _ => return None,
        })
    }

    /// As JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traceback => "traceback",
            Self::Oom => "oom",
            Self::Race => "race",
            Self::Gc => "gctrace",
            Self::Sched => "schedtrace",
            Self::Alloc => "allocfreetrace",
            Self::MemStats => "memstats",
            Self::Profile => "profile",
            Self::Scavenger => "scavtrace",
            Self::Pacer => "gcpacertrace",
            Self::Finalizers => "checkfinalizers",
            Self::Init => "inittrace",
            Self::Unreadable => "unreadable",
            Self::Log => "log",
        }
    }

    /// The verb that says more of it.
    pub const fn verb(self) -> Option<&'static str> {
        match self {
            Self::Traceback | Self::Race => Some("goroutines"),
            Self::Gc | Self::Scavenger | Self::Pacer | Self::Init => Some("gc"),
            Self::Sched => Some("sched"),
            Self::Alloc => Some("alloc"),
            Self::MemStats => Some("memstats"),
            Self::Oom => Some("timeline"),
            Self::Profile => Some("pprof"),
            Self::Finalizers | Self::Unreadable | Self::Log => None,
        }
    }
}

/// How much there is of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Records: of a traceback its goroutines, of a report or a profile the whole of it. One at least.
    pub records: u64,
    /// Line of the first.
    pub first: u64,
    /// Line of the last; that record may go on beyond it.
    pub last: u64,
}

impl Extent {
    /// What has no beginning here is one record all the same.
    fn counted(self) -> Self {
        Self {
            records: self.records.max(1),
            ..self
        }
    }
}

/// Whether a record of the parsers is the first of what people count as one.
fn begins(kind: &Kind<'_>) -> bool {
    match kind {
        Kind::Gc(record) => matches!(
            record,
            gctrace::Record::Cycle(_) | gctrace::Record::OldCycle(_)
        ),
        Kind::Sched(record) => matches!(record, schedtrace::Record::Sample(_)),
        Kind::Traceback(record) => matches!(
            record,
            traceback::Record::Header(_) | traceback::Record::Section(_)
        ),
        Kind::Race(record) => *record == race::Record::Start,
        Kind::Profile(record) => matches!(record, profile::Record::Header(_)),
        Kind::Oom(record) => matches!(record, oom::Record::Invoked { .. }),
        Kind::Finalizers(record) => matches!(
            record,
            checkfinalizers::Record::Warning | checkfinalizers::Record::Queue { .. }
        ),
        _ => true,
    }
}

/// Where the last of what a record stands for begins.
const fn last_line(record: &Record<'_>) -> u64 {
    let line = record.place.line;
    match &record.kind {
        Kind::Traceback(traceback::Record::Section(section)) => line + section.last_record(),
        _ => line,
    }
}

/// What a log holds.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    parts: BTreeMap<Part, Extent>,
}

impl Inventory {
    /// Counts a record. Empty lines are nobody's.
    pub fn record(&mut self, record: &Record<'_>) {
        if matches!(record.kind, Kind::Log(text) if text.trim_ascii().is_empty()) {
            return;
        }
        let Some(part) = Part::of(&record.kind) else {
            return;
        };
        let Place { line, .. } = record.place;
        let extent = self.parts.entry(part).or_insert(Extent {
            records: 0,
            first: line,
            last: line,
        });
        extent.records += u64::from(begins(&record.kind));
        extent.last = extent.last.max(last_line(record));
    }

    /// By part, what tells most first.
    pub fn parts(&self) -> impl Iterator<Item = (Part, Extent)> + '_ {
        let parts = self.parts.iter();
        parts.map(|(part, extent)| (*part, extent.counted()))
    }

    /// How much there is of one.
    pub fn get(&self, part: Part) -> Option<Extent> {
        self.parts.get(&part).copied().map(Extent::counted)
    }

    /// Whether there is anything but the application's own lines.
    pub fn has_traces(&self) -> bool {
        self.parts.keys().any(|part| *part != Part::Log)
    }
}

#[cfg(test)]
mod tests {
    use super::{Extent, Inventory, Part};
    use dumpview_parsers::log::{Kind, Origin, Place, Record};

    #[test]
    fn lines_are_counted_where_they_stand() {
        let mut inventory = Inventory::default();
        for (line, text) in [(1, &b"a"[..]), (2, b"  "), (7, b"b")] {
            inventory.record(&Record {
                place: Place { line, offset: 0 },
                stamp: None,
                origin: Origin(0),
                doubtful: false,
                kind: Kind::Log(text),
            });
        }
        let extent = Extent {
            records: 2,
            first: 1,
            last: 7,
        };
        assert_eq!(inventory.get(Part::Log), Some(extent));
        assert!(!inventory.has_traces());
    }
}
