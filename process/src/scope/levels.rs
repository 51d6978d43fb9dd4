//! Which variables of a function are in scope at a pc, and to which inlined call each belongs.
//!
//! The subtree of the subprogram's DIE is walked once; a lexical block or inlined call whose ranges do not hold
//! the pc is skipped with all it contains.

use crate::addr::FileAddr;
use crate::dwarf::{Die, Dwarf, DwarfError, UnitEntry, malformed};
use gimli::constants as dw;

/// Variables of one function are not collected beyond this.
const MAX_VARIABLES: usize = 1 << 16;

/// A variable's DIE and how deep its block is nested.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scoped {
    pub(super) die: u64,
    pub(super) is_parameter: bool,
    /// Lexical blocks around it; 0 directly in the function.
    pub(super) block: usize,
}

impl<'a> Dwarf<'a> {
    /// The levels at a pc of the function with this DIE, itself first, then the calls inlined into it, outermost first: the DIE
    /// of each with the variables in scope, in DIE order. Never empty.
    pub(super) fn levels(
        &self,
        unit: &UnitEntry<'a>,
        function: u64,
        pc: FileAddr,
    ) -> Result<Vec<(u64, Vec<Scoped>)>, DwarfError> {
        let fail = |error| malformed(function, error);
        let mut levels = vec![(function, Vec::new())];
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
                    if let Some((_, variables)) = levels.get_mut(level) {
                        variables.push(Scoped {
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
                    levels.push((at, Vec::new()));
                    open.push((depth, levels.len() - 1, 0));
                }
                _ => {}
            }
        }
        Ok(levels)
    }

    fn covers(&self, unit: &UnitEntry<'a>, die: &Die<'a>, pc: FileAddr) -> bool {
        self.ranges_of(&unit.unit, die).is_ok_and(|ranges| {
            ranges
                .iter()
                .any(|(low, high)| *low <= pc.0 && pc.0 < *high)
        })
    }
}
