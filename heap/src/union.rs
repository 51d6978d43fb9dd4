//! What a set of nodes keeps together.

use crate::column::Bits;
use crate::graph::{Graph, NodeId};
use crate::objects::Objects;

/// Objects that would go, and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// Objects.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What would go if all nodes of `set` went: what is reached from the entries now and is not without them.
///
/// It is more than the sum of their retained sizes when several members keep something together, and less when
/// one keeps another. Exact; costs one walk of the graph.
pub fn union_of<O: Objects + ?Sized>(
    graph: &Graph,
    objects: &O,
    reached: impl Fn(NodeId) -> bool,
    set: &Bits,
) -> Kept {
    let mut seen = Bits::none(graph.len());
    let mut stack: Vec<NodeId> = Vec::new();
    let meet = |node: NodeId, seen: &mut Bits, stack: &mut Vec<NodeId>| {
        if node < graph.len() && !set.has(node) && !seen.insert(node) {
            stack.push(node);
        }
    };
    for entry in graph.entries() {
        meet(*entry, &mut seen, &mut stack);
    }
    while let Some(node) = stack.pop() {
        for target in graph.out(node) {
            meet(*target, &mut seen, &mut stack);
        }
    }
    let mut kept = Kept::default();
    objects.runs(&mut |run| {
        for id in run.first.0..run.first.0.saturating_add(run.count) {
            if !seen.has(id) && reached(id) {
                kept.objects += 1;
                kept.bytes = kept.bytes.saturating_add(run.size);
            }
        }
    });
    kept
}
