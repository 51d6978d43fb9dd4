//! Figures of a process, as JSON has them and as texts are made from.

use super::process::Process;
use super::waits::Waits;
use crate::log::{OfProcess, ProcessId};
use schemars::JsonSchema;
use serde::Serialize;

/// What the samples of one process say of a P.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "sched-p-summary")]
pub struct PSummary {
    /// Its number.
    pub p: usize,
    /// Mean length of its queue, in goroutines.
    pub mean_queue: f64,
    /// Its longest queue, in goroutines.
    pub max_queue: u64,
    /// The line that shows the longest, from 1.
    pub max_line: u64,
    /// Schedules a second; null where schedticks are not printed.
    pub schedules_per_s: Option<f64>,
}

/// A P that scheduled nothing in three samples or more while its queue did not shrink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "sched-standstill")]
pub struct StandstillSummary {
    /// The number of the P.
    pub p: usize,
    /// Its schedtick all the time.
    pub schedtick: u64,
    /// From when, in milliseconds as the lines have them.
    pub from_millis: u64,
    /// To when, in milliseconds as the lines have them.
    pub to_millis: u64,
    /// Goroutines in its queue at first.
    pub from_queue: u64,
    /// Goroutines in its queue at last.
    pub to_queue: u64,
    /// The first line that shows it, from 1.
    pub from_line: u64,
    /// The last line that shows it, from 1.
    pub to_line: u64,
}

/// What the samples of one process come to.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "sched-process")]
pub struct Summary {
    /// Its number, which every verb on that log counts.
    pub process: ProcessId,
    /// Samples counted.
    pub samples: u64,
    /// Samples that may be another process's.
    pub doubtful: u64,
    /// Line of the first sample, from 1.
    pub first_line: u64,
    /// Line of the last sample, from 1.
    pub last_line: u64,
    /// Time of the first sample, in milliseconds as printed.
    pub first_millis: u64,
    /// Time of the last sample, in milliseconds as printed.
    pub last_millis: u64,
    /// Median time between two samples, in milliseconds; null when there is only one.
    pub interval_millis: Option<u64>,
    /// The longest time between two samples, in milliseconds.
    pub longest_interval_millis: u64,
    /// The least GOMAXPROCS.
    pub gomaxprocs_min: u32,
    /// The greatest GOMAXPROCS.
    pub gomaxprocs_max: u32,
    /// Mean share of idle Ps, of 1. All shares leave the sample at 0 ms out, and are null when it is the only one.
    pub idle_share: Option<f64>,
    /// Share of samples without an idle P, of 1.
    pub all_busy_share: Option<f64>,
    /// Share of samples with an idle P and runnable goroutines, of 1.
    pub idle_with_work_share: Option<f64>,
    /// Share of samples with a spinning thread, of 1; null where that is not printed.
    pub spinning_share: Option<f64>,
    /// Runnable goroutines that wait for a P: mean.
    pub runnable_mean: Option<f64>,
    /// Their median.
    pub runnable_p50: Option<u64>,
    /// Their 90th percentile.
    pub runnable_p90: Option<u64>,
    /// The most.
    pub runnable_max: Option<u64>,
    /// The line that shows the most, from 1.
    pub runnable_max_line: u64,
    /// How unevenly local queues are filled: 0 evenly, 1 all in one; the median of samples with enough in them, null
    /// when queues are too short to say.
    pub imbalance_p50: Option<f64>,
    /// Threads at first.
    pub threads_first: u32,
    /// Threads at last.
    pub threads_last: u32,
    /// The most threads.
    pub threads_max: u32,
    /// The line that shows the most threads, from 1.
    pub threads_max_line: u64,
    /// The most idle threads.
    pub idlethreads_max: u32,
    /// About how many threads were blocked in system calls or in C, at most: threads less idle ones, busy Ps and
    /// sysmon.
    pub blocked_max: u32,
    /// The line that shows `blocked_max`, from 1.
    pub blocked_max_line: u64,
    /// Each P, by its number.
    pub ps: Vec<PSummary>,
    /// Times that a P scheduled nothing in three samples or more while its queue did not shrink.
    pub standstills: u64,
    /// The longest of them; null when there was none.
    pub longest_standstill: Option<StandstillSummary>,
    /// Goroutines alive, the most; null without `scheddetail=1`.
    pub goroutines_max: Option<u64>,
    /// The last goroutine table, counted; null without `scheddetail=1`.
    pub waits: Option<Waits>,
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl OfProcess for Process {
    type Summary = Summary;

    fn id(&self) -> ProcessId {
        self.id
    }

    fn records(&self) -> u64 {
        self.samples
    }

    fn summary(&self) -> Summary {
        self.summary()
    }
}

impl Process {
    /// The process in figures.
    #[expect(clippy::cast_precision_loss, reason = "means for people")]
    pub fn summary(&self) -> Summary {
        let loaded = self.runnable.count();
        let quantile = |q| self.runnable.quantile(q).map(|quantile| quantile.value);
        let ps = self
            .per_p
            .iter()
            .enumerate()
            .map(|(p, state)| PSummary {
                p,
                mean_queue: share(state.queued, state.samples).unwrap_or(0.0),
                max_queue: state.longest.0,
                max_line: state.longest.1,
                schedules_per_s: state.first_tick.zip(state.last_tick).and_then(
                    |((first, from), (last, to))| {
                        let seconds = to.checked_sub(from).filter(|ms| *ms > 0)? as f64 / 1e3;
                        Some(last.checked_sub(first)? as f64 / seconds)
                    },
                ),
            })
            .collect();
        Summary {
            process: self.id,
            samples: self.samples,
            doubtful: self.doubtful,
            first_line: self.first_line,
            last_line: self.last_line,
            first_millis: self.first_millis,
            last_millis: self.last_millis,
            interval_millis: self.interval.quantile(0.5).map(|quantile| quantile.value),
            longest_interval_millis: self.longest_interval.0,
            gomaxprocs_min: self.gomaxprocs.0,
            gomaxprocs_max: self.gomaxprocs.1,
            idle_share: share(self.idle, self.capacity),
            all_busy_share: share(self.all_busy, loaded),
            idle_with_work_share: share(self.idle_with_work.0, loaded),
            spinning_share: share(self.spinning, loaded),
            runnable_mean: self.runnable.mean(),
            runnable_p50: quantile(0.5),
            runnable_p90: quantile(0.9),
            runnable_max: self.runnable.max(),
            runnable_max_line: self.most_runnable_line,
            imbalance_p50: self
                .imbalance
                .quantile(0.5)
                .map(|quantile| quantile.value as f64 / 1000.0),
            threads_first: self.threads_ends.0,
            threads_last: self.threads_ends.1,
            threads_max: self.threads_max.0,
            threads_max_line: self.threads_max.1,
            idlethreads_max: self.idlethreads_max,
            blocked_max: self.blocked_max.0,
            blocked_max_line: self.blocked_max.1,
            ps,
            standstills: self.standstills,
            longest_standstill: self.standstill.map(|still| StandstillSummary {
                p: still.p,
                schedtick: still.schedtick,
                from_millis: still.from_millis,
                to_millis: still.to_millis,
                from_queue: still.from_queue,
                to_queue: still.to_queue,
                from_line: still.from_line,
                to_line: still.to_line,
            }),
            goroutines_max: self.goroutines.max(),
            waits: self.waits.clone(),
        }
    }
}
