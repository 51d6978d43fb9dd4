//! Work that takes a while: how far it is, and whether anybody still waits for it.
//!
//! Who works and who waits share a [`Job`]. The worker says how far it is and is told there when to give up; who waits
//! draws the progress, on a screen or on stderr, and may stop it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// A piece of work, seen from both sides. Clones are the same job.
#[derive(Clone, Debug)]
pub struct Job(Arc<State>);

#[derive(Debug)]
struct State {
    what: Mutex<&'static str>,
    done: AtomicU64,
    of: AtomicU64,
    stopped: AtomicBool,
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is being done: `reading goroutines`.
    pub what: &'static str,
    /// How many of the things that it goes over are done.
    pub done: u64,
    /// How many there are; 0 while that is not known.
    pub of: u64,
}

/// Nobody waits for the work any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("stopped")]
pub struct Stopped;

impl Job {
    /// A job that has not begun.
    pub fn new(what: &'static str) -> Self {
        Self(Arc::new(State {
            what: Mutex::new(what),
            done: AtomicU64::new(0),
            of: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }))
    }

    fn what(&self) -> MutexGuard<'_, &'static str> {
        self.0.what.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another part of the work begins.
    pub fn now(&self, what: &'static str) {
        *self.what() = what;
    }

    /// The worker is so far; called as often as it likes, since it costs a few stores.
    ///
    /// # Errors
    ///
    /// When the job was stopped: the worker gives up.
    pub fn advance(&self, done: usize, of: usize) -> Result<(), Stopped> {
        self.0.done.store(done as u64, Ordering::Relaxed);
        self.0.of.store(of as u64, Ordering::Relaxed);
        if self.is_stopped() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            what: *self.what(),
            done: self.0.done.load(Ordering::Relaxed),
            of: self.0.of.load(Ordering::Relaxed),
        }
    }

    /// Nobody waits for it any more.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether somebody stopped it.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }
}

/// A job is equal to its clones only.
impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// `reading goroutines: 12,000 of 100,000`.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use dumpview_model::units::grouped;
        f.write_str(self.what)?;
        if self.of > 0 {
            write!(f, ": {} of {}", grouped(self.done), grouped(self.of))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_sees_how_far_it_is_and_stops_it() {
        let job = Job::new("counting");
        let worker = job.clone();
        assert_eq!(job.progress().to_string(), "counting");
        assert_eq!(worker.advance(1200, 5000), Ok(()));
        assert_eq!(job.progress().to_string(), "counting: 1,200 of 5,000");
        job.stop();
        assert_eq!(worker.advance(1201, 5000), Err(Stopped));
        assert_ne!(job, Job::new("counting"));
    }
}
