//! The heap in numbers, by the runtime's own counters: what a page that cannot wait for a walk of the heap says of it.

use crate::heap::variable;
use crate::process::Process;
use crate::runtime::Runtime;
use schemars::JsonSchema;
use serde::Serialize;

/// Numbers of the heap at the end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[schemars(rename = "heap-numbers")]
pub struct HeapNumbers {
    /// Bytes that the last cycle marked, and what was allocated since (`gcController.heapLive`).
    pub live: u64,
    /// Bytes that the last cycle marked (`gcController.heapMarked`); null when it is not known.
    pub marked: Option<u64>,
    /// Bytes at which the next cycle ends, by GOGC alone (`gcController.gcPercentHeapGoal`); null with GOGC=off, or when
    /// it is not known.
    pub goal: Option<u64>,
    /// GOGC, -1 when it is off; null when it is not known.
    pub gc_percent: Option<i32>,
    /// GOMEMLIMIT in bytes; null when there is none, or it is not known.
    pub memory_limit: Option<u64>,
}

impl HeapNumbers {
    /// Reads them; `None` where the runtime's counters are not known.
    pub fn of(process: &Process<'_>) -> Option<Self> {
        let runtime: Runtime<'_> = process.runtime()?;
        let at = variable(&runtime, "runtime.gcController").ok()?;
        let controller = runtime.structure("runtime.gcControllerState", at);
        let number = |field: &str| controller.uint(field).ok();
        // A goal and a limit that cannot be reached stand for none.
        let real = |bytes: &u64| *bytes < 1 << 62;
        // `gcPercent` is signed, and has 32 bits.
        let percent = number("gcPercent").and_then(|bits| u32::try_from(bits).ok());
        Some(Self {
            live: number("heapLive")?,
            marked: number("heapMarked"),
            goal: number("gcPercentHeapGoal").filter(real),
            gc_percent: percent.map(u32::cast_signed),
            memory_limit: number("memoryLimit").filter(real),
        })
    }
}
