//! From a DIE to others: the abstract instance behind it, its children.
//!
//! What an inlined or out-of-line instance leaves out of its DIEs (name, type, line) is in the abstract instance that
//! `DW_AT_abstract_origin` names.

use super::{Attributes, Die, Dwarf, DwarfError, MAX_REFERENCES, UnitEntry, malformed};
use gimli::constants as dw;

impl<'a> Dwarf<'a> {
    /// Asks a DIE, then the abstract instances behind it, until one answers.
    pub(crate) fn ask<T>(
        &self,
        die: u64,
        question: impl Fn(&Attributes<'_, 'a>) -> Option<T>,
    ) -> Option<T> {
        let mut offset = die;
        for _ in 0..MAX_REFERENCES {
            let (unit, die) = self.die(offset).ok()?;
            let attributes = Attributes::new(self, unit, &die);
            if let Some(answer) = question(&attributes) {
                return Some(answer);
            }
            offset = attributes
                .reference(dw::DW_AT_abstract_origin)
                .or_else(|| attributes.reference(dw::DW_AT_specification))?;
        }
        None
    }

    /// The name of a DIE or of the abstract instance behind it.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's path is not general over the borrow of the attributes"
    )]
    pub(crate) fn name_of(&self, die: u64) -> Option<&'a [u8]> {
        self.ask(die, |attributes| attributes.name())
    }

    /// The DIE of the abstract instance behind one, or the DIE itself.
    pub(crate) fn declaration(&self, die: u64) -> u64 {
        let origin = self.die(die).ok().and_then(|(unit, die)| {
            Attributes::new(self, unit, &die).reference(dw::DW_AT_abstract_origin)
        });
        origin.unwrap_or(die)
    }

    /// The declarations of a function's parameters and results in order: those of its abstract instance when
    /// it has one, since an instance leaves out what it has no use for.
    pub(crate) fn parameters(&self, function: u64) -> Vec<u64> {
        let mut found = Vec::new();
        // What breaks off is left out.
        let _ = self.children_of(self.declaration(function), |unit, child| {
            if child.tag() == dw::DW_TAG_formal_parameter {
                found.push(unit.section_offset(child.offset()));
            }
        });
        found
    }

    /// Calls `each` for every direct child of a DIE.
    pub(crate) fn children_of(
        &self,
        parent: u64,
        mut each: impl FnMut(&UnitEntry<'a>, &Die<'a>),
    ) -> Result<(), DwarfError> {
        let fail = |error| malformed(parent, error);
        let unit = self.units().containing(parent)?;
        let mut entries = unit
            .unit
            .entries_raw(Some(unit.unit_offset(parent)?))
            .map_err(fail)?;
        let mut die = Die::null();
        let mut first = true;
        while !entries.is_empty() {
            let depth = entries.next_depth();
            if !first && depth <= 0 {
                break;
            }
            let is_die = entries.read_entry(&mut die).map_err(fail)?;
            if first && !die.has_children() {
                break;
            }
            if is_die && !first && depth == 1 {
                each(unit, &die);
            }
            first = false;
        }
        Ok(())
    }
}
