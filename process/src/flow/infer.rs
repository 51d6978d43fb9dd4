//! Which place of a frame holds what a variable held last.
//!
//! A variable's list may end although the value stays: the name is lost when a register is copied, and at every call. Followed
//! as a place of its own, its last symbol tells which other place holds the same value. That place is believed only when
//! the program is still going to read it: what it is going to use is there, and is right. Three more doubts make it silent:
//! the symbol is a constant (another, without a name, may have followed), another variable has it too (the place may be
//! that one's), or it is made of a loop's own variable (names are attached where a value is computed, which may be one round
//! before the assignment).

use super::evaluate::{At, Call, Evaluation};
use super::state::{Followed, Place, Range, State, arguments, register};
use super::step::BinOp;
use super::token::{Node, Token, Tokens, UNKNOWN};
use super::{Point, Program};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};

/// Functions of more instructions are not evaluated for single variables.
const MOST_STEPS: usize = 8192;

/// A part of a variable that is looked for, and what else there is.
pub struct Wanted<'w> {
    /// The parts of all variables of the frame, each with its size in bytes.
    pub parts: &'w [(Followed, u8)],
    /// Which of them belong to the same variable: for each its number.
    pub owners: &'w [usize],
    /// Variables that live in memory, by offset and size.
    pub objects: &'w [(i64, u64)],
}

impl Wanted<'_> {
    pub(super) fn names(&self) -> Vec<Followed> {
        self.parts.iter().map(|(part, _)| part.clone()).collect()
    }
}

/// Where a value was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defined {
    /// The function was called with it in this register.
    Entry(Reg),
    /// By the instruction there.
    At(Addr),
    /// It is a constant or computed, or depends on the way taken.
    Elsewhere,
}

/// Why no place is known for a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// What its place held last depends on the way, or was never followed.
    Unknown,
    /// It was a constant last, and another, without a name, may have followed.
    Constant,
    /// Another variable has the same value, and the place may be that one's.
    Shared,
    /// It is of a loop's next round.
    NextRound,
    /// Nothing that the function reads again holds it.
    Unread,
}

/// How a value can still be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It is in a place that the function reads again.
    At(Place),
    /// It is in a place that nothing reads again: what a pointer there points to may have been freed.
    Left(Place),
    /// The code has it.
    Constant(u64),
    /// The function was called with it in this register, and the caller may have it still.
    Entered(Reg),
}

/// A call that a word is given to, in the register after which another word is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// The function that is called.
    pub callee: Addr,
    /// The registers of both.
    pub registers: [Reg; 2],
    /// The word in the register before, where that is a constant.
    pub before: Option<u64>,
}

/// What is known of a part of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The place that holds it, where that is certain. A register is a place only where a frame was interrupted.
    pub place: Result<Place, Lost>,
    /// The value that it had last, read again or not, shared or not; another without a name may have followed.
    pub anywhere: Option<Kept>,
    /// Another variable has the same value, or had it last.
    pub is_shared: bool,
    /// Where it was made.
    pub defined: Defined,
    /// The instructions that wrote the place it is listed in last, on all ways there; none where that is not known.
    pub written: Vec<Addr>,
    /// It is what a loop goes on with in its next round, or counts down from round to round.
    pub is_counter: bool,
    /// Instructions ahead that make another value of the variable or compute with this one, as far as no loop begins anew.
    pub later: Vec<Addr>,
    /// The slot it is listed in was written after it came there.
    pub is_overwritten: bool,
    /// The register it is listed in may be in the midst of getting another value.
    pub is_amidst: bool,
    /// The calls of the function, wherever they stand, that it is given to.
    pub uses: Vec<Use>,
}

/// What a call of the function is given, as far as the frame has it already, or still.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handed {
    /// The call.
    pub at: Addr,
    /// The function that is called.
    pub callee: Addr,
    /// What is in the registers of its arguments, and how many bytes of it.
    pub words: Vec<(Reg, u8, Kept)>,
}

impl Point {
    /// What is known of each part, and what the function's calls are given. Empty where it cannot be told.
    pub fn held(&self, program: Program<'_>, wanted: &Wanted<'_>) -> (Vec<Held>, Vec<Handed>) {
        self.evaluated(program, wanted).unwrap_or_default()
    }

    fn evaluated(
        &self,
        program: Program<'_>,
        wanted: &Wanted<'_>,
    ) -> Option<(Vec<Held>, Vec<Handed>)> {
        let graph = &self.function.graph;
        if graph.steps.len() > MOST_STEPS {
            return None;
        }
        let func = program.symbols.find(graph.steps.get(self.step)?.addr)?;
        let names = wanted.names();
        let evaluated = Evaluation::of(program, &func, graph, &names, wanted.objects)?;
        Some(self.found(evaluated.at(self.step)?, wanted, program.arch))
    }

    fn found(&self, at: At, wanted: &Wanted<'_>, arch: Arch) -> (Vec<Held>, Vec<Handed>) {
        let At {
            before,
            after,
            ends,
            later,
            calls,
            mut tokens,
        } = at;
        let graph = &self.function.graph;
        let addr = |step: &usize| graph.steps.get(*step).map(|step| step.addr);
        let places = if self.interrupted { &before } else { &after };
        let symbols: Vec<Token> = wanted
            .parts
            .iter()
            .zip(&before.names)
            .map(|((_, bytes), token)| tokens.extended(*token, *bytes, false))
            .collect();
        let mut found = Vec::with_capacity(symbols.len());
        for (number, ((followed, bytes), symbol)) in wanted.parts.iter().zip(&symbols).enumerate() {
            let owner = wanted.owners.get(number);
            let shared = symbols
                .iter()
                .zip(wanted.owners)
                .any(|(other, of)| other == symbol && Some(of) != owner);
            let is_counter = self.is_counter(*symbol, &ends, &tokens) || self.is_counted(followed);
            let is_amidst = self.is_amidst(followed);
            let doubt = doubt(*symbol, &tokens)
                .or_else(|| is_amidst.then_some(Lost::Unknown))
                .or_else(|| is_counter.then_some(Lost::NextRound))
                .or_else(|| shared.then_some(Lost::Shared));
            let place = match doubt {
                Some(lost) => Err(lost),
                None => self
                    .live_place(*symbol, *bytes, places, &mut tokens)
                    .ok_or(Lost::Unread),
            };
            let anywhere = if is_amidst {
                None
            } else {
                self.anywhere(*symbol, *bytes, places, &mut tokens)
            };
            found.push(Held {
                place,
                anywhere,
                is_shared: shared && *symbol != UNKNOWN,
                defined: self.defined(*symbol, &tokens),
                written: self.written(followed).iter().filter_map(addr).collect(),
                is_counter,
                later: later
                    .get(number)
                    .map(|steps| steps.iter().filter_map(addr).collect())
                    .unwrap_or_default(),
                is_amidst,
                is_overwritten: !self.is_of_loop(*symbol, &tokens) && self.is_overwritten(followed),
                uses: if *bytes == 8 && !matches!(doubt, Some(Lost::Unknown | Lost::Constant)) {
                    uses(*symbol, &calls, arch, &tokens)
                } else {
                    Vec::new()
                },
            });
        }
        let handed = calls.iter().map(|call| {
            let words = arguments(arch).iter().zip(&call.arguments);
            let words = words.filter_map(|(reg, symbol)| {
                let bytes = match tokens.node(*symbol) {
                    Node::Zero(bytes, _) => bytes,
                    _ => 8,
                };
                let kept = self.anywhere(*symbol, bytes, places, &mut tokens)?;
                Some((Reg(*reg), bytes, kept))
            });
            Handed {
                at: call.at,
                callee: call.callee,
                words: words.collect(),
            }
        });
        let handed = handed.collect();
        (found, handed)
    }

    fn defined(&self, symbol: Token, tokens: &Tokens) -> Defined {
        let graph = &self.function.graph;
        let at = |step: usize| graph.steps.get(step).map(|step| Defined::At(step.addr));
        let defined = match tokens.node(symbol) {
            Node::Entry(number) => Some(Defined::Entry(register(number))),
            Node::Defined(site, _) => at(site as usize),
            Node::Zero(_, inner) | Node::Sign(_, inner) => Some(self.defined(inner, tokens)),
            _ => None,
        };
        defined.unwrap_or(Defined::Elsewhere)
    }

    /// The steps that wrote the place last in which a name is said to be.
    fn written(&self, followed: &Followed) -> Vec<usize> {
        let (graph, facts) = (&self.function.graph, &self.function.facts);
        let here = graph.steps.get(self.step).map(|step| step.addr);
        let mut ranges = followed.ranges.iter();
        let range = ranges.find(|range| Some(range.begin) <= here && here < Some(range.end));
        match range.map(|range| range.place) {
            Some(Place::Register(reg)) => graph.writers(self.step, &|at| {
                let step = graph.steps.get(at).map(|step| step.effects.as_slice());
                let mut effects = step.unwrap_or_default().iter();
                effects.any(|effect| effect.writes() == Some(reg))
            }),
            Some(Place::Slot(at, bytes)) => {
                graph.writers(self.step, &|step| facts.is_written(step, at, bytes))
            }
            None => Vec::new(),
        }
    }

    /// The same by the instructions before entries of the list, where the symbol was lost on the way.
    fn is_counted(&self, followed: &Followed) -> bool {
        let graph = &self.function.graph;
        let here = graph.steps.get(self.step).map(|step| step.addr);
        followed.ranges.iter().enumerate().any(|(at, range)| {
            let Some(begin) = graph.step_at(range.begin) else {
                return false;
            };
            let end = stays_until(followed.ranges.get(at..).unwrap_or_default());
            let is_current = here.is_some_and(|here| range.begin <= here && Some(here) < end);
            let by = match range.place {
                Place::Register(reg) => graph.addition(begin, reg),
                Place::Slot(..) => graph
                    .stored_before(begin)
                    .and_then(|reg| graph.addition(begin - 1, reg)),
            };
            by.is_some_and(|by| by < 0 || is_current)
        })
    }

    /// Whether a symbol is what a loop goes round with.
    fn is_of_loop(&self, symbol: Token, tokens: &Tokens) -> bool {
        let Node::Merged(number, _) = tokens.node(symbol) else {
            return false;
        };
        let number = number as usize;
        let block = self.function.graph.blocks.get(number);
        block.is_some_and(|block| block.before.iter().any(|before| *before >= number))
    }

    /// Whether a slot that a name is said to be in was written between the entry's begin and here. A list goes on when another
    /// variable without a list gets the slot.
    fn is_overwritten(&self, followed: &Followed) -> bool {
        let graph = &self.function.graph;
        let Some(here) = graph.steps.get(self.step).map(|step| step.addr) else {
            return false;
        };
        let mut ranges = followed.ranges.iter();
        let range = ranges.find(|range| range.begin <= here && here < range.end);
        let Some((begin, Place::Slot(at, bytes))) = range.map(|range| (range.begin, range.place))
        else {
            return false;
        };
        let first = graph.steps.partition_point(|step| step.addr < begin);
        (first..self.step).any(|step| self.function.facts.is_written(step, at, bytes))
    }

    /// Whether a symbol is a constant more than another, or a loop's own that becomes less.
    fn is_counter(&self, symbol: Token, ends: &[Option<State>], tokens: &Tokens) -> bool {
        let sum = |token: Token| match tokens.node(token) {
            Node::Op(BinOp::Add, _, of, by) => match tokens.node(by) {
                Node::Const(by) => Some((of, by.cast_signed())),
                _ => None,
            },
            _ => None,
        };
        if sum(symbol).is_some() {
            return true;
        }
        // A loop that counts down has the next number where it goes round, whatever way it was moved.
        let blocks = self.function.graph.blocks.iter().enumerate().zip(ends);
        let mut rounds = blocks
            .filter(|((number, block), _)| block.next.iter().any(|next| next <= number))
            .filter_map(|(_, end)| end.as_ref());
        let is_less = |token: &Token| sum(*token).is_some_and(|(of, by)| of == symbol && by < 0);
        if symbol != UNKNOWN && rounds.any(|end| end.registers.iter().any(is_less)) {
            return true;
        }
        let Node::Merged(block, key) = tokens.node(symbol) else {
            return false;
        };
        let block = self.function.graph.blocks.get(block as usize);
        let before = block.map(|block| block.before.as_slice());
        let brought = before
            .unwrap_or_default()
            .iter()
            .filter_map(|before| Some(ends.get(*before)?.as_ref()?.at(key)));
        brought
            .into_iter()
            .any(|token| sum(token).is_some_and(|(_, by)| by < 0))
    }

    fn anywhere(
        &self,
        symbol: Token,
        bytes: u8,
        state: &State,
        tokens: &mut Tokens,
    ) -> Option<Kept> {
        match (tokens.node(symbol), doubt(symbol, tokens)) {
            (Node::Const(value), _) => Some(Kept::Constant(value)),
            (_, Some(_)) => None,
            (_, None) => self
                .live_place(symbol, bytes, state, tokens)
                .map(Kept::At)
                .or_else(|| {
                    let left = self.place(symbol, bytes, state, tokens, false);
                    left.map(Kept::Left)
                })
                .or_else(|| entered(symbol, tokens).map(Kept::Entered)),
        }
    }

    fn live_place(
        &self,
        symbol: Token,
        bytes: u8,
        state: &State,
        tokens: &mut Tokens,
    ) -> Option<Place> {
        self.place(symbol, bytes, state, tokens, true)
    }

    /// A place that holds a symbol; one that is `live`, if that is asked.
    fn place(
        &self,
        symbol: Token,
        bytes: u8,
        state: &State,
        tokens: &mut Tokens,
        live: bool,
    ) -> Option<Place> {
        for (place, token) in state.places() {
            let (size, live) = match place {
                Place::Slot(at, size) => (size, !live || self.is_live(at, u64::from(bytes))),
                Place::Register(reg) => {
                    (8, self.interrupted && (!live || self.is_register_live(reg)))
                }
            };
            if live && size >= bytes && tokens.extended(token, bytes, false) == symbol {
                return Some(match place {
                    Place::Slot(at, _) => Place::Slot(at, bytes),
                    register @ Place::Register(_) => register,
                });
            }
        }
        None
    }
}

/// The register in which the function was called with a value.
fn entered(symbol: Token, tokens: &Tokens) -> Option<Reg> {
    match tokens.node(symbol) {
        Node::Entry(number) => Some(register(number)),
        Node::Zero(_, inner) => entered(inner, tokens),
        _ => None,
    }
}

/// The calls that a word is given to behind another.
fn uses(symbol: Token, calls: &[Call], arch: Arch, tokens: &Tokens) -> Vec<Use> {
    let registers = arguments(arch).windows(2);
    let of_call = |call: &Call| {
        let pairs = call.arguments.windows(2).zip(registers.clone());
        let found = pairs.filter_map(|(pair, registers)| match (pair, registers) {
            ([before, given], [first, second]) if *given == symbol => Some(Use {
                callee: call.callee,
                registers: [Reg(*first), Reg(*second)],
                before: match tokens.node(*before) {
                    Node::Const(word) => Some(word),
                    _ => None,
                },
            }),
            _ => None,
        });
        found.collect::<Vec<Use>>()
    };
    calls.iter().flat_map(of_call).collect()
}

/// Where a name is in no place any more, beginning with the first of its entries: lists begin a new one at every block, and where a
/// register is spilled.
fn stays_until(ranges: &[Range]) -> Option<Addr> {
    let mut end = ranges.first()?.end;
    for next in ranges.iter().skip(1) {
        if next.begin > end {
            break;
        }
        end = end.max(next.end);
    }
    Some(end)
}

/// Why a symbol does not stand for a variable's value at all.
fn doubt(symbol: Token, tokens: &Tokens) -> Option<Lost> {
    if symbol == UNKNOWN {
        return Some(Lost::Unknown);
    }
    match tokens.node(symbol) {
        Node::Const(_) | Node::Frame(_) => Some(Lost::Constant),
        _ => is_next_round(symbol, tokens).then_some(Lost::NextRound),
    }
}

/// Whether a symbol is computed from what a loop merges.
fn is_next_round(symbol: Token, tokens: &Tokens) -> bool {
    matches!(tokens.node(symbol), Node::Op(..))
        && tokens.contains(symbol, &|node| matches!(node, Node::Merged(..)))
}
