//! What a value keeps: the objects that its own pointers lead to, and all that goes with them.

use crate::expr::Storage;
use crate::heap::Analysis;
use crate::heap::types::{Link, Plans};
use crate::types::TypeRef;
use dumpview_heap::NodeId;

/// Nothing tells where the pointers are.
const NO_TYPE: &str = "its type is not known";
/// Pointers of one value that are followed; of larger arrays it is not told what they keep.
const MOST_POINTERS: usize = 1 << 20;

impl Analysis<'_, '_> {
    /// Bytes that go when the pointers of a value go, all of them at once. Of a variable that escaped, the object that it
    /// lives in goes too.
    ///
    /// # Errors
    ///
    /// Why it cannot be told.
    pub fn retained_by_value(
        &self,
        ty: TypeRef,
        storage: &Storage,
        with_its_object: bool,
    ) -> Result<u64, &'static str> {
        let mut nodes = self.pointees(ty, storage)?;
        if with_its_object && let Some(addr) = storage.addr() {
            nodes.extend(self.heap.find(addr).map(|id| id.0));
        }
        nodes.sort_unstable();
        nodes.dedup();
        match nodes.as_slice() {
            [] => Ok(0),
            [one] => Ok(self.retained(*one).unwrap_or(0)),
            several => Ok(self.kept_by(several).bytes),
        }
    }

    /// The objects that the pointers of a value lead to, and values in package data that keep something.
    fn pointees(&self, ty: TypeRef, storage: &Storage) -> Result<Vec<NodeId>, &'static str> {
        let memory = &*self.process.memory;
        let mut plans = Plans::new(self.process.types());
        let whole = plans.id(ty);
        let mut nodes = Vec::new();
        let mut open = vec![(whole, 0u64, 1u64)];
        let mut steps = 0;
        while let Some((id, at, count)) = open.pop() {
            let plan = plans.plan(id).ok_or(NO_TYPE)?;
            if plan.links.is_empty() {
                continue;
            }
            for index in 0..count {
                let from = at.saturating_add(index.saturating_mul(plan.size));
                for (offset, link) in &plan.links {
                    steps += 1;
                    if steps > MOST_POINTERS {
                        return Err("it has more pointers than are followed");
                    }
                    let word = from.saturating_add(*offset);
                    let word = match link {
                        Link::Array { of, count } => {
                            open.push((*of, word, *count));
                            continue;
                        }
                        Link::Interface { .. } => word.saturating_add(8),
                        _ => word,
                    };
                    let word = storage.offset(word);
                    let value = word.place().and_then(|place| place.ptr(memory).ok());
                    let value = value.ok_or("its pointers cannot be read")?;
                    let object = self.heap.find(value).map(|id| id.0);
                    nodes.extend(object.or_else(|| self.variable_over(value)));
                }
            }
        }
        Ok(nodes)
    }
}
