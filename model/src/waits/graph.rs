//! Who waits for whom: circles, and the goroutines at the head of it all.

use super::object::{Certainty, Does, How, Object, ObjectKind, Waiter, Waiting};
use crate::units::grouped;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One step of a circle: a goroutine, what it waits for, and who could end that: the next step's goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "wait-step")]
pub struct Step {
    /// The goroutine.
    pub goroutine: u64,
    /// What it waits for, by its place in `objects`.
    pub object: usize,
    /// The step in words.
    pub text: String,
}

/// Goroutines each of which waits for the next one, and the last for the first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "wait-circle")]
pub struct Circle {
    /// The steps, beginning with the lowest id.
    pub steps: Vec<Step>,
    /// How sure the least sure of its steps is.
    pub certainty: Certainty,
    /// Goroutines that wait for one of its own, directly or not, its own not counted.
    pub behind: usize,
}

/// A goroutine that others wait for and that waits for no other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "wait-head")]
pub struct Head {
    /// Its id.
    pub goroutine: u64,
    /// Goroutines that wait for it, directly or not.
    pub waiters: usize,
    /// Those among them that wait for it directly.
    pub direct: usize,
    /// The longest way to it, in goroutines.
    pub depth: usize,
    /// How sure the surest of the ways to it is.
    pub certainty: Certainty,
    /// Where it is, in words.
    pub place: Option<String>,
    /// The system call that it is in, or what it waits for itself, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doing: Option<String>,
}

/// Where a goroutine is, and what it does there.
pub(super) struct Standing {
    pub(super) place: Option<String>,
    pub(super) doing: Option<String>,
}

/// One goroutine that waits for another.
#[derive(Clone, Copy)]
struct Edge {
    to: u64,
    object: usize,
    certainty: Certainty,
    does: Does,
}

/// The graph of goroutines.
pub(super) struct Graph {
    out: BTreeMap<u64, Vec<Edge>>,
    into: BTreeMap<u64, Vec<(u64, Certainty)>>,
    blocked: BTreeSet<u64>,
}

/// Heads that are looked at: what waits behind each is counted by a walk.
const MOST_HEADS: usize = 64;

/// Whether one that does not go on is enough for the waiters not to: any sender ends a receiver's wait, but only the
/// holder that of a lock.
const fn needs_all(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Mutex
            | ObjectKind::RwMutex
            | ObjectKind::Once
            | ObjectKind::WaitGroup
            | ObjectKind::FileLock
            | ObjectKind::Bubble
    )
}

impl Graph {
    pub(super) fn of(objects: &[Object]) -> Self {
        let mut graph = Self {
            out: BTreeMap::new(),
            into: BTreeMap::new(),
            blocked: BTreeSet::new(),
        };
        for (index, object) in objects.iter().enumerate() {
            let alone = |of: &&Waiter| of.waiting == Waiting::Alone;
            for waiter in object.waiters.iter().filter(alone) {
                graph.blocked.insert(waiter.goroutine);
                if !needs_all(object.kind) {
                    continue;
                }
                for party in &object.parties {
                    let is_itself = party.goroutine == waiter.goroutine;
                    let only_queued = is_itself && party.does == Does::IsBefore;
                    // Readers do not wait for readers, only for the writer before them.
                    let both_read =
                        waiter.how == How::ReadLock && party.does == Does::HoldsForReading;
                    if only_queued || both_read {
                        continue;
                    }
                    graph.add(
                        waiter.goroutine,
                        Edge {
                            to: party.goroutine,
                            object: index,
                            certainty: party.certainty,
                            does: party.does,
                        },
                    );
                }
            }
        }
        graph
    }

    fn add(&mut self, from: u64, edge: Edge) {
        self.out.entry(from).or_default().push(edge);
        self.into
            .entry(edge.to)
            .or_default()
            .push((from, edge.certainty));
    }

    /// A shortest way from a goroutine back to itself, over edges that are at least probable.
    fn way_back(&self, from: u64) -> Option<Vec<(u64, Edge)>> {
        let mut came: BTreeMap<u64, (u64, Edge)> = BTreeMap::new();
        let mut open = VecDeque::from([from]);
        while let Some(at) = open.pop_front() {
            for edge in self.out.get(&at).into_iter().flatten() {
                if edge.certainty == Certainty::Possible {
                    continue;
                }
                if edge.to == from {
                    let mut way = vec![(at, *edge)];
                    let mut back = at;
                    while back != from {
                        let (before, edge) = came.get(&back)?;
                        way.push((*before, *edge));
                        back = *before;
                    }
                    way.reverse();
                    return Some(way);
                }
                if let Entry::Vacant(unseen) = came.entry(edge.to) {
                    unseen.insert((at, *edge));
                    open.push_back(edge.to);
                }
            }
        }
        None
    }

    /// Goroutines that can be on a circle: those left when the ones nobody waits for, and the ones that wait for nobody,
    /// are taken away again and again.
    fn core(&self) -> BTreeSet<u64> {
        let sure = |edge: &&Edge| edge.certainty != Certainty::Possible;
        let mut left: BTreeSet<u64> = self.out.keys().copied().collect();
        loop {
            let gone: Vec<u64> = left
                .iter()
                .copied()
                .filter(|id| {
                    let mut out = self.out.get(id).into_iter().flatten().filter(sure);
                    !out.any(|edge| left.contains(&edge.to))
                })
                .collect();
            if gone.is_empty() {
                return left;
            }
            for id in gone {
                left.remove(&id);
            }
        }
    }

    pub(super) fn circles(&self, objects: &[Object]) -> Vec<Circle> {
        let mut circles = Vec::new();
        let mut seen: BTreeSet<u64> = BTreeSet::new();
        for id in self.core() {
            if seen.contains(&id) {
                continue;
            }
            let Some(way) = self.way_back(id) else {
                continue;
            };
            let members: BTreeSet<u64> = way.iter().map(|(id, _)| *id).collect();
            let known = members.iter().any(|member| seen.contains(member));
            seen.extend(&members);
            if known {
                continue;
            }
            let certainty = way.iter().map(|(_, edge)| edge.certainty).max();
            circles.push(Circle {
                certainty: certainty.unwrap_or(Certainty::Possible),
                behind: self.behind(&members).len(),
                steps: way
                    .iter()
                    .map(|(id, edge)| Step {
                        goroutine: *id,
                        object: edge.object,
                        text: step_text(*id, *edge, objects),
                    })
                    .collect(),
            });
        }
        circles
    }

    /// Who waits for some of these, directly or not.
    pub(super) fn behind(&self, of: &BTreeSet<u64>) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        let mut open: Vec<u64> = of.iter().copied().collect();
        while let Some(id) = open.pop() {
            for (from, _) in self.into.get(&id).into_iter().flatten() {
                if !of.contains(from) && found.insert(*from) {
                    open.push(*from);
                }
            }
        }
        found
    }

    pub(super) fn heads(&self, standing: &dyn Fn(u64) -> Standing) -> Vec<Head> {
        let mut ends: Vec<(usize, u64)> = self
            .into
            .iter()
            .filter(|(id, _)| !self.out.contains_key(id))
            .map(|(id, from)| (from.len(), *id))
            .collect();
        ends.sort_unstable_by_key(|(count, id)| (std::cmp::Reverse(*count), *id));
        ends.truncate(MOST_HEADS);
        let mut heads: Vec<Head> = ends
            .into_iter()
            .map(|(_, id)| self.head(id, standing(id)))
            .collect();
        heads.sort_by_key(|head| (std::cmp::Reverse(head.waiters), head.goroutine));
        heads
    }

    fn head(&self, id: u64, standing: Standing) -> Head {
        let mut depth: BTreeMap<u64, usize> = BTreeMap::from([(id, 0)]);
        let mut open = VecDeque::from([id]);
        let mut longest = 0;
        while let Some(at) = open.pop_front() {
            let here = depth.get(&at).copied().unwrap_or(0);
            longest = longest.max(here);
            for (from, _) in self.into.get(&at).into_iter().flatten() {
                if let Entry::Vacant(unseen) = depth.entry(*from) {
                    unseen.insert(here + 1);
                    open.push_back(*from);
                }
            }
        }
        let direct = self.into.get(&id).map(Vec::as_slice).unwrap_or_default();
        let waiters: BTreeSet<u64> = direct.iter().map(|(from, _)| *from).collect();
        Head {
            goroutine: id,
            waiters: depth.len() - 1,
            direct: waiters.len(),
            depth: longest,
            certainty: direct
                .iter()
                .map(|(_, certainty)| *certainty)
                .min()
                .unwrap_or(Certainty::Possible),
            place: standing.place,
            doing: standing.doing,
        }
    }
}

/// What somebody waits to do: `to lock a.mu`, `for a.wg`, `to receive on a.c`.
pub(super) fn wants(waiter: &Waiter, object: &Object) -> String {
    let how = waiter.how.about();
    // A variable of its own frame is its own without a word.
    let short = object.short();
    let short = short
        .strip_suffix(&format!(" of goroutine {}", waiter.goroutine))
        .unwrap_or(&short);
    match how.strip_suffix(" it") {
        Some("for") => format!("for {short}"),
        Some(to) => format!("{to} {short}"),
        None => match how.split_once(" it ") {
            Some((to, rest)) => format!("{to} {short} {rest}"),
            None => format!("{how} on {short}"),
        },
    }
}

/// `goroutine 7 waits to lock a.mu, which goroutine 8 holds`.
fn step_text(id: u64, edge: Edge, objects: &[Object]) -> String {
    let Some(object) = objects.get(edge.object) else {
        return format!("goroutine {id} waits for goroutine {}", edge.to);
    };
    let waiter = object.waiters.iter().find(|waiter| waiter.goroutine == id);
    let wants = waiter.map_or_else(
        || format!("for {}", object.short()),
        |waiter| wants(waiter, object),
    );
    let perhaps = edge.certainty.adverb();
    let who = if edge.to == id {
        "it".to_owned()
    } else {
        format!("goroutine {}", grouped(edge.to))
    };
    let does = match (edge.does, edge.to == id) {
        (Does::Holds, true) => "holds itself".to_owned(),
        (Does::Holds, false) => "holds".to_owned(),
        (Does::HoldsForReading, true) => "holds for reading itself".to_owned(),
        (Does::HoldsForReading, false) => "holds for reading".to_owned(),
        (Does::IsBefore, _) => "waits to write to".to_owned(),
        (Does::KeepsBusy, _) => "keeps busy".to_owned(),
        (Does::WillEnd, _) => "is to end".to_owned(),
    };
    let place = waiter.and_then(|waiter| waiter.place.as_deref());
    let function = place.and_then(|place| place.split(' ').next());
    let function = function.map_or_else(String::new, |name| format!(" in {name}"));
    format!("goroutine {id}{function} waits {wants}, which {who} {perhaps}{does}")
}
