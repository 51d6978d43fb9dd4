//! One frame of a goroutine's or thread's stack, the same whether a core, a traceback or a heap dump told it.
//!
//! A frame is *logical*: a call that the compiler inlined is a frame of its own, as people see their program.

use crate::value::Address;
use schemars::JsonSchema;
use serde::Serialize;

/// How far a frame can be relied on: by what it was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
#[schemars(rename = "trust")]
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

/// A call on a stack. Calls that the compiler inlined are frames of their own.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, JsonSchema)]
#[schemars(rename = "frame")]
pub struct Frame {
    /// Function as a traceback prints it, generics as `F[...]` (`main.(*T[...]).M`); empty when not known.
    pub function: String,
    /// Source file as the compiler was given it; null when not known.
    pub file: Option<String>,
    /// Line in `file`, from 1; null when not known.
    pub line: Option<u32>,
    /// Program counter: the return address but for frames that were interrupted; that of the physical frame also for a
    /// call inlined into it. Null where it is not known: a log has it only where it was printed (GOTRACEBACK=system).
    pub pc: Option<Address>,
    /// Stack pointer of the physical frame; null where it is not known, as `pc`.
    pub sp: Option<Address>,
    /// Whether the call was inlined into the frame behind it in this list.
    pub inlined: bool,
    /// By what the frame was found.
    pub trust: Trust,
    /// Whether the runtime's own traceback would leave it out unless asked for system frames; the text view folds it.
    pub runtime: bool,
}

impl Frame {
    /// Whether the call is of Go's own library: its file lies in `src` of a Go installation, below its package's path.
    pub fn is_library(&self) -> bool {
        let (Some(file), Some(package)) = (&self.file, package(&self.function)) else {
            return false;
        };
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let above = folder.strip_suffix(package);
        // Sources that were downloaded lie below a host name.
        let first = package.split('/').next().unwrap_or_default();
        let is_there = above.is_some_and(|above| above.ends_with("/src/"));
        // The runtime has functions that are linked under names of other packages: `time.Sleep`.
        !first.contains('.') && is_there || folder.ends_with("/src/runtime")
    }

    /// Whether the call is not the runtime's.
    pub fn is_users(&self) -> bool {
        !self.runtime && is_users_function(&self.function)
    }
}

/// The package of a function, by its full name: of `net/http.(*Server).Serve`, `net/http`.
fn package(function: &str) -> Option<&str> {
    let bare = function.split('[').next().unwrap_or(function);
    let name = bare.rfind('/').map_or(0, |slash| slash + 1);
    let dot = bare.get(name..)?.find('.')?;
    bare.get(..name + dot)
}

/// Whether a function is not the runtime's, by its name.
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
