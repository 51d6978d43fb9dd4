//! Frames of `reflect.makeFuncStub` and `reflect.methodValueCall`, which are assembly and have no maps of their own.
//!
//! The runtime takes the map of their arguments from the `reflectMethodValue` that they were called through and keep at
//! the bottom of the frame, and knows that an `abi.RegArgs`, the arguments that came in registers, is the topmost of
//! their locals (`runtime/stkframe.go:argMapInternal`, `methodValueCallFrameObjs`; up to 1.20
//! `runtime/traceback.go:getArgInfo`; 1.19–1.27).

use crate::arch::Arch;
use crate::layout::Layouts;
use crate::memory::{Memory, MemoryExt};
use crate::symbols::Func;
use crate::unwind::PhysicalFrame;
use std::borrow::Cow;

/// Whether a function is one of the two.
pub(super) fn is_reflected(func: &Func<'_>) -> bool {
    matches!(
        func.name(),
        "reflect.makeFuncStub" | "reflect.methodValueCall"
    )
}

/// No function has more words of arguments; a larger map is damage.
const MOST_WORDS: u64 = 1 << 16;

/// The map of the arguments: number of words, and a bit for each. `None` when the function has not begun.
pub(super) fn argument_map<'m>(
    memory: &'m dyn Memory,
    layouts: &dyn Layouts,
    arch: Arch,
    frame: &PhysicalFrame,
    func: &Func<'_>,
) -> Option<(u64, Cow<'m, [u8]>)> {
    // `sys.MinFrameSize`; on amd64 the return address is above the frame.
    let (least, return_address) = match arch {
        Arch::Amd64 => (0, 8),
        Arch::Arm64 => (8, 0),
    };
    let first = frame.sp.offset(least);
    if first.0 >= frame.cfa.0.saturating_sub(return_address) {
        return None;
    }
    let field = |path: &str| layouts.field("runtime.reflectMethodValue", path);
    let (entry, stack, len) = (field("fn")?, field("stack")?, field("argLen")?);
    let value = memory.ptr(first).ok()?;
    if memory.ptr(value.offset(entry.offset)).ok()? != func.entry {
        return None;
    }
    let results_are_valid = memory.uint(first.offset(4 * 8), 1).ok()? != 0;
    let map = memory.ptr(value.offset(stack.offset)).ok()?;
    let words = layouts.field("runtime.bitvector", "n")?;
    let bits = layouts.field("runtime.bitvector", "bytedata")?;
    let mut count = memory.uint(map.offset(words.offset), words.size).ok()?;
    if !results_are_valid {
        count = count.min(memory.u64(value.offset(len.offset)).ok()? / 8);
    }
    if count > MOST_WORDS {
        return None;
    }
    let bits = memory.ptr(map.offset(bits.offset)).ok()?;
    Some((count, memory.bytes(bits, count.div_ceil(8)).ok()?))
}

/// `abi.RegArgs`: its size, and where in it are pointers.
pub(super) fn register_arguments(layouts: &dyn Layouts) -> Option<(u64, u64, u64)> {
    let size = layouts.size_of("internal/abi.RegArgs")?;
    let pointers = layouts.field("internal/abi.RegArgs", "Ptrs")?;
    Some((size.next_multiple_of(8), pointers.offset, pointers.size / 8))
}
