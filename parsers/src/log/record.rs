//! What a line, or several, turned out to be.

use crate::line::{Given, Origin, Place, Stamp, Unreadable, Written};
use crate::{
    alloctrace, checkfinalizers, gctrace, inittrace, memstats, oom, pacertrace, profile, race,
    scavtrace, schedtrace, traceback,
};

/// One record of a log.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Record<'a> {
    /// Where it begins.
    pub place: Place,
    /// When it was written, by the line's prefix.
    pub stamp: Option<Stamp>,
    /// By whom.
    pub origin: Origin,
    /// It is whole, and stood among torn ones: a part of it may be another process's.
    pub doubtful: bool,
    /// What it is.
    pub kind: Kind<'a>,
}

/// The formats.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// `gctrace`.
    Gc(gctrace::Record<'a>),
    /// `scavtrace`, `scvg`.
    Scavenger(scavtrace::Record),
    /// `gcpacertrace`.
    Pacer(pacertrace::Record),
    /// `inittrace`.
    Init(inittrace::Record<'a>),
    /// `checkfinalizers`.
    Finalizers(checkfinalizers::Record<'a>),
    /// `schedtrace`, `scheddetail`.
    Sched(schedtrace::Record<'a>),
    /// `allocfreetrace`.
    Alloc(alloctrace::Record<'a>),
    /// A crash or a goroutine dump.
    Traceback(traceback::Record<'a>),
    /// A race report.
    Race(race::Record<'a>),
    /// A text profile.
    Profile(profile::Record<'a>),
    /// Memory statistics.
    MemStats(memstats::Record<'a>),
    /// The kernel's out-of-memory killer.
    Oom(oom::Record<'a>),
    /// Looked like one of these and could not be read.
    Unreadable(Unreadable<'a>),
    /// The application's own line (or what is left of it when a trace was printed into it).
    Log(&'a [u8]),
}

macro_rules! kinds {
    ($a:lifetime, $($kind:ident($record:ty))*) => {
        $(impl<$a> From<Given<$a, $record>> for Kind<$a> {
            fn from(given: Given<$a, $record>) -> Self {
                match given {
                    Given::Record(record) => Self::$kind(record),
                    Given::Unreadable(lost) => Self::Unreadable(lost),
                    Given::Log(text) => Self::Log(text),
                }
            }
        })*
    };
}

kinds! {
    'a,
    Finalizers(checkfinalizers::Record<'a>)
    Alloc(alloctrace::Record<'a>)
    Traceback(traceback::Record<'a>)
    Race(race::Record<'a>)
    Profile(profile::Record<'a>)
    MemStats(memstats::Record<'a>)
    Oom(oom::Record<'a>)
}

impl<'a> Record<'a> {
    pub(super) const fn new(written: Written, kind: Kind<'a>) -> Self {
        Self {
            place: written.place,
            stamp: written.stamp,
            origin: written.origin,
            doubtful: false,
            kind,
        }
    }
}
