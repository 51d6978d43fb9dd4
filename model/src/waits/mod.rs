//! Who waits for what, who could end it, and what follows: owned data, the same whether it was read from memory or from
//! a text.
//!
//! | file | in charge of |
//! |---|---|
//! | `object` | what is waited for, its waiters and who could end their wait |
//! | `graph` | circles, and the goroutines that many wait for |
//! | `findings` | what of it is worth knowing |
//! | `text` | the same of a printed dump |

mod findings;
mod graph;
mod object;
mod text;

pub use graph::{Circle, Head, Step};
pub use object::{Certainty, Does, How, Object, ObjectKind, ObjectState, Party, Waiter, Waiting};

use crate::finding::Finding;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Goroutines that wait for something that no other goroutine ends, by the runtime's word for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "other-waits")]
pub struct OtherWaits {
    /// What for, in the runtime's words.
    pub wait_reason: Arc<str>,
    /// How many goroutines.
    pub count: usize,
    /// The runtime's own among them.
    pub system: usize,
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
        let blocked: std::collections::BTreeSet<u64> = self
            .objects
            .iter()
            .flat_map(|object| object.waiters.iter().map(|waiter| waiter.goroutine))
            .collect();
        self.blocked = blocked.len();
        let graph = graph::Graph::of(&self.objects);
        self.circles = graph.circles(&self.objects);
        self.heads = graph.heads(place);
        self.findings = findings::find(&self);
        self
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
