//! Why objects are alive: a shortest path from a root to each, those of many objects laid over each other.
//!
//! ```text
//! main.shop ─.orders▶ []*main.Order backing ─▶ 100,000 of them        one path, not a hundred thousand
//! ```

use super::totals::Of;
use crate::heap::{Analysis, Names};
use crate::types::shorten;
use dumpview_heap::{Bits, MergedPath, NodeId};
use dumpview_model::heap::{HeapPath, HeapStep};
use std::cmp::Reverse;

/// Paths to some objects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// Those that lead to most of them first.
    pub paths: Vec<HeapPath>,
    /// Objects that were asked for.
    pub asked: u64,
    /// Those that no root reaches.
    pub unreached: u64,
    /// Those at the end of paths that are not told, because they lead to few.
    pub elsewhere: u64,
}

/// A path is told apart from its neighbours when it leads to one of so many.
const FEW: u64 = 20;

/// So many objects of one type in a row are told, then the last of them.
const ALIKE: usize = 4;

/// The tree of paths.
struct Tree<'t> {
    merged: MergedPath<'t>,
    targets: &'t Bits,
    most: usize,
    total: u64,
}

impl Analysis<'_, '_> {
    /// Paths to these objects, at most `most`.
    pub fn paths_to(&self, targets: &[u32], most: usize) -> Found {
        let mut wanted = Bits::none(self.heap.graph.len());
        for target in targets {
            wanted.insert(*target);
        }
        let merged = self.paths().merged(targets.iter().copied());
        let tree = Tree {
            total: targets.len() as u64 - merged.unreached,
            merged,
            targets: &wanted,
            most,
        };
        let mut starts = tree.merged.starts.clone();
        let mut ways = Vec::new();
        tree.largest_first(&mut starts);
        for start in starts {
            if ways.len() >= most {
                break;
            }
            tree.walk(start, &mut ways);
        }
        let names = self.names();
        let paths: Vec<HeapPath> = ways
            .iter()
            .filter_map(|(way, count)| self.path(way, *count, &tree, &names))
            .collect();
        let told: u64 = paths.iter().map(|path| path.count).sum();
        Found {
            asked: targets.len() as u64,
            unreached: tree.merged.unreached,
            elsewhere: tree.total.saturating_sub(told),
            paths,
        }
    }

    /// A path in words; its root is its first place, a goroutine's frame in place of the goroutine.
    fn path(
        &self,
        way: &[NodeId],
        count: u64,
        tree: &Tree<'_>,
        names: &Names<'_, '_>,
    ) -> Option<HeapPath> {
        let objects = way
            .iter()
            .position(|node| self.heap.graph.is_object(*node))
            .unwrap_or(way.len());
        let root = way.get(objects.checked_sub(1)?)?;
        let nodes = way.get(objects - 1..)?;
        let mut steps: Vec<HeapStep> = Vec::new();
        for (at, pair) in nodes.windows(2).enumerate() {
            let [from, to] = pair else { continue };
            // A list is told by its first elements and its last.
            let around = nodes
                .get(at.saturating_sub(ALIKE)..at + 3)
                .unwrap_or_default();
            if self.are_alike(around)
                && let Some(last) = steps.last_mut()
            {
                last.left_out += 1;
                continue;
            }
            let by = names.between(*from, *to).into_iter().next();
            steps.push(HeapStep {
                place: self.place(*to),
                field: by.map(|by| by.name).filter(|name| !name.is_empty()),
                count: tree.count(*to),
                retained_bytes: self.retained(*to),
                left_out: 0,
            });
        }
        Some(HeapPath {
            root: self.place(*root),
            count,
            steps,
        })
    }

    /// Whether so many objects in a row, a whole stretch, are of one known type.
    fn are_alike(&self, nodes: &[NodeId]) -> bool {
        let mut labels = nodes.iter().map(|node| {
            let is_object = self.heap.graph.is_object(*node);
            is_object.then(|| self.labels.id(*node)).flatten()
        });
        let first = labels.next().flatten();
        nodes.len() == ALIKE + 3 && first.is_some() && labels.all(|label| label == first)
    }

    /// Objects whose type is called so, a package by its last element too; none when no object's is.
    pub fn of_type(&self, name: &str) -> Vec<u32> {
        let wanted = self.labels_named(name);
        if !wanted.iter().any(|is| *is) {
            return Vec::new();
        }
        let is_wanted = |object: &u32| {
            let label = self.labels.id(*object);
            label.is_some_and(|id| wanted.get(id.0 as usize).copied().unwrap_or(false))
        };
        (0..self.heap.spans.objects()).filter(is_wanted).collect()
    }

    /// How many objects have no known type: more of any type may be among them.
    pub fn untyped(&self, of: Of) -> u64 {
        let is_one = |object: &u32| {
            self.labels.id(*object).is_none()
                && self.dominators.is_reached(*object) == (of == Of::Live)
        };
        (0..self.heap.spans.objects()).filter(is_one).count() as u64
    }

    /// For each label, whether it is called so.
    pub(super) fn labels_named(&self, name: &str) -> Vec<bool> {
        let all = (0u32..).zip(self.labels.list());
        let names: Vec<&str> = all
            .map(|(id, _)| self.labels.name(crate::heap::types::LabelId(id)))
            .collect();
        let exact: Vec<bool> = names.iter().map(|known| *known == name).collect();
        if exact.iter().any(|is| *is) {
            return exact;
        }
        names.iter().map(|known| shorten(known) == name).collect()
    }
}

impl Tree<'_> {
    fn count(&self, node: NodeId) -> u64 {
        self.merged.count(node)
    }

    fn largest_first(&self, nodes: &mut [NodeId]) {
        nodes.sort_by_key(|node| (Reverse(self.count(*node)), *node));
    }

    /// The ways on that lead to enough to be told apart.
    fn large_below(&self, node: NodeId) -> Vec<NodeId> {
        let least = (self.total / FEW).max(1);
        let below = self.merged.below(node);
        let mut below: Vec<NodeId> = below.filter(|child| self.count(*child) >= least).collect();
        self.largest_first(&mut below);
        below
    }

    /// Goes on from the end of a way to one of the targets.
    fn add_example(&self, way: &mut Vec<NodeId>) {
        while let Some(at) = way.last().copied()
            && !self.targets.has(at)
            && let Some(example) = self.merged.below(at).min()
        {
            way.push(example);
        }
    }

    /// Adds the ways from a start on, depth first, each with how many targets it leads to. Where many part and none leads
    /// to enough, the way ends, with one of them as an example.
    fn walk(&self, start: NodeId, ways: &mut Vec<(Vec<NodeId>, u64)>) {
        // What is still to be gone, each with the length of the way before it: one way is kept, not one for each.
        let mut open = vec![(0, start)];
        let mut way = Vec::new();
        while let Some((before, at)) = open.pop() {
            if ways.len() >= self.most {
                break;
            }
            way.truncate(before);
            way.push(at);
            let on = self.large_below(at);
            if self.targets.has(at) || on.is_empty() {
                let mut whole = way.clone();
                self.add_example(&mut whole);
                ways.push((whole, self.count(at)));
                continue;
            }
            open.extend(on.into_iter().rev().map(|child| (way.len(), child)));
        }
    }
}
