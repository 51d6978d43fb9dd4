//! The runtime's one-line traces: collector, scavenger, pacer, initialisation, finalizers, scheduler.
//!
//! Each of these lines says by itself what it is and is read at once, whatever is open: the runtime prints them
//! into the middle of goroutine dumps and reports, which must not end them.

use super::Kind;
use crate::{checkfinalizers, gctrace, inittrace, pacertrace, scavtrace, schedtrace};

/// Reads a line that is one of them from its first byte to its last; `pieces` is from how many physical lines
/// it was put together.
#[inline]
pub(super) fn whole(text: &[u8], pieces: u32) -> Option<Kind<'_>> {
    match text {
        [b'g', b'c', ..] | [b'G', b'C', b' ', ..] | [b's', b'c', b'a', b'n', b':', ..] => {
            gctrace::record(text, pieces).map(Kind::Gc)
        }
        [b'S', b'C', b'H', ..] | [b' ', b' ', b'P' | b'M' | b'G', ..] => {
            schedtrace::record(text, pieces).map(Kind::Sched)
        }
        [b's', b'c', b'a' | b'v', ..] | [b'f', b'o', b'r', b'c', b'e', b'd', b' ', ..] => {
            scavtrace::record(text, pieces).map(Kind::Scavenger)
        }
        [b'p', b'a', b'c', ..] => pacertrace::record(text, pieces).map(Kind::Pacer),
        [b'i', b'n', b'i', b't', b' ', ..] => inittrace::record(text, pieces).map(Kind::Init),
        [b'c', b'h', b'e', b'c', b'k', b'f', ..] => {
            checkfinalizers::queue(text, pieces).map(Kind::Finalizers)
        }
        _ => None,
    }
}

/// The folder of a record's format.
pub(super) fn format(kind: &Kind<'_>) -> &'static str {
    match kind {
        Kind::Sched(_) => "schedtrace",
        Kind::Scavenger(_) => "scavtrace",
        Kind::Pacer(_) => "pacertrace",
        Kind::Init(_) => "inittrace",
        Kind::Finalizers(_) => "checkfinalizers",
        _ => "gctrace",
    }
}
