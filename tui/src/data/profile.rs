//! A profile: the tree of its calls, its functions, what matters in it.

use crate::ask::Topic;
use dumpview_model::profile::{Flame, Way};
use dumpview_view::line::Line;

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
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them it is of.
    pub index: usize,
}

/// What a list is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Listing {
    /// Functions by what they cost themselves.
    Flat,
    /// Functions by what they cost with all that they call.
    Cum,
    /// What matters.
    Findings,
}

/// Asks for a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskListing {
    /// Of what.
    pub of: Listing,
    /// Which value; the one that is usual when absent.
    pub index: Option<usize>,
}

impl Topic for AskListing {
    type Answer = Listed;
}

/// A list.
#[derive(Clone, PartialEq, Debug)]
pub struct Listed {
    /// Lines above it.
    pub head: Vec<Line>,
    /// Its rows, each with the function that it is about.
    pub rows: Vec<(Line, Option<String>)>,
    /// Names of the values that there are.
    pub types: Vec<String>,
    /// Which of them it is of.
    pub index: usize,
}
