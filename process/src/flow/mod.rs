//! What a function's machine code says about values: which slots of its frame it still reads, which it has written, and which
//! places hold the same value.
//!
//! Optimised code keeps a variable's location in DWARF long after the slot was given to something else, and loses it
//! while the value is still there. The code itself knows better. Here it is decoded, taken apart into basic blocks, and
//! evaluated forward with symbols for values; from the result follow two facts about every slot at every pc:
//!
//! * *live*: some path from the pc reads it before it is overwritten, so what stands in it is what the program goes on with;
//! * *stored*: on every path that leads to the pc all of its bytes were written, so it is no leftover of another frame.
//!
//! | file | in charge of |
//! |---|---|
//! | `step` | what an instruction does |
//! | `amd64`, `arm64` | instructions as steps |
//! | `graph` | blocks and edges: calls that do not return, jump tables |
//! | `makers` | which step made what is in a register |
//! | `token` | symbols for values |
//! | `state` | which symbol is in which place |
//! | `machine` | what a step does to that |
//! | `evaluate` | and what blocks do, until nothing changes |
//! | `facts` | live and stored |
//! | `fault` | where a pointer came from that was nil |
//! | `midst` | registers in the midst of one operation |
//! | `sites` | which calls of certain functions lie behind a frame and ahead of it |
//! | `infer` | which place holds what a name held last |
//! | `unsaved` | what registers hold that nobody saved |
//! | `maps` | what the compiler recorded of the same: stack maps, spilled arguments |
//!
//! Offsets are from the CFA, as DWARF counts them. Nothing here knows variables. A function is evaluated when somebody
//! looks at a frame of it, once ([`Functions`]).

mod amd64;
mod arm64;
mod bits;
mod evaluate;
mod facts;
mod fault;
mod graph;
mod infer;
mod machine;
mod makers;
mod maps;
mod midst;
mod sites;
mod state;
mod step;
mod token;
mod unsaved;

use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::memory::Memory;
use crate::symbols::{Func, Symbols};
use facts::Facts;
pub use fault::{Accessed, Came};
use graph::Graph;
pub use infer::{Defined, Handed, Held, Kept, Lost, Use, Wanted};
use rustc_hash::FxHashMap;
pub use sites::{Behind, Site, Sites, Undoes, Word};
pub use state::{Followed, Place, Range};
use std::sync::{Arc, Mutex, PoisonError};
pub use unsaved::Unsaved;

/// Functions of more code are not looked at: the largest of hand-written Go have a fifth of it.
const MOST_CODE: u64 = 1 << 17;
/// Functions kept.
const MOST_KEPT: usize = 1024;

/// Where the code is and what it calls.
#[derive(Clone, Copy)]
pub struct Program<'r> {
    /// The process's memory.
    pub memory: &'r dyn Memory,
    /// Its functions.
    pub symbols: &'r Symbols<'r>,
    /// Its instruction set.
    pub arch: Arch,
}

/// One function, evaluated.
#[derive(Debug)]
pub struct Function {
    graph: Graph,
    facts: Facts,
}

/// A place in a function at which a frame stands.
#[derive(Debug)]
pub struct Point {
    function: Arc<Function>,
    /// The step that it stands before, or the call that it waits in.
    step: usize,
    interrupted: bool,
    live: bits::Bits,
    stored: bits::Bits,
    /// Words of the frame that hold live pointers by the stack map.
    pointers: Vec<i64>,
    /// Words of arguments: offset, size, whether an actual value was stored there.
    arguments: Vec<(i64, u8, bool)>,
}

impl Function {
    /// Evaluates a function; `None` when its code cannot be followed.
    fn of(program: Program<'_>, func: &Func<'_>) -> Option<Self> {
        let size = func.end.since(func.entry)?;
        if size > MOST_CODE || func.flags().asm() || !func.has_sp_deltas() {
            return None;
        }
        let graph = Graph::of(program, func)?;
        let touched = evaluate::touched(program, func, &graph)?;
        let facts = Facts::of(program.arch, &graph, touched);
        Some(Self { graph, facts })
    }
}

impl Point {
    /// Whether one of these bytes of the frame is still in use, by the code or by the stack map.
    pub fn is_live(&self, offset: i64, size: u64) -> bool {
        let end = offset.saturating_add_unsigned(size);
        let in_word = |at: &i64| offset < *at + 8 && *at < end;
        self.is_read(offset, size) || self.pointers.iter().any(in_word)
    }

    /// Whether some path from here reads one of these bytes of the frame before it is overwritten.
    pub fn is_read(&self, offset: i64, size: u64) -> bool {
        let extent = self.function.facts.extent();
        extent.bits(offset, size).any(|bit| self.live.has(bit))
    }

    /// The words of the frame that hold live pointers by the stack map, as offsets from the CFA.
    pub fn live_pointers(&self) -> &[i64] {
        &self.pointers
    }

    /// Whether some path from here reads a register before it is overwritten.
    pub fn is_register_live(&self, reg: Reg) -> bool {
        facts::register_bit(reg).is_some_and(|bit| self.live.has(bit))
    }

    /// Whether every one of these bytes of the frame was written on every path that leads here.
    pub fn is_stored(&self, offset: i64, size: u64) -> bool {
        let extent = self.function.facts.extent();
        extent.covers(offset, size) && extent.bits(offset, size).all(|bit| self.stored.has(bit))
    }

    /// Whether the frame was interrupted there, so that it has all of its registers.
    pub const fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Whether the address of one of these bytes of the frame was handed out.
    pub fn is_taken(&self, offset: i64, size: u64) -> bool {
        self.function.facts.is_taken(offset, size)
    }

    /// The addresses of the function's instructions that add a constant to a register.
    pub fn additions(&self) -> impl Iterator<Item = Addr> {
        use step::{BinOp, Effect, Expr, Mem, Val};
        let adds = |effect: &Effect| {
            matches!(
                effect,
                Effect::Set(
                    _,
                    Expr::Binary {
                        op: BinOp::Add | BinOp::Sub,
                        b: Val::Const(_),
                        ..
                    } | Expr::Address(Mem {
                        base: Some(_),
                        index: None,
                        ..
                    })
                )
            )
        };
        let steps = self.function.graph.steps.iter();
        steps
            .filter(move |step| step.effects.iter().any(adds))
            .map(|step| step.addr)
    }

    /// Whether the function has no frame here: it returns, or waits for more stack and begins anew.
    pub fn has_no_frame(&self) -> bool {
        let steps = &self.function.graph.steps;
        let returns = |step: &step::Step| step.way == step::Way::Return;
        if self.interrupted && steps.get(self.step).is_some_and(returns) {
            return true;
        }
        let rest = steps.get(self.step + usize::from(!self.interrupted)..);
        let mut rest = rest.unwrap_or_default().iter();
        let left = rest.find(|step| step.way != step::Way::On);
        left.zip(steps.first())
            .is_some_and(|(left, first)| left.way == step::Way::Jump(first.addr))
    }

    /// The addresses and numbers that the function's code has in itself.
    pub fn constants(&self) -> Vec<Addr> {
        self.function.graph.constants()
    }

    /// Whether an argument's spill home holds what was stored there on every path: by the compiler's own record of it
    /// (`cmd/compile/internal/liveness/arg.go`), which misses some arguments of several words, or by the code.
    pub fn is_argument_stored(&self, offset: i64, size: u64) -> bool {
        let end = offset.saturating_add_unsigned(size);
        let mut words = self
            .arguments
            .iter()
            .filter(|(at, ..)| offset <= *at && *at < end)
            .peekable();
        let recorded = words.peek().is_some() && words.all(|(.., live)| *live);
        recorded || self.is_stored(offset, size)
    }
}

/// Functions that were evaluated, by their entry, `None` for those that cannot be; and registers that nobody saved, by pc.
#[derive(Debug, Default)]
pub struct Functions {
    known: Mutex<FxHashMap<Addr, Option<Arc<Function>>>>,
    unsaved: Mutex<FxHashMap<(Addr, bool), Unsaved>>,
}

impl Functions {
    /// Where a frame stands: at the instruction at `pc` when it was interrupted there, else after the call that returns to it.
    /// `None` where the function cannot be followed or no path from its entry leads there.
    pub fn point(&self, program: Program<'_>, pc: Addr, interrupted: bool) -> Option<Point> {
        let func = program.symbols.find(pc)?;
        let function = self.of(program, &func)?;
        let step = function.graph.step(pc, interrupted)?;
        let (live, stored) = function.facts.at(&function.graph, step, interrupted)?;
        let pointers = if interrupted {
            Vec::new()
        } else {
            maps::live_pointers(program.arch, &func, pc)
        };
        let arguments = maps::stored_arguments(program.arch, &func, func.call_pc(pc));
        Some(Point {
            function,
            step,
            interrupted,
            live,
            stored,
            pointers,
            arguments,
        })
    }

    /// A function, evaluated at the first question about it.
    fn of(&self, program: Program<'_>, func: &Func<'_>) -> Option<Arc<Function>> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&func.entry) {
            return known.clone();
        }
        let evaluated = Function::of(program, func).map(Arc::new);
        let mut known = known();
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert(func.entry, evaluated.clone());
        evaluated
    }
}
