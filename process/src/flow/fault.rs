//! Where an address came from through which the program went to memory.
//!
//! A nil dereference names no variable: the instruction has a register. What was in it is followed back: a variable that
//! holds the same value, or a word that was loaded from behind another pointer, and that from another.

use super::evaluate::Evaluation;
use super::infer::Wanted;
use super::state::State;
use super::step::{BinOp, Effect, Expr, Mem, Step};
use super::token::{Key, Node, Token, UNKNOWN};
use super::{Point, Program};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};

/// Pointers that are followed back.
const MOST_POINTERS: usize = 6;
/// Functions of more instructions are not evaluated.
const MOST_STEPS: usize = 16384;

/// The smallest there are.
const PAGE: u64 = 4096;

/// What a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Came {
    /// A part of something that is followed, by its number in [`Wanted::parts`].
    Part(usize),
    /// What stands in the frame, at an offset from the CFA.
    Slot(i64),
    /// What stands so many bytes behind where another value points.
    Loaded(Box<Self>, i64),
    /// What stands at a fixed address.
    Global(Addr),
    /// What the function was called with in a register.
    Entry(Reg),
}

/// An access to memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accessed {
    /// The pointer.
    pub pointer: Came,
    /// The byte behind where it points.
    pub offset: i64,
}

impl Point {
    /// The pointer through which the instruction here went to an address in the first page of memory, which is nil.
    pub fn nil_pointer(
        &self,
        program: Program<'_>,
        wanted: &Wanted<'_>,
        addr: Addr,
    ) -> Option<Accessed> {
        let step = self.function.graph.steps.get(self.step)?;
        let mut seen = operands(step).filter(|mem| mem.index.is_none());
        let mem = seen.find(|mem| mem.disp.cast_unsigned() == addr.0 && mem.base.is_some())?;
        self.follow(program, wanted, mem.base?, mem.disp)
    }

    /// The register through which the instruction here went to an address at which there is no memory, with what it held.
    pub fn faulted(&self, arch: Arch, addr: Addr) -> Option<(Reg, u64)> {
        // Of an access across pages the address may be that of the second one's first byte; arm64 leaves the highest byte out.
        let is_vague = addr.0 != 0 && addr.0.is_multiple_of(PAGE);
        if is_vague || arch == Arch::Arm64 && addr.0 >= PAGE {
            return None;
        }
        let step = self.function.graph.steps.get(self.step)?;
        let first = operands(step).min_by_key(|mem| mem.disp)?;
        let base = first.base.filter(|base| *base != arch.sp())?;
        let is_simple = |mem: Mem| mem.base == Some(base) && mem.index.is_none();
        let is_plain = |effect: &Effect| !matches!(effect, Effect::Repeat { .. });
        // An instruction that moves its base on may do so before or after.
        let moves = |effect: &Effect| {
            effect.writes() == Some(base) && !matches!(effect, Effect::Set(_, Expr::Load { .. }))
        };
        let is_told = operands(step).all(is_simple)
            && step.effects.iter().all(is_plain)
            && !step.effects.iter().any(moves);
        is_told.then(|| (base, addr.0.wrapping_add_signed(first.disp.wrapping_neg())))
    }

    /// What a call passes in a register.
    pub fn argument(
        &self,
        program: Program<'_>,
        wanted: &Wanted<'_>,
        register: Reg,
    ) -> Option<Came> {
        let passed = self.follow(program, wanted, register, 0)?;
        (passed.offset == 0).then_some(passed.pointer)
    }

    fn follow(
        &self,
        program: Program<'_>,
        wanted: &Wanted<'_>,
        register: Reg,
        offset: i64,
    ) -> Option<Accessed> {
        let graph = &self.function.graph;
        if graph.steps.len() > MOST_STEPS {
            return None;
        }
        let func = program.symbols.find(graph.steps.get(self.step)?.addr)?;
        let names = wanted.names();
        let evaluated = Evaluation::of(program, &func, graph, &names, wanted.objects)?;
        let mut followed = Back { evaluated, wanted };
        let (state, _) = followed.evaluated.around(self.step)?;
        let (token, more) = followed.pointer(state.register(register));
        Some(Accessed {
            pointer: followed.came(token, &state, 0)?,
            offset: offset.checked_add(more)?,
        })
    }
}

/// The operands in memory of an instruction.
fn operands(step: &Step) -> impl Iterator<Item = Mem> {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Set(_, Expr::Load { mem, .. })
        | Effect::Load { mem, .. }
        | Effect::Store { mem, .. }
        | Effect::MayStore { mem, .. } => Some(*mem),
        _ => None,
    })
}

/// A function in which values are followed back.
struct Back<'g, 'w> {
    evaluated: Evaluation<'g>,
    wanted: &'w Wanted<'w>,
}

impl Back<'_, '_> {
    fn node(&self, token: Token) -> Node {
        self.evaluated.tokens().node(token)
    }

    /// A pointer, and what was added to it.
    fn pointer(&self, mut token: Token) -> (Token, i64) {
        let mut offset = 0i64;
        while let Node::Op(BinOp::Add, 8, inner, by) = self.node(token)
            && let Node::Const(by) = self.node(by)
        {
            offset = offset.wrapping_add(by.cast_signed());
            token = inner;
        }
        (token, offset)
    }

    fn came(&mut self, token: Token, state: &State, depth: usize) -> Option<Came> {
        let node = self.node(token);
        if token == UNKNOWN
            || depth > MOST_POINTERS
            || matches!(node, Node::Const(_) | Node::Frame(_))
        {
            return None;
        }
        let named = state.names.iter().zip(self.wanted.parts);
        let is_it = |(name, (_, bytes)): (&Token, &(_, u8))| *name == token && *bytes == 8;
        if let Some(part) = named.into_iter().position(is_it) {
            return Some(Came::Part(part));
        }
        let mut slots = state.slots.iter();
        let object = |at: i64| {
            let mut objects = self.wanted.objects.iter();
            objects.any(|(start, size)| *start <= at && at < start.saturating_add_unsigned(*size))
        };
        if let Some((at, ..)) =
            slots.find(|(at, bytes, of)| *bytes == 8 && *of == token && object(*at))
        {
            return Some(Came::Slot(*at));
        }
        match node {
            Node::Entry(number) => Some(Came::Entry(Reg(u16::from(number)))),
            Node::Defined(_, Key::Slot(at, 8)) => Some(Came::Slot(at)),
            Node::Defined(step, Key::Register(number)) => {
                let step = usize::try_from(step).ok()?;
                let mem = self.evaluated.loads(step, number)?;
                let Some(base) = mem.base else {
                    return Some(Came::Global(Addr(mem.disp.cast_unsigned())));
                };
                if mem.index.is_some() {
                    return None;
                }
                let (before, _) = self.evaluated.around(step)?;
                let (base, more) = self.pointer(before.register(base));
                let offset = mem.disp.wrapping_add(more);
                match self.node(base) {
                    Node::Const(address) => {
                        Some(Came::Global(Addr(address.wrapping_add_signed(offset))))
                    }
                    Node::Frame(at) => Some(Came::Slot(at.wrapping_add(offset))),
                    _ => {
                        let base = self.came(base, &before, depth + 1)?;
                        Some(Came::Loaded(Box::new(base), offset))
                    }
                }
            }
            _ => None,
        }
    }
}
