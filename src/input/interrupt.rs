//! Ctrl-C while an endless input is read ends the input, not the program: what was read is still summed up. A second
//! one ends the program.

use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Watches for SIGINT until it is dropped.
pub struct Interrupt {
    came: Arc<AtomicBool>,
    actions: [signal_hook::SigId; 2],
}

/// What shells report for a program that SIGINT ended.
const ENDED_BY_SIGINT: i32 = 128 + SIGINT;

impl Interrupt {
    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// When the system refuses the handler.
    pub fn watch() -> io::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        // In this order: the second signal finds the flag set.
        let second =
            flag::register_conditional_shutdown(SIGINT, ENDED_BY_SIGINT, Arc::clone(&came))?;
        let first = flag::register(SIGINT, Arc::clone(&came))?;
        Ok(Self {
            came,
            actions: [second, first],
        })
    }

    /// Whether it came.
    pub fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        // The handler stays, and without actions would swallow the signal; after a first one the program is on its
        // way out anyway, so then the second must still end it.
        if !self.came() {
            for action in self.actions {
                signal_hook::low_level::unregister(action);
            }
            // Never fails for a signal that was registered before.
            let _ = flag::register_conditional_default(SIGINT, Arc::new(AtomicBool::new(true)));
        }
    }
}
