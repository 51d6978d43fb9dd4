//! How far a location is to be believed, by what the function's code does with the places it names.
//!
//! In optimised code DWARF names a slot for longer than it holds the variable: nothing ends a location when the variable
//! gets a constant, or when another variable of the same slot begins. Two witnesses say what a slot is worth at a pc: the
//! frame's stack map and the code itself ([`crate::flow`]). What the program is still going to read is what it goes on with.

use super::abi::{self, Home};
use super::arrange::Standing;
use super::variables::{Context, Raw};
use crate::addr::{Addr, FileAddr};
use crate::dwarf::{NoLocation, Source};
use crate::types::TypeRef;

/// No frame of Go is larger: the compiler moves larger variables to the heap (`ir.MaxStackVarSize`).
const MOST_FRAME: u64 = 1 << 30;

/// Arguments on the stack reach no further into the caller's frame.
const MOST_ARGUMENTS: u64 = 1 << 16;

const WORD: u64 = 8;

const DEAD: Standing =
    Standing::Stale("what was last stored there: the function does not use it again");

const UNFOLLOWED: Standing =
    Standing::Stale("what its function's code does with it could not be followed");

impl<'a> Context<'_, 'a> {
    /// The standing of a value that was read from these places.
    ///
    /// # Errors
    ///
    /// When a place was never written on some way that leads here.
    pub(super) fn judge(
        &self,
        raw: &Raw<'a>,
        sources: &[Source],
        home: Option<Home>,
    ) -> Result<Standing, NoLocation> {
        if !self.unit.is_go || self.unit.unoptimized {
            return Ok(Standing::Exact);
        }
        let listed_from = raw.found.as_ref().and_then(|found| found.listed_from);
        // What is passed on the stack the caller has written.
        let is_passed = matches!(home, Some(Home::Stack(_))) && !raw.is_result;
        let pointee = self.is_indirect(raw).then(|| sources.last()).flatten();
        for source in sources {
            let standing = match *source {
                Source::Memory(addr, _) if Some(source) != pointee && self.is_below_frame(addr) => {
                    return Err(NoLocation::Unknown(
                        "the function has no frame here, or not yet",
                    ));
                }
                Source::Register(reg) => match self.frame.point {
                    Some(point) if point.is_register_live(reg) => Standing::Exact,
                    Some(_) => DEAD,
                    None => UNFOLLOWED,
                },
                Source::Memory(addr, size) => self.slot(addr, size, listed_from, is_passed)?,
            };
            if standing != Standing::Exact {
                return Ok(standing);
            }
        }
        Ok(Standing::Exact)
    }

    /// Whether a DIE is the home of a part of some variable, under a name that no source has (`lineindex` of `line.index`).
    /// Since Go 1.27 the parts of variables that were taken apart have DIEs of their own, with one location for the whole
    /// function, and those of inlined calls stand among the function's variables. A variable of such a type is in memory
    /// only if its address is taken.
    pub(super) fn is_part(&self, raw: &Raw<'a>) -> bool {
        let taken_apart = || abi::is_taken_apart(self.types, TypeRef::Die(raw.type_die));
        let everywhere = raw.found.is_some() && !raw.is_listed();
        everywhere
            && self.unit.is_go
            && !self.unit.unoptimized
            && !raw.is_parameter
            && !raw.name.starts_with('&')
            && self.types.at_least(27)
            && taken_apart()
            && self.place(raw, 1).is_ok_and(|located| {
                let taken = |source: &Source| match *source {
                    Source::Memory(addr, size) => self
                        .offset_in_frame(addr)
                        .zip(self.frame.point)
                        .is_some_and(|(at, point)| point.is_taken(at, size)),
                    Source::Register(_) => false,
                };
                !located.sources.iter().any(taken)
            })
    }

    fn slot(
        &self,
        addr: Addr,
        size: u64,
        listed_from: Option<FileAddr>,
        is_passed: bool,
    ) -> Result<Standing, NoLocation> {
        let Some(offset) = self.offset_in_frame(addr) else {
            return Ok(Standing::Exact);
        };
        let Some(point) = self.frame.point else {
            return Ok(UNFOLLOWED);
        };
        // A list begins with the compiler's mark that a variable in memory begins there; what clears it comes after.
        let is_written = match listed_from {
            Some(begin) => !point.is_unwritten(offset, size, begin.to_process(self.types.bias())),
            None => point.is_stored(offset, size),
        };
        if !is_passed && !is_written {
            return Err(NoLocation::Unknown(
                "not written on every way that leads here",
            ));
        }
        // A list names the words of a value that was taken apart, and each has a life of its own; another variable may have one
        // of them by now. What lives in memory lives as a whole.
        let is_live = if listed_from.is_some() {
            (0..size.div_ceil(WORD)).all(|word| {
                let at = offset.saturating_add_unsigned(word * WORD);
                point.is_live(at, WORD.min(size - word * WORD))
            })
        } else {
            point.is_live(offset, size)
        };
        if is_live || point.is_taken(offset, size) {
            return Ok(Standing::Exact);
        }
        Ok(DEAD)
    }

    /// Whether an address is where the frame will be, or was: there is none while a function waits for more stack, and lists name
    /// slots of it to the function's end.
    fn is_below_frame(&self, addr: Addr) -> bool {
        let sp = self.frame.registers.sp();
        let depth = sp.and_then(|sp| sp.checked_sub(addr.0));
        depth.is_some_and(|depth| (1..=MOST_FRAME).contains(&depth))
    }

    /// The offset from the CFA of an address in this frame or among its arguments.
    fn offset_in_frame(&self, addr: Addr) -> Option<i64> {
        let cfa = self.frame.cfa?;
        let sp = self.frame.registers.sp()?;
        let within = sp <= addr.0 && addr < cfa.offset(MOST_ARGUMENTS);
        within.then(|| addr.0.wrapping_sub(cfa.0).cast_signed())
    }
}
