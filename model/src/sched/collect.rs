//! Records to samples, samples to the totals of their processes.
//!
//! A sample of `scheddetail` is complete when the next one begins, so it is given late; a plain one at once.

use super::process::Process;
use super::sample::Sample;
use super::summary::Summary;
use crate::log::{self, MOST_PROCESSES, ProcessId, Sums, Whose, head};
use crate::units::plural;
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::schedtrace;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Formats of the scheduler.
pub const FORMATS: [&str; 1] = ["schedtrace"];

/// Different words kept; the runtime has about fifty wait reasons.
const MAX_WORDS: usize = 1024;

/// The sample of one process that is being read, or was read last: its memory is used again.
#[derive(Clone, Debug, Default, PartialEq)]
struct Open {
    origin: Origin,
    sample: Sample,
    doubtful: bool,
    /// Lines of it may still come.
    goes_on: bool,
}

/// Puts samples together and adds them up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collector {
    open: Vec<Open>,
    processes: Vec<Arc<Process>>,
    more: u64,
    words: FxHashSet<Arc<str>>,
    /// Ps, Ms and Gs without a sample before them.
    orphans: u64,
    first_orphan: Option<u64>,
}

impl Collector {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record of a log; what is not about the scheduler passes unseen. Gives the sample that it completes.
    pub fn record(&mut self, record: &Record<'_>, whose: Whose, each: &mut dyn FnMut(&Sample)) {
        let Kind::Sched(sched) = &record.kind else {
            return;
        };
        let index = self.open_of(whose.process, record.origin);
        if let schedtrace::Record::Sample(printed) = sched {
            self.complete(index, each);
            let Some(open) = self.open.get_mut(index) else {
                return;
            };
            open.sample.refill(record.place, record.stamp, printed);
            open.doubtful = whose.doubtful;
            open.goes_on = true;
            if printed.detail.is_none() {
                self.complete(index, each);
            }
            return;
        }
        let Some(open) = self.open.get_mut(index).filter(|open| open.goes_on) else {
            self.orphans += 1;
            self.first_orphan.get_or_insert(record.place.line);
            return;
        };
        let words = &mut self.words;
        match sched {
            schedtrace::Record::P(p) => open.sample.add_p(p),
            schedtrace::Record::M(m) => open.sample.add_m(m, word(words, m.preemptoff)),
            schedtrace::Record::G(g) => open.sample.add_g(g, word(words, g.reason)),
            _ => {}
        }
    }

    fn open_of(&mut self, process: ProcessId, origin: Origin) -> usize {
        let known = self
            .open
            .iter()
            .position(|open| open.sample.process == process);
        known.unwrap_or_else(|| {
            let mut open = Open {
                origin,
                ..Open::default()
            };
            open.sample.process = process;
            self.open.push(open);
            self.open.len() - 1
        })
    }

    /// Adds up an open sample.
    fn complete(&mut self, index: usize, each: &mut dyn FnMut(&Sample)) {
        let Some(open) = self.open.get_mut(index).filter(|open| open.goes_on) else {
            return;
        };
        open.goes_on = false;
        let sample = &open.sample;
        let known = self.processes.iter().position(|of| of.id == sample.process);
        let known = known.unwrap_or_else(|| {
            let process = Process::new(sample.process, open.origin, sample);
            self.processes.push(Arc::new(process));
            self.processes.len() - 1
        });
        if let Some(process) = self.processes.get_mut(known) {
            let process = Arc::make_mut(process);
            process.add(sample);
            process.doubtful += u64::from(open.doubtful);
        }
        each(sample);
        self.make_room();
    }

    /// Forgets a process when there are too many: among those with the fewest samples the one silent for longest.
    fn make_room(&mut self) {
        if self.processes.len() <= MOST_PROCESSES {
            return;
        }
        let newest = self.processes.len() - 1;
        let older = self.processes.iter().take(newest).enumerate();
        let victim = older.min_by_key(|(_, of)| (of.samples, of.last_line));
        if let Some((index, _)) = victim {
            let gone = self.processes.remove(index);
            self.more += 1;
            self.open
                .retain(|open| open.goes_on || open.sample.process != gone.id);
        }
    }

    /// The input has ended: adds up what is open.
    pub fn finish(&mut self, each: &mut dyn FnMut(&Sample)) {
        for index in (0..self.open.len()).rev() {
            self.complete(index, each);
        }
    }

    /// The processes, the one with the most samples first.
    pub fn processes(&self) -> Vec<&Process> {
        log::ranked(&self.processes)
    }

    /// The process with the most samples.
    pub fn main(&self) -> Option<&Arc<Process>> {
        log::main(&self.processes)
    }

    /// A process, when it printed samples.
    pub fn get(&self, id: ProcessId) -> Option<&Arc<Process>> {
        log::get(&self.processes, id)
    }

    /// What all samples come to.
    pub fn sums(&self) -> Sums<Summary> {
        log::sums(&self.processes)
    }

    /// Processes that were too many to keep.
    pub const fn more(&self) -> u64 {
        self.more
    }

    /// What is missing, in words: samples of which only Ps, Ms and Gs are there, since the input begins in the middle.
    pub fn gap(&self) -> Option<String> {
        let first = self.first_orphan?;
        Some(format!(
            "{} of scheddetail without the sample before them, the first is line {first}",
            plural(self.orphans, "line")
        ))
    }
}

/// One copy of each word.
fn word(words: &mut FxHashSet<Arc<str>>, text: &[u8]) -> Arc<str> {
    let text = head(text);
    if let Some(known) = words.get(text.as_ref()) {
        return Arc::clone(known);
    }
    let new: Arc<str> = Arc::from(text);
    if words.len() < MAX_WORDS {
        words.insert(Arc::clone(&new));
    }
    new
}
