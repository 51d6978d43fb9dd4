//! Places in the source. Thousands of goroutines share a few, so they are handed out by reference count.

use crate::frame::Frame;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;

/// A place in the program.
#[derive(Serialize, Clone, PartialEq, Eq, Hash, Debug, JsonSchema)]
#[schemars(rename = "place")]
pub struct Place {
    /// Function as a traceback prints it.
    pub function: String,
    /// Source file; null when not known.
    pub file: Option<String>,
    /// Line in `file`, from 1; null when not known.
    pub line: Option<u32>,
}

/// The `go` statement that created a goroutine.
#[derive(Serialize, Clone, PartialEq, Eq, Hash, Debug, JsonSchema)]
#[schemars(rename = "creator")]
pub struct Creator {
    /// The `go` statement.
    #[serde(flatten)]
    pub place: Arc<Place>,
    /// Id of the goroutine that ran the `go` statement; null before Go 1.21, which does not record it.
    pub goroutine: Option<u64>,
}

/// A goroutine that ran the `go` statement, as its stack was then (`GODEBUG=tracebackancestors`).
#[derive(Serialize, Clone, PartialEq, Debug, JsonSchema)]
#[schemars(rename = "ancestor")]
pub struct Ancestor {
    /// Its id.
    pub goroutine: u64,
    /// Its calls, innermost first.
    pub frames: Vec<Frame>,
    /// Whether frames were left out at the end: the runtime keeps 50 at most, and prints as many as of any stack.
    pub incomplete: bool,
    /// Who created it; null for the main goroutine.
    pub created_by: Option<Creator>,
}

/// Places, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Places(HashSet<Arc<Place>>);

impl Places {
    /// The one that is equal to this.
    pub fn share(&mut self, place: Place) -> Arc<Place> {
        if let Some(known) = self.0.get(&place) {
            return Arc::clone(known);
        }
        let place = Arc::new(place);
        self.0.insert(Arc::clone(&place));
        place
    }
}
