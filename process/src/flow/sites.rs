//! Calls of certain functions in a function's code, inlined or not: which of them a frame has behind it, which ahead, and
//! what they were given.
//!
//! A `Lock` without an `Unlock` between it and where the frame stands is a lock that the frame has; which lock tells the
//! receiver, followed back to something that is still there: a slot of the frame that holds the same value, a package
//! variable, a word behind another pointer.
//!
//! The compiler inlines the fast path of `Lock`: an instruction belongs to a site when a function of that name is inlined
//! at it or called by it; of several, the outermost. The site's argument is that of its call, since the slow path is called
//! with the receiver still.

use super::evaluate::Evaluation;
use super::state::State;
use super::step::{BinOp, Effect, Mem, Step, Way};
use super::token::{Key, Node, Token, UNKNOWN};
use super::{Function, Point, Program};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::memory::{Memory, MemoryExt};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Words that are followed back to where they came from.
const MOST_WORDS: usize = 6;
/// Functions of more instructions are not evaluated.
const MOST_STEPS: usize = 16384;

/// A value that can be had from a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
    /// This one.
    Known(u64),
    /// An address in the frame, from the CFA.
    Frame(i64),
    /// What stands in the frame, at an offset from the CFA.
    Slot(i64),
    /// What the function was called with in a register.
    Entry(Reg),
    /// What stands so many bytes behind where another points.
    Loaded(Box<Self>, i64),
    /// Another one and a constant.
    Plus(Box<Self>, i64),
    /// This one, by the address at which memory was not there.
    Faulted(u64),
}

impl Word {
    /// The value in a frame; `entry` are registers at its entry, as far as they are known.
    pub fn value(
        &self,
        memory: &dyn Memory,
        cfa: Addr,
        entry: &dyn Fn(Reg) -> Option<u64>,
    ) -> Option<u64> {
        match self {
            Self::Known(value) | Self::Faulted(value) => Some(*value),
            Self::Frame(at) => Some(cfa.offset_signed(*at).0),
            Self::Slot(at) => memory.u64(cfa.offset_signed(*at)).ok(),
            Self::Entry(reg) => entry(*reg),
            Self::Plus(of, by) => Some(of.value(memory, cfa, entry)?.wrapping_add_signed(*by)),
            Self::Loaded(of, at) => {
                let base = Addr(of.value(memory, cfa, entry)?);
                memory.u64(base.offset_signed(*at)).ok()
            }
        }
    }
}

impl Word {
    /// The same as a caller has it, which gave `argument` in the first register; `None` of what is the callee's frame.
    pub fn given(&self, argument: &Self) -> Option<Self> {
        Some(match self {
            Self::Known(_) | Self::Faulted(_) => self.clone(),
            Self::Entry(Reg(0)) => argument.clone(),
            Self::Entry(_) | Self::Frame(_) | Self::Slot(_) => return None,
            Self::Loaded(of, at) => Self::Loaded(Box::new(of.given(argument)?), *at),
            Self::Plus(of, by) => Self::Plus(Box::new(of.given(argument)?), *by),
        })
    }
}

/// One call of a function that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The function's name, as it was asked for.
    pub name: String,
    /// The call in the function's own code, for its line.
    pub pc: Addr,
    /// Its first argument, where it can still be had.
    pub argument: Option<Word>,
    /// The function that the argument was passed to: of an inlined one what that calls.
    pub callee: String,
}

/// What a site does to another, between it and where the frame stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undoes {
    /// It undoes it.
    Yes,
    /// It is not known to be another's.
    Perhaps,
    /// It has nothing to do with it.
    No,
}

/// On which ways a site lies behind a frame and is not undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behind {
    /// On every way that leads there.
    Always,
    /// On some.
    Sometimes,
    /// On none.
    Never,
}

/// The sites of a function, as seen from a frame.
#[derive(Debug)]
pub struct Sites {
    function: Arc<Function>,
    step: usize,
    /// Those there are.
    pub list: Vec<Site>,
    /// The site of each step.
    of_step: Vec<Option<usize>>,
}

impl Point {
    /// Whether the function has such calls at all, which takes less time to tell.
    pub fn has_sites(&self, program: Program<'_>, wanted: &dyn Fn(&str) -> bool) -> bool {
        let graph = &self.function.graph;
        let func = graph
            .steps
            .first()
            .and_then(|step| program.symbols.find(step.addr));
        let Some(func) = func else {
            return false;
        };
        graph.steps.iter().any(|step| match step.way {
            // What is inlined calls its slow path.
            Way::Call(Some(target)) => {
                let callee = program.symbols.find(target);
                callee.is_some_and(|callee| wanted(callee.name()))
                    || func
                        .inline_frames(step.addr)
                        .any(|frame| frame.inlined && wanted(frame.name))
            }
            _ => false,
        })
    }

    /// The functions that it calls, each once.
    pub fn callees(&self, program: Program<'_>) -> Vec<(Addr, String)> {
        let steps = self.function.graph.steps.iter();
        let targets = steps.filter_map(|step| match step.way {
            Way::Call(target) => program.symbols.find(target?),
            _ => None,
        });
        let mut all: Vec<(Addr, String)> = targets
            .map(|callee| (callee.entry, callee.name().to_owned()))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The calls of functions whose name `wanted` tells; `None` when there are none.
    pub fn sites(&self, program: Program<'_>, wanted: &dyn Fn(&str) -> bool) -> Option<Sites> {
        let graph = &self.function.graph;
        if graph.steps.len() > MOST_STEPS {
            return None;
        }
        let func = program.symbols.find(graph.steps.first()?.addr)?;
        let mut list: Vec<Site> = Vec::new();
        let mut calls: Vec<Option<usize>> = Vec::new();
        let mut known: FxHashMap<Addr, usize> = FxHashMap::default();
        let mut of_step = vec![None; graph.steps.len()];
        let mut idle = vec![false; graph.steps.len()];
        for (number, step) in graph.steps.iter().enumerate() {
            let callee = match step.way {
                Way::Call(target) => target.and_then(|at| program.symbols.find(at)),
                _ => None,
            };
            let callee = callee.map(|func| func.name());
            // The outermost inlined call of a name that is wanted, with the instruction that stands for its own call.
            let frames: Vec<_> = func.inline_frames(step.addr).collect();
            let inlined = frames
                .windows(2)
                .filter_map(|pair| Some((pair.first()?, pair.get(1)?)))
                .filter(|(inner, _)| wanted(inner.name))
                .last()
                .map(|(inner, outer)| (inner.name, outer.pc));
            let direct = || Some((callee.filter(|name| wanted(name))?, step.addr));
            let Some((name, pc)) = inlined.or_else(direct) else {
                continue;
            };
            let site = *known.entry(pc).or_insert_with(|| {
                list.push(Site {
                    name: name.to_owned(),
                    pc,
                    argument: None,
                    callee: String::new(),
                });
                calls.push(None);
                list.len() - 1
            });
            if let Some(of) = of_step.get_mut(number) {
                *of = Some(site);
            }
            if !matters(program.arch, step)
                && let Some(idle) = idle.get_mut(number)
            {
                *idle = true;
            }
            if let (Some(callee), Some(call), Some(site)) =
                (callee, calls.get_mut(site), list.get_mut(site))
                && call.is_none()
            {
                *call = Some(number);
                callee.clone_into(&mut site.callee);
            }
        }
        if list.is_empty() {
            return None;
        }
        for (of, idle) in of_step.iter_mut().zip(idle) {
            if idle {
                *of = None;
            }
        }
        self.arguments_of(program, &mut list, &calls);
        Some(Sites {
            function: Arc::clone(&self.function),
            step: self.step,
            list,
            of_step,
        })
    }

    fn arguments_of(&self, program: Program<'_>, list: &mut [Site], calls: &[Option<usize>]) {
        let graph = &self.function.graph;
        let first = match program.arch {
            Arch::Amd64 | Arch::Arm64 => Reg(0),
        };
        let evaluated = graph
            .steps
            .first()
            .and_then(|step| program.symbols.find(step.addr))
            .and_then(|func| Evaluation::of(program, &func, graph, &[], &[]));
        let Some(evaluated) = evaluated else {
            return;
        };
        let mut back = Back {
            evaluated,
            loads: true,
        };
        let Some((here, _)) = back.evaluated.around(self.step) else {
            return;
        };
        for (site, call) in list.iter_mut().zip(calls) {
            let state = call.and_then(|call| back.evaluated.around(call));
            site.argument = state.and_then(|(state, _)| back.word(state.register(first), &here, 0));
        }
    }
}

impl Sites {
    /// The site that the frame stands in.
    pub fn here(&self) -> Option<usize> {
        self.of_step.get(self.step).copied().flatten()
    }

    /// On which ways a site lies behind the frame without another after it that undoes it. The one that the frame stands in is
    /// behind it only where a loop came round.
    pub fn behind(&self, site: usize, undoes: &dyn Fn(usize) -> Undoes) -> Behind {
        let is_here = self.here() == Some(site);
        let mut seen = vec![false; self.of_step.len()];
        let mut open = self.before(self.step);
        let mut found = false;
        let mut always = self.step != 0;
        while let Some(step) = open.pop() {
            if seen
                .get_mut(step)
                .is_none_or(|seen| std::mem::replace(seen, true))
            {
                continue;
            }
            match self.of_step.get(step).copied().flatten() {
                Some(at) if at == site && (!is_here || step == self.step) => {
                    found = true;
                    continue;
                }
                Some(at) if at != site => match undoes(at) {
                    Undoes::Yes => {
                        always = false;
                        continue;
                    }
                    Undoes::Perhaps => always = false,
                    Undoes::No => {}
                },
                _ => {}
            }
            always &= step != 0;
            open.extend(self.before(step));
        }
        match (found, always) {
            (true, true) => Behind::Always,
            (true, false) => Behind::Sometimes,
            (false, _) => Behind::Never,
        }
    }

    /// Whether some way from the frame leads to a site.
    pub fn is_ahead(&self, site: usize) -> bool {
        let graph = &self.function.graph;
        let Some(first) = graph.block_of(self.step) else {
            return false;
        };
        let has = |steps: std::ops::Range<usize>| {
            let mut of = self.of_step.get(steps).unwrap_or_default().iter();
            of.any(|of| *of == Some(site))
        };
        let rest = graph
            .blocks
            .get(first)
            .map_or(0..0, |b| self.step + 1..b.steps.end);
        if has(rest) {
            return true;
        }
        let mut seen = vec![false; graph.blocks.len()];
        let mut open: Vec<usize> = graph
            .blocks
            .get(first)
            .map_or_else(Vec::new, |b| b.next.clone());
        while let Some(number) = open.pop() {
            if seen
                .get_mut(number)
                .is_none_or(|seen| std::mem::replace(seen, true))
            {
                continue;
            }
            if let Some(block) = graph.blocks.get(number) {
                if has(block.steps.clone()) {
                    return true;
                }
                open.extend(&block.next);
            }
        }
        false
    }

    /// The steps from which one is come to.
    fn before(&self, step: usize) -> Vec<usize> {
        let graph = &self.function.graph;
        let Some(block) = graph.block_of(step).and_then(|at| graph.blocks.get(at)) else {
            return Vec::new();
        };
        if step > block.steps.start {
            return vec![step - 1];
        }
        let ends = block
            .before
            .iter()
            .filter_map(|before| graph.blocks.get(*before));
        ends.filter_map(|block| block.steps.end.checked_sub(1))
            .collect()
    }
}

/// Whether a step of an inlined call is where that call is: it calls, branches, or writes to memory that is no frame's. The
/// compiler moves others (loads, comparisons) to before the call and behind it, and what it merges with a check for nil (the
/// atomic operation itself) stands for the caller.
fn matters(arch: Arch, step: &Step) -> bool {
    let is_elsewhere = |mem: &Mem| mem.base != Some(arch.sp());
    matches!(step.way, Way::Call(_) | Way::Branch(_))
        || step.effects.iter().any(|effect| match effect {
            Effect::Store { mem, .. } | Effect::MayStore { mem, .. } => is_elsewhere(mem),
            _ => false,
        })
}

/// A function in which values are followed back.
pub(super) struct Back<'g> {
    evaluated: Evaluation<'g>,
    /// What was loaded from memory is taken to be there still.
    loads: bool,
}

impl<'g> Back<'g> {
    /// Of values that the frame itself has still.
    pub(super) const fn of_frame(evaluated: Evaluation<'g>) -> Self {
        Self {
            evaluated,
            loads: false,
        }
    }

    fn node(&self, token: Token) -> Node {
        self.evaluated.tokens().node(token)
    }

    /// A value as it can be had where the frame stands.
    pub(super) fn word(&mut self, token: Token, here: &State, depth: usize) -> Option<Word> {
        if token == UNKNOWN || depth > MOST_WORDS {
            return None;
        }
        match self.node(token) {
            Node::Const(value) => return Some(Word::Known(value)),
            Node::Frame(at) => return Some(Word::Frame(at)),
            _ => {}
        }
        let mut slots = here.slots.iter();
        if let Some((at, ..)) = slots.find(|(_, bytes, of)| *bytes == 8 && *of == token) {
            return Some(Word::Slot(*at));
        }
        match self.node(token) {
            Node::Op(BinOp::Add, 8, inner, by) => {
                let Node::Const(by) = self.node(by) else {
                    return None;
                };
                let inner = self.word(inner, here, depth + 1)?;
                Some(Word::Plus(Box::new(inner), by.cast_signed()))
            }
            Node::Entry(number) => Some(Word::Entry(Reg(u16::from(number)))),
            Node::Defined(_, Key::Slot(at, 8)) if self.loads => Some(Word::Slot(at)),
            Node::Defined(step, Key::Register(number)) if self.loads => {
                let step = usize::try_from(step).ok()?;
                let mem = self.evaluated.loads(step, number)?;
                if mem.index.is_some() {
                    return None;
                }
                let Some(base) = mem.base else {
                    let at = Word::Known(mem.disp.cast_unsigned());
                    return Some(Word::Loaded(Box::new(at), 0));
                };
                let (before, _) = self.evaluated.around(step)?;
                let base = self.word(before.register(base), here, depth + 1)?;
                Some(Word::Loaded(Box::new(base), mem.disp))
            }
            _ => None,
        }
    }
}
