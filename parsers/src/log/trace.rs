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

/// Reads a record that was put together from pieces.
pub(super) fn mended(text: &[u8], pieces: u32) -> Option<Kind<'_>> {
    whole(text, pieces).filter(|kind| match kind {
        // Each P has a number in each list, or one got lost.
        Kind::Sched(schedtrace::Record::Sample(sample)) => {
            let is_complete =
                |list: schedtrace::Numbers<'_>| list.iter().count() == sample.gomaxprocs as usize;
            (sample.detail.is_some() || is_complete(sample.local))
                && sample.schedticks.is_none_or(is_complete)
        }
        _ => true,
    })
}

/// The folder of the format that a whole record has.
pub(super) fn format(text: &[u8]) -> &'static str {
    match whole(text, 1) {
        Some(Kind::Sched(_)) => "schedtrace",
        Some(Kind::Scavenger(_)) => "scavtrace",
        Some(Kind::Pacer(_)) => "pacertrace",
        Some(Kind::Init(_)) => "inittrace",
        Some(Kind::Finalizers(_)) => "checkfinalizers",
        _ => "gctrace",
    }
}
