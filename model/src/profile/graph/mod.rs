//! The graph of a profile: what each function, line or address cost, itself and with all that it called, and who called
//! whom (internal/graph/graph.go).
//!
//! Each sample is gone over from the outermost call inwards. A node has a sample's value once however often it stands in the
//! stack, and so has an edge; the innermost node has it as its own (`flat`). Nodes that are left out of a graph are gone
//! over: what calls beyond them is a residual edge, and nobody has as his own what they had.
//!
//! | file | in charge of |
//! |---|---|
//! | `node` | nodes, edges, what they are told apart by |
//! | `build` | samples to a graph, or to a tree of contexts |
//! | `keys` | what is asked, what lines are told apart by |
//! | `costs` | samples to what nodes cost, where no calls are told of |
//! | `labelled` | what a sample adds to a node and its labels |
//! | `trim` | which nodes and edges are worth showing |
//! | `sort` | orders, with every tie decided |

mod build;
mod costs;
mod keys;
mod labelled;
mod node;
mod sort;
mod trim;

pub use build::{add_calls_of_inlined, build};
pub use keys::{Calls, Shape};
pub use node::{Edge, EdgeId, Key, NameId, Names, Node, NodeId, NodeTags, Tag, mean};
pub use sort::{Order, sorted_edges, sorted_tags};
pub use trim::{Limits, Trimmed, made, trimmed};

use rustc_hash::FxHashSet;

/// What the nodes are told apart by that stay in a graph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kept(FxHashSet<Key>);

/// A graph.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// All nodes; those that cost nothing too.
    pub nodes: Vec<Node>,
    /// All edges; those that were taken away too.
    pub edges: Vec<Edge>,
    /// Nodes that are shown, in order.
    pub shown: Vec<NodeId>,
}

impl Graph {
    /// A node.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id).ok()?)
    }

    /// An edge.
    pub fn edge(&self, id: EdgeId) -> Option<&Edge> {
        self.edges.get(usize::try_from(id).ok()?)
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(usize::try_from(id).ok()?)
    }

    fn edge_mut(&mut self, id: EdgeId) -> Option<&mut Edge> {
        self.edges.get_mut(usize::try_from(id).ok()?)
    }

    /// Nodes that are shown, in order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.shown
            .iter()
            .filter_map(|id| Some((*id, self.node(*id)?)))
    }

    /// Edges that lead to a node.
    pub fn ins<'g>(&'g self, node: &'g Node) -> impl Iterator<Item = (EdgeId, &'g Edge)> {
        self.of(&node.ins)
    }

    /// Edges that lead from a node.
    pub fn outs<'g>(&'g self, node: &'g Node) -> impl Iterator<Item = (EdgeId, &'g Edge)> {
        self.of(&node.outs)
    }

    fn of<'g>(&'g self, ids: &'g [EdgeId]) -> impl Iterator<Item = (EdgeId, &'g Edge)> {
        ids.iter()
            .filter_map(|id| Some((*id, self.edge(*id)?)))
            .filter(|(_, edge)| !edge.is_gone)
    }

    /// What all nodes that are shown have as their own.
    pub fn flat_sum(&self) -> i64 {
        self.iter()
            .fold(0, |sum, (_, node)| sum.wrapping_add(node.flat))
    }

    /// The same as means, where the graph has such.
    pub fn shown_total(&self) -> i64 {
        let values = self.iter().map(|(_, node)| node.flat_value());
        values.fold(0, i64::wrapping_add)
    }

    /// What the nodes that are shown are told apart by.
    fn keys(&self, wanted: impl Fn(&Node) -> bool) -> Kept {
        let nodes = self.iter().filter(|(_, node)| wanted(node));
        Kept(nodes.map(|(_, node)| node.key).collect())
    }
}
