//! Vector registers of a goroutine that a signal preempted, or that ran when the process died.

use crate::addr::Addr;
use crate::layout::Layouts;
use crate::memory::{Memory, MemoryExt};
use crate::symbols::{Func, Symbols};

/// Whether the collector would take words of vector registers for pointers. Up to 1.25 `asyncPreempt` saves them in its
/// own frame, which is scanned like any other; 1.26 keeps them off the stack (`g.xRegs`) and scans them nowhere;
/// later releases do (`runtime/preempt_xreg.go:xRegScan`), which the function itself tells.
pub(super) fn keep(symbols: &Symbols<'_>, minor: u32) -> bool {
    let main = symbols.main();
    minor < 26 || main.is_some_and(|m| m.funcs.iter().any(|f| f.name() == "runtime.xRegScan"))
}

/// Whether a goroutine may be preempted in a function by a signal (`runtime/preempt.go:isAsyncSafePoint`). Where it may not,
/// the collector waits until it calls, and what its vector registers hold by then is left over.
pub(super) fn is_preemptible(func: &Func<'_>) -> bool {
    let name = func.name();
    let never = [
        "runtime.",
        "runtime/internal/",
        "internal/runtime/",
        "reflect.",
    ];
    !func.flags().asm() && !never.iter().any(|package| name.starts_with(package))
}

/// The extended registers of a goroutine that a signal preempted, which are kept off its stack (`runtime/preempt_xreg.go`,
/// 1.26 and later): every word of them that looks like a pointer keeps what it leads to.
pub(super) fn extended_registers(memory: &dyn Memory, layouts: &dyn Layouts, g: Addr) -> Vec<Addr> {
    let words = || {
        let state = layouts.field("runtime.g", "xRegs.state")?;
        let size = layouts.size_of("runtime.xRegs")?;
        let at = memory.ptr(g.offset(state.offset)).ok()?;
        let bytes = memory.bytes(at, size).ok()?;
        let (words, _) = bytes.as_chunks::<8>();
        let words = words.iter().map(|word| Addr(u64::from_le_bytes(*word)));
        Some(words.collect())
    };
    words().unwrap_or_default()
}
