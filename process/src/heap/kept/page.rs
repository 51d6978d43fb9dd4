//! What `heap` says without a word more: a page of numbers, from a file without a look at the heap.

use super::{Identity, Kind, Sections};
use crate::heap::ask::Page;
use crate::heap::audit::{Audit, ClassCount, Pair};
use crate::heap::bounds::{Bound, Bounds};
use crate::heap::stored::{Rest, Stored, section, stored, whole};
use crate::heap::suspects::{Question, Suspect};
use dumpview_model::finding::{Evidence, Finding, Severity, Subject};
use dumpview_model::heap::{HeapBranch, HeapPlace, HeapTotal, PlaceKind};
use dumpview_model::value::Address;
use std::borrow::Cow;

stored!(struct Page { live, garbage, bounds, share, audit, suspects, top, types });
stored!(struct Bounds { live, garbage, retained });
stored!(
    enum Bound {
        Exact,
        Lower,
        Upper,
        Unknown,
    }
);
stored!(struct Audit {
    classes, objects, bytes, large_bytes, in_heap, manual, pages, alloc_count, heap_live, tiny_allocs,
});
stored!(struct ClassCount { slot, walked, walked_bytes, counted, spans, free_slots, tails });
stored!(struct Pair { walked, counted });
stored!(struct Suspect { finding, retained_bytes, next });
stored!(struct Question { verb, word });
stored!(struct Finding { id, process, severity, text, evidence, subject });
stored!(
    enum Severity {
        Info,
        Warning,
        Critical,
    }
);
stored!(
    enum Subject {
        Crashed,
        Goroutines,
        Waits,
    }
);
stored!(struct Evidence { line, what });
stored!(struct HeapBranch { depth, place, bytes, retained_bytes, of, children, folded });
stored!(struct HeapPlace { kind, name, addr, ty, goroutine, frame, variable });
stored!(
    enum PlaceKind {
        Object,
        Variable,
        Goroutine,
        Frame,
        Registers,
        Finalizer,
        Cleanup,
        WeakHandle,
        FinalizerQueue,
        CleanupQueue,
        TinyBlocks,
    }
);
stored!(struct HeapTotal { key, objects, bytes, retained_bytes, of });

impl Stored for Address {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(rest: &mut Rest) -> Option<Self> {
        u64::take(rest).map(Self)
    }
}

impl Page {
    /// What is to be kept of it. A page of a heap with holes is not to be kept: it says nothing of them.
    pub fn to_sections(&self) -> Sections<'_> {
        Sections {
            kind: Kind::Page,
            list: vec![Cow::Owned(section(self))],
        }
    }

    /// The page that a file has; `None` when the file was not written by this program about this heap, or is not as it
    /// was written.
    pub fn from_file(file: &'static [u8], program: u128, identity: Identity) -> Option<Self> {
        let [page] = Sections::read(file, Kind::Page, program, identity)?;
        whole(page)
    }
}
