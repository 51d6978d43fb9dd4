//! The objects of a Go heap as [`dumpview_heap::Objects`]: allocated slots, numbered in address order.

use super::spans::Spans;
use crate::addr::Addr;
use dumpview_heap::{ObjId, Objects, Run};

impl Objects for Spans {
    fn len(&self) -> u32 {
        self.objects()
    }

    fn addr(&self, id: ObjId) -> u64 {
        self.place(id.0).map_or(0, |(addr, _)| addr.0)
    }

    fn size(&self, id: ObjId) -> u64 {
        self.of_object(id.0).map_or(0, |span| span.elemsize)
    }

    #[inline]
    fn find(&self, addr: u64) -> Option<ObjId> {
        Spans::find(self, Addr(addr)).map(ObjId)
    }

    /// A span is one run.
    fn runs(&self, visit: &mut dyn FnMut(Run)) {
        for span in self.list() {
            visit(Run {
                first: ObjId(span.first),
                count: span.allocated,
                size: span.elemsize,
            });
        }
    }
}
