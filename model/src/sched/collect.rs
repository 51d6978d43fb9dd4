//! Records to samples, samples to runs.
//!
//! A sample of `scheddetail` is complete when the next one begins, so it is given late; a plain one at once. Which process
//! a sample is from is told by its time: it starts at 0, rises, and by about the same step each time.

use super::run::Run;
use super::sample::Sample;
use dumpview_parsers::log::{Kind, Origin, Record};
use dumpview_parsers::schedtrace;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How many processes are kept apart; of more, the one silent for longest is forgotten.
const MAX_RUNS: usize = 32;
/// Different words kept; the runtime has about fifty wait reasons.
const MAX_WORDS: usize = 1024;
const MAX_UNRECOGNIZED: usize = 200;
const MAX_TEXT: usize = 400;

/// A line that looked like a scheduler trace and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognized {
    /// Where it stands.
    pub line: u64,
    /// Its text, cut after 400 bytes.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The end of a process that may go on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tail {
    run: u32,
    millis: u64,
    /// The step before, when there was one.
    step: Option<u64>,
    gomaxprocs: u32,
    first_line: u64,
    last_line: u64,
}

/// One origin's processes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lane {
    origin: Origin,
    /// The latest to go on first.
    tails: Vec<Tail>,
    sample: Sample,
    /// Lines of `sample` may still come.
    open: bool,
}

/// Puts samples together and adds them up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collector {
    lanes: Vec<Lane>,
    runs: Vec<Run>,
    more_runs: u64,
    next_id: u32,
    words: FxHashSet<Arc<str>>,
    /// Ps, Ms and Gs without a sample before them.
    orphans: u64,
    first_orphan: Option<u64>,
    unrecognized: Vec<Unrecognized>,
    unrecognized_count: u64,
}

impl Collector {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record of a log; what is not about the scheduler passes unseen. Gives the sample that it completes.
    pub fn record(&mut self, record: &Record<'_>, each: &mut dyn FnMut(&Sample)) {
        match &record.kind {
            Kind::Sched(sched) => self.sched(record, sched, each),
            Kind::Unreadable(unreadable) if unreadable.format == "schedtrace" => {
                self.unrecognized_count += 1;
                if self.unrecognized.len() < MAX_UNRECOGNIZED {
                    let text = unreadable.text;
                    self.unrecognized.push(Unrecognized {
                        line: record.place.line,
                        text: String::from_utf8_lossy(text.get(..MAX_TEXT).unwrap_or(text))
                            .into_owned(),
                        why: unreadable.why,
                    });
                }
            }
            _ => {}
        }
    }

    fn sched(
        &mut self,
        record: &Record<'_>,
        sched: &schedtrace::Record<'_>,
        each: &mut dyn FnMut(&Sample),
    ) {
        let index = self
            .lanes
            .iter()
            .position(|lane| lane.origin == record.origin)
            .unwrap_or_else(|| {
                self.lanes.push(Lane {
                    origin: record.origin,
                    ..Lane::default()
                });
                self.lanes.len() - 1
            });
        if let schedtrace::Record::Sample(sample) = sched {
            self.complete(index, each);
            let Some(lane) = self.lanes.get_mut(index) else {
                return;
            };
            lane.sample.refill(record.place, record.stamp, sample);
            lane.open = true;
            if sample.detail.is_none() {
                self.complete(index, each);
            }
            return;
        }
        let Some(lane) = self.lanes.get_mut(index) else {
            return;
        };
        if !lane.open {
            self.orphans += 1;
            self.first_orphan.get_or_insert(record.place.line);
            return;
        }
        let sample = &mut lane.sample;
        let words = &mut self.words;
        match sched {
            schedtrace::Record::P(p) => sample.add_p(p),
            schedtrace::Record::M(m) => sample.add_m(m, word(words, m.preemptoff)),
            schedtrace::Record::G(g) => sample.add_g(g, word(words, g.reason)),
            _ => {}
        }
    }

    /// Adds up the open sample of a lane.
    fn complete(&mut self, index: usize, each: &mut dyn FnMut(&Sample)) {
        let next_id = self.next_id;
        let Some(lane) = self.lanes.get_mut(index).filter(|lane| lane.open) else {
            return;
        };
        lane.open = false;
        let (home, doubtful) = lane.home();
        let origin = lane.origin;
        let sample = &mut lane.sample;
        let line = sample.place.line;
        if let Some(at) = home {
            if let Some(tail) = lane.tails.get_mut(at) {
                tail.step = Some(sample.millis - tail.millis);
                tail.millis = sample.millis;
                tail.gomaxprocs = sample.gomaxprocs;
                tail.last_line = line;
                sample.run = tail.run;
            }
            if let Some(front) = lane.tails.get_mut(..=at) {
                front.rotate_right(1);
            }
        } else {
            sample.run = next_id;
            self.next_id += 1;
            lane.tails.insert(
                0,
                Tail {
                    run: next_id,
                    millis: sample.millis,
                    step: None,
                    gomaxprocs: sample.gomaxprocs,
                    first_line: line,
                    last_line: line,
                },
            );
            self.runs.push(Run::new(next_id, origin, sample));
        }
        let run = self.runs.iter_mut().find(|run| run.id == sample.run);
        if let Some(run) = run {
            run.add(sample);
            run.doubtful += u64::from(doubtful);
        }
        each(sample);
        if home.is_none() {
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        if self.runs.len() <= MAX_RUNS {
            return;
        }
        let newest = self.runs.len() - 1;
        let victim = self
            .runs
            .iter()
            .take(newest)
            .enumerate()
            .min_by_key(|(_, run)| (run.samples, run.last_line))
            .map(|(index, _)| index);
        if let Some(index) = victim {
            let gone = self.runs.remove(index);
            self.more_runs += 1;
            for lane in &mut self.lanes {
                lane.tails.retain(|tail| tail.run != gone.id);
            }
        }
    }

    /// The input has ended: adds up what is open.
    pub fn finish(&mut self, each: &mut dyn FnMut(&Sample)) {
        for index in 0..self.lanes.len() {
            self.complete(index, each);
        }
    }

    /// The processes, the one with the most samples first.
    pub fn runs(&self) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by_key(|run| (std::cmp::Reverse(run.samples), run.id));
        runs
    }

    /// The process with the most samples.
    pub fn main(&self) -> Option<&Run> {
        self.runs
            .iter()
            .min_by_key(|run| (std::cmp::Reverse(run.samples), run.id))
    }

    /// Processes that were too many to keep.
    pub const fn more_runs(&self) -> u64 {
        self.more_runs
    }

    /// Ps, Ms and Gs without a sample before them (the input begins in the middle), and the line of the first.
    pub const fn orphans(&self) -> (u64, Option<u64>) {
        (self.orphans, self.first_orphan)
    }

    /// The first unreadable lines.
    pub fn unrecognized(&self) -> &[Unrecognized] {
        &self.unrecognized
    }

    /// How many lines were unreadable.
    pub const fn unrecognized_count(&self) -> u64 {
        self.unrecognized_count
    }
}

/// One copy of each word.
fn word(words: &mut FxHashSet<Arc<str>>, text: &[u8]) -> Arc<str> {
    let text = text.get(..MAX_TEXT).unwrap_or(text);
    let text = String::from_utf8_lossy(text);
    if let Some(known) = words.get(text.as_ref()) {
        return Arc::clone(known);
    }
    let new: Arc<str> = Arc::from(text.as_ref());
    if words.len() < MAX_WORDS {
        words.insert(Arc::clone(&new));
    }
    new
}

impl Lane {
    /// The tail that the sample goes on, and whether another one could be it as well.
    fn home(&self) -> (Option<usize>, bool) {
        let sample = &self.sample;
        if sample.millis == 0 {
            return (None, false);
        }
        let fits = |tail: &(usize, &Tail)| tail.1.millis < sample.millis;
        let off = |tail: &Tail| {
            // Without a step yet, any is as good as the others' own.
            let step = sample.millis - tail.millis;
            tail.step.map_or(0, |usual| usual.abs_diff(step))
        };
        let candidates = || self.tails.iter().enumerate().filter(fits);
        let best = candidates()
            .min_by_key(|(index, tail)| (tail.gomaxprocs != sample.gomaxprocs, off(tail), *index));
        let Some((index, tail)) = best else {
            return (None, false);
        };
        let doubtful = candidates().any(|(other, rival)| {
            other != index
                && rival.gomaxprocs == tail.gomaxprocs
                && rival.last_line > tail.first_line
                && off(rival) <= off(tail).saturating_mul(2)
        });
        (Some(index), doubtful)
    }
}
