//! A dump: goroutines that were printed together, and what was printed with them.

use super::death::Death;
use super::line::LogLine;
use crate::death_kind::DeathKind;
use crate::frame::Frame;
use crate::goroutine::{Goroutine, Goroutines, Place};
use crate::log::ProcessId;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// So many lines of the application are kept of every dump.
const BEFORE: usize = 3;

/// A stack that belongs to a thread: `goroutine 0`, `runtime stack:`.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(rename = "thread-stack")]
pub struct ThreadStack {
    /// The line it begins at, from 1.
    pub line: u64,
    /// The runtime's number of the thread; null when not printed.
    pub m: Option<u64>,
    /// Its calls, innermost first.
    pub frames: Vec<Frame>,
}

/// One dump of goroutines in a log.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(rename = "dump")]
pub struct Summary {
    /// Counted from 1: what `--dump` takes.
    pub number: usize,
    /// The line it begins at, from 1.
    pub line: u64,
    /// The line of its last record, from 1.
    pub last_line: u64,
    /// Who printed it: the number that every verb on that log counts.
    pub process: ProcessId,
    /// How many goroutines it shows.
    pub goroutines: usize,
    /// Goroutines that were printed a second time, not counted in `goroutines`.
    pub repeated: usize,
    /// Whether the process died of it.
    pub fatal: bool,
    /// The reason of death, or the panic that was survived; null for a dump that somebody asked for.
    pub reason: Option<String>,
    /// What kind of death that was.
    #[serde(skip)]
    pub cause: Option<DeathKind>,
    /// Where the goroutine stood that died, or the first one.
    #[serde(skip)]
    pub place: Option<Arc<Place>>,
    /// Whether it stood inside one line, as a field of a JSON log.
    pub embedded: bool,
    /// The application's last three lines before it.
    #[serde(skip)]
    pub before: Vec<LogLine>,
}

impl Summary {
    /// What is to be said of it: the reason of death, the panic that was survived, or that somebody looked.
    pub fn text(&self) -> &str {
        self.reason.as_deref().unwrap_or("goroutines were printed")
    }
}

/// A dump with its goroutines.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// Counted from 1.
    pub number: usize,
    /// The line it begins at.
    pub line: u64,
    /// The line of its last record.
    pub last_line: u64,
    /// Who printed it.
    pub process: ProcessId,
    /// Why the process died, or a panic that it survived.
    pub death: Option<Death>,
    /// The goroutines, by id.
    pub goroutines: Goroutines,
    /// Stacks of threads.
    pub threads: Vec<ThreadStack>,
    /// Registers of the thread that got the signal, as printed first.
    pub registers: Vec<(String, u64)>,
    /// The application's last lines before it.
    pub before: Vec<LogLine>,
    /// Sections that showed a goroutine a second time: at level crash its thread prints it again.
    pub repeated: usize,
    /// It stood inside one line.
    pub embedded: bool,
}

impl Dump {
    /// Its line in a list of dumps.
    pub fn summary(&self) -> Summary {
        Summary {
            number: self.number,
            line: self.line,
            last_line: self.last_line,
            process: self.process,
            goroutines: self.goroutines.list.len(),
            repeated: self.repeated,
            fatal: self.is_fatal(),
            reason: self.death.as_ref().map(Death::reason),
            cause: self.death.as_ref().map(Death::kind),
            place: self.place(),
            embedded: self.embedded,
            before: {
                let skipped = self.before.len().saturating_sub(BEFORE);
                self.before.iter().skip(skipped).cloned().collect()
            },
        }
    }

    /// Where the one stood that died, or the first of those that waited for each other.
    fn place(&self) -> Option<Arc<Place>> {
        let first = self.goroutines.list.first();
        self.crashed().or(first)?.location.clone()
    }

    /// The goroutine that died.
    pub fn crashed(&self) -> Option<&Goroutine> {
        self.goroutines.list.iter().find(|g| g.crashed)
    }

    /// Whether the process died of it.
    pub fn is_fatal(&self) -> bool {
        self.death
            .as_ref()
            .is_some_and(|death| death.kind() != DeathKind::Served)
    }
}
