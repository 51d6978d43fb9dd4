//! What a value keeps: the objects that its own pointers lead to, and all that goes with them.

use crate::expr::Storage;
use crate::heap::Analysis;
use crate::heap::types::{Link, Plans};
use crate::types::TypeRef;
use dumpview_heap::NodeId;

/// Pointers of one value that are followed; of larger arrays it is not told what they keep.
const MOST_POINTERS: usize = 1 << 20;

impl Analysis<'_, '_> {
    /// Bytes that go when the pointers of a value go, all of them at once; `None` when they cannot be read. Of a variable that
    /// escaped, the object that it lives in goes too.
    pub fn retained_by_value(
        &self,
        ty: TypeRef,
        storage: &Storage,
        with_its_object: bool,
    ) -> Option<u64> {
        let mut nodes = self.pointees(ty, storage)?;
        if with_its_object && let Some(addr) = storage.addr() {
            nodes.extend(self.heap.find(addr).map(|id| id.0));
        }
        nodes.sort_unstable();
        nodes.dedup();
        match nodes.as_slice() {
            [] => Some(0),
            [one] => Some(self.retained(*one).unwrap_or(0)),
            several => Some(self.kept_by(several).bytes),
        }
    }

    /// The objects that the pointers of a value lead to, and values in package data that keep something.
    fn pointees(&self, ty: TypeRef, storage: &Storage) -> Option<Vec<NodeId>> {
        let memory = &*self.process.memory;
        let mut plans = Plans::new(self.process.types());
        let whole = plans.id(ty);
        let mut nodes = Vec::new();
        let mut open = vec![(whole, 0u64, 1u64)];
        let mut steps = 0;
        while let Some((id, at, count)) = open.pop() {
            let plan = plans.plan(id)?;
            if plan.links.is_empty() {
                continue;
            }
            for index in 0..count {
                let from = at.checked_add(index.checked_mul(plan.size)?)?;
                for (offset, link) in &plan.links {
                    steps += 1;
                    if steps > MOST_POINTERS {
                        return None;
                    }
                    let word = from.checked_add(*offset)?;
                    let word = match link {
                        Link::Array { of, count } => {
                            open.push((*of, word, *count));
                            continue;
                        }
                        Link::Interface { .. } => word.checked_add(8)?,
                        _ => word,
                    };
                    let value = storage.offset(word).place()?.ptr(memory).ok()?;
                    let object = self.heap.find(value).map(|id| id.0);
                    nodes.extend(object.or_else(|| self.variable_over(value)));
                }
            }
        }
        Some(nodes)
    }
}
