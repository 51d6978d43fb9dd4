//! Live bytes by root: each object belongs to the root without which it would go, or to none when several keep it. So
//! the rows of a table add up to what is alive.

use super::totals::sort;
use crate::heap::sharing::{UNREACHED, sharing, tops, words};
use crate::heap::{Analysis, RootKind};
use dumpview_heap::{Column, Dominators, NodeId, Objects, Sharing};
use dumpview_model::heap::HeapTotal;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Which roots have rows of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnerKind {
    /// All of them, a goroutine with its frames.
    Root,
    /// Package variables.
    Variable,
    /// Goroutines.
    Goroutine,
    /// Goroutines with the same profiler label; what they keep together is in it.
    Label,
}

/// What several roots keep, so that none of them alone lets it go.
pub(super) const SHARED: &str = "(kept by several)";
/// What other kinds of roots keep.
pub(super) const OTHERS: &str = "(other roots)";
/// What goroutines without the label keep.
const UNLABELLED: &str = "(no label)";

/// Sets of roots that have rows of their own.
const MOST_SETS: usize = 20;

/// Objects and bytes by the node that nothing dominates.
#[derive(Default)]
struct Totals(BTreeMap<NodeId, (u64, u64)>);

impl Totals {
    /// Those of objects, which are the nodes below a number; what is left are the roots'.
    fn split_off_objects(&mut self, objects: u32) -> BTreeMap<NodeId, (u64, u64)> {
        let roots = self.0.split_off(&objects);
        std::mem::replace(&mut self.0, roots)
    }
}

fn add(total: &mut (u64, u64), (objects, bytes): (u64, u64)) {
    total.0 = total.0.saturating_add(objects);
    total.1 = total.1.saturating_add(bytes);
}

impl Analysis<'_, '_> {
    /// What each root keeps, the largest first.
    pub fn owners(&self, kind: OwnerKind) -> Vec<HeapTotal> {
        if kind == OwnerKind::Label {
            return self.by_profiler_label();
        }
        let tops = tops(&self.heap, &self.dominators);
        let mut totals = self.of_tops(&tops);
        let mut rows = Vec::new();
        let several = self.shared(&tops, &mut totals);
        let mut others = (0u64, 0u64);
        for (root, (objects, bytes)) in totals.0 {
            let wanted = match (kind, self.heap.root(root).map(|root| root.kind)) {
                (OwnerKind::Root, _)
                | (OwnerKind::Variable, Some(RootKind::Variable { .. }))
                | (OwnerKind::Goroutine, Some(RootKind::Goroutine { .. })) => true,
                (OwnerKind::Label | OwnerKind::Variable | OwnerKind::Goroutine, _) => false,
            };
            if wanted {
                rows.push(self.owner(self.place(root).name, (objects, bytes)));
            } else {
                others = (others.0 + objects, others.1.saturating_add(bytes));
            }
        }
        rows.extend(several);
        sort(&mut rows);
        if others.0 > 0 {
            rows.push(self.owner(OTHERS.to_owned(), others));
        }
        rows
    }

    /// What no root alone keeps, by the roots that lead to it: the largest such sets under the names of their members.
    fn shared(&self, tops: &Column<u32>, totals: &mut Totals) -> Vec<HeapTotal> {
        let objects = totals.split_off_objects(self.heap.spans.objects());
        if objects.is_empty() {
            return Vec::new();
        }
        let sharing = sharing(&self.heap, &self.dominators, tops);
        let mut sets: BTreeMap<&Sharing, (u64, u64)> = BTreeMap::new();
        let unknown = Sharing::default();
        for (node, amount) in objects {
            let total = sets.entry(sharing.get(&node).unwrap_or(&unknown));
            add(total.or_default(), amount);
        }
        let mut sets: Vec<(&Sharing, (u64, u64))> = sets.into_iter().collect();
        sets.sort_by_key(|(_, (_, bytes))| Reverse(*bytes));
        let mut rows = Vec::new();
        let mut rest = (0, 0);
        for (set, amount) in sets {
            match words(set, |root| self.place(root).name) {
                Some(who) if rows.len() < MOST_SETS => {
                    rows.push(self.owner(format!("(kept by {who})"), amount));
                }
                _ => add(&mut rest, amount),
            }
        }
        if rest.0 > 0 {
            rows.push(self.owner(SHARED.to_owned(), rest));
        }
        rows
    }

    fn owner(&self, key: String, (objects, bytes): (u64, u64)) -> HeapTotal {
        HeapTotal {
            key,
            objects,
            bytes,
            retained_bytes: Some(bytes),
            of: self.live.bytes,
        }
    }

    /// Objects and bytes below each node that has no dominator.
    fn of_tops(&self, tops: &Column<u32>) -> Totals {
        let mut totals = Totals::default();
        self.heap.spans.runs(&mut |run| {
            for id in run.first.0..run.first.0.saturating_add(run.count) {
                let top = tops.at(id);
                if top == UNREACHED {
                    continue;
                }
                add(totals.0.entry(top).or_default(), (1, run.size));
            }
        });
        totals
    }

    /// What goroutines of one label keep together. Goroutines of one key have one value each, so a node above those of
    /// each value, in place of the goroutines as entries, makes their union a retained size.
    fn by_profiler_label(&self) -> Vec<HeapTotal> {
        let mut rows = Vec::new();
        for (key, values) in self.goroutines_by_label() {
            let mut members: Vec<(String, Vec<NodeId>)> = Vec::new();
            for (value, nodes) in values {
                members.push((format!("{key}={value}"), nodes));
            }
            let lists: Vec<&[NodeId]> = members.iter().map(|(_, nodes)| &**nodes).collect();
            let Ok(graph) = self.heap.graph.gathered(&lists) else {
                continue;
            };
            let dominators = Dominators::of(&graph, &self.heap.spans);
            let totals = self.of_tops(&tops(&self.heap, &dominators)).0;
            let base = self.heap.graph.len();
            for (node, (name, _)) in (base..).zip(members) {
                let amount = totals.get(&node).copied().unwrap_or_default();
                rows.push(self.owner(name, amount));
            }
            let rest = totals
                .iter()
                .filter(|(node, _)| **node < base)
                .filter(|(node, _)| {
                    let root = self.heap.root(**node).map(|root| root.kind);
                    matches!(root, Some(RootKind::Goroutine { .. }))
                })
                .fold((0, 0u64), |sum, (_, amount)| {
                    (sum.0 + amount.0, sum.1.saturating_add(amount.1))
                });
            if rest.0 > 0 {
                rows.push(self.owner(format!("{key}={UNLABELLED}"), rest));
            }
        }
        sort(&mut rows);
        rows
    }

    /// Goroutines that keep something, by key and value of their labels.
    fn goroutines_by_label(&self) -> BTreeMap<String, BTreeMap<String, Vec<NodeId>>> {
        let mut found: BTreeMap<String, BTreeMap<String, Vec<NodeId>>> = BTreeMap::new();
        let (Some(runtime), Ok(goroutines)) = (self.process.runtime(), self.process.goroutines())
        else {
            return found;
        };
        for (node, root) in (self.heap.spans.objects()..).zip(&self.heap.roots.list) {
            let RootKind::Goroutine { goroutine } = root.kind else {
                continue;
            };
            let Some(g) = goroutines.list().get(goroutine as usize) else {
                continue;
            };
            for label in crate::runtime::labels(&runtime, g.labels).unwrap_or_default() {
                let values = found.entry(label.key).or_default();
                values.entry(label.value).or_default().push(node);
            }
        }
        found
    }
}
