//! Each object under the name of what it has in common with others, so that two heaps can be laid beside each other.

use super::owners::{OTHERS, SHARED};
use super::totals::TotalBy;
use crate::heap::sharing::tops;
use crate::heap::{Analysis, RootKind};
use dumpview_heap::{Column, NodeId};
use rustc_hash::FxHashMap;

/// What objects are put together by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupBy {
    /// What they are.
    Objects(TotalBy),
    /// The root without which they would go.
    Root,
    /// The package variable without which they would go.
    Variable,
    /// The goroutine without which they would go.
    Goroutine,
}

/// Objects under names.
#[derive(Debug)]
pub struct Grouping {
    /// What groups are called.
    pub names: Vec<String>,
    /// For each object, the number of its group; beyond the names for one of none.
    pub of: Column<u32>,
}

impl Analysis<'_, '_> {
    /// Puts objects under names. What nothing reaches has no root, and so no group by one.
    pub fn grouping(&self, by: GroupBy) -> Grouping {
        if let GroupBy::Objects(by) = by {
            let (names, of) = self.object_groups(by);
            return Grouping { names, of };
        }
        let tops = tops(&self.heap, &self.dominators);
        let mut names: Vec<String> = Vec::new();
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut of_top: FxHashMap<NodeId, u32> = FxHashMap::default();
        let mut of = Column::filled(u32::MAX, tops.len());
        for object in 0..self.heap.spans.objects() {
            let top = tops.at(object);
            if top == u32::MAX {
                continue;
            }
            let group = *of_top.entry(top).or_insert_with(|| {
                let name = self.top_name(top, by);
                let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
                *numbers.entry(name.clone()).or_insert_with(|| {
                    names.push(name);
                    next
                })
            });
            of.set(object, group);
        }
        Grouping { names, of }
    }

    fn top_name(&self, top: NodeId, by: GroupBy) -> String {
        let Some(root) = self.heap.root(top) else {
            return SHARED.to_owned();
        };
        let is_wanted = match by {
            GroupBy::Variable => matches!(root.kind, RootKind::Variable { .. }),
            GroupBy::Goroutine => matches!(root.kind, RootKind::Goroutine { .. }),
            GroupBy::Root | GroupBy::Objects(_) => true,
        };
        if is_wanted {
            self.place(top).name
        } else {
            OTHERS.to_owned()
        }
    }
}
