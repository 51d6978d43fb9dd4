//! The dominator tree from a place on, largest first, cut where what is left is small.

use crate::heap::Analysis;
use dumpview_heap::NodeId;
use dumpview_model::heap::{HeapBranch, HeapPlace, PlaceKind};
use dumpview_model::units::grouped;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is left out of a tree.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cut {
    /// Places deeper than this.
    pub depth: usize,
    /// Places that keep fewer bytes.
    pub bytes: u64,
    /// More than so many of one place's children.
    pub width: usize,
    /// More lines than this.
    pub lines: usize,
}

impl Analysis<'_, '_> {
    /// The tree below a place, or below everything, and whether it goes on behind the last line that `cut` allows. Children
    /// that are left out are counted in a line of their own.
    pub fn tree(&self, from: Option<NodeId>, cut: Cut) -> (Vec<HeapBranch>, bool) {
        let (mut lines, mut nodes) = (Vec::new(), Vec::new());
        let mut goes_on = false;
        // Depth first, with a stack of what is still to be shown: the tree may be as deep as a list is long.
        let mut open: Vec<(usize, Shown)> = match from {
            Some(node) => vec![(0, Shown::Node(node, self.retained(node).unwrap_or(0)))],
            None => self.below(None, cut, 0),
        };
        while let Some((depth, shown)) = open.pop() {
            if lines.len() >= cut.lines {
                goes_on = true;
                break;
            }
            match shown {
                Shown::Node(node, retained) => {
                    nodes.push((lines.len(), node));
                    lines.push(self.branch(depth, node, retained));
                    if depth < cut.depth {
                        open.extend(self.below(Some(node), cut, depth + 1));
                    }
                }
                Shown::Folded { ty, places, bytes } => {
                    lines.push(self.folded(depth, ty, places, bytes));
                }
            }
        }
        self.count_children(&mut lines, &nodes);
        (lines, goes_on)
    }

    /// Says of each line, by its index and its node, how many places stand directly below it. The tree downwards is not
    /// made for that when nothing else has needed it.
    fn count_children(&self, lines: &mut [HeapBranch], nodes: &[(usize, NodeId)]) {
        let counts: Vec<u64> = if let Some(rows) = self.dominated.get() {
            let count = |(_, node): &(usize, NodeId)| rows.row(*node).len() as u64;
            nodes.iter().map(count).collect()
        } else {
            let ids: Vec<NodeId> = nodes.iter().map(|(_, node)| *node).collect();
            self.dominators.dominated_counts(&ids)
        };
        for ((line, _), count) in nodes.iter().zip(counts) {
            if let Some(line) = lines.get_mut(*line) {
                line.children = count;
            }
        }
    }

    /// What a place immediately dominates, for a stack: the largest last. Those that are too small to stand alone stand
    /// together with others of their type, and what is left in one line.
    fn below(&self, node: Option<NodeId>, cut: Cut, depth: usize) -> Vec<(usize, Shown)> {
        let mut children: Vec<(NodeId, u64)> = match node {
            None => self.dominators.tops(&self.heap.spans),
            Some(node) => {
                let of = |child: &NodeId| (*child, self.retained(*child).unwrap_or(0));
                let mut list: Vec<_> = self.dominated().row(node).iter().map(of).collect();
                list.sort_by_key(|(node, bytes)| (Reverse(*bytes), *node));
                list
            }
        };
        let least = cut.bytes.max(1);
        let large = children
            .iter()
            .take(cut.width)
            .take_while(|(_, bytes)| *bytes >= least)
            .count();
        let small = children.split_off(large);
        let alone = children
            .into_iter()
            .map(|(node, bytes)| Shown::Node(node, bytes));
        let mut shown: Vec<Shown> = alone.collect();
        let (together, rest) = self.by_type(&small, least);
        shown.extend(together);
        shown.sort_by_key(Shown::bytes);
        if rest.bytes() > 0 {
            shown.insert(0, rest);
        }
        shown.into_iter().map(|shown| (depth, shown)).collect()
    }

    /// Small places by their type, and what is left.
    fn by_type(&self, small: &[(NodeId, u64)], least: u64) -> (Vec<Shown>, Shown) {
        let mut types: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
        for (node, bytes) in small.iter().filter(|(_, bytes)| *bytes > 0) {
            let ty = self.type_name(*node);
            let total = types.entry(ty).or_default();
            *total = (total.0 + 1, total.1.saturating_add(*bytes));
        }
        let (mut together, mut left) = (Vec::new(), (0, 0));
        for (ty, (places, bytes)) in types {
            match ty {
                Some(ty) if places > 1 && bytes >= least => together.push(Shown::Folded {
                    ty: Some(ty.to_owned()),
                    places,
                    bytes,
                }),
                _ => left = (left.0 + places, left.1 + bytes),
            }
        }
        let (places, bytes) = left;
        let ty = None;
        (together, Shown::Folded { ty, places, bytes })
    }

    fn branch(&self, depth: usize, node: NodeId, retained_bytes: u64) -> HeapBranch {
        HeapBranch {
            depth,
            place: self.place(node),
            bytes: self.size(node),
            retained_bytes,
            of: self.live.bytes,
            children: 0,
            folded: 0,
        }
    }

    fn folded(
        &self,
        depth: usize,
        ty: Option<String>,
        places: u64,
        retained_bytes: u64,
    ) -> HeapBranch {
        let what = ty.as_deref().unwrap_or("smaller");
        HeapBranch {
            depth,
            place: HeapPlace {
                kind: PlaceKind::Object,
                name: format!("{} {what}", grouped(places)),
                addr: None,
                ty,
                goroutine: None,
                frame: None,
                variable: None,
            },
            bytes: 0,
            retained_bytes,
            of: self.live.bytes,
            children: 0,
            folded: places,
        }
    }
}

enum Shown {
    Node(NodeId, u64),
    Folded {
        ty: Option<String>,
        places: u64,
        bytes: u64,
    },
}

impl Shown {
    const fn bytes(&self) -> u64 {
        match self {
            Self::Node(_, bytes) | Self::Folded { bytes, .. } => *bytes,
        }
    }
}
