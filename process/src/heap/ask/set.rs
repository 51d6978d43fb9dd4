//! What a set of places keeps together.

use crate::heap::Analysis;
use dumpview_heap::{Bits, Kept, NodeId, union_of};

impl Analysis<'_, '_> {
    /// What would go if all of these places went. Exact; costs one walk of the graph.
    pub fn kept_by(&self, nodes: &[NodeId]) -> Kept {
        let mut set = Bits::none(self.heap.graph.len());
        for node in nodes {
            set.insert(*node);
        }
        union_of(
            &self.heap.graph,
            &self.heap.spans,
            |node| self.dominators.is_reached(node),
            &set,
        )
    }
}
