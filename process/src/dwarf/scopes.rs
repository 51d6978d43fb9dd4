//! Which variables of a function are in scope at a pc, and to which inlined call each belongs.
//!
//! The subtree of the subprogram's DIE is walked once; a lexical block or inlined call whose ranges do not hold
//! the pc is skipped with all it contains. What an inlined or out-of-line instance leaves out of its DIEs
//! (name, type, line) is in the abstract instance that `DW_AT_abstract_origin` names.

use super::units::ranges_of;
use super::{Attributes, Die, Dwarf, DwarfError, MAX_REFERENCES, UnitEntry, malformed};
use crate::addr::FileAddr;
use gimli::constants as dw;

/// Variables of one function are not collected beyond this.
const MAX_VARIABLES: usize = 1 << 16;

/// One level of inlining at a pc: the function itself first, then the calls inlined into it, outermost first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Level {
    /// The subprogram's or inlined call's DIE.
    pub(super) die: u64,
    /// Variables in scope, in DIE order.
    pub(super) variables: Vec<Scoped>,
}

/// A variable's DIE and how deep its block is nested.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scoped {
    pub(super) die: u64,
    pub(super) is_parameter: bool,
    /// Lexical blocks around it; 0 directly in the function.
    pub(super) block: usize,
}

impl<'a> Dwarf<'a> {
    /// The levels at a pc of the function with this DIE; never empty.
    pub(super) fn levels(
        &self,
        unit: &UnitEntry<'a>,
        function: u64,
        pc: FileAddr,
    ) -> Result<Vec<Level>, DwarfError> {
        let fail = |error| malformed(function, error);
        let mut levels = vec![Level {
            die: function,
            variables: Vec::new(),
        }];
        let mut entries = unit
            .unit
            .entries_raw(Some(unit.unit_offset(function)?))
            .map_err(fail)?;
        let mut die = Die::null();
        // Depth of each open scope, with the level and number of blocks its children have.
        let mut open: Vec<(isize, usize, usize)> = Vec::new();
        let mut count = 0;
        while !entries.is_empty() && count < MAX_VARIABLES {
            let depth = entries.next_depth();
            let at = unit.section_offset(entries.next_offset());
            if depth <= 0 && !open.is_empty() {
                break;
            }
            while open.last().is_some_and(|(scope, ..)| *scope >= depth) {
                open.pop();
            }
            if !entries.read_entry(&mut die).map_err(fail)? {
                continue;
            }
            let Some((scope, level, blocks)) = open.last().copied() else {
                open.push((depth, 0, 0));
                continue;
            };
            if scope + 1 != depth {
                // Inside something that is not open here.
                continue;
            }
            match die.tag() {
                tag @ (dw::DW_TAG_formal_parameter | dw::DW_TAG_variable) => {
                    count += 1;
                    if let Some(level) = levels.get_mut(level) {
                        level.variables.push(Scoped {
                            die: at,
                            is_parameter: tag == dw::DW_TAG_formal_parameter,
                            block: blocks,
                        });
                    }
                }
                dw::DW_TAG_lexical_block => {
                    // gcc writes blocks without ranges around blocks with them.
                    let everywhere =
                        !die.has_attr(dw::DW_AT_low_pc) && !die.has_attr(dw::DW_AT_ranges);
                    if everywhere || self.covers(unit, &die, pc) {
                        open.push((depth, level, blocks + 1));
                    }
                }
                // Damage may make two siblings cover the pc; the first is followed.
                dw::DW_TAG_inlined_subroutine
                    if level + 1 == levels.len() && self.covers(unit, &die, pc) =>
                {
                    levels.push(Level {
                        die: at,
                        variables: Vec::new(),
                    });
                    open.push((depth, levels.len() - 1, 0));
                }
                _ => {}
            }
        }
        Ok(levels)
    }

    fn covers(&self, unit: &UnitEntry<'a>, die: &Die<'a>, pc: FileAddr) -> bool {
        ranges_of(self.sections(), &unit.unit, die).is_ok_and(|ranges| {
            ranges
                .iter()
                .any(|(low, high)| *low <= pc.0 && pc.0 < *high)
        })
    }

    /// Asks a DIE, then the abstract instances behind it, until one answers.
    pub(super) fn ask<T>(
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
    pub(super) fn name_of(&self, die: u64) -> Option<&'a [u8]> {
        self.ask(die, |attributes| attributes.name())
    }

    /// The DIE of the abstract instance behind one, or the DIE itself.
    pub(super) fn declaration(&self, die: u64) -> u64 {
        let origin = self.die(die).ok().and_then(|(unit, die)| {
            Attributes::new(self, unit, &die).reference(dw::DW_AT_abstract_origin)
        });
        origin.unwrap_or(die)
    }

    /// The declarations of a function's parameters and results in order: those of its abstract instance when
    /// it has one, since an instance leaves out what it has no use for.
    pub(super) fn parameters(&self, function: u64) -> Vec<u64> {
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
