//! What a frame's function was called with, as the frames of its callers still tell.

use crate::arch::Reg;
use crate::process::Process;
use crate::scope::Entered;
use crate::unwind::Stack;

/// Callers that are asked one after the other.
const MOST_CALLERS: usize = 4;

/// A physical frame of a stack with those that called it.
pub(crate) struct Callers<'p, 'a> {
    process: &'p Process<'a>,
    stack: &'p Stack,
    physical: usize,
    depth: usize,
}

impl<'p, 'a> Callers<'p, 'a> {
    pub(crate) const fn of(process: &'p Process<'a>, stack: &'p Stack, physical: usize) -> Self {
        Self {
            process,
            stack,
            physical,
            depth: 0,
        }
    }
}

impl Entered for Callers<'_, '_> {
    fn entered(&self, reg: Reg) -> Option<u64> {
        let (process, stack) = (self.process, self.stack);
        let frame = stack.frames.get(self.physical)?;
        let caller = stack.frames.get(self.physical + 1)?;
        // Frames may be left out between them, and a fault or another stack may lie there.
        if caller.exact || caller.stack != frame.stack || caller.sp != frame.cfa {
            return None;
        }
        let program = process.program()?;
        let entry = program.symbols.find(frame.pc)?.entry;
        // What is called through a word may be a wrapper that changes its arguments and jumps.
        if !process.point(caller.pc, false)?.calls(entry) {
            return None;
        }
        let unsaved = process.unsaved(program, caller.pc, false);
        let (_, word) = unsaved.iter().find(|(of, _)| *of == reg)?;
        let next = Self {
            physical: self.physical + 1,
            depth: self.depth + 1,
            ..*self
        };
        let of_caller = |reg| {
            let is_asked = next.depth < MOST_CALLERS;
            is_asked.then(|| next.entered(reg)).flatten()
        };
        word.value(&*process.memory, caller.cfa, &of_caller)
    }
}
