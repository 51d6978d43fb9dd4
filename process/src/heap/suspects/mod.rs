//! What is worth looking at in a heap, in sentences: who keeps most of it, where it accumulates, what is wasted.
//!
//! | file | in charge of |
//! |---|---|
//! | `facts` | what all judges share: names, groups, shares |
//! | `owners` | one owner of much, many objects of a type under one owner |
//! | `shared` | objects of a type that keep much and that no one place owns |
//! | `lists` | linked lists |
//! | `goroutines` | goroutines that hold much, groups that wait for ever, unread `http.Response` bodies |
//! | `probe` | where in an object strings and slices stand |
//! | `fill` | big arrays that small slices and strings keep, slices far over their fill |
//! | `maps` | maps far over their fill |
//! | `duplicates` | the same text or bytes again and again |
//! | `copies` | the same, every one of them: what `heap strings` lists |
//! | `pools` | what `sync.Pool`s hold |
//! | `timers` | timers that are never stopped |
//! | `finalizers` | objects that their own finalizer keeps |
//!
//! Each suspect has an id and a threshold that can be set ([`Thresholds`]), and where the evidence is thin (a referrer
//! of unknown type, a count below its threshold) there is none. Passes are linear and keep nothing per object but
//! dense columns.

mod copies;
mod duplicates;
mod facts;
mod fill;
mod finalizers;
mod goroutines;
mod lists;
mod maps;
mod owners;
mod pools;
mod probe;
mod shared;
mod thresholds;
mod timers;

pub use copies::{Copies, copies};
pub use thresholds::{NoThreshold, Thresholds};

use super::types::Labels;
use super::{Analysis, Heap};
use crate::process::Process;
use dumpview_heap::Dominators;
use dumpview_model::finding::{Finding, Severity};
use facts::Facts;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::atomic::{AtomicU16, Ordering};

/// A finding about a heap.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "suspect")]
pub struct Suspect {
    /// What and how much, and what to ask next.
    #[serde(flatten)]
    pub finding: Finding,
    /// Bytes that it keeps; of waste, the bytes wasted.
    pub retained_bytes: u64,
    /// What to ask next: lines for `-x` and the prompt.
    #[schemars(with = "Vec<String>")]
    pub next: Vec<Question>,
}

/// How long texts and byte slices are, which only what refers to them knows.
pub struct TextLengths(Vec<AtomicU16>);

impl TextLengths {
    /// Of all of a heap.
    pub fn of(analysis: &Analysis<'_, '_>) -> Self {
        let thresholds = Thresholds::default();
        let (labels, dominators) = (&analysis.labels, &analysis.dominators);
        let heap = &analysis.heap;
        let facts = Facts::new(analysis.process, heap, labels, dominators, &thresholds);
        Self(duplicates::lengths(&facts))
    }

    /// Bytes of the longest string or byte slice from the start of an object, whose slot is so large; `None` where none is known.
    pub fn of_object(&self, object: u32, slot: u64) -> Option<u64> {
        let used = self.0.get(object as usize)?.load(Ordering::Relaxed);
        (used > 0).then(|| slot.saturating_sub(u64::from(u16::MAX - used)))
    }
}

/// A question about the same core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The verb: `heap tree`.
    pub verb: &'static str,
    /// What stands behind the core: a place, or flags.
    pub word: String,
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.verb)?;
        if self.word.is_empty() {
            return Ok(());
        }
        write!(f, " {}", self.word)
    }
}

impl Serialize for Question {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Suspect {
    fn new(id: &'static str, severity: Severity, text: String, retained_bytes: u64) -> Self {
        Self {
            finding: Finding::new(id, severity, text),
            retained_bytes,
            next: Vec::new(),
        }
    }

    /// Adds what to ask next.
    fn ask(mut self, verb: &'static str, word: impl std::fmt::Display) -> Self {
        self.next.push(Question {
            verb,
            word: word.to_string(),
        });
        self
    }

    fn seen(mut self, what: impl Into<String>) -> Self {
        self.finding = self.finding.seen(what);
        self
    }
}

/// Looks for all there is, most bytes first.
pub fn find(
    process: &Process<'_>,
    heap: &Heap<'_>,
    labels: &Labels,
    dominators: &Dominators,
    thresholds: &Thresholds,
) -> Vec<Suspect> {
    let facts = Facts::new(process, heap, labels, dominators, thresholds);
    if facts.live == 0 {
        return Vec::new();
    }
    // Those of the dominator tree go by one thread, most of the others by as many as there are.
    let by_owners = || {
        let lists = lists::find(&facts);
        let mut suspects = owners::find(&facts, &lists);
        suspects.extend(lists.suspects);
        suspects.extend(shared::find(&facts));
        suspects
    };
    let by_contents = || {
        let mut suspects = goroutines::find(&facts);
        suspects.extend(fill::find(&facts));
        suspects.extend(maps::find(&facts));
        suspects.extend(duplicates::find(&facts));
        suspects.extend(pools::find(&facts));
        suspects.extend(timers::find(&facts));
        suspects.extend(finalizers::find(&facts));
        suspects
    };
    let (mut suspects, others) = rayon::join(by_owners, by_contents);
    suspects.extend(others);
    suspects.sort_by_key(|suspect| {
        (
            std::cmp::Reverse(suspect.retained_bytes),
            std::cmp::Reverse(suspect.finding.severity),
            suspect.finding.id,
        )
    });
    suspects
}
