//! What a screen waits for, and for how long it has.

use crate::ask::{Request, Slot};
use dumpview_view::job::{Job, Progress};
use std::time::Duration;

/// How often [`super::Event::Pulse`] comes while something is being worked on.
pub(super) const PULSE: Duration = Duration::from_millis(250);

/// After so many pulses people wonder how far it is.
const PATIENCE: u32 = 2;

/// The jobs of a screen.
#[derive(Default)]
pub(super) struct Jobs(Vec<Waiting>);

struct Waiting {
    slot: Slot,
    job: Job,
    is_long: bool,
    pulses: u32,
}

impl Jobs {
    /// Something is asked: an older question of the same slot is not wanted any more.
    pub fn begin(&mut self, request: &Request) -> Job {
        let slot = request.slot();
        self.0.retain(|waiting| {
            if waiting.slot == slot {
                waiting.job.stop();
            }
            waiting.slot != slot
        });
        let job = Job::new(request.long().unwrap_or_default());
        self.0.push(Waiting {
            slot,
            job: job.clone(),
            is_long: request.long().is_some(),
            pulses: 0,
        });
        job
    }

    /// A question was answered.
    pub fn end(&mut self, slot: Slot) {
        self.0.retain(|waiting| waiting.slot != slot);
    }

    /// Stops what may take long; false when there is no such.
    pub fn stop(&mut self) -> bool {
        if !self.is_working() {
            return false;
        }
        for waiting in self.0.drain(..) {
            waiting.job.stop();
        }
        true
    }

    /// Whether there is something that may take long.
    pub fn is_working(&self) -> bool {
        self.0.iter().any(|waiting| waiting.is_long)
    }

    /// A while has passed.
    pub fn pulse(&mut self) {
        for waiting in &mut self.0 {
            waiting.pulses = waiting.pulses.saturating_add(1);
        }
    }

    /// How far the job is that people have waited for long enough to wonder.
    pub fn progress(&self) -> Option<Progress> {
        let mut long = self.0.iter().filter(|waiting| waiting.is_long);
        let waiting = long.find(|waiting| waiting.pulses >= PATIENCE)?;
        Some(waiting.job.progress())
    }
}

/// Screens that are gone want no answers.
impl Drop for Jobs {
    fn drop(&mut self) {
        for waiting in &self.0 {
            waiting.job.stop();
        }
    }
}
