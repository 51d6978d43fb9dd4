//! What a step does to symbols.

use super::Program;
use super::graph::{Called, Graph};
use super::state::{Followed, Place, REGISTERS, State, index};
use super::step::{BinOp, Effect, Expr, Mem, Val};
use super::token::{Key, Node, Scope, Token, Tokens, UNKNOWN};
use crate::arch::{Arch, Reg};
use crate::symbols::{Ascending, Func};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// What an unknown callee may write of the area for arguments on the stack.
const UNKNOWN_ARGUMENTS: u64 = 96;

/// How a step touches the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Touch {
    Read,
    Write,
    MayWrite,
}

/// A step's access to bytes of the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Access {
    pub(super) touch: Touch,
    pub(super) at: i64,
    pub(super) bytes: u64,
}

/// The evaluator.
pub(super) struct Machine<'g> {
    pub(super) arch: Arch,
    pub(super) graph: &'g Graph,
    pub(super) tokens: Tokens,
    /// The stack pointer at each step, from the CFA.
    pub(super) sp: Vec<i64>,
    /// Slots that steps both store and load: no area for arguments.
    pub(super) kept: FxHashSet<i64>,
    pub(super) taken: BTreeSet<i64>,
    /// `taken` grew: what came before was evaluated without it.
    pub(super) grew: bool,
    pub(super) recording: bool,
    pub(super) accesses: Vec<Vec<Access>>,
    pub(super) names: &'g [Followed],
    pub(super) objects: &'g [(i64, u64)],
    /// Where slots begin that names are said to be in: what has its address taken has no list.
    spills: BTreeSet<i64>,
}

impl<'g> Machine<'g> {
    pub(super) fn new(
        program: Program<'_>,
        func: &Func<'_>,
        graph: &'g Graph,
        names: &'g [Followed],
        objects: &'g [(i64, u64)],
        scope: Scope,
    ) -> Option<Self> {
        // amd64: the call itself has pushed the return address.
        let pushed = match program.arch {
            Arch::Amd64 => 8,
            Arch::Arm64 => 0,
        };
        let mut deltas = Ascending::new(func.sp_deltas()?);
        let sp: Vec<i64> = graph
            .steps
            .iter()
            .map(|step| {
                let delta = deltas
                    .at(step.addr.since(func.entry).unwrap_or(0))
                    .unwrap_or(0);
                -pushed - i64::from(delta)
            })
            .collect();
        let mut loaded = FxHashSet::default();
        let mut stored = FxHashSet::default();
        for (step, sp) in graph.steps.iter().zip(&sp) {
            for effect in &step.effects {
                match effect {
                    Effect::Set(_, Expr::Load { mem, .. }) | Effect::Load { mem, .. }
                        if mem.base == Some(program.arch.sp()) =>
                    {
                        loaded.insert(sp + mem.disp);
                    }
                    Effect::Store { mem, .. } if mem.base == Some(program.arch.sp()) => {
                        stored.insert(sp + mem.disp);
                    }
                    _ => {}
                }
            }
        }
        Some(Self {
            arch: program.arch,
            graph,
            tokens: Tokens::new(scope),
            sp,
            kept: loaded.intersection(&stored).copied().collect(),
            taken: BTreeSet::new(),
            grew: false,
            recording: false,
            accesses: vec![Vec::new(); graph.steps.len()],
            names,
            objects,
            spills: names
                .iter()
                .flat_map(|followed| &followed.ranges)
                .filter_map(|range| match range.place {
                    Place::Slot(at, _) => Some(at),
                    Place::Register(_) => None,
                })
                .collect(),
        })
    }

    pub(super) fn effect(&mut self, step: usize, repeats: bool, effect: Effect, state: &mut State) {
        match effect {
            Effect::Set(to, expr) => {
                let token = self.expression(step, repeats, expr, to, state);
                state.set_register(to, token);
            }
            Effect::Clobber(reg) => {
                if let Some(at) = index(reg) {
                    let key = Key::Register(u8::try_from(at).unwrap_or_default());
                    state.set_register(reg, UNKNOWN);
                    let token = self.define(step, repeats, key, state);
                    state.set_register(reg, token);
                }
            }
            Effect::Use(_) => {}
            Effect::Load { mem, bytes } => {
                if let Some(at) = self.frame(step, mem, state) {
                    self.record(step, Touch::Read, at, u64::from(bytes));
                }
            }
            Effect::Store { mem, bytes, val } => {
                let token = match val {
                    Val::Any => UNKNOWN,
                    val => self.value(step, val, state),
                };
                self.store(step, mem, bytes, token, state);
            }
            Effect::MayStore { mem, bytes } => match self.frame(step, mem, state) {
                Some(at) => {
                    self.record(step, Touch::MayWrite, at, u64::from(bytes));
                    state.forget(at, u64::from(bytes));
                }
                None => self.wild(state),
            },
            Effect::Repeat { unit, copies } => self.repeat(step, unit, copies, state),
        }
    }

    /// A value that this step makes. Run again, it makes another: what still holds the last one is unknown.
    fn define(&mut self, step: usize, repeats: bool, key: Key, state: &mut State) -> Token {
        let site = u32::try_from(step).unwrap_or(u32::MAX);
        let node = Node::Defined(site, key);
        if self.tokens.scope() == Scope::Addresses {
            return UNKNOWN;
        }
        if repeats {
            let tokens = &self.tokens;
            state.drop_if(|token| tokens.contains(token, &|part| part == node));
        }
        self.tokens.of(node)
    }

    pub(super) fn value(&mut self, step: usize, val: Val, state: &State) -> Token {
        match val {
            Val::Reg(reg) if reg == self.arch.sp() => {
                let sp = self.sp.get(step).copied().unwrap_or(0);
                self.tokens.of(Node::Frame(sp))
            }
            Val::Reg(reg) => state.register(reg),
            Val::Const(value) => self.tokens.constant(value),
            Val::Any => UNKNOWN,
        }
    }

    fn expression(
        &mut self,
        step: usize,
        repeats: bool,
        expr: Expr,
        to: Reg,
        state: &mut State,
    ) -> Token {
        let key = Key::Register(
            index(to)
                .and_then(|at| u8::try_from(at).ok())
                .unwrap_or_default(),
        );
        let token = match expr {
            Expr::Val { val, bytes, signed } => {
                let token = self.value(step, val, state);
                if bytes >= 8 {
                    token
                } else {
                    self.tokens.extended(token, bytes, signed)
                }
            }
            Expr::Address(mem) => self.address(step, mem, state),
            Expr::Binary { op, a, b, bytes } => {
                let (a, b) = (self.value(step, a, state), self.value(step, b, state));
                self.tokens.binary(op, a, b, bytes)
            }
            Expr::Load { mem, bytes, signed } => {
                let Some(at) = self.frame(step, mem, state) else {
                    return self.define(step, repeats, key, state);
                };
                self.record(step, Touch::Read, at, u64::from(bytes));
                let token = self.loaded(step, repeats, at, bytes, state);
                if bytes < 8 {
                    self.tokens.extended(token, bytes, signed)
                } else {
                    token
                }
            }
        };
        if token == UNKNOWN {
            state.set_register(to, UNKNOWN);
            return self.define(step, repeats, key, state);
        }
        token
    }

    /// What stands in a slot; a slot nothing is known of gets a symbol, so that the next one who reads it finds the same.
    pub(super) fn loaded(
        &mut self,
        step: usize,
        repeats: bool,
        at: i64,
        bytes: u8,
        state: &mut State,
    ) -> Token {
        if let Some(token) = state.slot(at, bytes) {
            return token;
        }
        if bytes < 8
            && let Some(wider) = [2, 4, 8]
                .iter()
                .find_map(|wider| state.slot(at, *wider).filter(|_| *wider > bytes))
        {
            return wider;
        }
        if bytes == 16
            && let (Some(low), Some(high)) = (state.slot(at, 8), state.slot(at + 8, 8))
        {
            let zero = self.tokens.constant(0);
            if low == zero && high == zero {
                return zero;
            }
            return self.tokens.of(Node::Pair(low, high));
        }
        if state.overlaps(at, u64::from(bytes)) || bytes > 8 {
            return UNKNOWN;
        }
        let key = Key::Slot(at, bytes);
        let token = self.define(step, repeats, key, state);
        if token != UNKNOWN {
            state.put(at, bytes, token);
        }
        token
    }

    fn store(&mut self, step: usize, mem: Mem, bytes: u8, token: Token, state: &mut State) {
        if let Node::Frame(at) = self.tokens.node(token)
            && bytes == 8
        {
            self.take(at);
        }
        let Some(at) = self.frame(step, mem, state) else {
            self.wild(state);
            return;
        };
        self.record(step, Touch::Write, at, u64::from(bytes));
        state.forget(at, u64::from(bytes));
        match (bytes, self.tokens.node(token)) {
            (_, Node::Unknown) => {}
            (16, Node::Pair(low, high)) => {
                state.put(at, 8, low);
                state.put(at + 8, 8, high);
            }
            (16, Node::Const(0)) => {
                state.put(at, 8, token);
                state.put(at + 8, 8, token);
            }
            (8, _) => state.put(at, 8, token),
            (1 | 2 | 4, _) => {
                let low = self.tokens.extended(token, bytes, false);
                if low != UNKNOWN {
                    state.put(at, bytes, low);
                }
            }
            _ => {}
        }
    }

    /// Offset in the frame of an operand; a part of the frame whose element is not known counts as handed out.
    fn frame(&mut self, step: usize, mem: Mem, state: &State) -> Option<i64> {
        let base = self.value(step, Val::Reg(mem.base?), state);
        let Node::Frame(base) = self.tokens.node(base) else {
            return None;
        };
        let at = base.wrapping_add(mem.disp);
        let Some((index, scale)) = mem.index else {
            return Some(at);
        };
        if let Node::Const(index) = self.tokens.node(state.register(index)) {
            let by = index.wrapping_mul(u64::from(scale));
            return Some(at.wrapping_add(by.cast_signed()));
        }
        self.take(at);
        None
    }

    fn address(&mut self, step: usize, mem: Mem, state: &State) -> Token {
        let mut sum = self.tokens.constant(mem.disp.cast_unsigned());
        if let Some(base) = mem.base {
            let base = self.value(step, Val::Reg(base), state);
            sum = self.tokens.binary(BinOp::Add, base, sum, 8);
        }
        if let Some((index, scale)) = mem.index {
            let scale = self.tokens.constant(u64::from(scale));
            let by = self
                .tokens
                .binary(BinOp::Mul, state.register(index), scale, 8);
            if let Node::Frame(at) = self.tokens.node(sum)
                && !matches!(self.tokens.node(by), Node::Const(_))
            {
                self.take(at);
            }
            sum = self.tokens.binary(BinOp::Add, sum, by, 8);
        }
        sum
    }

    pub(super) fn take(&mut self, at: i64) {
        self.grew |= self.taken.insert(at) && !self.recording;
    }

    /// Something was written through a pointer: it may be one that was handed out.
    fn wild(&self, state: &mut State) {
        for at in &self.taken {
            let object = self
                .objects
                .iter()
                .find(|(start, size)| start <= at && *at < start.saturating_add_unsigned(*size));
            if let Some((start, size)) = object {
                state.forget(*start, *size);
                continue;
            }
            // How far what begins there reaches is not known: up to what is known to begin, or the end of the frame.
            let starts = self.objects.iter().map(|(start, _)| start);
            let starts = starts.chain(&self.spills).chain((*at < 0).then_some(&0));
            let next = starts.copied().filter(|start| start > at).min();
            let bytes = next.map_or(u64::MAX, |next| next.abs_diff(*at));
            state.forget(*at, bytes);
        }
    }

    fn repeat(&mut self, step: usize, unit: u8, copies: bool, state: &mut State) {
        let count = match self.tokens.node(state.register(Reg(2))) {
            Node::Const(count) => Some(count.saturating_mul(u64::from(unit))),
            _ => None,
        };
        if copies
            && let (Node::Frame(from), Some(bytes)) =
                (self.tokens.node(state.register(Reg(4))), count)
        {
            self.record(step, Touch::Read, from, bytes);
        }
        match (self.tokens.node(state.register(Reg(5))), count) {
            (Node::Frame(to), Some(bytes)) => {
                self.record(step, Touch::Write, to, bytes);
                state.forget(to, bytes);
            }
            (Node::Frame(to), None) => {
                self.take(to);
                state.forget(to, u64::MAX);
            }
            _ => self.wild(state),
        }
    }

    /// What a function gives back of the stack on its way out is nobody's: a signal's handler may write there.
    pub(super) fn give_back(&self, step: usize, state: &mut State) {
        let at = |step: usize| self.sp.get(step).copied();
        let sp = at(step).zip(step.checked_sub(1).and_then(at));
        if let Some((sp, _)) = sp.filter(|(sp, before)| sp > before) {
            state.keep(|at| at >= sp);
        }
    }

    pub(super) fn call(
        &mut self,
        step: usize,
        repeats: bool,
        called: Option<Called>,
        state: &mut State,
    ) {
        let arguments: &[u16] = match self.arch {
            Arch::Amd64 => &[0, 3, 2, 5, 4, 8, 9, 10, 11, 1],
            Arch::Arm64 => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 26],
        };
        for reg in arguments {
            if let Node::Frame(at) = self.tokens.node(state.register(Reg(*reg))) {
                self.take(at);
            }
        }
        self.wild(state);
        let keep = [
            Some(self.arch.g()),
            (self.arch == Arch::Amd64).then(|| self.arch.fp()),
        ];
        let kept: Vec<(Reg, Token)> = keep
            .into_iter()
            .flatten()
            .map(|reg| (reg, state.register(reg)))
            .collect();
        state.registers = [UNKNOWN; REGISTERS];
        if self.tokens.scope() == Scope::Values {
            self.define_registers(step, repeats, state);
        }
        for (reg, token) in kept {
            state.set_register(reg, token);
        }
        self.zero(state);
        self.outgoing(step, called.and_then(|called| called.stack), state);
    }

    /// A call leaves values of its own in all registers.
    fn define_registers(&mut self, step: usize, repeats: bool, state: &mut State) {
        let site = u32::try_from(step).unwrap_or(u32::MAX);
        if repeats {
            let tokens = &self.tokens;
            state.drop_if(|token| {
                tokens.contains(
                    token,
                    &|part| matches!(part, Node::Defined(of, Key::Register(_)) if of == site),
                )
            });
        }
        for (number, register) in (0u8..).zip(state.registers.iter_mut()) {
            *register = self.tokens.of(Node::Defined(site, Key::Register(number)));
        }
    }

    /// What the callee may have written of the area for its arguments and results.
    fn outgoing(&self, step: usize, bytes: Option<u64>, state: &mut State) {
        let skip = match self.arch {
            Arch::Amd64 => 0,
            Arch::Arm64 => 8,
        };
        let from = self.sp.get(step).copied().unwrap_or(0) + skip;
        if let Some(bytes) = bytes {
            state.forget(from, bytes);
            return;
        }
        let to = from.saturating_add_unsigned(UNKNOWN_ARGUMENTS);
        state.keep(|at| at < from || at >= to.min(0) || self.kept.contains(&at));
    }

    fn record(&mut self, step: usize, touch: Touch, at: i64, bytes: u64) {
        if self.recording
            && let Some(accesses) = self.accesses.get_mut(step)
        {
            accesses.push(Access { touch, at, bytes });
        }
    }
}
