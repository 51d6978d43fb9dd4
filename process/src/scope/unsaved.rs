//! Values in registers that nobody saved.
//!
//! Where a fault became a panic the registers are gone ([`crate::flow::Functions::unsaved`]). Some held what can still be had, and a
//! variable whose list names one of those has its value, but not by its list alone.

use super::arrange::{Standing, Variable};
use super::variables::{Context, Raw};
use crate::arch::Reg;
use crate::dwarf::Source;
use crate::flow::Word;

impl<'a> Context<'_, 'a> {
    /// Makes inferred what is exact by registers that nobody saved.
    pub(super) fn mark_unsaved(&self, raw: &[Raw<'a>], found: &mut [(u64, &mut Variable)]) {
        if self.frame.unsaved.is_empty() {
            return;
        }
        for (die, variable) in found {
            if variable.standing != Standing::Exact {
                continue;
            }
            let size = self.types.resolve(variable.ty).map_or(0, |ty| ty.size);
            let own = raw.iter().find(|raw| raw.die == *die);
            let Some(located) = own.and_then(|raw| self.place(raw, size).ok()) else {
                continue;
            };
            let told = located.sources.iter().filter_map(|source| match source {
                Source::Register(reg) => self.told_unsaved(*reg),
                Source::Memory(..) => None,
            });
            let told: Vec<String> = told.collect();
            if !told.is_empty() {
                let how = format!("by the code: it was in {}", told.join(" and in "));
                variable.standing = Standing::Inferred(how);
            }
        }
    }

    /// What a register that nobody saved is called, with how its value is known.
    pub(super) fn told_unsaved(&self, reg: Reg) -> Option<String> {
        let mut unsaved = self.frame.unsaved.iter();
        let (_, word) = unsaved.find(|(of, _)| *of == reg)?;
        let name = self.frame.registers.arch().register_name(reg);
        let held = self.told_word(word);
        Some(format!("{name}, which nobody saved and which held {held}"))
    }

    fn told_word(&self, word: &Word) -> String {
        match word {
            Word::Known(_) => "a constant of the code".to_owned(),
            Word::Faulted(_) => {
                "the address of the fault, less what its instruction adds".to_owned()
            }
            Word::Frame(_) => "an address in the frame".to_owned(),
            Word::Slot(at) => match self.frame.cfa {
                Some(cfa) => format!("the same as the frame's slot at {}", cfa.offset_signed(*at)),
                None => "the same as a slot of the frame".to_owned(),
            },
            Word::Entry(_) => "what the caller's frame has for it".to_owned(),
            Word::Plus(of, by) => format!("{by} more than {}", self.told_word(of)),
            Word::Loaded(of, _) => format!("what is where {} points", self.told_word(of)),
        }
    }
}
