//! Linked lists: long runs down the dominator tree along which one group of nodes comes again and again.
//!
//! A balanced tree of millions is twenty levels deep; what is a thousand levels deep is a list. A list whose elements
//! are kept in another way too is no chain here, and rightly so: cutting it would free nothing.

use crate::column::Column;
use crate::dominators::Dominators;
use crate::graph::NodeId;

/// A list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Its first element.
    pub head: NodeId,
    /// Elements from there to the farthest.
    pub length: u32,
    /// The group of its elements.
    pub group: u32,
}

/// The next element of a list may be held by a cell, an interface's box or a backing array in between.
const APART: usize = 3;

/// Every list of at least `least` elements, in the order of preorder. `group` gives a node's group; nodes of the
/// group `u32::MAX` are in no list.
pub fn chains(
    dominators: &Dominators,
    least: u32,
    group: impl Fn(NodeId) -> u32 + Sync,
) -> Vec<Chain> {
    let (order, idom) = (dominators.order(), dominators.idoms());
    let groups = Column::of(order.len(), |number| match number {
        0 => u32::MAX,
        _ => group(order.node.at(number)),
    });
    // The nearest of the same group among those above, `from` first.
    let nearest = |from: u32, group: u32| {
        let mut at = from;
        for _ in 0..APART {
            if at == 0 || group == u32::MAX {
                return None;
            }
            if groups.at(at) == group {
                return Some(at);
            }
            at = idom.at(at);
        }
        None
    };
    let mut length = Column::filled(1u32, order.node.len());
    // A leaf with one referrer has no number of its own; it may be the last element.
    for leaf in order.folded.iter() {
        if dominators.is_reached(leaf)
            && let Some(over) = nearest(order.number.at(leaf), group(leaf))
        {
            length.set(over, 2);
        }
    }
    let mut heads = Vec::new();
    for number in (1..order.len()).rev() {
        if groups.at(number) == u32::MAX {
            continue;
        }
        let so_far = length.at(number);
        if let Some(over) = nearest(idom.at(number), groups.at(number)) {
            length.update(over, |n| n.max(so_far.saturating_add(1)));
        } else if so_far >= least {
            heads.push(Chain {
                head: order.node.at(number),
                length: so_far,
                group: groups.at(number),
            });
        }
    }
    heads.reverse();
    heads
}
