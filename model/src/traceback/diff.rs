//! Two dumps of one process: which goroutines came, went, and stayed where they were.

use crate::goroutine::{Goroutine, Goroutines};
use std::collections::HashMap;

/// A goroutine that is in both dumps.
#[derive(Debug)]
pub struct Stayed<'a> {
    /// As it was.
    pub old: &'a Goroutine,
    /// As it is.
    pub new: &'a Goroutine,
    /// It stands at the same calls, in the same state.
    pub unmoved: bool,
}

impl Stayed<'_> {
    /// By how much longer it waits, when both times are known and it did not move.
    pub fn waited_longer_ns(&self) -> Option<u64> {
        let (old, new) = (self.old.waiting_ns?, self.new.waiting_ns?);
        new.checked_sub(old)
            .filter(|more| *more > 0 && self.unmoved)
    }
}

/// What changed between two dumps.
#[derive(Debug)]
pub struct Diff<'a> {
    /// In the new one only.
    pub appeared: Vec<&'a Goroutine>,
    /// In the old one only.
    pub gone: Vec<&'a Goroutine>,
    /// In both.
    pub stayed: Vec<Stayed<'a>>,
}

impl Diff<'_> {
    /// Whether the two can be of one process: ids never fall, and an id keeps its creator.
    pub fn contradictions(&self) -> usize {
        let creator = |g: &Goroutine| g.created_by.as_ref().map(|by| by.place.function.clone());
        self.stayed
            .iter()
            .filter(|both| creator(both.old) != creator(both.new))
            .count()
    }
}

/// Compares two dumps by goroutine id.
pub fn diff<'a>(old: &'a Goroutines, new: &'a Goroutines) -> Diff<'a> {
    let before: HashMap<u64, &Goroutine> = old.list.iter().map(|g| (g.id, g)).collect();
    let after: HashMap<u64, &Goroutine> = new.list.iter().map(|g| (g.id, g)).collect();
    let mut stayed = Vec::new();
    let mut appeared = Vec::new();
    for g in &new.list {
        match before.get(&g.id) {
            None => appeared.push(g),
            Some(was) => stayed.push(Stayed {
                old: was,
                new: g,
                unmoved: was.status == g.status
                    && was.wait_reason == g.wait_reason
                    && old.stacks.frames(was.stack).eq(new.stacks.frames(g.stack)),
            }),
        }
    }
    Diff {
        appeared,
        gone: old
            .list
            .iter()
            .filter(|g| !after.contains_key(&g.id))
            .collect(),
        stayed,
    }
}
