//! Who waits for what, who could end it, and what follows: owned data, the same whether it was read from memory or from
//! a text.
//!
//! | file | in charge of |
//! |---|---|
//! | `object` | what is waited for, its waiters and who could end their wait |
//! | `graph` | circles, and the goroutines that many wait for |
//! | `findings` | what of it is worth knowing |
//! | `text` | the same of a printed dump |
//! | `tree` | the graph as a tree from the heads |

mod findings;
mod graph;
mod object;
mod text;
mod tree;

pub use findings::leaked;
pub use graph::{Circle, Head, Step};
pub use object::{Certainty, Does, How, Object, ObjectKind, ObjectState, Party, Waiter, Waiting};
pub(crate) use text::awaited;
pub use tree::{Node, Tree};

use crate::finding::Finding;
use crate::value::Address;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Goroutines that wait for something that no other goroutine ends, by the runtime's word for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "other-waits")]
pub struct OtherWaits {
    /// What for, in the runtime's words.
    pub wait_reason: Arc<str>,
    /// Whether they are in bubbles of `testing/synctest`, where time goes on only when all are at rest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_bubble: bool,
    /// How many goroutines.
    pub count: usize,
    /// The runtime's own among them.
    pub system: usize,
    /// Nanoseconds, as far as is known, until the first of them goes on by itself; of those that sleep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_ends_in_ns: Option<i64>,
    /// The same of the last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_ends_in_ns: Option<i64>,
}

/// A system call that a goroutine is in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "system-call")]
pub struct SystemCall {
    /// The goroutine.
    pub goroutine: u64,
    /// Its thread.
    pub thread: i32,
    /// The number, as Linux counts on the machine of the process.
    pub number: u64,
    /// Its name; null for a number that is not known.
    pub name: Option<String>,
    /// What stands in the registers of its arguments, whether it takes so many or not; null where that is lost.
    pub arguments: Vec<Option<Address>>,
    /// The file or connection that the first of them is the descriptor of, when package `os` or `net` made the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where the goroutine is, in words.
    pub place: Option<String>,
}

impl SystemCall {
    /// `epoll_pwait(0x4, 0xc000012345, 0x80, …)`.
    pub fn text(&self) -> String {
        let arguments = self.arguments.iter();
        let arguments: Vec<String> = arguments
            .map(|word| word.map_or_else(|| "?".to_owned(), |word| word.to_string()))
            .collect();
        let name = self.name.clone();
        let name = name.unwrap_or_else(|| format!("system call {}", self.number));
        let file = self.file.as_ref();
        let file = file.map_or_else(String::new, |file| format!(" on {file}"));
        format!("{name}({}){file}", arguments.join(", "))
    }
}

/// What goroutines of one process wait for.
#[derive(Clone, PartialEq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "waits-of-a-process")]
pub struct Waits {
    /// What is waited for: locks, channels, conditions, groups; most waiters first.
    pub objects: Vec<Object>,
    /// Goroutines that wait for each other: none of them goes on, unless a party that was inferred is none.
    pub circles: Vec<Circle>,
    /// Goroutines that others wait for, directly or not, and that do not wait for one of these themselves; most waiters first.
    pub heads: Vec<Head>,
    /// Waits that no goroutine ends: for time, the network, the runtime.
    pub others: Vec<OtherWaits>,
    /// System calls that goroutines are in.
    pub system_calls: Vec<SystemCall>,
    /// How many goroutines wait for something of `objects`.
    pub blocked: usize,
    /// What of it is worth knowing, the worst first.
    pub findings: Vec<Finding>,
    /// What could not be had, in words.
    pub incomplete: Vec<String>,
}

impl Waits {
    /// Works out what follows from the objects: order, circles, heads, findings. `place` says where a goroutine is.
    #[must_use]
    pub fn settled(mut self, place: &dyn Fn(u64) -> Option<String>) -> Self {
        self.objects.sort_by(|a, b| {
            let key = |of: &Object| (std::cmp::Reverse(of.waiters.len()), of.addr);
            key(a).cmp(&key(b))
        });
        let blocked: BTreeSet<u64> = self
            .objects
            .iter()
            .flat_map(|object| object.waiters.iter().map(|waiter| waiter.goroutine))
            .collect();
        self.blocked = blocked.len();
        let graph = graph::Graph::of(&self.objects);
        self.circles = graph.circles(&self.objects);
        self.heads = graph.heads(&|id| graph::Standing {
            place: place(id),
            doing: self.doing(id),
        });
        self.findings = findings::find(&self);
        self
    }

    /// The system call that a goroutine is in, or what it waits for, in words.
    fn doing(&self, id: u64) -> Option<String> {
        let mut calls = self.system_calls.iter();
        if let Some(call) = calls.find(|call| call.goroutine == id) {
            return Some(format!("is in {}", call.text()));
        }
        self.objects.iter().find_map(|object| {
            let mut waiters = object.waiters.iter();
            let waiter = waiters.find(|waiter| waiter.goroutine == id)?;
            Some(format!("waits {}", graph::wants(waiter, object)))
        })
    }

    /// Goroutines whose wait the findings tell of: those of deadlocks, all behind these, and those that wait for locks of which
    /// it is told who has them.
    pub fn told(&self) -> BTreeSet<u64> {
        let graph = graph::Graph::of(&self.objects);
        let mut told = BTreeSet::new();
        for circle in &self.circles {
            let members = circle.steps.iter().map(|step| step.goroutine).collect();
            told.extend(graph.behind(&members));
            told.extend(members);
        }
        for object in findings::crowds(self) {
            told.extend(object.waiters.iter().map(|waiter| waiter.goroutine));
        }
        told
    }

    /// What a goroutine waits for, as indices of objects.
    pub fn by_goroutine(&self) -> BTreeMap<u64, Vec<usize>> {
        let mut all: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (index, object) in self.objects.iter().enumerate() {
            for waiter in &object.waiters {
                let of = all.entry(waiter.goroutine).or_default();
                if of.last() != Some(&index) {
                    of.push(index);
                }
            }
        }
        all
    }
}
