//! Retained sizes of groups of nodes: of a type, of a package.

use crate::column::Column;
use crate::dominators::Dominators;
use crate::graph::{Graph, NodeId};
use crate::objects::Objects;

/// What a group of nodes (a type, a package) has and keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GroupTotal {
    /// Reached objects of the group.
    pub objects: u64,
    /// Their own bytes.
    pub shallow: u64,
    /// Bytes that the group's nodes keep, those of nodes below another of the same group counted once. What only
    /// several members keep together is not in it, so it is a lower bound of [`crate::union_of`] the group.
    pub retained: u64,
}

/// Totals of every group at once. `group` gives a node's group; nodes whose group is `groups` or more are in none.
///
/// One walk of the dominator tree: a node adds its retained size to its group unless a dominator above it is of
/// the same group, and which groups are open above is kept as a count by entering and leaving.
pub fn by_group<O: Objects + ?Sized>(
    graph: &Graph,
    dominators: &Dominators,
    objects: &O,
    groups: u32,
    group: impl Fn(NodeId) -> u32,
) -> Vec<GroupTotal> {
    let order = dominators.order();
    let mut totals = vec![GroupTotal::default(); groups as usize];
    let mut add = |group: u32, change: &dyn Fn(&mut GroupTotal)| {
        if let Some(total) = totals.get_mut(group as usize) {
            change(total);
        }
    };
    objects.runs(&mut |run| {
        for id in run.first.0..run.first.0.saturating_add(run.count) {
            if dominators.is_reached(id) {
                add(group(id), &|total| {
                    total.objects += 1;
                    total.shallow = total.shallow.saturating_add(run.size);
                });
            }
        }
    });
    let mut open = Column::filled(0u32, groups as usize);
    let mut walk = TreeWalk::of(dominators);
    // The groups of the nodes that are open, from the outermost on: asking again which group a node has misses the cache.
    let mut above: Vec<u32> = Vec::new();
    while let Some(step) = walk.next() {
        match step {
            Step::Enter(number) => {
                let node = order.node.at(number);
                let of = group(node);
                if open.at(of) == 0 {
                    let bytes = dominators.retained_by_number().at(number);
                    add(of, &|total| {
                        total.retained = total.retained.saturating_add(bytes);
                    });
                }
                open.update(of, |n| n + 1);
                above.push(of);
                for leaf in graph.out(node) {
                    if order.folded.has(*leaf) && open.at(group(*leaf)) == 0 {
                        let bytes = dominators.retained(*leaf, objects).unwrap_or(0);
                        add(group(*leaf), &|total| {
                            total.retained = total.retained.saturating_add(bytes);
                        });
                    }
                }
            }
            Step::Leave => {
                if let Some(of) = above.pop() {
                    open.update(of, |n| n - 1);
                }
            }
        }
    }
    for entry in graph.entries() {
        // A leaf that is an entry has nothing above it.
        if order.folded.has(*entry) {
            let bytes = dominators.retained(*entry, objects).unwrap_or(0);
            add(group(*entry), &|total| {
                total.retained = total.retained.saturating_add(bytes);
            });
        }
    }
    totals
}

enum Step {
    Enter(u32),
    Leave,
}

/// The dominator tree depth first, by number.
struct TreeWalk<'d> {
    idom: &'d Column<u32>,
    first: Column<u32>,
    next: Column<u32>,
    at: u32,
    down: bool,
}

impl<'d> TreeWalk<'d> {
    fn of(dominators: &'d Dominators) -> Self {
        let idom = dominators.idoms();
        let mut first = Column::filled(0u32, idom.len());
        let mut next = Column::filled(0u32, idom.len());
        for number in (1..dominators.order().len()).rev() {
            let above = idom.at(number);
            next.set(number, first.at(above));
            first.set(above, number);
        }
        let at = first.at(0);
        Self {
            idom,
            first,
            next,
            at,
            down: true,
        }
    }

    fn next(&mut self) -> Option<Step> {
        let at = self.at;
        if at == 0 {
            return None;
        }
        if self.down {
            let child = self.first.at(at);
            self.down = child != 0;
            if child != 0 {
                self.at = child;
            }
            return Some(Step::Enter(at));
        }
        let sibling = self.next.at(at);
        self.down = sibling != 0;
        self.at = if sibling != 0 {
            sibling
        } else {
            self.idom.at(at)
        };
        Some(Step::Leave)
    }
}
