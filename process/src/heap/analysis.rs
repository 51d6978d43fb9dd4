//! One heap with all that questions about it need, each part made once.
//!
//! Objects, references, types and dominators are made together: hardly any question does without them. What only some
//! questions need (who refers to whom, shortest paths, the dominator tree downwards) is made at the first of those.

use super::audit::Audit;
use super::types::{Labels, Share};
use super::{Bounds, Heap, HeapError, Lacks, Names, Note};
use crate::process::Process;
use dumpview_heap::{Dominators, NodeId, ObjId, Objects, Paths, Rows};
use dumpview_model::heap::Amount;
use std::sync::OnceLock;

/// A part of the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Spans, roots and references.
    References,
    /// What each object is, and who keeps what.
    Owners,
}

/// How far a walk is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What is being done.
    pub phase: Phase,
    /// Objects that are done.
    pub done: u64,
    /// How many there are; 0 where that is not known.
    pub of: u64,
}

/// Who is told how far a walk is, on any thread, and answers whether it is still wanted.
pub type Watch<'w> = dyn Fn(Step) -> bool + Sync + 'w;

/// The heap of a process, analysed.
pub struct Analysis<'p, 'a> {
    /// The process.
    pub process: &'p Process<'a>,
    /// Objects, references, roots.
    pub heap: Heap<'p>,
    /// What each object is.
    pub labels: Labels,
    /// Who keeps what, and retained sizes.
    pub dominators: Dominators,
    /// What was walked against what the runtime counted.
    pub audit: Audit,
    /// Live bytes by who named their type.
    pub share: Share,
    /// What is reached and what is not.
    pub live: Amount,
    /// Allocated and not reached.
    pub garbage: Amount,
    referrers: OnceLock<Rows>,
    pub(super) dominated: OnceLock<Rows>,
    paths: OnceLock<Paths>,
}

impl<'p, 'a> Analysis<'p, 'a> {
    /// Walks the heap. `watch` is told how far it is, and may stop it until owners are looked for: that last part goes to
    /// its end.
    ///
    /// # Errors
    ///
    /// When there is no heap to walk, or the walk was stopped. A heap with holes is no error: see [`Self::notes`].
    pub fn of(process: &'p Process<'a>, watch: &Watch<'_>) -> Result<Self, HeapError> {
        let heap = Heap::read_watched(process, watch)?;
        let owners = Step {
            phase: Phase::Owners,
            done: 0,
            of: 0,
        };
        if !watch(owners) {
            return Err(HeapError::Stopped);
        }
        // Neither needs the other, and each goes by one thread for most of its time.
        let (labels, dominators) =
            rayon::join(|| Labels::find(process, &heap), || heap.dominators());
        let labels = labels?;
        let (mut live, mut garbage) = (Amount::default(), Amount::default());
        let mut share = Share::default();
        heap.spans.runs(&mut |run| {
            for id in run.first.0..run.first.0.saturating_add(run.count) {
                let reached = dominators.is_reached(id);
                let amount = if reached { &mut live } else { &mut garbage };
                amount.objects += 1;
                amount.bytes = amount.bytes.saturating_add(run.size);
                if reached {
                    share.add(labels.of(id), run.size);
                }
            }
        });
        Self::of_parts(process, heap, labels, dominators, (live, garbage, share))
    }

    /// An analysis of which all but the comparison with the runtime's counters is known.
    pub(super) fn of_parts(
        process: &'p Process<'a>,
        heap: Heap<'p>,
        labels: Labels,
        dominators: Dominators,
        (live, garbage, share): (Amount, Amount, Share),
    ) -> Result<Self, HeapError> {
        let audit = match (process.heap_dump, process.runtime()) {
            (Some(dump), _) => Audit::of_dump(dump, &heap.spans),
            (None, Some(runtime)) => Audit::of(&runtime, &heap.spans),
            (None, None) => return Err(HeapError::NoLayout),
        };
        Ok(Self {
            process,
            heap,
            labels,
            dominators,
            audit,
            share,
            live,
            garbage,
            referrers: OnceLock::new(),
            dominated: OnceLock::new(),
            paths: OnceLock::new(),
        })
    }

    /// For each node, who refers to it.
    pub fn referrers(&self) -> &Rows {
        self.referrers
            .get_or_init(|| self.heap.graph.rows().transposed())
    }

    /// For each node, whom it immediately dominates.
    pub fn dominated(&self) -> &Rows {
        self.dominated.get_or_init(|| self.dominators.children())
    }

    /// A shortest path to each node.
    pub fn paths(&self) -> &Paths {
        self.paths.get_or_init(|| Paths::of(&self.heap.graph))
    }

    /// Names of references.
    pub const fn names(&self) -> Names<'_, 'a> {
        Names::new(self.process, &self.heap, &self.labels)
    }

    /// Bytes of an object's slot; a root has none.
    pub fn size(&self, node: NodeId) -> u64 {
        self.heap.spans.size(ObjId(node))
    }

    /// Bytes that go when the node goes; `None` for garbage.
    pub fn retained(&self, node: NodeId) -> Option<u64> {
        self.dominators.retained(node, &self.heap.spans)
    }

    /// What an object is, in words; `None` when nothing tells.
    pub fn type_name(&self, object: u32) -> Option<&str> {
        self.labels.id(object).map(|id| self.labels.name(id))
    }

    /// What the numbers are of the true ones.
    pub fn bounds(&self) -> Bounds {
        Bounds::of(&self.notes())
    }

    /// All that makes the answer less than whole.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = self.heap.notes();
        let gap = self.audit.objects.gap().filter(|gap| *gap != 0);
        if let Some(gap) = gap {
            let (text, lacks) = if gap < 0 {
                (
                    "objects that the runtime counts and that were not found",
                    Lacks::Objects,
                )
            } else {
                (
                    "objects that were found and that the runtime does not count",
                    Lacks::Surplus,
                )
            };
            notes.push(Note::new(text, gap.unsigned_abs(), lacks));
        }
        notes
    }
}
