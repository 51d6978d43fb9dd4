//! What the pacer says.

use crate::quantity::{Bytes, MiB};

/// One record of pacer traces.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Record {
    /// A cycle starts (runtime/mgcpacer.go startCycle).
    Start(Start),
    /// Marking has ended (endCycle), Go 1.18 and later.
    End(End),
    /// The same, up to 1.17.
    OldEnd(OldEnd),
    /// Sweeping has ended (runtime/mgcsweep.go).
    SweepDone(SweepDone),
}

/// `pacer: assist ratio=…`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Start {
    /// Bytes of scanning that a byte of allocation costs.
    pub assist_ratio: f64,
    /// Heap to scan.
    pub scan: MiB,
    /// Heap at the start.
    pub live: MiB,
    /// Heap goal.
    pub goal: MiB,
    /// Dedicated mark workers.
    pub dedicated_workers: u64,
    /// The share of a P that fractional workers are to use.
    pub fractional_workers: f64,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// `pacer: U% CPU (E exp.) for …`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct End {
    /// Background and assist share of all CPU in this cycle. By design another number than gctrace's
    /// (go.dev/issue/67919).
    pub cpu_percent: i64,
    /// What it should be.
    pub cpu_expected: i64,
    /// Scanned heap.
    pub heap_work: Bytes,
    /// Scanned stacks.
    pub stack_work: Bytes,
    /// Scanned globals.
    pub globals_work: Bytes,
    /// What was expected to be scanned, all together.
    pub work_expected: Bytes,
    /// Heap when the cycle was triggered.
    pub trigger: Bytes,
    /// Heap now.
    pub live: Bytes,
    /// Heap less its goal, in bytes: above zero is an overshoot.
    pub goal_delta: i64,
    /// Allocation per marking of the cycles before.
    pub cons_mark: f64,
    /// `[controller reset]`, up to 1.20.
    pub controller_reset: bool,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// `pacer: H_m_prev=…`. Names as printed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OldEnd {
    /// Marked by the previous cycle.
    pub h_m_prev: Bytes,
    /// Trigger ratio.
    pub h_t_ratio: f64,
    /// Trigger.
    pub h_t: Bytes,
    /// Heap at the end, relative to what was marked before.
    pub h_a_ratio: f64,
    /// Heap at the end.
    pub h_a: Bytes,
    /// Goal ratio.
    pub h_g_ratio: f64,
    /// Goal.
    pub h_g: Bytes,
    /// CPU share used.
    pub u_a: f64,
    /// CPU share aimed at.
    pub u_g: f64,
    /// Scan work done.
    pub w_a: i64,
    /// What the growth should have been.
    pub goal_delta: f64,
    /// What it was.
    pub actual_delta: f64,
    /// The two shares' ratio.
    pub u_a_per_u_g: f64,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}

/// `pacer: sweep done at …`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SweepDone {
    /// Heap now.
    pub heap: MiB,
    /// Allocated while sweeping.
    pub allocated: MiB,
    /// Pages swept.
    pub pages: u64,
    /// Pages to sweep per byte allocated.
    pub pages_per_byte: f64,
    /// How many physical lines it was pieced together from; 1 for a whole one.
    pub pieces: u32,
}
