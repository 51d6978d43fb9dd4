//! What package initialisation prints.

use crate::quantity::{Bytes, Nanos};

/// `init PKG @T ms, …`: a package's initialisation is over (runtime/proc.go doInit1; Go 1.16 and later).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Import path.
    pub package: &'a [u8],
    /// When it began, since the runtime did; cut down as [`Nanos::printed_step`] says.
    pub start: Nanos,
    /// How long it took; cut down likewise.
    pub clock: Nanos,
    /// Heap it allocated.
    pub bytes: Bytes,
    /// In how many objects.
    pub allocs: u64,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}
