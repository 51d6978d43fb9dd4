//! Variables whose location list runs ahead of the source, or behind it.
//!
//! The compiler attaches a variable's name to a value, and a value has its names from where it is computed on, not from where
//! the source assigns it (`cmd/compile/internal/ssa/debug.go`). Of `y := f(); g(); x = y` the list gives `x` the result of
//! `f` while `g` runs, and an argument that is assigned another one holds that from the function's first instruction.
//! It shows in that two variables are said to be in one place. The one that is declared where the value is computed has it; of the
//! other it cannot be told whether its assignment has come already.
//!
//! The other way round, a computation that calls nothing may be moved behind calls that stand after it in the source, and until then
//! the variable's place has its old value: ahead stands an instruction of an earlier line that computes with it, or makes its next.
//!
//! A loop's `i++` may stand before the calls of its body, which then go on under the next round's number; and a loop whose variable
//! only counts its rounds is turned round (`for i := 0; i < n; i++` counts down from n, since Go 1.22, "Inverted loop iteration"
//! in `cmd/compile/internal/ssa/prove.go`), while its value keeps the name `i`.

use super::abi;
use super::arrange::{Standing, Variable, is_compilers};
use super::infer::Part;
use super::variables::{Context, Raw};
use crate::addr::Addr;
use crate::dwarf::{Location, Source};
use crate::flow::{Defined, Held};

const WORD: u64 = 8;

const SHARED: &str = "another variable has this value too, and this one perhaps gets it only later";

const COUNTER: &str =
    "it counts the rounds of a loop, and the code may count otherwise than the source";

const LAGS: &str = "its next value, assigned on a line before this one, is computed only later";

const OVERWRITTEN: &str = "its slot was written since, perhaps with another variable";

const AMIDST: &str = "its register is perhaps in the midst of getting another value";

/// A variable that a location list has in some place at the pc.
struct Listed<'k, 'a> {
    raw: &'k Raw<'a>,
    level: usize,
    places: Vec<Source>,
}

impl Listed<'_, '_> {
    /// Whether two of its words are said to be in one place: then one of them is what the other will be, or was.
    fn is_doubled(&self) -> bool {
        let mut rest = self.places.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if others.iter().any(|other| is_same(*first, *other)) {
                return true;
            }
            rest = others;
        }
        false
    }
}

impl<'a> Context<'_, 'a> {
    /// Takes back what is exact by the list alone; `found` has each variable with its DIE, `held` what the code tells of them.
    /// Gives the DIEs of those that it took back.
    pub(super) fn doubt(
        &self,
        held: &[(Part, Held)],
        found: &mut [(u64, &mut Variable)],
    ) -> Vec<u64> {
        let mut doubted = Vec::new();
        if held.is_empty() {
            return doubted;
        }
        let levels = self.known.levels.iter().enumerate();
        let all: Vec<Listed<'_, 'a>> = levels
            .flat_map(|(level, of)| of.variables.iter().map(move |raw| (level, raw)))
            .filter_map(|(level, raw)| self.listed(level, raw))
            .collect();
        for (die, variable) in found.iter_mut() {
            if variable.standing != Standing::Exact {
                continue;
            }
            let Some(own) = all.iter().find(|listed| listed.raw.die == *die) else {
                continue;
            };
            let parts = || held.iter().filter(|(part, _)| part.owner == *die);
            let others: Vec<&Listed<'_, 'a>> = all
                .iter()
                .filter(|other| other.raw.declaration != own.raw.declaration && shares(own, other))
                .collect();
            let settled = || parts().all(|(_, held)| self.is_settled(own, &others, held.defined));
            let is_given = || parts().any(|(_, held)| self.is_of_other(own.raw, own.level, held));
            let is_shared = || !others.is_empty() || parts().any(|(_, held)| held.is_shared);
            let why = if is_shared() && !settled() || is_given() || own.is_doubled() {
                SHARED
            } else if !self.lives_in_memory(variable)
                && parts().any(|(_, held)| held.is_overwritten)
            {
                OVERWRITTEN
            } else if parts().any(|(_, held)| held.is_amidst) {
                AMIDST
            } else if parts().any(|(_, held)| self.lags(held, own.level, own.raw.line)) {
                LAGS
            } else if parts().any(|(_, held)| held.is_counter) && self.is_of_loop(own) {
                COUNTER
            } else {
                continue;
            };
            variable.standing = Standing::Stale(why);
            doubted.push(*die);
        }
        doubted
    }

    fn listed<'k>(&self, level: usize, raw: &'k Raw<'a>) -> Option<Listed<'k, 'a>> {
        let from_list = raw.is_listed();
        if !from_list || is_compilers(&raw.name) || raw.name.starts_with('~') {
            return None;
        }
        let places = self.place(raw, WORD).ok()?.sources;
        Some(Listed { raw, level, places })
    }

    /// Whether a variable of several words is in one place: it was not taken apart, and is written where it stands.
    fn lives_in_memory(&self, variable: &Variable) -> bool {
        matches!(variable.location, Some(Location::Memory(_)))
            && self
                .types
                .resolve(variable.ty)
                .is_ok_and(|ty| ty.size > WORD)
    }

    /// Whether a value is what the function was called with for another variable, though that one's list may have ended.
    pub(super) fn is_of_other(&self, raw: &Raw<'a>, level: usize, held: &Held) -> bool {
        let Defined::Entry(reg) = held.defined else {
            return false;
        };
        if !raw.is_parameter || level > 0 {
            return !raw.is_parameter;
        }
        let argument = abi::Argument::Die(raw.declaration);
        let arch = self.frame.registers.arch();
        abi::argument_registers(self.types, self.parameters(), arch, argument)
            .is_some_and(|registers| !registers.contains(&reg))
    }

    /// Whether a value that others have too is a variable's own for certain.
    fn is_settled(
        &self,
        own: &Listed<'_, 'a>,
        others: &[&Listed<'_, 'a>],
        defined: Defined,
    ) -> bool {
        let line = match defined {
            Defined::At(addr) => self.line_at(addr, own.level),
            // An argument that another variable was assigned may have been assigned something else since.
            Defined::Entry(_) | Defined::Elsewhere => return false,
        };
        if own.raw.is_parameter {
            // What an inlined call is given is computed before it.
            let has_rivals = others.iter().any(|other| other.level == own.level);
            return own.level > 0 && line.is_none() && !has_rivals;
        }
        line.is_some() && line == own.raw.line
    }

    /// Whether a variable is added to on the line that declares it: then that is the head of a loop.
    fn is_of_loop(&self, own: &Listed<'_, 'a>) -> bool {
        let Some(point) = self.frame.point else {
            return false;
        };
        let mut additions = point.additions();
        additions.any(|addr| {
            self.line_at(addr, own.level)
                .is_some_and(|line| Some(line) == own.raw.line)
        })
    }

    /// Whether instructions ahead make a variable's value on a line that is over.
    pub(super) fn lags(&self, held: &Held, level: usize, declared: Option<u64>) -> bool {
        if held.later.is_empty() {
            return false;
        }
        let here = self.lines(self.frame.pc.to_process(self.types.bias()));
        held.later.iter().any(|addr| {
            let there = self.lines(*addr);
            // What the head of a loop does last stands on the line that declares the loop's variable.
            let is_head = there.get(level).map(|(_, line)| *line) == declared;
            let differ = there.iter().zip(&here).find(|(there, here)| there != here);
            !is_head
                && differ
                    .is_some_and(|((of, there), (function, here))| of == function && there < here)
        })
    }

    /// The line of an instruction in the function at a level of inlining, when it is of the same call there.
    pub(super) fn line_at(&self, addr: Addr, level: usize) -> Option<u64> {
        let there = self.lines(addr);
        let here = self.lines(self.frame.pc.to_process(self.types.bias()));
        // Calls are the same as far as those around them stand at the same line.
        let is_same = there
            .iter()
            .zip(&here)
            .take(level)
            .all(|(there, here)| there == here);
        there.get(level).filter(|_| is_same).map(|(_, line)| *line)
    }

    /// Functions and lines of an instruction, the outermost first.
    fn lines(&self, addr: Addr) -> Vec<(&str, u64)> {
        let Some(func) = self
            .frame
            .program
            .and_then(|program| program.symbols.find(addr))
        else {
            return Vec::new();
        };
        let frames = func.inline_frames(addr);
        let mut lines: Vec<(&str, u64)> = frames
            .map(|frame| (frame.name, u64::from(frame.position.line)))
            .collect();
        lines.reverse();
        lines
    }
}

fn shares(own: &Listed<'_, '_>, other: &Listed<'_, '_>) -> bool {
    let of_other = |place: &Source| other.places.iter().any(|of| is_same(*place, *of));
    own.places.iter().any(of_other)
}

fn is_same(place: Source, other: Source) -> bool {
    match (place, other) {
        (Source::Register(a), Source::Register(b)) => a == b,
        (Source::Memory(a, _), Source::Memory(b, _)) => a == b,
        _ => false,
    }
}
