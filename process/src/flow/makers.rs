//! Which step made what stands in a register, and of what.

use super::graph::Graph;
use super::state::Place;
use super::step::{BinOp, Effect, Expr, Val};
use crate::addr::Addr;
use crate::arch::Reg;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

impl Graph {
    /// The registers that a step computes with, whether what it computes is followed or not.
    pub(super) fn operands(&self, step: usize) -> Vec<Reg> {
        let effects = self.steps.get(step).map(|step| step.effects.as_slice());
        let effects = effects.unwrap_or_default();
        let clobbers = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Clobber(_)));
        effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Use(reg) if clobbers => Some([Val::Reg(*reg), Val::Any]),
                Effect::Set(_, Expr::Binary { a, b, .. }) => Some([*a, *b]),
                Effect::Set(_, Expr::Address(mem)) => {
                    let reg = |reg: Option<Reg>| reg.map_or(Val::Any, Val::Reg);
                    Some([reg(mem.base), reg(mem.index.map(|(index, _)| index))])
                }
                _ => None,
            })
            .flatten()
            .filter_map(|val| match val {
                Val::Reg(reg) => Some(reg),
                _ => None,
            })
            .collect()
    }

    /// The last step before one, from `first` on, that writes a register; for a slot the one before.
    pub(super) fn maker(&self, before: usize, first: usize, place: Place) -> usize {
        let previous = before.saturating_sub(1);
        let Place::Register(reg) = place else {
            return previous;
        };
        let writes = |step: &usize| {
            let effects = self.steps.get(*step).map(|step| step.effects.as_slice());
            let mut effects = effects.unwrap_or_default().iter();
            effects.any(|effect| effect.writes() == Some(reg))
        };
        (first..before).rev().find(writes).unwrap_or(previous)
    }

    /// The steps that wrote a place last on the ways to one; nothing where it was never written on one of them.
    pub(super) fn writers(&self, before: usize, wrote: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let Some(own) = self.block_of(before) else {
            return Vec::new();
        };
        let steps = |number: usize| self.blocks.get(number).map(|block| block.steps.clone());
        let mut found = Vec::new();
        let within = steps(own).map(|steps| steps.start..before);
        let mut open = vec![(own, within)];
        let mut seen = BTreeSet::new();
        while let Some((number, range)) = open.pop() {
            if let Some(last) = range.into_iter().flatten().rev().find(|at| wrote(*at)) {
                found.push(last);
                continue;
            }
            let block = self.blocks.get(number);
            let ahead = block.map_or(&[][..], |block| block.before.as_slice());
            if number == 0 || ahead.is_empty() {
                return Vec::new();
            }
            let ahead = ahead.iter().filter(|before| seen.insert(**before));
            open.extend(ahead.map(|before| (*before, steps(*before))));
        }
        found
    }

    /// What is added to a register by the step that wrote it last before one in the same block, or before it was moved or
    /// spilled.
    pub(super) fn addition(&self, before: usize, reg: Reg) -> Option<i64> {
        let (mut maker, mut made) = self.made(before, reg)?;
        while let Expr::Val {
            val: Val::Reg(from),
            bytes: 8,
            ..
        } = made
        {
            (maker, made) = self.made(maker, from)?;
        }
        match made {
            Expr::Load { mem: from, .. } => self.steps.iter().enumerate().find_map(|(at, step)| {
                step.effects.iter().find_map(|effect| match *effect {
                    Effect::Store {
                        mem,
                        val: Val::Reg(reg),
                        ..
                    } if mem == from => self.made(at, reg).and_then(|(_, made)| added(made)),
                    _ => None,
                })
            }),
            made => added(made),
        }
    }

    /// What a register was set to last before a step in the same block, and by which step.
    fn made(&self, before: usize, reg: Reg) -> Option<(usize, Expr)> {
        let block = self.blocks.get(self.block_of(before.checked_sub(1)?)?)?;
        let maker = self.maker(before, block.steps.start, Place::Register(reg));
        let effects = &self.steps.get(maker)?.effects;
        let made = effects.iter().find_map(|effect| match *effect {
            Effect::Set(to, made) if to == reg => Some(made),
            _ => None,
        });
        Some((maker, made?))
    }

    /// Numbers and addresses that its instructions have in them, put together where it takes two to do so.
    pub(super) fn constants(&self) -> Vec<Addr> {
        let mut known: FxHashMap<Reg, u64> = FxHashMap::default();
        let mut found = Vec::new();
        for effect in self.steps.iter().flat_map(|step| &step.effects) {
            let value = match *effect {
                Effect::Set(
                    _,
                    Expr::Val {
                        val: Val::Const(value),
                        ..
                    },
                ) => Some(value),
                Effect::Set(_, Expr::Address(mem)) if mem.index.is_none() => match mem.base {
                    Some(base) => known
                        .get(&base)
                        .map(|base| base.wrapping_add_signed(mem.disp)),
                    None => Some(mem.disp.cast_unsigned()),
                },
                Effect::Set(
                    _,
                    Expr::Binary {
                        op: BinOp::Add,
                        a: Val::Reg(a),
                        b: Val::Const(b),
                        ..
                    },
                ) => known.get(&a).map(|a| a.wrapping_add(b)),
                _ => None,
            };
            if let Some(reg) = effect.writes() {
                match value {
                    Some(value) => known.insert(reg, value),
                    None => known.remove(&reg),
                };
            }
            found.extend(value.map(Addr));
        }
        found
    }

    /// The register that the step before one stores.
    pub(super) fn stored_before(&self, step: usize) -> Option<Reg> {
        let effects = &self.steps.get(step.checked_sub(1)?)?.effects;
        effects.iter().find_map(|effect| match *effect {
            Effect::Store {
                val: Val::Reg(reg), ..
            } => Some(reg),
            _ => None,
        })
    }
}

/// The constant that an expression adds to something.
fn added(made: Expr) -> Option<i64> {
    match made {
        Expr::Binary {
            op: BinOp::Add,
            b: Val::Const(by),
            ..
        } => Some(by.cast_signed()),
        Expr::Binary {
            op: BinOp::Sub,
            b: Val::Const(by),
            ..
        } => Some(by.cast_signed().wrapping_neg()),
        Expr::Address(mem) if mem.base.is_some() && mem.index.is_none() => Some(mem.disp),
        _ => None,
    }
}
