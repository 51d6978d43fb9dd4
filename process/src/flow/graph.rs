//! Basic blocks of a function and the edges between them.
//!
//! Whether a call returns is told by the callee's name; what follows one that does not is no path. A call of `morestack`
//! is among these, for the jump from it back to the entry would make every argument the merger of itself and anything.

use super::step::{BinOp, Effect, Expr, Mem, Step, Val, Way};
use super::{Program, amd64, arm64};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::memory::MemoryExt;
use crate::symbols::{ArgWord, Func};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Entries of a jump table.
const MOST_TARGETS: u64 = 4096;
/// Instructions of `duffzero` and `duffcopy` that one call runs.
const MOST_INLINE: usize = 1024;

/// A run of steps that is entered at its first and left at its last only.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) steps: std::ops::Range<usize>,
    pub(super) next: Vec<usize>,
    pub(super) before: Vec<usize>,
    /// It may run more than once in one call of the function.
    pub(super) repeats: bool,
}

/// What is known of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Called {
    /// Bytes of arguments and results on the stack; `None` of a function that is not known.
    pub(super) stack: Option<u64>,
    /// Words of arguments, if that is known.
    pub(super) words: Option<usize>,
    /// It does not return.
    pub(super) never_returns: bool,
    /// It is the end of a check that the compiler put there: nothing of the program's happens between the comparison and it.
    pub(super) is_check: bool,
}

/// A function as blocks, in reverse postorder; blocks that nothing leads to are left out.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) steps: Vec<Step>,
    pub(super) calls: FxHashMap<usize, Called>,
    pub(super) blocks: Vec<Block>,
    /// The block that a recovered panic goes on at.
    pub(super) recovery: Option<usize>,
    /// Block of each step.
    block_of: Vec<Option<usize>>,
}

impl Graph {
    /// `None` when a jump leads to where it cannot be told.
    pub(super) fn of(program: Program<'_>, func: &Func<'_>) -> Option<Self> {
        let code = program
            .memory
            .bytes(func.entry, func.end.since(func.entry)?)
            .ok()?;
        let mut steps = match program.arch {
            Arch::Amd64 => amd64::steps(&code, func.entry),
            Arch::Arm64 => arm64::steps(&code, func.entry),
        };
        let mut calls = FxHashMap::default();
        for (number, step) in steps.iter_mut().enumerate() {
            if let Way::Call(target) = step.way {
                match target.map_or(Callee::Function(UNKNOWN), |at| callee(program, at)) {
                    Callee::Function(called) => {
                        calls.insert(number, called);
                        if called.never_returns {
                            step.way = Way::Stop;
                        }
                    }
                    Callee::Barrier => barrier(program.arch, step),
                    Callee::Duff => inline(program, target?, step)?,
                }
            }
        }
        let mut graph = Self {
            block_of: vec![None; steps.len()],
            steps,
            calls,
            blocks: Vec::new(),
            recovery: None,
        };
        graph.build(program, func)?;
        Some(graph)
    }

    /// The step that starts at an address.
    pub(super) fn step_at(&self, addr: Addr) -> Option<usize> {
        self.steps
            .binary_search_by_key(&addr, |step| step.addr)
            .ok()
    }

    /// The step at a pc where a frame was interrupted, or the call that returns to it.
    pub(super) fn step(&self, pc: Addr, interrupted: bool) -> Option<usize> {
        if interrupted {
            self.step_at(pc)
        } else {
            self.step_before(pc)
        }
    }

    /// The step that ends at an address.
    fn step_before(&self, addr: Addr) -> Option<usize> {
        let after = self.steps.partition_point(|step| step.addr < addr);
        let before = after.checked_sub(1)?;
        (self.steps.get(before)?.next() == addr).then_some(before)
    }

    pub(super) fn block_of(&self, step: usize) -> Option<usize> {
        self.block_of.get(step).copied().flatten()
    }

    /// Where a block leads without beginning a loop anew: an edge backwards leads to what follows its loop. `heads` are the loops
    /// that were left so already.
    pub(super) fn ahead(&self, block: usize, heads: &mut BTreeSet<usize>) -> Vec<usize> {
        let next = |of: usize| self.blocks.get(of).map_or(&[][..], |block| &block.next);
        let mut edges: Vec<(usize, usize)> = next(block).iter().map(|to| (block, *to)).collect();
        let mut found = Vec::new();
        while let Some((from, to)) = edges.pop() {
            // Blocks are in reverse postorder: an edge to one before is a loop's.
            if to > from {
                found.push(to);
            } else if heads.insert(to) {
                let body = self.body(to);
                let leaves = |of: &usize| next(*of).iter().map(|to| (*of, *to)).collect::<Vec<_>>();
                let out = body.iter().flat_map(leaves);
                edges.extend(out.filter(|(_, to)| !body.contains(to)));
            }
        }
        found
    }

    /// The blocks of the loop that a block is the head of.
    fn body(&self, head: usize) -> BTreeSet<usize> {
        let before = |of: usize| self.blocks.get(of).map_or(&[][..], |block| &block.before);
        let mut body = BTreeSet::from([head]);
        let mut open: Vec<usize> = before(head)
            .iter()
            .copied()
            .filter(|b| *b >= head)
            .collect();
        while let Some(block) = open.pop() {
            if body.insert(block) {
                open.extend(before(block));
            }
        }
        body
    }

    fn build(&mut self, program: Program<'_>, func: &Func<'_>) -> Option<()> {
        let mut starts = BTreeSet::from([0]);
        let mut leads: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (number, step) in self.steps.iter().enumerate() {
            let mut to = Vec::new();
            match step.way {
                Way::On | Way::Call(_) => continue,
                Way::Jump(target) | Way::Branch(target) => to.extend(self.step_at(target)),
                Way::Indirect => to = self.targets(program, func, number),
                Way::Return | Way::Stop => {}
            }
            starts.extend(to.iter().copied());
            starts.insert(number + 1);
            if matches!(step.way, Way::Branch(_)) {
                to.push(number + 1);
            }
            leads.insert(number, to);
        }
        let recovery = func
            .deferreturn()
            .and_then(|at| self.step_at(func.entry.offset(u64::from(at))));
        starts.extend(recovery);
        let starts: Vec<usize> = starts
            .into_iter()
            .filter(|s| *s < self.steps.len())
            .collect();
        let ends = starts.iter().skip(1).copied().chain([self.steps.len()]);
        let mut blocks: Vec<Block> = starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(start, end)| Block {
                steps: start..end,
                ..Block::default()
            })
            .collect();
        let number_of = |step: usize| starts.binary_search(&step).ok();
        for block in &mut blocks {
            let last = block.steps.end - 1;
            block.next = match leads.get(&last) {
                Some(to) => to.iter().filter_map(|step| number_of(*step)).collect(),
                None => number_of(last + 1).into_iter().collect(),
            };
            block.next.sort_unstable();
            block.next.dedup();
        }
        self.arrange(&blocks, recovery.and_then(number_of));
        // A jump that cannot be followed may lead anywhere, so nothing is true on every path.
        let lost = self.blocks.iter().any(|block| {
            block.next.is_empty()
                && self
                    .steps
                    .get(block.steps.end - 1)
                    .is_some_and(|step| step.way == Way::Indirect)
        });
        (!lost).then_some(())
    }

    /// Keeps the blocks that can be reached, in reverse postorder, the recovery's last.
    fn arrange(&mut self, blocks: &[Block], recovery: Option<usize>) {
        let mut order = Vec::new();
        let mut seen = vec![false; blocks.len()];
        for root in recovery.into_iter().chain([0]) {
            let mut open = vec![(root, 0)];
            if std::mem::replace(seen.get_mut(root).unwrap_or(&mut true), true) {
                continue;
            }
            while let Some((block, child)) = open.pop() {
                match blocks.get(block).and_then(|b| b.next.get(child)) {
                    Some(next) => {
                        open.push((block, child + 1));
                        if let Some(seen) = seen.get_mut(*next)
                            && !std::mem::replace(seen, true)
                        {
                            open.push((*next, 0));
                        }
                    }
                    None => order.push(block),
                }
            }
        }
        order.reverse();
        let mut place = vec![None; blocks.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(place) = place.get_mut(*old) {
                *place = Some(new);
            }
        }
        let place = |old: usize| place.get(old).copied().flatten();
        self.blocks = order
            .iter()
            .filter_map(|old| blocks.get(*old))
            .map(|block| Block {
                next: block.next.iter().filter_map(|old| place(*old)).collect(),
                ..block.clone()
            })
            .collect();
        self.recovery = recovery.and_then(place);
        let edges: Vec<(usize, usize)> = self
            .blocks
            .iter()
            .enumerate()
            .flat_map(|(from, block)| block.next.iter().map(move |to| (from, *to)))
            .collect();
        for (from, to) in edges {
            if let Some(block) = self.blocks.get_mut(to) {
                block.before.push(from);
            }
            // Whatever lies between the ends of an edge backwards may run again.
            if to <= from {
                for block in self.blocks.get_mut(to..=from).into_iter().flatten() {
                    block.repeats = true;
                }
            }
        }
        for (number, block) in self.blocks.iter().enumerate() {
            for step in block.steps.clone() {
                if let Some(of) = self.block_of.get_mut(step) {
                    *of = Some(number);
                }
            }
        }
    }

    /// Where a jump by a table leads: the table's address is put together by the instructions right before.
    fn targets(&self, program: Program<'_>, func: &Func<'_>, jump: usize) -> Vec<usize> {
        const LOOK_BACK: usize = 24;
        let mut known: FxHashMap<Reg, u64> = FxHashMap::default();
        let mut table = None;
        for step in self
            .steps
            .get(jump.saturating_sub(LOOK_BACK)..=jump)
            .into_iter()
            .flatten()
        {
            let address = |mem: Mem, known: &FxHashMap<Reg, u64>| {
                let base = match mem.base {
                    Some(base) => *known.get(&base)?,
                    None => 0,
                };
                Some(base.wrapping_add_signed(mem.disp))
            };
            for effect in &step.effects {
                let value = match *effect {
                    Effect::Set(
                        _,
                        Expr::Val {
                            val: Val::Const(value),
                            ..
                        },
                    ) => Some(value),
                    Effect::Set(_, Expr::Address(mem)) if mem.index.is_none() => {
                        address(mem, &known)
                    }
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
                match *effect {
                    Effect::Load { mem, .. } | Effect::Set(_, Expr::Load { mem, .. })
                        if mem.index.is_some_and(|(_, scale)| scale == 8) =>
                    {
                        table = address(mem, &known).or(table);
                    }
                    _ => {}
                }
                if let Some(reg) = effect.writes() {
                    match value {
                        Some(value) => known.insert(reg, value),
                        None => known.remove(&reg),
                    };
                }
            }
        }
        let Some(table) = table else {
            return Vec::new();
        };
        (0..MOST_TARGETS)
            .map_while(|entry| {
                let to = program.memory.ptr(Addr(table).offset(entry * 8)).ok()?;
                (func.entry <= to && to < func.end).then(|| self.step_at(to))?
            })
            .collect()
    }
}

/// What a called function means here.
enum Callee {
    Function(Called),
    /// Records a pointer write and keeps all registers but its result.
    Barrier,
    /// Clears or copies memory in a way of its own.
    Duff,
}

const UNKNOWN: Called = Called {
    stack: None,
    words: None,
    never_returns: false,
    is_check: false,
};

fn callee(program: Program<'_>, at: Addr) -> Callee {
    let Some(func) = program.symbols.find(at) else {
        return Callee::Function(UNKNOWN);
    };
    let name = func.name();
    // Symbols of assembly may have a suffix of their own.
    let name = name.strip_suffix(".abi0").unwrap_or(name);
    let Some(short) = name.strip_prefix("runtime.") else {
        return Callee::Function(called(&func, false, false));
    };
    if short.starts_with("gcWriteBarrier") {
        return Callee::Barrier;
    }
    if short == "duffzero" || short == "duffcopy" {
        return Callee::Duff;
    }
    let is_check = short.starts_with("panicIndex")
        || short.starts_with("panicSlice")
        || short.starts_with("panicBounds")
        || short.starts_with("panicdottype")
        || short.starts_with("panicExtend")
        || matches!(
            short,
            "panicdivide"
                | "panicshift"
                | "panicoverflow"
                | "panicnildottype"
                | "panicmakeslicelen"
                | "panicmakeslicecap"
                | "panicunsafeslicelen"
                | "panicmem"
                | "panicwrap"
                | "panicrangestate"
        );
    let never = is_check
        || short.starts_with("goPanic")
        || short.starts_with("morestack")
        || short.starts_with("throw")
        || matches!(
            short,
            "gopanic" | "fatal" | "fatalthrow" | "fatalpanic" | "goexit0" | "badsystemstack"
        );
    Callee::Function(called(&func, never, is_check))
}

fn called(func: &Func<'_>, never_returns: bool, is_check: bool) -> Called {
    let words = func.arg_words(func.entry, Addr(0)).and_then(|words| {
        let whole = !words.contains(&ArgWord::More) && !words.contains(&ArgWord::TooFar);
        let count = words
            .iter()
            .filter(|w| matches!(w, ArgWord::Word { .. }))
            .count();
        whole.then_some(count)
    });
    Called {
        stack: u64::try_from(func.args_size()).ok(),
        words,
        never_returns,
        is_check,
    }
}

/// `runtime.gcWriteBarrierN` gives the buffer in R11 (arm64: R25) and keeps all others; up to Go 1.20 it does the write itself.
fn barrier(arch: Arch, step: &mut Step) {
    step.way = Way::On;
    let clobbered: &[u16] = match arch {
        Arch::Amd64 => &[11],
        Arch::Arm64 => &[25, 27, 30],
    };
    step.effects = clobbered
        .iter()
        .map(|reg| Effect::Clobber(Reg(*reg)))
        .collect();
}

/// The instructions from an entry in the middle of `duffzero` or `duffcopy` to its end, as if they stood here.
fn inline(program: Program<'_>, at: Addr, step: &mut Step) -> Option<()> {
    let func = program.symbols.find(at)?;
    let code = program.memory.bytes(at, func.end.since(at)?).ok()?;
    let steps = match program.arch {
        Arch::Amd64 => amd64::steps(&code, at),
        Arch::Arm64 => arm64::steps(&code, at),
    };
    let mut effects = Vec::new();
    for inner in steps.into_iter().take(MOST_INLINE) {
        if inner.way == Way::Return {
            // Where its pointers end is nobody's address.
            let ends: &[u16] = match program.arch {
                Arch::Amd64 => &[4, 5],
                Arch::Arm64 => &[20, 21, 26, 27, 30],
            };
            effects.extend(ends.iter().map(|reg| Effect::Clobber(Reg(*reg))));
            step.way = Way::On;
            step.effects = effects;
            return Some(());
        }
        effects.extend(inner.effects);
    }
    None
}
