//! A profile: the tree of its calls, its functions, what matters in it.

use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_model::profile::{Flame, Way};
use dumpview_view::line::Line;
use dumpview_view::rows::{CostRow, CostUnit};
use std::sync::Arc;

/// Asks for the tree of calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AskFlame {
    /// Which value; the one that is usual when absent.
    pub index: Option<usize>,
    /// From where it is looked at.
    pub way: Way,
    /// Only samples with such labels, as `-tagfocus` takes them; empty for all.
    pub labels: String,
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
    /// What is counted in all, of which the tree may be the part that goes through one function.
    pub all: i64,
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them it is of.
    pub index: usize,
}

/// Asks for what its functions cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskFunctions {
    /// Which value; the one that is usual when absent.
    pub index: Option<usize>,
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
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them it is of.
    pub index: usize,
}

/// Asks for what matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskVerdict {
    /// Which value; the one that is usual when absent.
    pub index: Option<usize>,
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
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them it is of.
    pub index: usize,
}
