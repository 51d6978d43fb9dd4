//! What is being done, on stderr: for work that takes longer than half a second, when somebody looks at a terminal.
//!
//! The line is overwritten and taken away; Ctrl-C ends the program at any time, and nothing of the terminal needs to be
//! put right then.

use dumpview_tui::terminal;
use dumpview_view::job::Job;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Nobody wonders before that.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two looks at how far the work is.
const TICK: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Shared {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    job: Option<Job>,
    ended: bool,
}

/// Work that somebody waits for; until it is dropped.
pub struct Waiting {
    shared: Arc<Shared>,
    drawer: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Work begins.
    pub fn begin() -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let draws = || thread::Builder::new().spawn(move || draw(&theirs)).ok();
        let drawer = io::stderr().is_terminal().then(draws).flatten();
        Self { shared, drawer }
    }

    /// What is done from here on.
    pub fn at(&self, what: &'static str) -> Job {
        let job = Job::new(what);
        self.shared.now().job = Some(job.clone());
        job
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.now().ended = true;
        self.shared.changed.notify_all();
        if let Some(drawer) = self.drawer.take() {
            // It does nothing that could fail but write, and nothing follows from that.
            let _ = drawer.join();
        }
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the work ends or the time has passed; whether it ended.
    fn ends_within(&self, time: Duration) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.now(), time, |now| !now.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }
}

/// Draws until the work ends, and takes the line away.
fn draw(shared: &Shared) {
    let mut wait = PATIENCE;
    while !shared.ends_within(wait) {
        wait = TICK;
        // The screens show progress themselves.
        let job = shared.now().job.clone().filter(|_| !terminal::is_up());
        if let Some(job) = job {
            let _ = write!(io::stderr(), "\r{}\x1b[K", job.progress());
        }
    }
    if wait == TICK && !terminal::is_up() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}
