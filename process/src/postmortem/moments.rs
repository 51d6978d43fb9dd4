//! What a core has for a timeline.

use super::Postmortem;
use crate::runtime::Collections;
use dumpview_model::timeline::CoreFacts;

impl Postmortem<'_> {
    /// When it started and died, and the pauses that its runtime remembers, under the name of its core.
    pub fn moments(&self, name: String) -> CoreFacts {
        let process = &self.process;
        let collections = process.runtime().and_then(|r| Collections::read(&r));
        let pauses = collections.as_ref().map_or_else(Vec::new, |collections| {
            let pauses = collections.pauses.iter();
            pauses.map(|p| (p.cycle, p.end_unix, p.ns)).collect()
        });
        CoreFacts {
            name,
            go_version: process.version.as_ref().map(ToString::to_string),
            reason: self.reason(),
            goroutines: process.goroutines().ok().map(|all| all.list().len() as u64),
            started_unix: collections.as_ref().and_then(|c| c.started_unix),
            reached_unix: collections.as_ref().and_then(|c| c.reached_unix),
            pauses,
        }
    }
}
