//! Who keeps what no node alone keeps: for each object without a dominator, the entries that lead to it.
//!
//! The tree of dominators has such objects at its top, beside the entries. Seen from there the graph is small: what hangs
//! below a top belongs to it, and only references that lead to another top count. Sets of entries flow along those
//! until nothing changes. A set that grows beyond a few members says no more than which kinds they are of, so that
//! each set changes a bounded number of times, whatever circles there are.

use crate::column::Column;
use crate::dominators::Dominators;
use crate::graph::{Graph, NodeId};
use std::collections::{HashMap, VecDeque};

/// Entries that lead to an object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Sharing {
    /// They, in their order; none when there are more than a few.
    pub entries: Vec<NodeId>,
    /// The kinds of all of them, each a bit.
    pub kinds: u8,
}

impl Sharing {
    /// Whether there are more than a few.
    pub const fn is_many(&self) -> bool {
        self.entries.is_empty()
    }

    fn with(&self, other: &Self, most: usize) -> Self {
        let kinds = self.kinds | other.kinds;
        if self.is_many() || other.is_many() {
            return Self {
                entries: Vec::new(),
                kinds,
            };
        }
        let mut entries = [&*self.entries, &*other.entries].concat();
        entries.sort_unstable();
        entries.dedup();
        if entries.len() > most {
            entries.clear();
        }
        Self { entries, kinds }
    }
}

/// Sets of entries, each under a number.
#[derive(Default)]
struct Sets {
    /// Members of a set that is remembered.
    most: usize,
    list: Vec<Sharing>,
    numbers: HashMap<Sharing, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl Sets {
    fn number(&mut self, set: Sharing) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(set).or_insert_with_key(|set| {
            self.list.push(set.clone());
            next
        })
    }

    fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        if let Some(known) = self.unions.get(&(a, b)) {
            return *known;
        }
        let (Some(left), Some(right)) = (self.list.get(a as usize), self.list.get(b as usize))
        else {
            return a;
        };
        let most = if self.list.len() < MOST_SETS {
            self.most
        } else {
            0
        };
        let both = left.with(right, most);
        let number = self.number(both);
        self.unions.insert((a, b), number);
        number
    }
}

/// Beyond so many different sets, new ones say no more than their kinds.
const MOST_SETS: usize = 1 << 15;

/// For each object that is reached and has no dominator, the entries that lead to it. `tops` is the uppermost node above
/// each object, itself when there is none; sets of more than `most` entries are not told; `kind` is the bit of an entry's
/// kind.
pub fn sharers(
    graph: &Graph,
    dominators: &Dominators,
    tops: &Column<u32>,
    most: usize,
    kind: impl Fn(NodeId) -> u8,
) -> HashMap<NodeId, Sharing> {
    let references = between_tops(graph, dominators, tops);
    let mut sets = Sets {
        most,
        ..Sets::default()
    };
    let mut of: HashMap<NodeId, u32> = HashMap::new();
    let mut open = VecDeque::new();
    for entry in graph.entries() {
        let alone = Sharing {
            entries: vec![*entry],
            kinds: kind(*entry),
        };
        of.insert(*entry, sets.number(alone));
        open.push_back(*entry);
    }
    while let Some(top) = open.pop_front() {
        let Some(here) = of.get(&top).copied() else {
            continue;
        };
        let first = references.partition_point(|(from, _)| *from < top);
        let from_here = references.get(first..).unwrap_or_default();
        for (_, to) in from_here.iter().take_while(|(from, _)| *from == top) {
            let before = of.get(to).copied();
            let after = before.map_or(here, |before| sets.union(before, here));
            if before != Some(after) {
                of.insert(*to, after);
                open.push_back(*to);
            }
        }
    }
    of.into_iter()
        .filter(|(node, _)| graph.is_object(*node))
        .filter_map(|(node, set)| Some((node, sets.list.get(set as usize)?.clone())))
        .collect()
}

/// References from what hangs below one top to another, sorted, each once.
fn between_tops(
    graph: &Graph,
    dominators: &Dominators,
    tops: &Column<u32>,
) -> Vec<(NodeId, NodeId)> {
    const FIRST_ROOM: usize = 1 << 20;
    let mut references: Vec<(NodeId, NodeId)> = Vec::new();
    let mut room = FIRST_ROOM;
    for node in 0..graph.len() {
        if !dominators.is_reached(node) {
            continue;
        }
        let mut top = None;
        for target in graph.out(node) {
            let to = top_of(graph, dominators, tops, *target);
            if to != *target {
                continue;
            }
            let from = *top.get_or_insert_with(|| top_of(graph, dominators, tops, node));
            if from != to {
                references.push((from, to));
            }
        }
        if references.len() > room {
            references.sort_unstable();
            references.dedup();
            room = FIRST_ROOM.max(references.len() * 2);
        }
    }
    references.sort_unstable();
    references.dedup();
    references
}

fn top_of(graph: &Graph, dominators: &Dominators, tops: &Column<u32>, node: NodeId) -> NodeId {
    if graph.is_object(node) {
        return tops.at(node);
    }
    let mut at = node;
    while let Some(above) = dominators.idom(at) {
        at = above;
    }
    at
}
