//! Places in the midst of getting a value: registers within one operation of the compiler's, variables in memory that are being
//! cleared for the first time.
//!
//! What the compiler takes for one operation may be several instructions: it gives a large displacement, the sign of a dividend or
//! the half of a constant an instruction of its own. A list begins and ends entries behind whole operations, so between
//! those instructions it names a register that holds neither the old value nor the new one. A frame stands there only if a
//! signal interrupted it, and not one that memory raised, for these instructions have nothing to do with memory.

use super::Point;
use super::state::{Followed, Place, Range};
use super::step::{Effect, Expr, Step, Way};
use crate::addr::Addr;
use crate::arch::Reg;
use std::collections::BTreeSet;

/// Instructions of one operation.
const MOST_STEPS: usize = 4;

impl Point {
    /// Whether the register in which a name is said to be was written by an operation that may not be over.
    pub(super) fn is_amidst(&self, followed: &Followed) -> bool {
        let (graph, here) = (&self.function.graph, self.step);
        let steps = graph.steps.as_slice();
        let (Some(step), true) = (steps.get(here), self.interrupted) else {
            return false;
        };
        let is_past = |range: &Range| range.end <= step.addr;
        let past = followed.ranges.iter().take_while(|range| is_past(range));
        let ranges = followed.ranges.get(past.count()..).unwrap_or_default();
        let Some(Range { begin, place, .. }) =
            ranges.first().filter(|range| range.begin <= step.addr)
        else {
            return false;
        };
        let Place::Register(reg) = *place else {
            return false;
        };
        // An entry that begins here begins behind an operation.
        let block = graph
            .block_of(here)
            .and_then(|block| graph.blocks.get(block));
        let first = block.map_or(here, |block| block.steps.start);
        let first = first.max(steps.partition_point(|step| step.addr < *begin));
        let first = first.max(here.saturating_sub(MOST_STEPS));
        let Some(written) = (first..here).rev().find(|at| writes(steps.get(*at), reg)) else {
            return false;
        };
        let is_arithmetic = |range: std::ops::Range<usize>| {
            let range = steps.get(range).unwrap_or_default();
            !range.is_empty() && range.iter().all(is_arithmetic)
        };
        let reads = step.effects.iter().any(|effect| {
            let mut is_read = false;
            effect.reads(&mut |of| is_read |= of == reg);
            is_read
        });
        if reads && writes(Some(step), reg) && is_arithmetic(written..here + 1) {
            return true;
        }
        // What ends an entry is written by the operation behind which it ends.
        let end = stays_until(ranges, *place);
        let end = steps.partition_point(|step| step.addr < end);
        let is_last = || !(here..end).any(|at| writes(steps.get(at), reg));
        end - written <= MOST_STEPS && is_arithmetic(written..end) && is_last()
    }
}

impl Point {
    /// Whether some of these bytes of the frame were not written on some way that leads here from an address of the function on, and
    /// nobody else can have done it there: no call lies on such a way, and no write to an address that is not known.
    pub fn is_unwritten(&self, offset: i64, size: u64, since: Addr) -> bool {
        let (graph, facts) = (&self.function.graph, &self.function.facts);
        if !facts.extent().covers(offset, size) || self.is_stored(offset, size) {
            return false;
        }
        let may_write = |at: usize| {
            let step = graph.steps.get(at);
            let is_since = step.is_some_and(|step| step.addr >= since);
            is_since
                && (graph.calls.contains_key(&at) || step.is_some_and(stores) && !facts.writes(at))
        };
        let steps = |number: usize| graph.blocks.get(number).map(|block| block.steps.clone());
        let Some(own) = graph.block_of(self.step) else {
            return false;
        };
        let end = self.step + usize::from(!self.interrupted);
        let mut within = steps(own).into_iter().flatten().take_while(|at| *at < end);
        if within.any(may_write) {
            return false;
        }
        let before = |number: usize| {
            graph
                .blocks
                .get(number)
                .map(|block| block.before.as_slice())
        };
        let mut open = before(own).unwrap_or_default().to_vec();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(number) = open.pop() {
            if steps(number).into_iter().flatten().any(may_write) {
                return false;
            }
            let before = before(number).unwrap_or_default().iter().copied();
            open.extend(before.filter(|before| seen.insert(*before)));
        }
        true
    }
}

/// Whether an instruction writes to memory that no fixed address names.
fn stores(step: &Step) -> bool {
    step.effects.iter().any(|effect| match effect {
        Effect::Store { mem, .. } | Effect::MayStore { mem, .. } => {
            mem.registers().next().is_some()
        }
        Effect::Repeat { .. } => true,
        _ => false,
    })
}

/// Where a name is in a place no more, beginning with the first of its entries there.
fn stays_until(ranges: &[Range], place: Place) -> Addr {
    let mut end = ranges.first().map_or(Addr(0), |range| range.end);
    for next in ranges {
        if next.begin > end || next.place != place {
            break;
        }
        end = end.max(next.end);
    }
    end
}

fn writes(step: Option<&Step>, reg: Reg) -> bool {
    let effects = step.map(|step| step.effects.as_slice()).unwrap_or_default();
    effects.iter().any(|effect| effect.writes() == Some(reg))
}

/// Whether an instruction neither touches memory nor calls anything.
fn is_arithmetic(step: &Step) -> bool {
    let goes_on = matches!(step.way, Way::On | Way::Jump(_) | Way::Branch(_));
    goes_on
        && step.effects.iter().all(|effect| match effect {
            Effect::Set(_, Expr::Load { .. }) => false,
            Effect::Set(..) | Effect::Clobber(_) | Effect::Use(_) => true,
            _ => false,
        })
}
