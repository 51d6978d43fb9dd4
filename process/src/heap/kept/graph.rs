//! An analysis without what is read of the core anew: spans, and the masks that say where pointers are.

use super::{Identity, Kind, Sections};
use crate::heap::roots::Roots;
use crate::heap::stored::{section, stored, whole};
use crate::heap::types::{Labels, Share, is_lasting};
use crate::heap::{Analysis, Heap, HeapError, Scanned};
use crate::process::Process;
use dumpview_heap::{Dominators, Graph};
use dumpview_model::heap::Amount;
use std::borrow::Cow;
use zerocopy::IntoBytes;

stored!(struct Amount { objects, bytes });
stored!(struct Share { header, variable, local, interface, none });
stored!(struct Scanned { pointer_words, to_free_slots, unknown, unread });

/// Beside the columns.
struct Small {
    /// [`crate::heap::Spans::checksum`]: the columns speak of objects by number.
    spans: u64,
    scanned: Scanned,
    share: Share,
    live: Amount,
    garbage: Amount,
}
stored!(struct Small { spans, scanned, share, live, garbage });

impl<'p, 'a> Analysis<'p, 'a> {
    /// What is to be kept of it; `None` when it has holes, or speaks of types that only this run of the program knows.
    pub fn to_sections(&self) -> Option<Sections<'_>> {
        // A heap dump file has its graph ready: reading it is no more work than reading what was kept.
        if self.process.heap_dump.is_some() {
            return None;
        }
        let damage = self.process.shortfalls.iter().any(|lacks| lacks.damage);
        let mut statics = self.heap.roots.variables.statics().iter();
        if damage || !self.notes().is_empty() || !statics.all(|value| is_lasting(value.ty)) {
            return None;
        }
        let labels = self.labels.to_section()?;
        let small = section(&Small {
            spans: self.heap.spans.checksum(),
            scanned: self.heap.scanned,
            share: self.share,
            live: self.live,
            garbage: self.garbage,
        });
        let mut list = vec![
            Cow::Owned(small),
            Cow::Owned(section(&self.heap.roots)),
            Cow::Owned(labels),
        ];
        let of = self.labels.by_object().as_slice().as_bytes();
        let columns = [of].into_iter().chain(self.heap.graph.sections());
        list.extend(columns.chain(self.dominators.sections()).map(Cow::Borrowed));
        Some(Sections {
            kind: Kind::Graph,
            list,
        })
    }

    /// The analysis that a file has; `None` when the file was not written by this program about this heap, or is not as it
    /// was written.
    ///
    /// # Errors
    ///
    /// As [`Self::of`]: spans are read of the core.
    pub fn from_file(
        process: &'p Process<'a>,
        file: &'static [u8],
        program: u128,
        identity: Identity,
    ) -> Result<Option<Self>, HeapError> {
        if process.heap_dump.is_some() {
            return Ok(None);
        }
        let sections = Sections::read::<12>(file, Kind::Graph, program, identity);
        let Some(
            [
                small,
                roots,
                labels,
                of,
                graph @ ..,
                number,
                folded,
                node,
                idom,
                retained,
            ],
        ) = sections
        else {
            return Ok(None);
        };
        let (spans, pointers) = Heap::ground(process)?;
        let learnt = || {
            let (small, roots): (Small, Roots) = (whole(small)?, whole(roots)?);
            let objects = spans.objects();
            if small.spans != spans.checksum() || !roots.are_of(objects) {
                return None;
            }
            let count = u32::try_from(roots.list.len()).ok()?;
            let (graph, labels) = rayon::join(
                || Graph::from_sections(objects, count, graph),
                || Labels::from_sections(objects, of, labels),
            );
            let (graph, labels) = (graph?, labels?);
            let dominators = [number, folded, node, idom, retained];
            let dominators = Dominators::from_sections(&graph, dominators)?;
            Some((graph, roots, labels, dominators, small))
        };
        let Some((graph, roots, labels, dominators, small)) = learnt() else {
            return Ok(None);
        };
        let heap = Heap {
            spans,
            roots,
            graph,
            pointers,
            scanned: small.scanned,
            recorded: None,
        };
        let amounts = (small.live, small.garbage, small.share);
        Self::of_parts(process, heap, labels, dominators, amounts).map(Some)
    }
}
