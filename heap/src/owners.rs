//! Who owns what: the dominator tree with containers seen through.
//!
//! Between a map and its values stand a header, a directory, tables and groups; between a slice and its elements stands
//! a backing array. People think of the values as the map's, so a node's owner is its nearest dominator that is no
//! such part; nor do they think of what the runtime keeps its own things in. A source says which nodes are what ([`Manner`]). Everything is by preorder number, in which an owner comes before
//! what it owns: one pass makes the table, one pass each answers a question about all nodes.

use crate::column::{Bits, Column};
use crate::dominators::Dominators;
use crate::graph::NodeId;
use crate::objects::Objects;
use std::collections::HashMap;

/// What a node is to people who ask who owns what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Something that owns what is below it.
    Owner,
    /// A part of its owner; without one it stands for itself.
    Part,
    /// Nothing to speak of: what is below belongs to what owns it, and to nobody when nothing does.
    Passed,
}

/// The owner of every node.
#[derive(Debug)]
pub struct Owners<'d> {
    dominators: &'d Dominators,
    /// For each number, the number of its owner; 0 when it has none.
    above: Column<u32>,
    /// Numbers of parts.
    parts: Bits,
    /// Numbers of nodes that are passed.
    passed: Bits,
}

/// What an owner owns of one group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owned {
    /// The owner.
    pub owner: NodeId,
    /// The group.
    pub group: u32,
    /// How many.
    pub count: u64,
    /// What they keep; of parts, whose contents count for themselves, their own bytes. So the sum over all groups is
    /// what the owner keeps less its own bytes.
    pub bytes: u64,
    /// The one that keeps most.
    pub largest: NodeId,
    /// What it keeps.
    pub largest_bytes: u64,
}

/// A node that keeps much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heavy {
    /// The node.
    pub node: NodeId,
    /// What it keeps.
    pub bytes: u64,
    /// Its owner.
    pub owner: Option<NodeId>,
}

impl<'d> Owners<'d> {
    /// Finds the owner of every node.
    pub fn of(dominators: &'d Dominators, manner: impl Fn(NodeId) -> Manner + Sync) -> Self {
        let (order, idom) = (dominators.order(), dominators.idoms());
        // What a node is stands anywhere in memory, so this is what waits: it is asked by all threads.
        let are = |wanted| {
            Bits::of(order.len(), |number| {
                number != 0 && manner(order.node.at(number)) == wanted
            })
        };
        let (parts, passed) = (are(Manner::Part), are(Manner::Passed));
        let mut owners = Self {
            dominators,
            above: Column::filled(0u32, order.node.len()),
            parts,
            passed,
        };
        for number in 1..order.len() {
            let over = owners.through(idom.at(number));
            owners.above.set(number, over);
        }
        owners
    }

    /// The number itself, or the owner of what owns nothing.
    fn through(&self, number: u32) -> u32 {
        match self.above.at(number) {
            over if self.passed.has(number) || (over != 0 && self.parts.has(number)) => over,
            _ => number,
        }
    }

    /// Whether what is below a number counts for itself.
    fn is_seen_through(&self, number: u32) -> bool {
        self.parts.has(number) || self.passed.has(number)
    }

    fn of_number(&self, number: u32) -> Option<NodeId> {
        (number != 0).then(|| self.dominators.order().node.at(number))
    }

    /// The owner of a node; `None` when it has none, or is not reached.
    pub fn owner(&self, node: NodeId) -> Option<NodeId> {
        if !self.dominators.is_reached(node) {
            return None;
        }
        let order = self.dominators.order();
        let number = order.number.at(node);
        if order.folded.has(node) {
            return self.of_number(self.through(number));
        }
        self.of_number(self.above.at(number))
    }

    /// Nodes that keep at least so much and own it, each after its owner.
    pub fn heavy(&self, least: u64) -> Vec<Heavy> {
        let order = self.dominators.order();
        let retained = self.dominators.retained_by_number();
        (1..order.len())
            .filter(|number| retained.at(*number) >= least && self.through(*number) == *number)
            .map(|number| Heavy {
                node: order.node.at(number),
                bytes: retained.at(number),
                owner: self.of_number(self.above.at(number)),
            })
            .collect()
    }

    /// Nodes that nothing owns and that are not passed, with what they keep, the largest first. Of leaves without a number
    /// of their own `is_passed` says whether they are.
    pub fn unowned<O: Objects + ?Sized>(
        &self,
        objects: &O,
        is_passed: impl Fn(NodeId) -> bool,
    ) -> Vec<(NodeId, u64)> {
        let order = self.dominators.order();
        let retained = self.dominators.retained_by_number();
        let mut list: Vec<(NodeId, u64)> = (1..order.len())
            .filter(|number| self.above.at(*number) == 0 && self.through(*number) == *number)
            .map(|number| (order.node.at(number), retained.at(number)))
            .collect();
        for leaf in order.folded.iter() {
            let over = self.through(order.number.at(leaf));
            if over == 0 && self.dominators.is_reached(leaf) && !is_passed(leaf) {
                list.push((leaf, self.dominators.retained(leaf, objects).unwrap_or(0)));
            }
        }
        list.sort_by_key(|(node, bytes)| (std::cmp::Reverse(*bytes), *node));
        list
    }

    /// Owners that own at least so many nodes, in the order of their numbers.
    pub fn crowded(&self, least: u32) -> Vec<NodeId> {
        let order = self.dominators.order();
        let mut counts = Column::filled(0u32, order.node.len());
        for number in 1..order.len() {
            counts.update(self.above.at(number), |n| n.saturating_add(1));
        }
        for leaf in order.folded.iter() {
            if self.dominators.is_reached(leaf) {
                let over = self.through(order.number.at(leaf));
                counts.update(over, |n| n.saturating_add(1));
            }
        }
        (1..order.len())
            .filter(|number| counts.at(*number) >= least)
            .map(|number| order.node.at(number))
            .collect()
    }

    /// What some owners own, by group, in the order of owners, then most first. One pass over all nodes.
    pub fn owned<O: Objects + ?Sized>(
        &self,
        owners: &[NodeId],
        objects: &O,
        group: impl Fn(NodeId) -> u32,
    ) -> Vec<Owned> {
        let order = self.dominators.order();
        let mut wanted = Bits::none(order.len());
        for owner in owners {
            if self.dominators.is_reached(*owner) && !order.folded.has(*owner) {
                wanted.insert(order.number.at(*owner));
            }
        }
        let mut totals: HashMap<(u32, u32), Owned> = HashMap::new();
        let mut add = |over: u32, node: NodeId, bytes: u64| {
            let of = group(node);
            let total = totals.entry((over, of)).or_insert(Owned {
                owner: order.node.at(over),
                group: of,
                count: 0,
                bytes: 0,
                largest: node,
                largest_bytes: bytes,
            });
            total.count += 1;
            total.bytes = total.bytes.saturating_add(bytes);
            if bytes > total.largest_bytes {
                (total.largest, total.largest_bytes) = (node, bytes);
            }
        };
        let retained = self.dominators.retained_by_number();
        for number in 1..order.len() {
            let over = self.above.at(number);
            if over != 0 && wanted.has(over) {
                let node = order.node.at(number);
                let bytes = if self.is_seen_through(number) {
                    objects.size(crate::ObjId(node))
                } else {
                    retained.at(number)
                };
                add(over, node, bytes);
            }
        }
        for leaf in order.folded.iter() {
            let over = self.through(order.number.at(leaf));
            if over != 0 && wanted.has(over) && self.dominators.is_reached(leaf) {
                let bytes = self.dominators.retained(leaf, objects).unwrap_or(0);
                add(over, leaf, bytes);
            }
        }
        let mut list: Vec<((u32, u32), Owned)> = totals.into_iter().collect();
        list.sort_by_key(|((over, group), of)| (*over, std::cmp::Reverse(of.bytes), *group));
        list.into_iter().map(|(_, of)| of).collect()
    }
}
