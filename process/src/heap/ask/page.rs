//! A heap on a page: what it says of itself before anybody asks for more.

use super::{Cut, Of, TotalBy};
use crate::heap::audit::Audit;
use crate::heap::suspects::{self, Suspect, Thresholds};
use crate::heap::types::Share;
use crate::heap::{Analysis, Bounds};
use dumpview_model::heap::{Amount, HeapBranch, HeapTotal};

/// What keeps less than this of a thousand live bytes is not on the page.
const LEAST_PER_MILLE: u64 = 5;
/// Rows of what keeps most.
const MOST: usize = 10;

/// A heap on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// What a root reaches.
    pub live: Amount,
    /// What none reaches.
    pub garbage: Amount,
    /// What these numbers are of the true ones.
    pub bounds: Bounds,
    /// Live bytes by who named their type.
    pub share: Share,
    /// What was walked against what the runtime counted.
    pub audit: Audit,
    /// What is worth looking at, most bytes first.
    pub suspects: Vec<Suspect>,
    /// The uppermost places of the dominator tree.
    pub top: Vec<HeapBranch>,
    /// What lives, by type.
    pub types: Vec<HeapTotal>,
}

impl Analysis<'_, '_> {
    /// The page, with the suspects that these thresholds make.
    pub fn page(&self, thresholds: &Thresholds) -> Page {
        let cut = Cut {
            depth: 0,
            bytes: self.live.bytes / 1000 * LEAST_PER_MILLE,
            width: MOST,
            lines: MOST + 1,
        };
        Page {
            live: self.live,
            garbage: self.garbage,
            bounds: self.bounds(),
            share: self.share,
            audit: self.audit.clone(),
            suspects: suspects::find(
                self.process,
                &self.heap,
                &self.labels,
                &self.dominators,
                thresholds,
            ),
            top: self.tree(None, cut).0,
            types: self.totals(TotalBy::Type, Of::Live),
        }
    }
}
