//! Shortest paths from roots, one for every node, found breadth first; and many of them merged.

use crate::column::{Bits, Column};
use crate::graph::{Graph, NodeId};

const NONE: u32 = u32::MAX;
/// Marks an entry, which nothing is before.
const ENTRY: u32 = u32::MAX - 1;

/// For every reached node, the node before it on a shortest path from an entry. Among equally short paths the one
/// of the entry listed first, then of the reference that comes first, is taken: the answer is the same every time.
#[derive(Debug)]
pub struct Paths {
    before: Column<u32>,
}

/// Paths of several nodes laid over each other: a tree of the nodes on them, in dense tables, since paths to all of a
/// list have as many nodes as the list.
#[derive(Debug)]
pub struct MergedPath<'p> {
    paths: &'p Paths,
    on: Bits,
    /// Number of targets beyond or at a node.
    counts: Column<u64>,
    /// The first node after a node, and the next one after the same; one more than its id, 0 for none.
    first: Column<u32>,
    next: Column<u32>,
    /// The entries that the paths begin at.
    pub starts: Vec<NodeId>,
    /// Targets that no entry reaches.
    pub unreached: u64,
}

impl MergedPath<'_> {
    /// Whether the node is on one of the paths.
    pub fn has(&self, node: NodeId) -> bool {
        self.on.has(node)
    }

    /// How many targets are beyond a node or at it.
    pub fn count(&self, node: NodeId) -> u64 {
        self.counts.at(node)
    }

    /// The node before a node on a path; `None` at an entry, and of a node that is on none.
    pub fn before(&self, node: NodeId) -> Option<NodeId> {
        let before = Some(self.paths.before.at(node)).filter(|_| self.has(node))?;
        (before != ENTRY).then_some(before)
    }

    /// The nodes that come right after a node on the paths, in no order.
    pub fn below(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.first.at(node).checked_sub(1);
        std::iter::successors(first, |at| self.next.at(*at).checked_sub(1))
    }
}

impl Paths {
    /// Walks the graph breadth first.
    pub fn of(graph: &Graph) -> Self {
        Self::without(graph, &Bits::none(0))
    }

    /// The same, as if the nodes of `cut` were not there: another way to what one path is known of.
    pub fn without(graph: &Graph, cut: &Bits) -> Self {
        let mut before = Column::filled(NONE, graph.len() as usize);
        let mut now: Vec<NodeId> = Vec::new();
        let mut next: Vec<NodeId> = Vec::new();
        for entry in graph.entries() {
            if *entry < graph.len() && before.at(*entry) == NONE && !cut.has(*entry) {
                before.set(*entry, ENTRY);
                now.push(*entry);
            }
        }
        while !now.is_empty() {
            for node in &now {
                for target in graph.out(*node) {
                    if *target < graph.len() && before.at(*target) == NONE && !cut.has(*target) {
                        before.set(*target, *node);
                        next.push(*target);
                    }
                }
            }
            now.clear();
            std::mem::swap(&mut now, &mut next);
        }
        Self { before }
    }

    /// Whether an entry reaches the node.
    pub fn is_reached(&self, node: NodeId) -> bool {
        (node as usize) < self.before.len() && self.before.at(node) != NONE
    }

    /// The path to a node, entry first, the node last; empty when there is none.
    pub fn to(&self, node: NodeId) -> Vec<NodeId> {
        let mut path = Vec::new();
        let mut at = node;
        while self.is_reached(at) {
            path.push(at);
            at = self.before.at(at);
            if at == ENTRY {
                break;
            }
        }
        path.reverse();
        path
    }

    /// The paths to many nodes, merged. Each node on them is met once, however many targets are beyond it: paths along a
    /// list share all but their ends.
    pub fn merged(&self, targets: impl IntoIterator<Item = NodeId>) -> MergedPath<'_> {
        let len = self.before.len();
        let mut merged = MergedPath {
            paths: self,
            on: Bits::none(u32::try_from(len).unwrap_or(u32::MAX)),
            counts: Column::filled(0, len),
            first: Column::filled(0, len),
            next: Column::filled(0, len),
            starts: Vec::new(),
            unreached: 0,
        };
        // For each node, how many nodes on paths come right after it and have not handed on their count.
        let mut after = Column::filled(0u32, len);
        let mut on = Vec::new();
        for target in targets {
            if !self.is_reached(target) {
                merged.unreached += 1;
                continue;
            }
            merged.counts.update(target, |count| count + 1);
            let mut at = target;
            while !merged.on.has(at) {
                merged.on.insert(at);
                on.push(at);
                match self.before.at(at) {
                    ENTRY => merged.starts.push(at),
                    above => {
                        after.update(above, |nodes| nodes + 1);
                        at = above;
                    }
                }
            }
        }
        // From the ends up: a node hands its count on when all after it have handed on theirs.
        on.retain(|node| after.at(*node) == 0);
        while let Some(node) = on.pop() {
            let above = self.before.at(node);
            if above == ENTRY {
                continue;
            }
            let count = merged.counts.at(node);
            merged.counts.update(above, |over| over + count);
            merged.next.set(node, merged.first.at(above));
            merged.first.set(above, node + 1);
            after.update(above, |nodes| nodes - 1);
            if after.at(above) == 0 {
                on.push(above);
            }
        }
        merged
    }
}
