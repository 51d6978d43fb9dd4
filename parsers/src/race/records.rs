//! What stands in race reports.

use crate::traceback::Frame;

/// Who accessed the memory. The numbers are the race detector's own, not those of tracebacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// `main goroutine`
    Main,
    /// `goroutine 8`
    Goroutine(u64),
}

/// `Read at 0x00c00001a068 by goroutine 8:` or `Previous write at … by main goroutine:`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access<'a> {
    /// It came before the other one.
    pub previous: bool,
    /// `read`, `write`, `atomic write`, …: without `Previous`, its first letter as printed.
    pub kind: &'a [u8],
    /// What was accessed; not printed up to Go 1.4.
    pub addr: Option<u64>,
    /// By whom.
    pub who: Who,
}

/// One record of race reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `WARNING: DATA RACE`
    Start,
    /// One of the two accesses; its calls follow.
    Access(Access<'a>),
    /// `Goroutine 8 (running) created at:`; its calls follow.
    Creation {
        /// The race detector's number.
        goroutine: u64,
        /// Whether it had ended by then.
        finished: bool,
    },
    /// A call, of what was last begun.
    Frame(Frame<'a>),
    /// `[failed to restore the stack]`: the access is older than the detector's history (GORACE=history_size).
    Lost,
    /// Any other line of a report.
    Note(&'a [u8]),
    /// The line that closes a report.
    End,
    /// `Found 2 data race(s)`, when the process ends.
    Found(u64),
}
