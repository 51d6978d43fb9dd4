//! What stands around a place of the graph: those that lead there and those that it leads to, nearest first.

use crate::heap::Analysis;
use dumpview_heap::NodeId;
use dumpview_model::heap::HeapPlace;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::VecDeque;

/// A place of the picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Near {
    /// What it is.
    pub place: HeapPlace,
    /// Bytes of its own.
    pub bytes: u64,
    /// Bytes that go when it goes.
    pub retained_bytes: Option<u64>,
    /// References from and to places that are not in the picture.
    pub outside: u64,
}

/// A reference between two places of the picture, by their indexes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// From.
    pub from: usize,
    /// To.
    pub to: usize,
    /// The fields; several between the same two.
    pub fields: Vec<String>,
    /// Without the first the second would go.
    pub dominates: bool,
}

/// A part of the graph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Around {
    /// The places, that which was asked for first.
    pub places: Vec<Near>,
    /// The references between them.
    pub links: Vec<Link>,
}

/// So many neighbours of one place are looked at; more make no picture.
const WIDEST: usize = 12;
/// So many fields are named between two places.
const FIELDS: usize = 3;

impl Analysis<'_, '_> {
    /// At most so many places around one, breadth first; of many neighbours those that keep most.
    pub fn around(&self, node: NodeId, most: usize) -> Around {
        let mut numbers: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut order = vec![node];
        numbers.insert(node, 0);
        let mut open = VecDeque::from([node]);
        while let Some(at) = open.pop_front() {
            let out = self.heap.graph.out(at);
            for neighbours in [self.referrers().row(at), out] {
                let mut list = neighbours.to_vec();
                list.sort_by_key(|n| (Reverse(self.retained(*n)), *n));
                list.dedup();
                for next in list.into_iter().take(WIDEST) {
                    if order.len() < most && !numbers.contains_key(&next) {
                        numbers.insert(next, order.len());
                        order.push(next);
                        open.push_back(next);
                    }
                }
            }
        }
        let names = self.names();
        let mut around = Around::default();
        for (from, at) in order.iter().copied().enumerate() {
            let (mut inside, mut outside) = (FxHashMap::<usize, Vec<String>>::default(), 0);
            for to in self.heap.graph.out(at) {
                match numbers.get(to) {
                    Some(to) => {
                        inside.entry(*to).or_default();
                    }
                    None => outside += 1,
                }
            }
            if !inside.is_empty() {
                for reference in names.references(at) {
                    let to = numbers.get(&reference.to).and_then(|to| inside.get_mut(to));
                    if let Some(fields) = to.filter(|fields| fields.len() <= FIELDS) {
                        fields.push(reference.name);
                    }
                }
            }
            let referrers = self.referrers().row(at).iter();
            outside += referrers.filter(|from| !numbers.contains_key(from)).count() as u64;
            let mut inside: Vec<_> = inside.into_iter().collect();
            inside.sort_by_key(|(to, _)| *to);
            around
                .links
                .extend(inside.into_iter().map(|(to, mut fields)| {
                    if fields.len() > FIELDS {
                        fields.truncate(FIELDS);
                        fields.push("…".to_owned());
                    }
                    let below = order.get(to).and_then(|to| self.dominators.idom(*to));
                    Link {
                        from,
                        to,
                        fields,
                        dominates: below == Some(at),
                    }
                }));
            around.places.push(Near {
                place: self.place(at),
                bytes: self.size(at),
                retained_bytes: self.retained(at),
                outside,
            });
        }
        around
    }
}
