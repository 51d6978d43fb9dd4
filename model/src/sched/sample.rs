//! A sample with the Ps, Ms and Gs that follow it.

use crate::log::ProcessId;
use dumpview_parsers::log::{Place, Stamp};
use dumpview_parsers::schedtrace;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// Goroutines kept of one sample; more are counted only.
pub const MAX_GOROUTINES: usize = 1 << 20;
/// Ps and Ms kept of one sample; the runtime has at most 10,000 threads unless told otherwise.
const MAX_ENTRIES: usize = 1 << 16;

/// A sample. Fields are named as printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Who printed it.
    pub process: ProcessId,
    /// Where its line begins.
    pub place: Place,
    /// When it was written, by the line's prefix.
    pub stamp: Option<Stamp>,
    /// Milliseconds since the first sample of its process.
    pub millis: u64,
    /// GOMAXPROCS.
    pub gomaxprocs: u32,
    /// Ps with nothing to do.
    pub idleprocs: u32,
    /// Threads, sysmon and blocked ones included.
    pub threads: u32,
    /// Threads looking for work; Go 1.4 and later.
    pub spinningthreads: Option<u32>,
    /// 1 when a thread should be looking for work; Go 1.20 and later.
    pub needspinning: Option<u32>,
    /// Threads with nothing to do.
    pub idlethreads: u32,
    /// Goroutines in the global queue.
    pub runqueue: u64,
    /// Goroutines in each P's queue, by the sample's list or by its Ps.
    pub local: Vec<u64>,
    /// Each P's count of schedules; Go 1.25 and later, or by its Ps. Empty when not printed.
    pub schedticks: Vec<u64>,
    /// With `scheddetail=1`.
    pub detail: Option<Box<Detail>>,
    /// How many physical lines it was pieced together from.
    pub pieces: u32,
}

/// What `scheddetail=1` prints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// The world is to stop.
    pub gcwaiting: bool,
    /// Threads locked to a goroutine that wait for work.
    pub nmidlelocked: i32,
    /// Ps still to stop.
    pub stopwait: i32,
    /// sysmon sleeps.
    pub sysmonwait: bool,
    /// Processors.
    pub ps: Vec<P>,
    /// Threads.
    pub ms: Vec<M>,
    /// Goroutines, dead ones included.
    pub gs: Vec<G>,
    /// Goroutines, Ps and Ms that were too many to keep.
    pub left_out: u64,
}

/// A P of a sample with scheddetail=1, as printed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "sched-p")]
pub struct P {
    /// Its number.
    pub id: u32,
    /// Its status, as `runtime2.go` counts: 0 idle, 1 running, 2 in a system call, 3 stopped for the collector, 4 dead.
    pub status: u32,
    /// Schedules so far.
    pub schedtick: u64,
    /// System calls so far.
    pub syscalltick: u64,
    /// Its thread, by the number of the runtime; null for none.
    pub m: Option<u64>,
    /// Goroutines in its queue.
    pub runqsize: u64,
    /// Dead goroutines kept for reuse.
    pub gfreecnt: u64,
    /// Timers; null in releases that do not print them.
    pub timerslen: Option<u64>,
}

/// An M (a thread) of a sample with scheddetail=1, as printed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "sched-m")]
pub struct M {
    /// Its number.
    pub id: u64,
    /// Its P; null for none.
    pub p: Option<u64>,
    /// The goroutine it runs; null for none.
    pub curg: Option<u64>,
    /// Not 0 while it is in the allocator.
    pub mallocing: i64,
    /// Not 0 while it is dying of a fatal error.
    pub throwing: i64,
    /// Why it must not be preempted; empty when it may be.
    pub preemptoff: Arc<str>,
    /// Locks it holds.
    pub locks: i64,
    /// How far it has come with dying.
    pub dying: i64,
    /// Whether it looks for work.
    pub spinning: bool,
    /// Whether it waits for a note; null in releases that do not print it.
    pub blocked: Option<bool>,
    /// The goroutine locked to it; null for none.
    pub lockedg: Option<u64>,
}

/// A goroutine.
#[derive(Clone, Debug, PartialEq)]
pub struct G {
    /// Its number.
    pub id: u64,
    /// See [`g_status`].
    pub status: u32,
    /// What it waits for; of one that does not wait, perhaps what it waited for last.
    pub reason: Arc<str>,
    /// Its thread.
    pub m: Option<u64>,
    /// The thread locked to it.
    pub lockedm: Option<u64>,
}

/// The runtime's name of a P's status (runtime/runtime2.go).
pub const fn p_status(status: u32) -> &'static str {
    match status {
        0 => "idle",
        1 => "running",
        2 => "syscall",
        3 => "gcstop",
        4 => "dead",
        _ => "?",
    }
}

/// The runtime's name of a goroutine's status; the bit for a stack that is being scanned (4096) is not part of it.
pub const fn g_status(status: u32) -> &'static str {
    match status & 0xfff {
        0 => "idle",
        1 => "runnable",
        2 => "running",
        3 => "syscall",
        4 => "waiting",
        6 => "dead",
        8 => "copystack",
        9 => "preempted",
        10 => "leaked",
        11 => "deadextra",
        _ => "?",
    }
}

impl Sample {
    /// Its numbers without its tables of Ps, Ms and Gs, in the memory of one that is not needed any more.
    pub(super) fn without_detail(&self, spare: Option<Self>) -> Self {
        let (mut local, mut schedticks) = spare
            .map(|spare| (spare.local, spare.schedticks))
            .unwrap_or_default();
        local.clone_from(&self.local);
        schedticks.clone_from(&self.schedticks);
        Self {
            local,
            schedticks,
            detail: None,
            ..*self
        }
    }

    /// Takes the place of the last sample, in its memory.
    pub(super) fn refill(
        &mut self,
        place: Place,
        stamp: Option<Stamp>,
        sample: &schedtrace::Sample<'_>,
    ) {
        self.place = place;
        self.stamp = stamp;
        self.millis = sample.millis;
        self.gomaxprocs = sample.gomaxprocs;
        self.idleprocs = sample.idleprocs;
        self.threads = sample.threads;
        self.spinningthreads = sample.spinningthreads;
        self.needspinning = sample.needspinning;
        self.idlethreads = sample.idlethreads;
        self.runqueue = sample.runqueue;
        self.pieces = sample.pieces;
        self.local.clear();
        self.local.extend(sample.local.iter().take(MAX_ENTRIES));
        self.schedticks.clear();
        if let Some(ticks) = sample.schedticks {
            self.schedticks.extend(ticks.iter().take(MAX_ENTRIES));
        }
        self.detail = sample.detail.map(|printed| {
            let mut detail = self.detail.take().unwrap_or_default();
            detail.gcwaiting = printed.gcwaiting;
            detail.nmidlelocked = printed.nmidlelocked;
            detail.stopwait = printed.stopwait;
            detail.sysmonwait = printed.sysmonwait;
            detail.ps.clear();
            detail.ms.clear();
            detail.gs.clear();
            detail.left_out = 0;
            detail
        });
    }

    pub(super) fn add_p(&mut self, p: &schedtrace::P) {
        let Some(detail) = &mut self.detail else {
            return;
        };
        if detail.ps.len() == MAX_ENTRIES {
            detail.left_out += 1;
            return;
        }
        self.local.push(p.runqsize);
        self.schedticks.push(p.schedtick);
        detail.ps.push(P {
            id: p.id,
            status: p.status,
            schedtick: p.schedtick,
            syscalltick: p.syscalltick,
            m: p.m,
            runqsize: p.runqsize,
            gfreecnt: p.gfreecnt,
            timerslen: p.timerslen,
        });
    }

    pub(super) fn add_m(&mut self, m: &schedtrace::M<'_>, preemptoff: Arc<str>) {
        let Some(detail) = &mut self.detail else {
            return;
        };
        if detail.ms.len() == MAX_ENTRIES {
            detail.left_out += 1;
            return;
        }
        detail.ms.push(M {
            id: m.id,
            p: m.p,
            curg: m.curg,
            mallocing: m.mallocing,
            throwing: m.throwing,
            preemptoff,
            locks: m.locks,
            dying: m.dying,
            spinning: m.spinning,
            blocked: m.blocked,
            lockedg: m.lockedg,
        });
    }

    pub(super) fn add_g(&mut self, g: &schedtrace::G<'_>, reason: Arc<str>) {
        let Some(detail) = &mut self.detail else {
            return;
        };
        if detail.gs.len() == MAX_GOROUTINES {
            detail.left_out += 1;
            return;
        }
        detail.gs.push(G {
            id: g.id,
            status: g.status,
            reason,
            m: g.m,
            lockedm: g.lockedm,
        });
    }

    /// Goroutines that could run and do not: in the global queue and in all local ones.
    pub fn runnable(&self) -> u64 {
        self.local
            .iter()
            .fold(self.runqueue, |total, local| total.saturating_add(*local))
    }

    /// Ps that have something to do.
    pub fn busy(&self) -> u32 {
        self.gomaxprocs.saturating_sub(self.idleprocs)
    }

    /// Threads that neither are idle nor have a P, sysmon left out: in system calls, in C, or locked and waiting. About,
    /// because the numbers are not read at one moment.
    pub fn blocked_threads(&self) -> u32 {
        self.threads
            .saturating_sub(self.idlethreads)
            .saturating_sub(self.busy())
            .saturating_sub(1)
    }

    /// How unevenly the local queues are filled: 0 for evenly, 1 for all in one (the Hoover index, scaled). `None` when
    /// there are fewer than two goroutines for each P.
    #[expect(clippy::cast_precision_loss, reason = "an index between 0 and 1")]
    pub fn imbalance(&self) -> Option<f64> {
        let n = self.local.len();
        let total: u64 = self
            .local
            .iter()
            .fold(0, |total, local| total.saturating_add(*local));
        if n < 2 || total < 2 * n as u64 {
            return None;
        }
        let mean = total as f64 / n as f64;
        let off: f64 = self
            .local
            .iter()
            .map(|local| (*local as f64 - mean).abs())
            .sum();
        Some(off / 2.0 / total as f64 / (1.0 - 1.0 / n as f64))
    }
}
