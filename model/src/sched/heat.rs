//! Queues over time: for each stretch of samples the longest queue of each P. When there is no room left, neighbouring
//! stretches merge.

use super::sample::Sample;

/// Stretches at most.
const ROOM: usize = 256;
/// Ps shown at most.
const MAX_PS: usize = 1024;

/// A stretch of samples.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Column {
    /// Time of the first sample in milliseconds.
    pub from: u64,
    /// Time of the last.
    pub to: u64,
    /// The longest global queue.
    pub global: u64,
    /// The longest local queue of each P.
    pub local: Vec<u64>,
    /// The most idle Ps.
    pub idle: u32,
    /// The most threads.
    pub threads: u32,
}

impl Column {
    fn merge(mut self, later: &Self) -> Self {
        self.to = later.to;
        self.global = self.global.max(later.global);
        self.idle = self.idle.max(later.idle);
        self.threads = self.threads.max(later.threads);
        if self.local.len() < later.local.len() {
            self.local.resize(later.local.len(), 0);
        }
        for (mine, other) in self.local.iter_mut().zip(&later.local) {
            *mine = (*mine).max(*other);
        }
        self
    }
}

/// Queues over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heat {
    columns: Vec<Column>,
    /// Samples per column.
    stride: u64,
    /// Samples in the last column.
    filled: u64,
}

impl Default for Heat {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            stride: 1,
            filled: 0,
        }
    }
}

impl Heat {
    pub(super) fn add(&mut self, sample: &Sample) {
        let local = sample.local.get(..MAX_PS).unwrap_or(&sample.local);
        if self.filled < self.stride
            && let Some(open) = self.columns.last_mut()
        {
            open.to = sample.millis;
            open.global = open.global.max(sample.runqueue);
            open.idle = open.idle.max(sample.idleprocs);
            open.threads = open.threads.max(sample.threads);
            if open.local.len() < local.len() {
                open.local.resize(local.len(), 0);
            }
            for (mine, other) in open.local.iter_mut().zip(local) {
                *mine = (*mine).max(*other);
            }
            self.filled += 1;
            return;
        }
        if self.columns.len() == ROOM {
            self.columns = self
                .columns
                .chunks(2)
                .filter_map(|pair| {
                    let (first, rest) = pair.split_first()?;
                    Some(rest.iter().fold(first.clone(), Column::merge))
                })
                .collect();
            self.stride *= 2;
        }
        self.columns.push(Column {
            from: sample.millis,
            to: sample.millis,
            global: sample.runqueue,
            local: local.to_vec(),
            idle: sample.idleprocs,
            threads: sample.threads,
        });
        self.filled = 1;
    }

    /// The stretches in order of time.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}
