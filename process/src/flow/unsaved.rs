//! What registers hold that nobody saved, by what the frame still has of it.
//!
//! Where a fault became a panic the registers are gone, and so are those that a call's arguments were in. But a register may
//! hold a constant, what stands in a slot, or what the function itself was called with, which its caller may have still.

use super::evaluate::Evaluation;
use super::sites::{Back, Word};
use super::step::Way;
use super::{Function, Functions, Point, Program};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use std::sync::{Arc, PoisonError};

/// Functions of more instructions are not evaluated.
const MOST_STEPS: usize = 8192;
/// Places kept.
const MOST_KEPT: usize = 4096;

/// Registers with what they hold; by rising number.
pub type Unsaved = Arc<[(Reg, Word)]>;

impl Functions {
    /// What the registers hold where a frame was interrupted, or held when the call was made that it waits in, as far as it can be
    /// had; found at the first question about a place.
    pub fn unsaved(&self, program: Program<'_>, pc: Addr, interrupted: bool) -> Unsaved {
        let known = || self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&(pc, interrupted)) {
            return Arc::clone(known);
        }
        let found = program.symbols.find(pc).and_then(|func| {
            let function = self.of(program, &func)?;
            let step = function.graph.step(pc, interrupted)?;
            function.unsaved(program, step, interrupted)
        });
        let found: Unsaved = found.unwrap_or_default().into();
        let mut known = known();
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert((pc, interrupted), Arc::clone(&found));
        found
    }
}

impl Function {
    fn unsaved(
        &self,
        program: Program<'_>,
        step: usize,
        interrupted: bool,
    ) -> Option<Vec<(Reg, Word)>> {
        let graph = &self.graph;
        if graph.steps.len() > MOST_STEPS {
            return None;
        }
        let func = program.symbols.find(graph.steps.first()?.addr)?;
        let mut evaluated = Evaluation::of(program, &func, graph, &[], &[])?;
        let (before, after) = evaluated.around(step)?;
        let here = if interrupted { &before } else { &after };
        let mut back = Back::of_frame(evaluated);
        let general = match program.arch {
            Arch::Amd64 => 0..16,
            Arch::Arm64 => 0..31,
        };
        let found = general.map(Reg).filter_map(|reg| {
            let word = back.word(before.register(reg), here, 0)?;
            Some((reg, word))
        });
        Some(found.collect())
    }
}

impl Point {
    /// Whether the call that the frame waits in is of a function by its address: then its registers are that one's.
    pub fn calls(&self, entry: Addr) -> bool {
        let step = self.function.graph.steps.get(self.step);
        !self.interrupted && step.is_some_and(|step| step.way == Way::Call(Some(entry)))
    }
}
