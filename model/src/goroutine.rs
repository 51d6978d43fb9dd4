//! Goroutines, the same whether they came from a core, a traceback or a heap dump.

use serde::Serialize;

/// What a goroutine was doing, in the runtime's words (`runtime/traceback.go:gStatusStrings`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Just allocated, not yet set up.
    #[default]
    Idle,
    /// On a run queue.
    Runnable,
    /// Executing on a thread.
    Running,
    /// In a system call, or in C.
    Syscall,
    /// Blocked; the wait reason says on what.
    Waiting,
    /// Its stack was being moved.
    Copystack,
    /// Stopped for the garbage collector.
    Preempted,
    /// Blocked, and the garbage collector proved that nothing can wake it (1.26 and later).
    Leaked,
}

impl Status {
    /// As a traceback spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Runnable => "runnable",
            Self::Running => "running",
            Self::Syscall => "syscall",
            Self::Waiting => "waiting",
            Self::Copystack => "copystack",
            Self::Preempted => "preempted",
            Self::Leaked => "leaked",
        }
    }

    /// Whether it is blocked, so that its wait reason means something.
    pub const fn is_blocked(self) -> bool {
        matches!(self, Self::Waiting | Self::Leaked)
    }
}
