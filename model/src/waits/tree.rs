//! The graph as a tree from the goroutines that others wait for: a goroutine, what it has, who waits for that, what those
//! have. The same for a text and for a screen, which opens it node by node.

use super::object::{Certainty, Does, Object, Party, Waiter, Waiting};
use super::{Step, Waits};
use crate::units::{duration, grouped, plural};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many that wait alike, and have nothing that others wait for, are one node.
const CROWD: usize = 4;

/// A node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// A circle, by its place in `circles`.
    Circle(usize),
    /// One of its goroutines.
    Step {
        /// The circle, by its place in `circles`.
        circle: usize,
        /// The step, by its place in the circle.
        step: usize,
    },
    /// A goroutine.
    Goroutine {
        /// Its id.
        id: u64,
        /// What it waits for above it in the tree, by its place in `objects`.
        waits_for: Option<usize>,
    },
    /// Something that is waited for.
    Object {
        /// Its place in `objects`.
        index: usize,
        /// The goroutine above it in the tree, which could end the wait.
        of: Option<u64>,
    },
    /// Goroutines that wait alike.
    Crowd {
        /// For what, by its place in `objects`.
        object: usize,
        /// Who.
        ids: Vec<u64>,
    },
}

/// The tree of some waits.
#[derive(Clone, Debug)]
pub struct Tree<W> {
    waits: W,
    /// Objects that a goroutine is a party of.
    has: BTreeMap<u64, Vec<usize>>,
    /// Places of those that are known.
    places: BTreeMap<u64, Arc<str>>,
}

impl<W: std::ops::Deref<Target = Waits>> Tree<W> {
    /// Of these.
    pub fn new(waits: W) -> Self {
        let mut has: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (index, object) in waits.objects.iter().enumerate() {
            for party in &object.parties {
                has.entry(party.goroutine).or_default().push(index);
                let place = party.place.as_deref();
                places.extend(place.map(|place| (party.goroutine, place.into())));
            }
            for waiter in &object.waiters {
                let place = waiter.place.clone();
                places.extend(place.map(|place| (waiter.goroutine, place)));
            }
        }
        for head in &waits.heads {
            let place = head.place.as_deref();
            places.extend(place.map(|place| (head.goroutine, place.into())));
        }
        Self { waits, has, places }
    }

    /// What it is of.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    fn object(&self, index: usize) -> Option<&Object> {
        self.waits.objects.get(index)
    }

    /// Where it begins: circles, heads, and what none of their goroutines has.
    pub fn roots(&self) -> Vec<Node> {
        let waits = &*self.waits;
        let mut roots: Vec<Node> = (0..waits.circles.len()).map(Node::Circle).collect();
        let goroutine = |id| Node::Goroutine {
            id,
            waits_for: None,
        };
        roots.extend(waits.heads.iter().map(|head| goroutine(head.goroutine)));
        let mut shown: BTreeSet<usize> = BTreeSet::new();
        let mut open = roots.clone();
        while let Some(node) = open.pop() {
            for child in self.children(&node) {
                match child {
                    Node::Object { index, .. } if !shown.insert(index) => {}
                    Node::Crowd { .. } => {}
                    child => open.push(child),
                }
            }
        }
        let rest = (0..waits.objects.len()).filter(|index| !shown.contains(index));
        roots.extend(rest.map(|index| Node::Object { index, of: None }));
        roots
    }

    /// What stands below a node.
    pub fn children(&self, node: &Node) -> Vec<Node> {
        match node {
            Node::Circle(index) => {
                let circle = self.waits.circles.get(*index);
                let steps = circle.map_or(0, |circle| circle.steps.len());
                let node = |step| Node::Step {
                    circle: *index,
                    step,
                };
                (0..steps).map(node).collect()
            }
            Node::Step { circle, step } => {
                let step = self.step(*circle, *step);
                step.map_or_else(Vec::new, |step| self.held_by(step.goroutine))
            }
            Node::Goroutine { id, .. } => self.held_by(*id),
            Node::Object { index, of } => self.waiters(*index, *of),
            Node::Crowd { object, ids } => {
                let node = |id: &u64| Node::Goroutine {
                    id: *id,
                    waits_for: Some(*object),
                };
                ids.iter().map(node).collect()
            }
        }
    }

    /// A step of a circle.
    pub fn step(&self, circle: usize, step: usize) -> Option<&Step> {
        self.waits.circles.get(circle)?.steps.get(step)
    }

    fn held_by(&self, id: u64) -> Vec<Node> {
        let has = self.has.get(&id).map(Vec::as_slice).unwrap_or_default();
        let node = |index: &usize| Node::Object {
            index: *index,
            of: Some(id),
        };
        has.iter().map(node).collect()
    }

    /// Those that wait for an object: who has something himself alone, the others together where they wait alike.
    fn waiters(&self, index: usize, of: Option<u64>) -> Vec<Node> {
        let Some(object) = self.object(index) else {
            return Vec::new();
        };
        let mut alike: BTreeMap<(&'static str, Option<&str>), Vec<u64>> = BTreeMap::new();
        let mut nodes = Vec::new();
        let mut seen = BTreeSet::new();
        let node = |id| Node::Goroutine {
            id,
            waits_for: Some(index),
        };
        for waiter in &object.waiters {
            if Some(waiter.goroutine) == of || !seen.insert(waiter.goroutine) {
                continue;
            }
            if self.has.contains_key(&waiter.goroutine) {
                nodes.push(node(waiter.goroutine));
            } else {
                let key = (waiter.how.about(), waiter.place.as_deref());
                alike.entry(key).or_default().push(waiter.goroutine);
            }
        }
        let mut alike: Vec<Vec<u64>> = alike.into_values().collect();
        alike.sort_by_key(|ids| (std::cmp::Reverse(ids.len()), ids.first().copied()));
        for ids in alike {
            if ids.len() < CROWD {
                nodes.extend(ids.into_iter().map(node));
            } else {
                nodes.push(Node::Crowd { object: index, ids });
            }
        }
        nodes
    }

    fn place(&self, id: u64) -> String {
        let place = self.places.get(&id);
        place.map_or_else(String::new, |place| format!(": {place}"))
    }

    fn waiter(&self, object: usize, id: u64) -> Option<&Waiter> {
        let waiters = &self.object(object)?.waiters;
        waiters.iter().find(|waiter| waiter.goroutine == id)
    }

    fn party(&self, object: usize, id: u64) -> Option<&Party> {
        let parties = &self.object(object)?.parties;
        parties.iter().find(|party| party.goroutine == id)
    }

    /// A node in words.
    pub fn text(&self, node: &Node) -> String {
        match node {
            Node::Circle(index) => {
                let Some(circle) = self.waits.circles.get(*index) else {
                    return String::new();
                };
                let sure = match circle.certainty {
                    Certainty::Certain => "",
                    Certainty::Probable | Certainty::Possible => ", by code and frames",
                };
                let behind = match circle.behind {
                    0 => String::new(),
                    n => format!(", {} behind them", plural(n as u64, "goroutine")),
                };
                let of = plural(circle.steps.len() as u64, "goroutine");
                format!("deadlock of {of}{sure}{behind}")
            }
            Node::Step { circle, step } => {
                let step = self.step(*circle, *step);
                step.map_or_else(String::new, |step| step.text.clone())
            }
            Node::Goroutine { id, waits_for } => self.goroutine_text(*id, *waits_for),
            Node::Object { index, of } => self.object_text(*index, *of),
            Node::Crowd { object, ids } => {
                let first = ids.first().copied().unwrap_or_default();
                let how = self.waiter(*object, first);
                let how = how.map_or("for it", |waiter| waiter.how.about());
                format!(
                    "{} wait {how}{}",
                    plural(ids.len() as u64, "goroutine"),
                    self.place(first)
                )
            }
        }
    }

    fn goroutine_text(&self, id: u64, waits_for: Option<usize>) -> String {
        let place = self.place(id);
        let Some(object) = waits_for else {
            let mut heads = self.waits.heads.iter();
            let Some(head) = heads.find(|head| head.goroutine == id) else {
                return format!("goroutine {id}{place}");
            };
            let behind = grouped(head.waiters as u64);
            let doing = head.doing.as_ref();
            let doing = doing.map_or_else(String::new, |doing| format!("; it {doing}"));
            return format!("goroutine {id}, {behind} behind it{place}{doing}");
        };
        let Some(waiter) = self.waiter(object, id) else {
            return format!("goroutine {id}{place}");
        };
        let case = match waiter.waiting {
            Waiting::Alone => "",
            Waiting::OneCase => ", one case of a select",
        };
        let since = waiter.waiting_ns.filter(|ns| *ns > 0);
        let since = since.map_or_else(String::new, |ns| format!(" for {}", duration(ns)));
        format!(
            "goroutine {id} waits {}{case}{since}{place}",
            waiter.how.about()
        )
    }

    fn object_text(&self, index: usize, of: Option<u64>) -> String {
        let Some(object) = self.object(index) else {
            return String::new();
        };
        let state = object.state_words();
        let state = if state.is_empty() {
            state
        } else {
            format!("  [{state}]")
        };
        let title = object.title();
        let party = of.and_then(|id| self.party(index, id));
        let Some(party) = party else {
            let count = plural(object.waiters.len() as u64, "goroutine");
            let verb = if object.waiters.len() == 1 {
                "waits"
            } else {
                "wait"
            };
            return format!("{title}{state}: {count} {verb}");
        };
        let sure = party.certainty.adverb();
        let does = match party.does {
            Does::Holds => "holds",
            Does::HoldsForReading => "holds for reading",
            Does::IsBefore => "waits before others for",
            Does::KeepsBusy => "keeps busy",
            Does::WillEnd => "goes on to end the wait for",
        };
        format!("{sure}{does} {title}{state}")
    }
}
