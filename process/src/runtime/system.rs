//! Which goroutines belong to the runtime itself: its own rule, `runtime/traceback.go:isSystemGoroutine`.

use super::{Goroutine, Runtime};
use crate::memory::MemoryExt;

/// What the rule needs to know beside the goroutine and its function.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRule {
    /// The finalizer goroutine was calling the program's code, and so counts as the program's.
    finalizer_runs: bool,
}

/// `fingRunningFinalizer` (`runtime/mfinal.go`), 1.21 and later.
const FING_RUNNING_FINALIZER: u32 = 2;

impl SystemRule {
    /// Reads what the finalizer goroutine was doing: `fingStatus`, before 1.21 `fingRunning`.
    pub fn read(runtime: &Runtime<'_>) -> Self {
        let status = runtime.variable("fingStatus", MemoryExt::u32);
        let finalizer_runs = match status {
            Ok(status) => status & FING_RUNNING_FINALIZER != 0,
            Err(_) => runtime
                .variable("fingRunning", MemoryExt::u8)
                .is_ok_and(|running| running != 0),
        };
        Self { finalizer_runs }
    }

    /// Whether a goroutine whose entry function has this name is the runtime's own. Without a name it is
    /// not: so says the runtime of an entry that it has no function for.
    pub fn is_system(&self, g: &Goroutine, entry_function: Option<&str>) -> bool {
        match entry_function {
            None | Some("runtime.main" | "runtime.corostart" | "runtime.handleAsyncEvent") => false,
            Some("runtime.runfinq" | "runtime.runFinalizers") => !self.finalizer_runs,
            Some("runtime.runCleanups") => !g.running_cleanups,
            Some(name) => name.starts_with("runtime."),
        }
    }
}
