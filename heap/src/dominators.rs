//! Immediate dominators: semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005)
//! over preorder numbers.
//!
//! A node dominates another when every path from an entry to the other goes through it; so the bytes below it in
//! the dominator tree are what goes if it goes. Semi-NCA takes one pass downwards for semidominators, with path
//! compression, and one upwards in which each node looks for its dominator among the ancestors of its parent. That
//! look may walk far (a list of a million nodes whose ends share a million leaves), so ancestors carry jump
//! pointers (Myers' skew-binary ones) and no walk is longer than the logarithm of the depth.

use crate::column::{Bits, Column};
use crate::graph::{Graph, NodeId};
use crate::objects::{ObjId, Objects};
use crate::preorder::{Preorder, UNREACHED};
use crate::retained;
use std::collections::HashMap;

/// The dominator tree of a graph with the retained size of every node.
#[derive(Debug)]
pub struct Dominators {
    order: Preorder,
    /// For each number, the number of its immediate dominator; 0 is above the entries.
    idom: Column<u32>,
    /// For each number, bytes of it and all it dominates.
    retained: Column<u64>,
    objects: u32,
}

impl Dominators {
    /// Builds the tree and adds the sizes up.
    pub fn of<O: Objects + ?Sized>(graph: &Graph, objects: &O) -> Self {
        let order = Preorder::of(graph);
        let idom = immediate(&order);
        let order = order.settle();
        let retained = retained::sizes(&order, &idom, objects);
        Self::settled(order, idom, retained, graph.objects())
    }

    pub(crate) const fn settled(
        order: Preorder,
        idom: Column<u32>,
        retained: Column<u64>,
        objects: u32,
    ) -> Self {
        Self {
            order,
            idom,
            retained,
            objects,
        }
    }

    /// Whether an entry reaches the node; an object that none reaches is garbage.
    #[inline]
    pub fn is_reached(&self, node: NodeId) -> bool {
        self.order.number.at(node) != UNREACHED && (node as usize) < self.order.number.len()
    }

    /// The immediate dominator; `None` when there is none but the start of all paths, or the node is not reached.
    pub fn idom(&self, node: NodeId) -> Option<NodeId> {
        if !self.is_reached(node) {
            return None;
        }
        let number = self.order.number.at(node);
        let above = if self.order.folded.has(node) {
            number
        } else {
            self.idom.at(number)
        };
        (above != 0).then(|| self.order.node.at(above))
    }

    /// Bytes that go when the node goes: its own and those of all it dominates. `None` for a node that is not
    /// reached: what garbage keeps is not kept.
    pub fn retained<O: Objects + ?Sized>(&self, node: NodeId, objects: &O) -> Option<u64> {
        if !self.is_reached(node) {
            return None;
        }
        if self.order.folded.has(node) {
            return Some(if node < self.objects {
                objects.size(ObjId(node))
            } else {
                0
            });
        }
        Some(self.retained.at(self.order.number.at(node)))
    }

    /// Bytes of everything that is reached.
    pub fn total(&self) -> u64 {
        self.retained.at(0)
    }

    /// The nodes that have no dominator, largest first, then in the order of their ids.
    pub fn tops<O: Objects + ?Sized>(&self, objects: &O) -> Vec<(NodeId, u64)> {
        self.largest_first(0, objects)
    }

    /// What a node immediately dominates, largest retained size first. A pass over all nodes: a screen that walks
    /// the tree keeps a [`Self::children`] table instead.
    pub fn dominated<O: Objects + ?Sized>(&self, node: NodeId, objects: &O) -> Vec<(NodeId, u64)> {
        if !self.is_reached(node) || self.order.folded.has(node) {
            return Vec::new();
        }
        self.largest_first(self.order.number.at(node), objects)
    }

    fn largest_first<O: Objects + ?Sized>(&self, above: u32, objects: &O) -> Vec<(NodeId, u64)> {
        let below = (1u32..)
            .zip(self.idom.as_slice().get(1..).unwrap_or_default())
            .filter(|(_, idom)| **idom == above)
            .map(|(number, _)| (self.order.node.at(number), self.retained.at(number)));
        let mut list: Vec<(NodeId, u64)> = below.collect();
        for leaf in self.order.folded.iter() {
            if self.order.number.at(leaf) == above && self.is_reached(leaf) {
                list.push((leaf, self.retained(leaf, objects).unwrap_or(0)));
            }
        }
        list.sort_by_key(|(node, bytes)| (std::cmp::Reverse(*bytes), *node));
        list
    }

    /// How many nodes each of some immediately dominates, in their order: a pass over all nodes, without a table.
    pub fn dominated_counts(&self, nodes: &[NodeId]) -> Vec<u64> {
        let wanted = nodes
            .iter()
            .filter(|node| self.is_reached(**node) && !self.order.folded.has(**node))
            .map(|node| self.order.number.at(*node));
        let mut counts: HashMap<u32, u64> = wanted.map(|number| (number, 0)).collect();
        let mut is_wanted = Bits::none(self.order.len());
        for number in counts.keys() {
            is_wanted.insert(*number);
        }
        let leaves = self
            .order
            .folded
            .iter()
            .filter(|leaf| self.is_reached(*leaf));
        let above_leaves = leaves.map(|leaf| self.order.number.at(leaf));
        let above = self.idom.as_slice().get(1..).unwrap_or_default();
        for number in above.iter().copied().chain(above_leaves) {
            if is_wanted.has(number)
                && let Some(count) = counts.get_mut(&number)
            {
                *count += 1;
            }
        }
        let count = |node: &NodeId| {
            let is_inner = self.is_reached(*node) && !self.order.folded.has(*node);
            let number = is_inner.then(|| self.order.number.at(*node))?;
            counts.get(&number).copied()
        };
        nodes.iter().map(|node| count(node).unwrap_or(0)).collect()
    }

    /// Whom each node immediately dominates, as rows over nodes: one table for many questions.
    pub fn children(&self) -> crate::rows::Rows {
        let nodes = u32::try_from(self.order.number.len()).unwrap_or(u32::MAX);
        crate::rows::Rows::gathered(nodes, |node| self.idom(node).into_iter())
    }

    pub(crate) const fn order(&self) -> &Preorder {
        &self.order
    }

    pub(crate) const fn idoms(&self) -> &Column<u32> {
        &self.idom
    }

    pub(crate) const fn retained_by_number(&self) -> &Column<u64> {
        &self.retained
    }
}

/// For each number its immediate dominator's number.
fn immediate(order: &Preorder) -> Column<u32> {
    let mut semis = Semis {
        ancestor: order.parent.clone(),
        label: Column::from_vec((0..order.len()).collect()),
        path: Vec::new(),
    };
    let mut semi = order.parent.clone();
    for number in (1..order.len()).rev() {
        let mut best = order.parent.at(number);
        for referrer in order.referrers(number) {
            let from = if *referrer <= number {
                *referrer
            } else {
                semis.eval(*referrer, number)
            };
            best = best.min(from);
        }
        semi.set(number, best);
        semis.label.set(number, best);
    }
    let Semis {
        ancestor: depth,
        label: jump,
        ..
    } = semis;
    nearest_common_ancestors(order, &semi, Jumps { depth, jump })
}

/// The forest of linked nodes with compressed paths.
struct Semis {
    ancestor: Column<u32>,
    /// Least semidominator on the compressed path up to, and without, the ancestor.
    label: Column<u32>,
    path: Vec<u32>,
}

impl Semis {
    /// The least semidominator on the path from `from` up to its root among the numbers above `linked`.
    fn eval(&mut self, from: u32, linked: u32) -> u32 {
        let mut at = from;
        while self.ancestor.at(at) > linked {
            self.path.push(at);
            at = self.ancestor.at(at);
        }
        let mut least = self.label.at(at);
        let root = self.ancestor.at(at);
        while let Some(below) = self.path.pop() {
            least = least.min(self.label.at(below));
            self.label.set(below, least);
            self.ancestor.set(below, root);
        }
        least
    }
}

/// Depth and jump pointer of each number in the dominator tree; the columns are those of [`Semis`], used again.
struct Jumps {
    depth: Column<u32>,
    jump: Column<u32>,
}

impl Jumps {
    fn link(&mut self, number: u32, parent: u32) {
        let over = self.jump.at(parent);
        let far = self.jump.at(over);
        let even =
            self.depth.at(parent) - self.depth.at(over) == self.depth.at(over) - self.depth.at(far);
        self.depth.set(number, self.depth.at(parent) + 1);
        self.jump.set(number, if even { far } else { parent });
    }

    /// The first ancestor of `from`, itself included, that is at most `limit`.
    fn at_most(&self, idom: &Column<u32>, from: u32, limit: u32) -> u32 {
        let mut at = from;
        while at > limit {
            let over = self.jump.at(at);
            at = if over >= limit { over } else { idom.at(at) };
        }
        at
    }
}

/// The second half: each number's dominator is the first ancestor of its parent, in the dominator tree as far as it
/// is known, that is not below its semidominator.
fn nearest_common_ancestors(order: &Preorder, semi: &Column<u32>, mut jumps: Jumps) -> Column<u32> {
    let mut idom = order.parent.clone();
    jumps.depth.set(0, 0);
    jumps.jump.set(0, 0);
    for number in 1..order.len() {
        let found = jumps.at_most(&idom, order.parent.at(number), semi.at(number));
        idom.set(number, found);
        jumps.link(number, found);
    }
    idom
}
