//! A profile: the tree of its calls, its functions, what matters in it.

use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_model::profile::{Flame, Way};
use dumpview_view::line::Line;
use dumpview_view::rows::{CostRow, CostUnit};
use std::sync::Arc;

/// What of a profile is looked at: the same on all its screens, and for what is typed at `:`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// How often it was changed; `None` where nobody but the question knows it.
    pub number: Option<u64>,
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them it is of.
    pub index: usize,
    /// Labels that samples have to have, as `-tagfocus` takes them.
    pub labels: String,
    /// All that is left out or told differently, as it is typed: `focus=main`.
    pub filters: Vec<String>,
}

impl Selection {
    /// In words, for a bar: `cpu, focus=main`.
    pub fn words(&self) -> String {
        let kind = self.types.get(self.index).into_iter();
        kind.chain(&self.filters)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The value after this one.
    pub fn next(&self) -> usize {
        (self.index + 1) % self.types.len().max(1)
    }
}

/// What is to be changed of the selection before a question is answered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Select {
    /// Which value.
    pub index: Option<usize>,
    /// Labels, as `-tagfocus` takes them; empty for all samples.
    pub labels: Option<String>,
}

/// Asks which selection it is now: screens that show an older one ask anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskSelection;

impl Topic for AskSelection {
    /// Its number.
    type Answer = u64;
}

/// Asks for the tree of calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AskFlame {
    /// What is to be changed first.
    pub select: Select,
    /// From where it is looked at.
    pub way: Way,
}

impl Topic for AskFlame {
    type Answer = Pictured;
    const LONG: Option<&'static str> = Some("reading stacks");
}

/// The tree of calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pictured {
    /// The tree.
    pub flame: Flame,
    /// What it is of.
    pub selection: Selection,
}

/// Asks for what its functions cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskFunctions {
    /// What is to be changed first.
    pub select: Select,
}

impl Topic for AskFunctions {
    type Answer = Functions;
}

/// What functions cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Functions {
    /// Lines above them.
    pub head: Vec<Line>,
    /// The functions, what costs most itself first.
    pub rows: Arc<[CostRow]>,
    /// What is counted.
    pub unit: CostUnit,
    /// What it is of.
    pub selection: Selection,
}

/// Asks for what matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskVerdict {
    /// What is to be changed first.
    pub select: Select,
}

impl Topic for AskVerdict {
    type Answer = Verdict;
}

/// What matters.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Lines above it.
    pub head: Vec<Line>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// What it is of.
    pub selection: Selection,
}
