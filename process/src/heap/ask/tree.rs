//! The dominator tree from a place on, largest first, cut where what is left is small.

use crate::heap::Analysis;
use dumpview_heap::NodeId;
use dumpview_model::heap::{HeapBranch, HeapPlace, PlaceKind};

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
    /// The tree below a place, or below everything. Children that are left out are counted in a line of their own.
    pub fn tree(&self, from: Option<NodeId>, cut: Cut) -> Vec<HeapBranch> {
        let mut lines = Vec::new();
        // Depth first, with a stack of what is still to be shown: the tree may be as deep as a list is long.
        let mut open: Vec<(usize, Shown)> = match from {
            Some(node) => vec![(0, Shown::Node(node, self.retained(node).unwrap_or(0)))],
            None => self.below(None, cut, 0),
        };
        while let Some((depth, shown)) = open.pop() {
            if lines.len() >= cut.lines {
                break;
            }
            match shown {
                Shown::Node(node, retained) => {
                    lines.push(self.branch(depth, node, retained));
                    if depth < cut.depth {
                        open.extend(self.below(Some(node), cut, depth + 1));
                    }
                }
                Shown::Folded { places, bytes } => lines.push(self.folded(depth, places, bytes)),
            }
        }
        lines
    }

    /// What a place immediately dominates, for a stack: the largest last, before it what is left out.
    fn below(&self, node: Option<NodeId>, cut: Cut, depth: usize) -> Vec<(usize, Shown)> {
        let mut children: Vec<(NodeId, u64)> = match node {
            None => self.dominators.tops(&self.heap.spans),
            Some(node) => {
                let rows = self.dominated();
                let of = |child: &NodeId| (*child, self.retained(*child).unwrap_or(0));
                let mut list: Vec<_> = rows.row(node).iter().map(of).collect();
                list.sort_by_key(|(node, bytes)| (std::cmp::Reverse(*bytes), *node));
                list
            }
        };
        let kept = children
            .iter()
            .take(cut.width)
            .take_while(|(_, bytes)| *bytes >= cut.bytes.max(1))
            .count();
        let rest = children.split_off(kept);
        let bytes = rest.iter().map(|(_, bytes)| bytes).sum();
        let mut shown = Vec::new();
        if bytes > 0 {
            let places = rest.iter().filter(|(_, bytes)| *bytes > 0).count() as u64;
            shown.push((depth, Shown::Folded { places, bytes }));
        }
        let children = children.into_iter().rev();
        shown.extend(children.map(|(node, bytes)| (depth, Shown::Node(node, bytes))));
        shown
    }

    fn branch(&self, depth: usize, node: NodeId, retained_bytes: u64) -> HeapBranch {
        HeapBranch {
            depth,
            place: self.place(node),
            bytes: self.size(node),
            retained_bytes,
            of: self.live.bytes,
            children: self.dominated().row(node).len() as u64,
            folded: 0,
        }
    }

    fn folded(&self, depth: usize, places: u64, retained_bytes: u64) -> HeapBranch {
        HeapBranch {
            depth,
            place: HeapPlace {
                kind: PlaceKind::Object,
                name: format!("{places} smaller"),
                addr: None,
                ty: None,
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
    Folded { places: u64, bytes: u64 },
}
