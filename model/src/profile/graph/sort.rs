//! Orders of nodes, edges and labels. Where pprof leaves two equal, their place in the profile decides.

use super::super::measure::whole;
use super::node::{Edge, EdgeId, Names, NodeId, Tag};
use super::{Graph, Node};
use std::cmp::Ordering;
use std::collections::HashMap;

/// An order of nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// By what they cost themselves.
    Flat,
    /// With what they called.
    Cum,
    /// By how much a picture of the graph gains from them.
    Entropy,
}

/// The absolute value; the least number has none and stays as it is.
pub const fn abs(value: i64) -> i64 {
    value.wrapping_abs()
}

impl Graph {
    /// Puts the nodes that are shown in order.
    pub fn sort(&mut self, order: Order, names: &Names) {
        let mut rows: Vec<(i64, String, i64, NodeId)> = self
            .iter()
            .map(|(id, node)| {
                let (first, last) = match order {
                    Order::Flat => (node.flat, node.cum),
                    Order::Cum => (node.cum, node.flat),
                    Order::Entropy => (self.entropy_score(node), node.flat),
                };
                (abs(first), node.key.printable(names), abs(last), id)
            })
            .collect();
        rows.sort_by(|a, b| {
            let down = |a: i64, b: i64| b.cmp(&a);
            down(a.0, b.0)
                .then_with(|| self.by_address(a.3, b.3))
                .then_with(|| a.1.cmp(&b.1))
                .then_with(|| down(a.2, b.2))
                .then_with(|| self.described(a.3, names).cmp(&self.described(b.3, names)))
        });
        self.shown = rows.into_iter().map(|(.., id)| id).collect();
    }

    /// Addresses that both have come first in their names.
    fn by_address(&self, a: NodeId, b: NodeId) -> Ordering {
        let address = |id| self.node(id).map_or(0, |node: &Node| node.key.address);
        let (a, b) = (address(a), address(b));
        if a != 0 && b != 0 {
            a.cmp(&b)
        } else {
            Ordering::Equal
        }
    }

    /// The last resort: all that a node is told apart by (internal/graph/graph.go:compareNodes).
    fn described(&self, id: NodeId, names: &Names) -> String {
        self.node(id).map_or(String::new(), |node| {
            let key = &node.key;
            format!(
                "{{{}  {} {} {} {} {} {}}}",
                names.name(key.name),
                key.address,
                names.name(key.file),
                key.start_line,
                key.line,
                key.column,
                names.name(key.object),
            )
        })
    }

    /// Nodes through which everything simply passes tell little.
    #[expect(clippy::cast_precision_loss, reason = "as pprof computes")]
    fn entropy_score(&self, node: &Node) -> i64 {
        let mut score = 0.0;
        let mut add = |edges: &mut dyn Iterator<Item = &Edge>, own: i64| {
            let edges: Vec<&Edge> = edges.collect();
            if edges.is_empty() {
                score += 1.0;
                return;
            }
            let weights = edges.iter().filter(|edge| edge.weight > 0);
            let total = weights.fold(own, |sum, edge| sum.wrapping_add(edge.weight));
            if total == 0 {
                return;
            }
            let part = |weight: i64| {
                let share = abs(weight) as f64 / total as f64;
                -share * share.log2()
            };
            score += edges.iter().map(|edge| part(edge.weight)).sum::<f64>();
            if own > 0 {
                score += part(own);
            }
        };
        add(&mut self.ins(node).map(|(_, edge)| edge), 0);
        add(&mut self.outs(node).map(|(_, edge)| edge), node.flat);
        let weighed = whole(score * node.cum as f64);
        weighed.wrapping_add(node.flat)
    }
}

/// Edges, the heaviest first.
pub fn sorted_edges<'g>(
    graph: &'g Graph,
    edges: impl Iterator<Item = (EdgeId, &'g Edge)>,
    names: &Names,
) -> Vec<(EdgeId, &'g Edge)> {
    let mut edges: Vec<_> = edges.collect();
    if edges.len() < 2 {
        return edges;
    }
    let mut known: HashMap<NodeId, String> = HashMap::new();
    for (_, edge) in &edges {
        for id in [edge.src, edge.dest] {
            known.entry(id).or_insert_with(|| {
                let node = graph.node(id);
                node.map_or(String::new(), |node| node.key.printable(names))
            });
        }
    }
    let ends = |edge: &Edge| (known.get(&edge.src), known.get(&edge.dest));
    edges.sort_by(|(_, a), (_, b)| {
        abs(b.weight)
            .cmp(&abs(a.weight))
            .then_with(|| b.weight.cmp(&a.weight))
            .then_with(|| ends(a).cmp(&ends(b)))
    });
    edges
}

/// Labels, the heaviest first: by their own values or by whole ones.
pub fn sorted_tags<'t>(tags: impl Iterator<Item = &'t Tag>, flat: bool) -> Vec<&'t Tag> {
    let mut tags: Vec<&Tag> = tags.collect();
    tags.sort_by(|a, b| {
        let cum = || abs(b.cum).cmp(&abs(a.cum));
        let first = if flat { Ordering::Equal } else { cum() };
        first
            .then_with(|| abs(b.flat).cmp(&abs(a.flat)))
            .then_with(|| a.name.cmp(&b.name))
    });
    tags
}
