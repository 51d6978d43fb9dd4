//! What a line, or several, turned out to be.

use super::{Origin, Place, Stamp};
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

/// A line that began like a trace and is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreadable<'a> {
    /// The format that it looked like: the name of its folder here.
    pub format: &'static str,
    /// The text, as far as it was there.
    pub text: &'a [u8],
    /// What is wrong with it.
    pub why: &'static str,
}
