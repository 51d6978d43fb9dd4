//! What a goroutine was doing.

use schemars::JsonSchema;
use serde::Serialize;

/// What a goroutine was doing.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, JsonSchema,
)]
#[schemars(rename = "status")]
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
    /// Ended, or kept for a C thread's next call into Go. Tracebacks of 1.26 and later name the latter.
    Dead,
    /// A number that the runtime that printed it did not know either (`???`).
    Unknown,
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
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }

    /// The status that a traceback's header names; `None` for a wait reason, which it prints in its place.
    pub const fn from_printed(state: &[u8]) -> Option<Self> {
        Some(match state {
            b"idle" => Self::Idle,
            b"runnable" => Self::Runnable,
            b"running" => Self::Running,
            b"syscall" => Self::Syscall,
            b"waiting" => Self::Waiting,
            b"copystack" => Self::Copystack,
            b"preempted" => Self::Preempted,
            b"leaked" => Self::Leaked,
            b"dead" | b"waiting for cgo callback" => Self::Dead,
            b"???" => Self::Unknown,
            _ => return None,
        })
    }

    /// Whether it is blocked, so that its wait reason means something.
    pub const fn is_blocked(self) -> bool {
        matches!(self, Self::Waiting | Self::Leaked)
    }
}
