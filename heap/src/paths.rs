//! Shortest paths from roots, one for every node, found breadth first; and many of them merged.

use crate::column::{Bits, Column};
use crate::graph::{Graph, NodeId};
use std::collections::{BTreeMap, HashMap};

const NONE: u32 = u32::MAX;
/// Marks an entry, which nothing is before.
const ENTRY: u32 = u32::MAX - 1;

/// For every reached node, the node before it on a shortest path from an entry. Among equally short paths the one
/// of the entry listed first, then of the reference that comes first, is taken: the answer is the same every time.
#[derive(Debug)]
pub struct Paths {
    before: Column<u32>,
}

/// Paths of several nodes laid over each other: each node on them with how many of the targets it leads to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MergedPath {
    /// For each node on a path, the node before it (`None` at an entry) and the number of targets beyond or at it.
    pub nodes: BTreeMap<NodeId, (Option<NodeId>, u64)>,
    /// Targets that no entry reaches.
    pub unreached: u64,
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
    pub fn merged(&self, targets: impl IntoIterator<Item = NodeId>) -> MergedPath {
        let mut merged = MergedPath::default();
        // For each node, how many nodes on paths come right after it.
        let mut after: HashMap<NodeId, u32> = HashMap::new();
        let above = |node| Some(self.before.at(node)).filter(|before| *before != ENTRY);
        for target in targets {
            if !self.is_reached(target) {
                merged.unreached += 1;
                continue;
            }
            let mut at = target;
            loop {
                let is_new = !merged.nodes.contains_key(&at);
                let known = merged.nodes.entry(at).or_insert((above(at), 0));
                known.1 += u64::from(at == target);
                match known.0 {
                    Some(above) if is_new => {
                        *after.entry(above).or_default() += 1;
                        at = above;
                    }
                    _ => break,
                }
            }
        }
        // From the ends up: a node hands its count on when all after it have handed on theirs.
        let ends = merged.nodes.keys().filter(|node| !after.contains_key(node));
        let mut ready: Vec<NodeId> = ends.copied().collect();
        while let Some(node) = ready.pop() {
            let Some((Some(above), count)) = merged.nodes.get(&node).copied() else {
                continue;
            };
            if let Some(over) = merged.nodes.get_mut(&above) {
                over.1 += count;
            }
            if let Some(left) = after.get_mut(&above) {
                *left -= 1;
                if *left == 0 {
                    ready.push(above);
                }
            }
        }
        merged
    }
}
