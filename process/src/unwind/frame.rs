//! What unwinding yields: physical frames, the stack they make up, and how it ended.

use crate::addr::Addr;
use crate::arch::{Arch, Registers};
use crate::memory::ReadError;
pub use dumpview_model::frame::Trust;

/// Which of a thread's stacks a frame stands on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum StackKind {
    /// A goroutine's own.
    Goroutine,
    /// The thread's: scheduler, collector, and C.
    System,
    /// The signal handler's.
    Signal,
    /// Not known to the runtime: a thread of C.
    Foreign,
}

/// One frame as the machine has it; inlined calls are not frames of their own here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct PhysicalFrame {
    /// Where it will go on: a return address, or when [`Self::exact`] the instruction it stood at.
    pub pc: Addr,
    /// Its stack pointer there.
    pub sp: Addr,
    /// Its canonical frame address: the caller's stack pointer after it returned. Equal to `sp` where unknown
    /// (the last frame of an incomplete stack).
    pub cfa: Addr,
    /// Whether it was interrupted at `pc` rather than calling from just before it.
    pub exact: bool,
    /// How it was found.
    pub trust: Trust,
    /// Which stack it is on.
    pub stack: StackKind,
}

impl PhysicalFrame {
    /// Start of its arguments on the stack (`argp` of `runtime/traceback.go`).
    pub const fn argp(&self, arch: Arch) -> Addr {
        match arch {
            Arch::Amd64 => self.cfa,
            // Above the slot where the callee's saved link register goes: MinFrameSize.
            Arch::Arm64 => self.cfa.offset(8),
        }
    }
}

/// Why a stack does not reach its outermost frame.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Incomplete {
    /// The goroutine runs, and there are no registers of the thread that runs it.
    #[error("it is running, and its thread's registers are not in the core")]
    NoRegisters,
    /// A goroutine that never started or is dead.
    #[error("it has no stack")]
    NoStack,
    /// Memory that unwinding needs is missing.
    #[error("{what} cannot be read: {error}")]
    Unreadable {
        /// What was to be read.
        what: &'static str,
        /// Where and why not.
        error: ReadError,
    },
    /// C code called Go, and its frames are not there any more.
    #[error("the C code that called Go: the runtime's last calls stand where its frames were")]
    CallersInC,
    /// A pc outside any known code.
    #[error("{pc} is in no known function")]
    UnknownPc {
        /// The pc.
        pc: Addr,
    },
    /// A function that moves the stack pointer in ways that no table describes.
    #[error("{function} switches stacks")]
    SpWrite {
        /// Its name.
        function: String,
    },
    /// The function's tables do not cover the pc.
    #[error("no frame size is recorded for {pc}")]
    NoFrameSize {
        /// The pc.
        pc: Addr,
    },
    /// The stack pointer left the stack.
    #[error("the stack pointer {sp} is outside the stack")]
    OutsideStack {
        /// The stack pointer.
        sp: Addr,
    },
    /// A frame that leads to itself or backwards.
    #[error("frames lead in a circle at {sp}")]
    Circle {
        /// Stack pointer where it was noticed.
        sp: Addr,
    },
    /// A return address of zero on a stack that should go on.
    #[error("the return address at {sp} is zero")]
    NoReturnAddress {
        /// Stack pointer of the frame that has none.
        sp: Addr,
    },
    /// More frames than were asked for.
    #[error("it has more frames than the limit of {limit}")]
    Limit {
        /// The limit.
        limit: u64,
    },
}

/// Frames left out of the middle of a very deep stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elided {
    /// They stand before this index of [`Stack::frames`].
    pub before: usize,
    /// How many.
    pub count: u64,
}

/// The frames of a goroutine or thread, innermost first.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// Physical frames.
    pub frames: Vec<PhysicalFrame>,
    /// Frames left out of the middle, when there were more than the limits keep.
    pub elided: Option<Elided>,
    /// Why the outermost frame was not reached; `None` when it was.
    pub incomplete: Option<Incomplete>,
    pub(super) registers: Vec<(usize, Registers)>,
}

impl Stack {
    /// Whether the outermost frame was reached.
    pub const fn is_complete(&self) -> bool {
        self.incomplete.is_none()
    }

    /// Registers known in a frame: all of them where the thread stood, where a signal or a preemption saved
    /// them; those a callee preserves in C frames; elsewhere `None`, for Go functions preserve none.
    pub fn registers(&self, frame: usize) -> Option<&Registers> {
        let at = self
            .registers
            .binary_search_by_key(&frame, |(f, _)| *f)
            .ok()?;
        self.registers.get(at).map(|(_, registers)| registers)
    }
}
