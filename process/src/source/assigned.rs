//! The assignments of a function, by the names that were asked about.

use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex};

/// What is assigned to a name, by whether it is a result and whether it has parts; `None` when it may change in another way.
#[derive(Default)]
pub(super) struct Assigned {
    pub(super) known: Mutex<FxHashMap<(String, bool, bool), Assignments>>,
}

pub(super) type Assignments = Option<Arc<[Assignment]>>;

/// An assignment.
pub(super) struct Assignment {
    pub(super) at: usize,
    /// Its last token.
    pub(super) end: usize,
    pub(super) declares: bool,
    /// The tokens of what is assigned, when it is one value.
    pub(super) value: Option<std::ops::Range<usize>>,
    pub(super) is_zero: bool,
}
