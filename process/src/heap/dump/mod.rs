//! The heap of a heap dump, in the shapes that the heap of a core has: spans of its slots, pointers by its lists, stacks
//! and specials by its records. Whatever is asked of a heap is asked of these.

mod spans;
mod stacks;

pub(super) use spans::spans;
pub use stacks::Recorded;

use super::spans::Spans;
use super::{Special, SpecialKind};
use crate::addr::Addr;
use crate::heapdump::HeapDump;

/// What the dump says is attached to objects. Cleanups and weak handles are not in a dump.
pub(super) fn specials(dump: &HeapDump<'_>, spans: &Spans) -> Vec<Special> {
    let special = |kind, object, payload| {
        Some(Special {
            kind,
            object: spans.find(Addr(object))?,
            addr: Addr::NULL,
            payload: Addr(payload),
            argument: Addr::NULL,
        })
    };
    let finalizers = dump.finalizers.iter();
    let finalizers =
        finalizers.filter_map(|f| special(SpecialKind::Finalizer, f.object, f.function));
    let samples = dump.samples.iter();
    let samples = samples.filter_map(|s| special(SpecialKind::Profile, s.object, s.bucket));
    let mut all: Vec<Special> = finalizers.chain(samples).collect();
    all.sort_by_key(|special| special.object);
    all
}

/// What finalizers that are due refer to.
pub(super) fn queued(dump: &HeapDump<'_>) -> Vec<Addr> {
    let values = dump.queued.iter().flat_map(|f| [f.object, f.function]);
    values.filter(|value| *value != 0).map(Addr).collect()
}
