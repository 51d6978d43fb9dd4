//! Places in the source. Thousands of goroutines share a few, so they are handed out by reference count.

use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;

/// A place in the source.
#[derive(Serialize, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Function as a traceback prints it.
    pub function: String,
    /// File, when known.
    pub file: Option<String>,
    /// Line, when known.
    pub line: Option<u32>,
}

/// Who created a goroutine, and where.
#[derive(Serialize, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Creator {
    /// The `go` statement.
    #[serde(flatten)]
    pub place: Arc<Place>,
    /// The goroutine that ran it; known since Go 1.21.
    pub goroutine: Option<u64>,
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
