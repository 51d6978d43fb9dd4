//! Goroutines grouped by state and identical stacks.

use super::{Ancestor, Creator, Elided, Goroutine, Goroutines, Labels, Status};
use crate::frame::Frame;
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Goroutines that share stack and state.
#[derive(Clone, PartialEq, Serialize, Debug, JsonSchema)]
#[schemars(rename = "goroutine-group")]
pub struct Group {
    /// How many goroutines share stack and state.
    pub count: usize,
    /// Their ids, rising; empty of a goroutine profile, which has none.
    pub ids: Vec<u64>,
    /// Their status; null of a goroutine profile.
    pub status: Option<Status>,
    /// What they wait for, in the runtime's words; null when they do not wait, and of a goroutine profile.
    pub wait_reason: Option<Arc<str>>,
    /// The shortest and the longest time that they have waited, in nanoseconds, of those whose time is known; absent
    /// when no time is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_ns: Option<(u64, u64)>,
    /// Profiler labels that all of them have, key to text; present of a goroutine profile only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// Profiler labels of its members: of each key every text among them, at most 100; absent when none has any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub member_labels: BTreeMap<String, Vec<String>>,
    /// Who created them; null unless the same `go` statement created all.
    pub created_by: Option<Creator>,
    /// The goroutines from which they come, the one that created them first; present only where the runtime printed the same of
    /// all.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Option<Vec<Ancestor>>")]
    pub ancestors: Arc<[Ancestor]>,
    /// Their calls, innermost first; `sp` differs and is null.
    pub frames: Vec<Frame>,
    /// Frames that were left out of the middle of the stack; absent when none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elided: Option<Elided>,
    /// Why the outermost frame was not reached; absent when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_incomplete: Option<Arc<str>>,
    /// Bytes on the heap that would go if all of them went; present with `--retained`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_bytes: Option<u64>,
    /// Which of its frames says where they are, see [`crate::frame::Own::first`].
    #[serde(skip)]
    pub own: Option<usize>,
}

impl Group {
    /// Where they stand: the function of the program, with file and line where these are known.
    pub fn place(&self) -> String {
        match self.own_frame() {
            Some(frame) => match (&frame.file, frame.line) {
                (Some(file), Some(line)) => format!("{} ({file}:{line})", frame.function),
                _ => frame.function.clone(),
            },
            None => "an unknown place".to_owned(),
        }
    }

    /// The frame that says where they are, the innermost when none does.
    pub fn own_frame(&self) -> Option<&Frame> {
        self.frames.get(self.own.unwrap_or(0))
    }
}

impl Goroutines {
    /// Groups some of the goroutines; largest group first, then by the smallest id.
    pub fn group<'a>(&'a self, chosen: impl IntoIterator<Item = &'a Goroutine>) -> Vec<Group> {
        // By stack first, which is cheap; then by what people see, since two pcs can be one line.
        let mut by_stack: HashMap<_, Vec<&Goroutine>> = HashMap::new();
        for g in chosen {
            by_stack
                .entry((g.stack, g.status, g.wait_reason.as_deref()))
                .or_default()
                .push(g);
        }
        let mut by_look: HashMap<_, Vec<&Goroutine>> = HashMap::new();
        for ((stack, status, reason), members) in by_stack {
            let stack = self.stacks.of(stack);
            by_look
                .entry((&stack.frames, stack.elided, status, reason))
                .or_default()
                .extend(members);
        }
        let mut groups: Vec<Group> = by_look
            .into_values()
            .filter_map(|mut members| {
                members.sort_unstable_by_key(|g| g.id);
                let first = *members.first()?;
                let stack = self.stacks.of(first.stack);
                let creator = |g: &Goroutine| g.created_by.as_ref().map(|c| Arc::clone(&c.place));
                let place = creator(first);
                let one_creator = members.iter().all(|g| creator(g) == place);
                let one_descent = members.iter().all(|g| g.ancestors == first.ancestors);
                let ancestors = Some(&first.ancestors).filter(|_| one_descent);
                let waits = || members.iter().filter_map(|g| g.waiting_ns);
                Some(Group {
                    count: members.len(),
                    ids: members.iter().map(|g| g.id).collect(),
                    status: Some(first.status),
                    wait_reason: first.wait_reason.clone(),
                    waiting_ns: waits().min().zip(waits().max()),
                    labels: None,
                    member_labels: member_labels(&members),
                    created_by: first.created_by.clone().filter(|_| one_creator),
                    ancestors: ancestors.map(Arc::clone).unwrap_or_default(),
                    frames: self.frames(&Goroutine {
                        sps: None,
                        ..first.clone()
                    }),
                    elided: stack.elided,
                    why_incomplete: stack.why_incomplete.clone(),
                    retained_bytes: None,
                    own: self.stacks.own_call(first.stack),
                })
            })
            .collect();
        // Of groups of one size, the one that has waited longest.
        let longest = |g: &Group| g.waiting_ns.map(|(_, most)| most);
        groups.sort_by_key(|g| {
            (
                Reverse(g.count),
                Reverse(longest(g)),
                g.ids.first().copied(),
            )
        });
        groups
    }
}

/// What the members have for labels; numbers in their own order.
fn member_labels(members: &[&Goroutine]) -> BTreeMap<String, Vec<String>> {
    const MOST: usize = 100;
    let mut all: BTreeMap<String, BTreeSet<(Option<u64>, &str)>> = BTreeMap::new();
    for (key, value) in members.iter().flat_map(|g| g.labels.iter()) {
        if !all.contains_key(key) {
            all.insert(key.to_owned(), BTreeSet::new());
        }
        if let Some(values) = all.get_mut(key) {
            values.insert((value.parse().ok(), value));
        }
    }
    let texts = |values: BTreeSet<(Option<u64>, &str)>| {
        let texts = values.into_iter().take(MOST);
        texts.map(|(_, text)| text.to_owned()).collect()
    };
    all.into_iter()
        .map(|(key, values)| (key, texts(values)))
        .collect()
}
