//! What no root alone keeps: where in the tree of owners it begins, and which roots lead to it.

use super::{Heap, RootKind};
use dumpview_heap::{Column, Dominators, NodeId, Sharing, sharers};
use std::collections::HashMap;

/// In the place of a top where an object is not reached.
pub(super) const UNREACHED: u32 = u32::MAX;
/// Roots of a set that are named when there are many more.
const MOST_NAMES: usize = 3;
/// Sets of more roots are told by their kinds only.
const MOST_MEMBERS: usize = 256;

/// Kinds of roots, each a bit.
const GOROUTINE: u8 = 1;
const VARIABLE: u8 = 2;
const OTHER: u8 = 4;

/// For each object that is reached, the uppermost place in the dominator tree above it.
pub(super) fn tops(heap: &Heap<'_>, dominators: &Dominators) -> Column<u32> {
    let objects = heap.spans.objects();
    let mut tops = Column::filled(UNREACHED, objects as usize);
    let mut way = Vec::new();
    for object in 0..objects {
        let mut at = object;
        let top = loop {
            let known = if at < objects { tops.at(at) } else { UNREACHED };
            if known != UNREACHED {
                break known;
            }
            if !dominators.is_reached(at) {
                break UNREACHED;
            }
            if at < objects {
                way.push(at);
            }
            match dominators.idom(at) {
                Some(above) => at = above,
                None => break at,
            }
        };
        for node in way.drain(..) {
            tops.set(node, top);
        }
    }
    tops
}

/// For each object that nothing dominates, the roots that lead to it.
pub(super) fn sharing(
    heap: &Heap<'_>,
    dominators: &Dominators,
    tops: &Column<u32>,
) -> HashMap<NodeId, Sharing> {
    let kind = |node| match heap.root(node).map(|root| root.kind) {
        Some(RootKind::Goroutine { .. }) => GOROUTINE,
        Some(RootKind::Variable { .. }) => VARIABLE,
        _ => OTHER,
    };
    sharers(&heap.graph, dominators, tops, MOST_MEMBERS, kind)
}

/// What a set of roots is called, by the names of its members: `main.a and main.b`; `None` of many of several kinds.
pub(super) fn words(set: &Sharing, name: impl Fn(NodeId) -> String) -> Option<String> {
    if !set.is_many() {
        let most = if set.entries.len() > MOST_NAMES + 1 {
            MOST_NAMES
        } else {
            set.entries.len()
        };
        let mut names: Vec<String> = set
            .entries
            .iter()
            .take(most)
            .map(|root| name(*root))
            .collect();
        if set.entries.len() > most {
            names.push(format!("{} more", set.entries.len() - most));
        }
        return Some(names.join(" and "));
    }
    match set.kinds {
        GOROUTINE => Some("several goroutines".to_owned()),
        VARIABLE => Some("several variables".to_owned()),
        _ => None,
    }
}
