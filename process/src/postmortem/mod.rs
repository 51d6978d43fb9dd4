//! What is to be said about a dead process: why it died, its panics, goroutines and stacks, what is worth knowing, and
//! what the answer can be trusted for.
//!
//! Everything a question here gives is plain, owned data that serialises as the program's JSON does: it can be kept,
//! sent and compared after the core is closed. Nothing here prints.
//!
//! | file | in charge of |
//! |---|---|
//! | `accounts/` | where every byte of its memory is |
//! | `death/` | the evidence of why it died, weighed |
//! | `panics` | panics in words, with their values |
//! | `summary` | all of it on one page, and the reason in one sentence |
//! | `findings` | what is worth knowing beyond the reason |
//! | `audit` | what was walked against what the runtime counted |
//! | `collections` | the longest maps and slices of package variables |
//! | `memory` | the heap in numbers |
//! | `goroutines` | the goroutines as the model has them |
//! | `moments` | what it has for a timeline |
//! | `redact/` | a copy of the core without what the program had in it |
//! | `waits/` | who waits for what, and who could end it |
//! | `recorded` | goroutines as a heap dump records them |
//! | `at` | which goroutine and frame is meant |
//! | `backtrace` | a goroutine's frames with arguments and locals |

mod accounts;
mod at;
mod audit;
mod backtrace;
mod collections;
mod death;
mod findings;
mod goroutines;
mod memory;
mod moments;
mod panics;
mod recorded;
pub mod redact;
mod summary;
mod waits;

pub use accounts::{Accounts, Part};
pub use at::{At, NoPlace};
pub use audit::Check;
pub use backtrace::{
    Backtrace, BacktraceFrame, BacktraceOptions, CountedFrom, Locals, is_argument,
};
pub use death::{Death, DeathKind, Eface, PanicRecord, Signal};
pub use goroutines::{StackPointers, SystemGoroutines, Table};
pub use memory::HeapNumbers;
pub use panics::{Panic, PanicStanding};
pub use summary::Summary;
pub use waits::Stuck;

use crate::process::Process;
use goroutines::Facts;
use std::sync::OnceLock;

/// A dead process under examination. Each verdict is reached at the first question that needs it, once.
pub struct Postmortem<'a> {
    /// The process.
    pub process: Process<'a>,
    death: OnceLock<Death>,
    facts: OnceLock<Facts>,
}

impl<'a> Postmortem<'a> {
    /// Examines a process. Nothing is read yet.
    pub fn new(process: Process<'a>) -> Self {
        Self {
            process,
            death: OnceLock::new(),
            facts: OnceLock::new(),
        }
    }

    /// Why it died, with the evidence.
    pub fn death(&self) -> &Death {
        self.death.get_or_init(|| death::explain(&self.process))
    }

    /// What all goroutines share.
    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| Facts::read(&self.process))
    }
}
