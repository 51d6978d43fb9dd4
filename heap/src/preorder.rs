//! Numbering by depth-first search.
//!
//! The dominator pass jumps between a node, its referrers and its ancestors. Over ids in address order each jump
//! misses the cache; over preorder numbers most stay near. Two kinds of nodes need no place in that pass:
//!
//! * a *leaf with one referrer* (a string's bytes, a boxed number) is dominated by that referrer and dominates
//!   nothing: it is folded into it, and in most heaps half of all objects are such leaves;
//! * an inner node with one referrer keeps its number, but needs no list of referrers: the tree says who it is.

use crate::column::{Bits, Column};
use crate::graph::{Graph, NodeId};

/// The number of a node that no entry reaches.
pub(crate) const UNREACHED: u32 = u32::MAX;

/// Nodes by number. Number 0 is the start of all paths, above the entries; it is no node.
#[derive(Debug)]
pub(crate) struct Preorder {
    /// For each node, its number; of a folded leaf the number of its only referrer; else [`UNREACHED`].
    pub number: Column<u32>,
    /// Leaves that are folded.
    pub folded: Bits,
    /// For each number, its node; number 0 has `u32::MAX`.
    pub node: Column<u32>,
    /// For each number, the number it was reached from; nothing once dominators are known.
    pub parent: Column<u32>,
    /// For each number of a node with several referrers, those referrers, ascending; of others nothing.
    referrers: Referrers,
}

#[derive(Debug)]
struct Referrers {
    ends: Column<u32>,
    list: Column<u32>,
}

impl Preorder {
    /// Numbers what can be reached from the entries.
    pub fn of(graph: &Graph) -> Self {
        let (several, folded) = shapes(graph);
        let mut search = Search {
            graph,
            several: &several,
            folded,
            number: Column::filled(UNREACHED, graph.len() as usize),
            node: Column::from_vec(vec![u32::MAX]),
            parent: Column::from_vec(vec![0]),
            counts: Column::from_vec(vec![0]),
        };
        let mut stack = Vec::new();
        for entry in graph.entries() {
            search.meet(0, *entry, &mut stack);
            search.run(&mut stack);
        }
        let Search {
            folded,
            number,
            mut node,
            mut parent,
            counts,
            ..
        } = search;
        node.shrink();
        parent.shrink();
        let referrers = Referrers::of(graph, &several, &folded, &number, &node, counts);
        Self {
            number,
            folded,
            node,
            parent,
            referrers,
        }
    }

    /// Number of numbers, the start of all paths included.
    pub fn len(&self) -> u32 {
        u32::try_from(self.node.len()).unwrap_or(u32::MAX)
    }

    /// Numbers of the nodes that refer to one that several refer to.
    #[inline]
    pub fn referrers(&self, number: u32) -> &[u32] {
        let start = match number.checked_sub(1) {
            Some(before) => self.referrers.ends.at(before),
            None => 0,
        };
        let end = self.referrers.ends.at(number);
        self.referrers
            .list
            .as_slice()
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Gives back what is only needed until dominators are known.
    pub fn settle(self) -> Self {
        Self::settled(self.number, self.folded, self.node)
    }

    /// The numbers alone.
    pub fn settled(number: Column<u32>, folded: Bits, node: Column<u32>) -> Self {
        Self {
            number,
            folded,
            node,
            parent: Column::default(),
            referrers: Referrers {
                ends: Column::default(),
                list: Column::default(),
            },
        }
    }
}

/// Which nodes several references lead to (entries count as referred to from above; a node's reference to itself
/// does not count), and which of the others are leaves.
fn shapes(graph: &Graph) -> (Bits, Bits) {
    let mut once = Bits::none(graph.len());
    let mut several = Bits::none(graph.len());
    for entry in graph.entries() {
        if once.insert(*entry) {
            several.insert(*entry);
        }
    }
    let mut leaves = Bits::none(graph.len());
    for node in 0..graph.len() {
        let row = graph.out(node);
        if row.is_empty() {
            leaves.insert(node);
        }
        for target in row {
            if *target != node && once.insert(*target) {
                several.insert(*target);
            }
        }
    }
    let mut folded = Bits::none(graph.len());
    for leaf in leaves.iter() {
        if !several.has(leaf) {
            folded.insert(leaf);
        }
    }
    (several, folded)
}

struct Search<'g> {
    graph: &'g Graph,
    several: &'g Bits,
    folded: Bits,
    number: Column<u32>,
    node: Column<u32>,
    parent: Column<u32>,
    /// For each number, how many references were met that lead to it, where several do.
    counts: Column<u32>,
}

impl Search<'_> {
    /// Follows the rows on the stack, each an index of the next reference and the end of the row.
    fn run(&mut self, stack: &mut Vec<(u32, u32, u32)>) {
        while let Some(top) = stack.last_mut() {
            let (number, next, end) = *top;
            if next == end {
                stack.pop();
                continue;
            }
            top.1 = next + 1;
            let target = self.graph.rows().target(next);
            self.meet(number, target, stack);
        }
    }

    /// A reference from a number to a node.
    #[inline]
    fn meet(&mut self, from: u32, node: NodeId, stack: &mut Vec<(u32, u32, u32)>) {
        if self.folded.has(node) {
            self.number.set(node, from);
            return;
        }
        let known = self.number.at(node);
        if known != UNREACHED {
            if self.several.has(node) {
                self.counts.update(known, |n| n + 1);
            }
            return;
        }
        if node >= self.graph.len() {
            return;
        }
        let number = u32::try_from(self.node.len()).unwrap_or(UNREACHED);
        self.number.set(node, number);
        self.node.push(node);
        self.parent.push(from);
        self.counts.push(u32::from(self.several.has(node)));
        let (start, end) = self.graph.rows().range(node);
        stack.push((number, start, end));
    }
}

impl Referrers {
    /// Lists referrers by number; `counts` says how many each number has at most.
    fn of(
        graph: &Graph,
        several: &Bits,
        folded: &Bits,
        number: &Column<u32>,
        node: &Column<u32>,
        counts: Column<u32>,
    ) -> Self {
        let mut ends = counts;
        let mut sum = 0u32;
        for place in ends.as_mut_slice() {
            let count = *place;
            *place = sum;
            sum = sum.saturating_add(count);
        }
        let mut list = Column::filled(0u32, sum as usize);
        let mut add = |from: u32, target: NodeId| {
            if several.has(target) && !folded.has(target) {
                let to = number.at(target);
                list.set(ends.at(to), from);
                ends.update(to, |n| n + 1);
            }
        };
        for entry in graph.entries() {
            add(0, *entry);
        }
        for (from, at) in (1u32..).zip(node.as_slice().get(1..).unwrap_or_default()) {
            for target in graph.out(*at) {
                add(from, *target);
            }
        }
        Self { ends, list }
    }
}
