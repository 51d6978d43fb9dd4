//! The first page: what this is, why it died, what is worth a look.

use super::page::{Standpoint, Target};
use crate::ask::Topic;
use dumpview_model::finding::Finding;
use dumpview_view::finding;
use dumpview_view::line::Line;

/// Asks for the first page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AskOverview;

impl Topic for AskOverview {
    type Answer = Overview;
    const LONG: Option<&'static str> = Some("summing up");
}

/// The page.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Overview {
    /// The most important thing, in a sentence.
    pub headline: Line,
    /// Where [`Self::headline`] leads.
    pub go: Option<Target>,
    /// The rest, most important first.
    pub sections: Vec<Section>,
    /// The goroutine and frame that commands speak of.
    pub at: Standpoint,
    /// The verb that says the same.
    pub verb: &'static str,
    /// The input has not ended: there may be more to say.
    pub unfinished: bool,
}

/// Items under a heading.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Section {
    /// The heading; none for items that belong to what is above them.
    pub title: String,
    /// The items.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Item {
    /// What it says; wrapped when too long.
    pub line: Line,
    /// What it says where that would take more than a row.
    pub short: Option<Line>,
    /// A bar after it: this much of that.
    pub share: Option<(u64, u64)>,
    /// Where it leads.
    pub go: Option<Target>,
}

impl Item {
    /// One that leads nowhere.
    pub fn new(line: Line) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// A finding, leading to what it is about.
    pub fn finding(finding: &Finding, go: Option<Target>) -> Self {
        Self {
            line: finding::headline(finding),
            go,
            ..Self::default()
        }
    }

    /// One that leads somewhere.
    pub fn leading(line: Line, go: Target) -> Self {
        Self {
            line,
            go: Some(go),
            ..Self::default()
        }
    }
}
