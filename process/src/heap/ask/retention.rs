//! The dominator tree as stacks: roots and types on the way to what they keep, as tools for profiles draw them.

use super::owners::SHARED;
use crate::heap::Analysis;
use dumpview_heap::{Column, NodeId, Objects};
use dumpview_model::heap::{PlaceKind, UNKNOWN_TYPE};
use rustc_hash::FxHashMap;

/// A place in the tree of names: all objects whose dominators are called the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Index of the one above it; `None` of a root.
    pub above: Option<u32>,
    /// Index of its name.
    pub name: u32,
    /// Objects here, not below.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    depth: u32,
}

/// The dominator tree merged by names; a place stands behind the one above it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// What places are called: `main.registry`, `main.run (frame)`, `*main.session`.
    pub names: Vec<String>,
    /// The places.
    pub places: Vec<Kept>,
}

impl Retention {
    /// Names from a place up to its root.
    pub fn stack(&self, place: u32) -> Vec<u32> {
        let mut names = Vec::new();
        let mut at = self.places.get(place as usize);
        while let Some(here) = at {
            names.push(here.name);
            at = here.above.and_then(|above| self.places.get(above as usize));
        }
        names
    }
}

/// What is deeper than this counts where it would be cut: no picture has more levels.
const DEEPEST: u32 = 128;
/// More different stacks than this are cut likewise.
const MOST: usize = 1 << 20;
const UNKNOWN: u32 = u32::MAX;
/// Stands for an object that the place which was asked for does not dominate.
const OUTSIDE: u32 = u32::MAX - 1;

#[derive(Default)]
struct Merged {
    retention: Retention,
    names: FxHashMap<String, u32>,
    below: FxHashMap<(u32, u32), u32>,
}

impl Merged {
    fn name(&mut self, name: &str) -> u32 {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(UNKNOWN);
        self.names.insert(name.to_owned(), next);
        self.retention.names.push(name.to_owned());
        next
    }

    /// The place of a name below another. A list whose elements keep each other is one place.
    fn place(&mut self, above: Option<u32>, name: u32) -> u32 {
        let at = above.and_then(|at| Some((at, *self.retention.places.get(at as usize)?)));
        let depth = at.map_or(0, |(_, above)| above.depth + 1);
        if let Some((at, above)) = at
            && (above.name == name || depth >= DEEPEST)
        {
            return at;
        }
        let key = (above.unwrap_or(UNKNOWN), name);
        if let Some(known) = self.below.get(&key) {
            return *known;
        }
        if let Some(above) = above
            && self.retention.places.len() >= MOST
        {
            return above;
        }
        let next = u32::try_from(self.retention.places.len()).unwrap_or(UNKNOWN);
        self.retention.places.push(Kept {
            above,
            name,
            objects: 0,
            bytes: 0,
            depth,
        });
        self.below.insert(key, next);
        next
    }
}

impl Analysis<'_, '_> {
    /// The dominator tree merged by names: objects by their type, frames by their function, goroutines together.
    pub fn retention(&self) -> Retention {
        self.retention_below(None)
    }

    /// The same of what one place dominates, itself on top.
    pub fn retention_below(&self, from: Option<NodeId>) -> Retention {
        let nodes = self.heap.graph.len();
        let mut merged = Merged::default();
        let mut places = Column::filled(UNKNOWN, nodes as usize);
        let mut of_label: FxHashMap<Option<u32>, u32> = FxHashMap::default();
        let mut way = Vec::new();
        self.heap.spans.runs(&mut |run| {
            for object in run.first.0..run.first.0.saturating_add(run.count) {
                if !self.dominators.is_reached(object) {
                    continue;
                }
                let mut at = Some(object);
                let mut place = None;
                while let Some(node) = at {
                    if places.at(node) != UNKNOWN {
                        place = Some(places.at(node));
                        break;
                    }
                    way.push(node);
                    if from == Some(node) {
                        break;
                    }
                    at = self.dominators.idom(node);
                }
                let is_outside = place == Some(OUTSIDE)
                    || (place.is_none() && from.is_some() && way.last().copied() != from);
                if is_outside {
                    for node in way.drain(..) {
                        places.set(node, OUTSIDE);
                    }
                    continue;
                }
                for node in way.drain(..).rev() {
                    if place.is_none() && from.is_none() && self.heap.graph.is_object(node) {
                        let several = merged.name(SHARED);
                        place = Some(merged.place(None, several));
                    }
                    let name = if self.heap.graph.is_object(node) {
                        let label = self.labels.id(node).map(|id| id.0);
                        *of_label.entry(label).or_insert_with(|| {
                            merged.name(self.type_name(node).unwrap_or(UNKNOWN_TYPE))
                        })
                    } else {
                        merged.name(&self.role_of_root(node))
                    };
                    let here = merged.place(place, name);
                    places.set(node, here);
                    place = Some(here);
                }
                let kept = place.and_then(|at| merged.retention.places.get_mut(at as usize));
                if let Some(kept) = kept {
                    kept.objects += 1;
                    kept.bytes = kept.bytes.saturating_add(run.size);
                }
            }
        });
        merged.retention
    }

    /// What roots of one kind have in common.
    fn role_of_root(&self, node: NodeId) -> String {
        let place = self.place(node);
        match place.kind {
            PlaceKind::Goroutine => "goroutines".to_owned(),
            PlaceKind::Registers => "registers".to_owned(),
            PlaceKind::Finalizer => "finalizers".to_owned(),
            PlaceKind::Cleanup => "cleanups".to_owned(),
            PlaceKind::WeakHandle => "weak handles".to_owned(),
            PlaceKind::Frame => {
                let numbered = place.name.split_once(" frame ");
                let function = numbered.and_then(|(_, rest)| rest.split_once(' '));
                function.map_or("frames".to_owned(), |(_, name)| format!("{name} (frame)"))
            }
            _ => place.name,
        }
    }
}
