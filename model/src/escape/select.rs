//! Which decisions to look at.

use super::decision::{Analysis, Decision};
use std::fmt;
use std::sync::Arc;

type Wanted = dyn Fn(&Analysis, &Decision) -> bool + Send + Sync;

/// Decisions that are wanted; all of them by default.
#[derive(Clone, Default)]
pub struct Select {
    wanted: Option<Arc<Wanted>>,
    any_kind: bool,
}

impl fmt::Debug for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("all", &self.wanted.is_none())
            .field("any_kind", &self.any_kind)
            .finish()
    }
}

impl Select {
    /// Those that `wanted` holds for. `any_kind` when it says itself whether they have to be on the heap.
    pub fn by(
        wanted: impl Fn(&Analysis, &Decision) -> bool + Send + Sync + 'static,
        any_kind: bool,
    ) -> Self {
        Self {
            wanted: Some(Arc::new(wanted)),
            any_kind,
        }
    }

    /// Whether it says itself of what kind decisions have to be; people mean those on the heap otherwise.
    pub const fn any_kind(&self) -> bool {
        self.any_kind
    }

    /// Whether the decision is selected.
    pub fn matches(&self, analysis: &Analysis, decision: &Decision) -> bool {
        self.wanted
            .as_ref()
            .is_none_or(|wanted| wanted(analysis, decision))
    }
}
