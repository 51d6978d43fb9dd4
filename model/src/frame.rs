//! One frame of a goroutine's or thread's stack, the same whether a core, a traceback or a heap dump told it.
//!
//! A frame is *logical*: a call that the compiler inlined is a frame of its own, as people see their program.

use crate::value::Address;
use serde::Serialize;

/// How far a frame can be relied on: by what it was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trust {
    /// Where a thread stood: its registers, as dumped or as a signal frame saved them.
    Registers,
    /// By the stack sizes that the Go linker records for every instruction; also a goroutine's own record of
    /// where it stopped.
    Pclntab,
    /// By a C image's unwind tables.
    EhFrame,
    /// By the chain of frame pointers, which can skip frames.
    FramePointer,
    /// By what looks like a return address.
    Guessed,
    /// As the program printed it itself.
    Printed,
}

impl Trust {
    /// As JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registers => "registers",
            Self::Pclntab => "pclntab",
            Self::EhFrame => "eh_frame",
            Self::FramePointer => "frame_pointer",
            Self::Guessed => "guessed",
            Self::Printed => "printed",
        }
    }
}

/// A logical frame.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Frame {
    /// Function as a traceback prints it (`main.(*T[...]).M`); empty when not known.
    pub function: String,
    /// Source file as the compiler was given it, when known.
    pub file: Option<String>,
    /// Line, when known.
    pub line: Option<u32>,
    /// Program counter: the return address but for frames that were interrupted. That of the physical frame
    /// also for a call inlined into it.
    pub pc: Option<Address>,
    /// Stack pointer of the physical frame.
    pub sp: Option<Address>,
    /// Whether the call was inlined into the frame below it in this list.
    pub inlined: bool,
    /// How it was found.
    pub trust: Trust,
    /// Whether the runtime's own traceback would leave it out unless asked for system frames; views fold it.
    pub runtime: bool,
}

impl Frame {
    /// Whether the call is the program's own: not the runtime's, nor the library's that leads to it.
    pub fn is_users(&self) -> bool {
        !self.runtime && is_users_function(&self.function)
    }
}

/// Whether a function is the program's own by its name.
pub fn is_users_function(name: &str) -> bool {
    let runtime = [
        "runtime.",
        "internal/runtime/",
        "runtime/internal/",
        "gcWriteBarrier",
    ];
    // Tracebacks call runtime.gopanic so.
    let gopanic = name == "panic";
    !name.is_empty() && !gopanic && !runtime.iter().any(|start| name.starts_with(start))
}
