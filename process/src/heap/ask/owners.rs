//! Live bytes by root: each object belongs to the root without which it would go, or to none when several keep it. So
//! the rows of a table add up to what is alive.

use super::totals::sort;
use crate::heap::{Analysis, RootKind};
use dumpview_heap::{Column, Dominators, NodeId, Objects};
use dumpview_model::heap::HeapTotal;
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
const OTHERS: &str = "(other roots)";
/// What goroutines without the label keep.
const UNLABELLED: &str = "(no label)";

const UNKNOWN: u32 = u32::MAX;
const NONE: u32 = u32::MAX - 1;

impl Analysis<'_, '_> {
    /// What each root keeps, the largest first.
    pub fn owners(&self, kind: OwnerKind) -> Vec<HeapTotal> {
        if kind == OwnerKind::Label {
            return self.by_profiler_label();
        }
        let mut totals = self.of_tops(&self.dominators);
        let mut rows = Vec::new();
        let shared = totals.remove(&NONE).unwrap_or_default();
        let mut others = (0u64, 0u64);
        for (root, (objects, bytes)) in totals {
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
        sort(&mut rows);
        for (key, amount) in [(SHARED, shared), (OTHERS, others)] {
            if amount.0 > 0 {
                rows.push(self.owner(key.to_owned(), amount));
            }
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

    /// Objects and bytes below each node that has no dominator; those of objects that have none themselves under
    /// [`NONE`].
    fn of_tops(&self, dominators: &Dominators) -> BTreeMap<NodeId, (u64, u64)> {
        let tops = self.tops(dominators);
        let mut totals: BTreeMap<NodeId, (u64, u64)> = BTreeMap::new();
        self.heap.spans.runs(&mut |run| {
            for id in run.first.0..run.first.0.saturating_add(run.count) {
                let top = tops.at(id);
                if top == UNKNOWN {
                    continue;
                }
                let top = if self.heap.graph.is_object(top) {
                    NONE
                } else {
                    top
                };
                let total = totals.entry(top).or_default();
                total.0 += 1;
                total.1 = total.1.saturating_add(run.size);
            }
        });
        totals
    }

    /// For each object that is reached, the uppermost place in the dominator tree above it.
    fn tops(&self, dominators: &Dominators) -> Column<u32> {
        let objects = self.heap.spans.objects();
        let mut tops = Column::filled(UNKNOWN, objects as usize);
        let mut way = Vec::new();
        for object in 0..objects {
            let mut at = object;
            let top = loop {
                let known = if at < objects { tops.at(at) } else { UNKNOWN };
                if known != UNKNOWN {
                    break known;
                }
                if !dominators.is_reached(at) {
                    break UNKNOWN;
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
            let totals = self.of_tops(&Dominators::of(&graph, &self.heap.spans));
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
