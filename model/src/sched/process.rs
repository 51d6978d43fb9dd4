//! A process's totals.

use super::heat::Heat;
use super::sample::Sample;
use super::waits::Waits;
use crate::log::ProcessId;
use crate::stats::{Series, Sketch};
use dumpview_parsers::log::Origin;
use std::collections::VecDeque;

/// How many of the last samples a process keeps, without their goroutines.
pub const RECENT: usize = 512;

/// A P whose queue did not shrink while it scheduled nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// The P.
    pub p: usize,
    /// Its schedtick, all the time.
    pub schedtick: u64,
    /// Time of the first sample that shows it, in milliseconds.
    pub from_millis: u64,
    /// Of the last.
    pub to_millis: u64,
    /// Line of the first.
    pub from_line: u64,
    /// Line of the last.
    pub to_line: u64,
    /// Its queue then.
    pub from_queue: u64,
    /// Its queue in the end.
    pub to_queue: u64,
    /// In how many samples.
    pub samples: u64,
}

/// What is known of a P.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PerP {
    /// Lengths of its queue, added up over `samples`.
    pub queued: u64,
    /// Its longest queue, and the line.
    pub longest: (u64, u64),
    /// Samples that had it.
    pub samples: u64,
    /// Its first schedtick and when.
    pub first_tick: Option<(u64, u64)>,
    /// Its last.
    pub last_tick: Option<(u64, u64)>,
    /// It stands still now.
    open: Option<Standstill>,
}

/// One process.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its number in the log.
    pub id: ProcessId,
    /// Who wrote the lines, by their prefix.
    pub origin: Origin,
    /// Line of its first sample.
    pub first_line: u64,
    /// Line of its last.
    pub last_line: u64,
    /// Time of its first sample, in milliseconds.
    pub first_millis: u64,
    /// Of its last.
    pub last_millis: u64,
    /// Samples counted.
    pub samples: u64,
    /// Samples that two processes had a claim to.
    pub doubtful: u64,
    /// The least and the greatest GOMAXPROCS, and the line of the first with another than before.
    pub gomaxprocs: (u32, u32, Option<u64>),
    /// Milliseconds from sample to sample.
    pub interval: Sketch,
    /// The longest of them: how long, line.
    pub longest_interval: (u64, u64),
    /// Goroutines that wait for a P.
    pub runnable: Sketch,
    /// Line of the most.
    pub most_runnable_line: u64,
    /// Idle Ps, added up.
    pub idle: u64,
    /// All Ps, added up.
    pub capacity: u64,
    /// Samples in which a P was idle while goroutines were runnable, and the first one's line.
    pub idle_with_work: (u64, u64),
    /// Samples in which no P was idle.
    pub all_busy: u64,
    /// Samples with a spinning thread.
    pub spinning: u64,
    /// Samples that ask for a spinning thread.
    pub needspinning: u64,
    /// Imbalance of the local queues: in thousandths.
    pub imbalance: Sketch,
    /// Threads over time.
    pub threads: Series,
    /// The first and the last count of threads.
    pub threads_ends: (u32, u32),
    /// The most threads, and the line.
    pub threads_max: (u32, u64),
    /// The most threads blocked in system calls or in C, and the line.
    pub blocked_max: (u32, u64),
    /// Idle threads, the most.
    pub idlethreads_max: u32,
    /// Each P.
    pub per_p: Vec<PerP>,
    /// The longest standstill of a P.
    pub standstill: Option<Standstill>,
    /// How many there were.
    pub standstills: u64,
    /// Queues over time.
    pub heat: Heat,
    /// The last samples without their tables, the latest at the back.
    pub recent: VecDeque<Sample>,
    /// The goroutine table of the last sample that had one, counted.
    pub waits: Option<Waits>,
    /// Goroutines alive in samples that list them.
    pub goroutines: Sketch,
}

impl Process {
    pub(super) fn new(id: ProcessId, origin: Origin, sample: &Sample) -> Self {
        Self {
            id,
            origin,
            first_line: sample.place.line,
            last_line: sample.place.line,
            first_millis: sample.millis,
            last_millis: sample.millis,
            samples: 0,
            doubtful: 0,
            gomaxprocs: (sample.gomaxprocs, sample.gomaxprocs, None),
            interval: Sketch::new(),
            longest_interval: (0, 0),
            runnable: Sketch::new(),
            most_runnable_line: 0,
            idle: 0,
            capacity: 0,
            idle_with_work: (0, 0),
            all_busy: 0,
            spinning: 0,
            needspinning: 0,
            imbalance: Sketch::new(),
            threads: Series::default(),
            threads_ends: (sample.threads, sample.threads),
            threads_max: (0, 0),
            blocked_max: (0, 0),
            idlethreads_max: 0,
            per_p: Vec::new(),
            standstill: None,
            standstills: 0,
            heat: Heat::default(),
            recent: VecDeque::new(),
            waits: None,
            goroutines: Sketch::new(),
        }
    }

    pub(super) fn add(&mut self, sample: &Sample) {
        let line = sample.place.line;
        if self.samples > 0 {
            let interval = sample.millis.saturating_sub(self.last_millis);
            self.interval.add(interval);
            if interval > self.longest_interval.0 {
                self.longest_interval = (interval, line);
            }
        }
        self.samples += 1;
        self.last_line = line;
        self.last_millis = sample.millis;
        let (least, most, changed) = &mut self.gomaxprocs;
        if sample.gomaxprocs < *least || sample.gomaxprocs > *most {
            changed.get_or_insert(line);
            *least = sample.gomaxprocs.min(*least);
            *most = sample.gomaxprocs.max(*most);
        }
        // The first sample is printed before main runs.
        if sample.millis > 0 {
            self.count_load(sample);
        }
        self.threads.add(sample.millis, u64::from(sample.threads));
        self.threads_ends.1 = sample.threads;
        if sample.threads > self.threads_max.0 {
            self.threads_max = (sample.threads, line);
        }
        if sample.blocked_threads() > self.blocked_max.0 {
            self.blocked_max = (sample.blocked_threads(), line);
        }
        self.idlethreads_max = self.idlethreads_max.max(sample.idlethreads);
        self.count_ps(sample);
        self.heat.add(sample);
        if let Some(waits) = Waits::of(sample) {
            self.goroutines.add(waits.alive);
            self.waits = Some(waits);
        }
        self.remember(sample);
    }

    fn count_load(&mut self, sample: &Sample) {
        let runnable = sample.runnable();
        if self.runnable.max().is_none_or(|most| runnable > most) {
            self.most_runnable_line = sample.place.line;
        }
        self.runnable.add(runnable);
        self.idle += u64::from(sample.idleprocs);
        self.capacity += u64::from(sample.gomaxprocs);
        self.all_busy += u64::from(sample.idleprocs == 0);
        if sample.idleprocs > 0 && runnable > 0 {
            if self.idle_with_work.0 == 0 {
                self.idle_with_work.1 = sample.place.line;
            }
            self.idle_with_work.0 += 1;
        }
        self.spinning += u64::from(sample.spinningthreads.unwrap_or(0) > 0);
        self.needspinning += u64::from(sample.needspinning.unwrap_or(0) > 0);
        if let Some(imbalance) = sample.imbalance() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 1000"
            )]
            self.imbalance.add((imbalance * 1000.0).round() as u64);
        }
    }

    fn count_ps(&mut self, sample: &Sample) {
        let line = sample.place.line;
        if self.per_p.len() < sample.local.len() {
            self.per_p.resize(sample.local.len(), PerP::default());
        }
        for (p, (state, queue)) in self.per_p.iter_mut().zip(&sample.local).enumerate() {
            state.queued = state.queued.saturating_add(*queue);
            state.samples += 1;
            if *queue > state.longest.0 {
                state.longest = (*queue, line);
            }
            let Some(tick) = sample.schedticks.get(p).copied() else {
                continue;
            };
            state.first_tick.get_or_insert((tick, sample.millis));
            let stood = state.last_tick.is_some_and(|(last, _)| last == tick);
            state.last_tick = Some((tick, sample.millis));
            match &mut state.open {
                Some(open) if stood && *queue >= open.to_queue && *queue > 0 => {
                    open.to_millis = sample.millis;
                    open.to_line = line;
                    open.to_queue = *queue;
                    open.samples += 1;
                    if open.samples == 3 {
                        self.standstills += 1;
                    }
                    let length = |still: &Standstill| still.to_millis - still.from_millis;
                    if open.samples >= 3
                        && self
                            .standstill
                            .is_none_or(|longest| length(open) > length(&longest))
                    {
                        self.standstill = Some(*open);
                    }
                }
                open => {
                    *open = (*queue > 0).then_some(Standstill {
                        p,
                        schedtick: tick,
                        from_millis: sample.millis,
                        to_millis: sample.millis,
                        from_line: line,
                        to_line: line,
                        from_queue: *queue,
                        to_queue: *queue,
                        samples: 1,
                    });
                }
            }
        }
    }

    fn remember(&mut self, sample: &Sample) {
        let spare = if self.recent.len() == RECENT {
            self.recent.pop_front()
        } else {
            None
        };
        self.recent.push_back(sample.without_detail(spare));
    }
}
