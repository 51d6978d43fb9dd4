//! Forward evaluation: which symbol is in which register and slot, at the start of every block.
//!
//! Blocks are gone through in reverse postorder until nothing changes. Where edges meet, places that hold the same symbols on
//! every edge go on together: they are equal whatever the symbols stand for. It starts from the hope that all places are
//! equal and only ever splits groups, so it ends. A step that runs again makes a new value under its old symbol: whatever
//! still holds the old one is unknown from there on.

use super::Program;
use super::graph::Graph;
use super::machine::{Access, Machine};
use super::state::{Followed, Place, REGISTERS, State, arguments, index};
use super::step::{Effect, Expr, Mem, Way};
use super::token::{Key, Node, Scope, Token, Tokens, UNKNOWN};
use crate::addr::Addr;
use crate::arch::{Arch, Reg};
use crate::symbols::Func;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Passes over the blocks; functions need two to five.
const MOST_PASSES: usize = 20;

/// How a function touches its frame.
#[derive(Debug)]
pub(super) struct Touched {
    /// Accesses to the frame, by step.
    pub(super) accesses: Vec<Vec<Access>>,
    /// Addresses of the frame that were handed out.
    pub(super) taken: BTreeSet<i64>,
}

/// By block; `None` of those that nothing leads to.
type States = Vec<Option<State>>;

/// Evaluates the addresses of a function; `None` when it does not settle.
pub(super) fn touched(program: Program<'_>, func: &Func<'_>, graph: &Graph) -> Option<Touched> {
    let mut machine = Machine::new(program, func, graph, &[], &[], Scope::Addresses)?;
    let (starts, _) = machine.settle()?;
    machine.recording = true;
    for (number, start) in starts.iter().enumerate() {
        if let Some(start) = start {
            machine.run(number, &mut start.clone(), &mut |_, _| {});
        }
    }
    Some(Touched {
        accesses: machine.accesses,
        taken: machine.taken,
    })
}

/// What is where at one step, with names followed.
pub(super) struct At {
    /// Symbols of the names and places before the step.
    pub(super) before: State,
    /// Places after it.
    pub(super) after: State,
    /// At the ends of blocks.
    pub(super) ends: States,
    /// For each name the steps ahead that make another value for it or compute with what it is, as far as no loop begins anew.
    pub(super) later: Vec<Vec<usize>>,
    /// The calls of the function.
    pub(super) calls: Vec<Call>,
    pub(super) tokens: Tokens,
}

/// A call of a function by its address.
pub(super) struct Call {
    pub(super) at: Addr,
    pub(super) callee: Addr,
    /// Symbols of the registers of integer arguments, in their order.
    pub(super) arguments: Vec<Token>,
}

/// A function evaluated with names followed.
pub(super) struct Evaluation<'g> {
    machine: Machine<'g>,
    starts: States,
    ends: States,
}

impl<'g> Evaluation<'g> {
    /// Evaluates a function; `None` when it does not settle. `objects` are variables that live in memory, by offset and size.
    pub(super) fn of(
        program: Program<'_>,
        func: &Func<'_>,
        graph: &'g Graph,
        names: &'g [Followed],
        objects: &'g [(i64, u64)],
    ) -> Option<Self> {
        let mut machine = Machine::new(program, func, graph, names, objects, Scope::Values)?;
        let (starts, ends) = machine.settle()?;
        Some(Self {
            machine,
            starts,
            ends,
        })
    }

    /// What is where before a step and after it; `None` when nothing leads there.
    pub(super) fn around(&mut self, step: usize) -> Option<(State, State)> {
        let block = self.machine.graph.block_of(step)?;
        let mut state = self.starts.get(block)?.clone()?;
        let mut found: (Option<State>, Option<State>) = (None, None);
        self.machine.run(block, &mut state, &mut |number, state| {
            if number == step {
                found.0 = Some(state.clone());
            } else if number == step + 1 {
                found.1 = Some(state.clone());
            }
        });
        Some((found.0?, found.1.unwrap_or(state)))
    }

    /// The word of memory that a step loads into a register, by the register's index in a state.
    pub(super) fn loads(&self, step: usize, register: u8) -> Option<Mem> {
        let effects = &self.machine.graph.steps.get(step)?.effects;
        effects.iter().find_map(|effect| match effect {
            Effect::Set(to, Expr::Load { mem, bytes: 8, .. })
                if index(*to) == Some(usize::from(register)) =>
            {
                Some(*mem)
            }
            _ => None,
        })
    }

    pub(super) const fn tokens(&self) -> &Tokens {
        &self.machine.tokens
    }

    /// All that is known around a step; `None` when nothing leads there.
    pub(super) fn at(mut self, step: usize) -> Option<At> {
        let (before, after) = self.around(step)?;
        let later = self.machine.later(step, &self.starts, &before.names);
        let calls = self.machine.calls(&self.starts);
        Some(At {
            before,
            after,
            ends: self.ends,
            later,
            calls,
            tokens: self.machine.tokens,
        })
    }
}

impl Machine<'_> {
    /// For each name the steps after one that make a value for it other than it has there, or compute with that. The next
    /// value of a variable may have no entry of its own.
    fn later(&mut self, step: usize, starts: &States, now: &[Token]) -> Vec<Vec<usize>> {
        let (graph, names) = (self.graph, self.names);
        let mut later: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
        let own = graph.block_of(step);
        let mut open: Vec<usize> = own.into_iter().collect();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        let mut heads = BTreeSet::new();
        while let Some(number) = open.pop() {
            let Some(block) = graph.blocks.get(number) else {
                continue;
            };
            let ahead = graph.ahead(number, &mut heads);
            open.extend(ahead.into_iter().filter(|next| seen.insert(*next)));
            let Some(mut state) = starts.get(number).cloned().flatten() else {
                continue;
            };
            self.run(number, &mut state, &mut |at, state| {
                if Some(number) == own && at <= step {
                    return;
                }
                let addr = graph.steps.get(at).map(|step| step.addr);
                let operands = graph.operands(at);
                for (((followed, token), now), later) in
                    names.iter().zip(&state.names).zip(now).zip(&mut later)
                {
                    let begun = followed
                        .ranges
                        .iter()
                        .find(|range| Some(range.begin) == addr);
                    if let Some(range) = begun
                        && *token != UNKNOWN
                        && token != now
                    {
                        later.push(graph.maker(at, block.steps.start, range.place));
                    }
                    let is_read = |reg: &Reg| state.register(*reg) == *now;
                    if *now != UNKNOWN && operands.iter().any(is_read) {
                        later.push(at);
                    }
                }
            });
            // What the next round begins with is made in this one.
            for head in block.next.iter().filter(|next| **next <= number) {
                let head = graph.blocks.get(*head).map(|head| head.steps.start);
                let addr = head.and_then(|head| graph.steps.get(head)).map(|s| s.addr);
                for ((followed, now), later) in names.iter().zip(now).zip(&mut later) {
                    let mut ranges = followed.ranges.iter();
                    let begun = ranges.find(|range| Some(range.begin) == addr);
                    if let Some(range) = begun
                        && !matches!(state.held(range.place), UNKNOWN)
                        && state.held(range.place) != *now
                    {
                        later.push(graph.maker(block.steps.end, block.steps.start, range.place));
                    }
                }
            }
        }
        later
    }

    /// What its calls are given.
    fn calls(&mut self, starts: &States) -> Vec<Call> {
        let (graph, registers) = (self.graph, arguments(self.arch));
        let mut calls = Vec::new();
        for (number, start) in starts.iter().enumerate() {
            let Some(mut state) = start.clone() else {
                continue;
            };
            self.run(number, &mut state, &mut |at, state| {
                let step = graph.steps.get(at).map(|step| (step.addr, step.way));
                if let Some((at, Way::Call(Some(callee)))) = step {
                    let registers = registers.iter().map(|reg| state.register(Reg(*reg)));
                    calls.push(Call {
                        at,
                        callee,
                        arguments: registers.collect(),
                    });
                }
            });
        }
        calls
    }

    /// The states at the starts and ends of blocks, when nothing changes any more.
    fn settle(&mut self) -> Option<(States, States)> {
        let graph = self.graph;
        let mut starts: States = vec![None; graph.blocks.len()];
        let mut ends: States = vec![None; graph.blocks.len()];
        for pass in 0.. {
            if pass >= MOST_PASSES {
                return None;
            }
            let mut changed = false;
            for number in 0..graph.blocks.len() {
                let Some(start) = self.start(number, &ends) else {
                    continue;
                };
                let same = starts
                    .get(number)
                    .is_some_and(|known| known.as_ref() == Some(&start));
                if same && !self.grew {
                    continue;
                }
                changed |= !same;
                let mut state = start.clone();
                self.run(number, &mut state, &mut |_, _| {});
                if let (Some(at_start), Some(at_end)) =
                    (starts.get_mut(number), ends.get_mut(number))
                {
                    *at_start = Some(start);
                    *at_end = Some(state);
                }
            }
            if !changed && !self.grew {
                break;
            }
            self.grew = false;
        }
        Some((starts, ends))
    }
}

/// What is the same at the ends of all edges.
fn common(edges: &[&State]) -> State {
    let Some((first, others)) = edges.split_first() else {
        return State::default();
    };
    let mut state = (*first).clone();
    for other in others {
        for (register, other) in state.registers.iter_mut().zip(&other.registers) {
            if register != other {
                *register = UNKNOWN;
            }
        }
        state
            .slots
            .retain(|(at, bytes, token)| other.slot(*at, *bytes) == Some(*token));
    }
    state
}

/// The last instructions of a range may overwrite the place already: a range ends after the instructions that compute what
/// comes next. A value that appears in them is not the variable's.
const END_OF_RANGE: usize = 4;

impl Machine<'_> {
    /// What holds at the entry.
    fn entry(&mut self) -> State {
        let mut registers = [UNKNOWN; REGISTERS];
        for (number, register) in (0u8..).zip(registers.iter_mut()) {
            *register = self.tokens.of(Node::Entry(number));
        }
        let mut state = State {
            registers,
            slots: Vec::new(),
            names: vec![UNKNOWN; self.names.len()],
        };
        self.zero(&mut state);
        state
    }

    /// amd64 keeps X15 zero.
    pub(super) fn zero(&mut self, state: &mut State) {
        if self.arch == Arch::Amd64 {
            let zero = self.tokens.constant(0);
            state.set_register(Reg(32), zero);
        }
    }

    /// What holds at the start of a block, by what is known at the ends of those before it.
    fn start(&mut self, number: usize, ends: &[Option<State>]) -> Option<State> {
        let block = self.graph.blocks.get(number)?;
        let mut edges: Vec<&State> = block
            .before
            .iter()
            .filter_map(|before| ends.get(*before)?.as_ref())
            .collect();
        if number == 0 {
            let entry = self.entry();
            if edges.is_empty() {
                return Some(entry);
            }
            edges.insert(0, &entry);
            return Some(self.merge(number, &edges));
        }
        if edges.is_empty() {
            // A recovered panic goes on with nothing but the stack pointer.
            return (self.graph.recovery == Some(number)).then(|| self.nothing());
        }
        if self.graph.recovery == Some(number) {
            return Some(self.nothing());
        }
        Some(self.merge(number, &edges))
    }

    fn nothing(&self) -> State {
        State {
            names: vec![UNKNOWN; self.names.len()],
            ..State::default()
        }
    }

    fn merge(&mut self, number: usize, edges: &[&State]) -> State {
        let block = u32::try_from(number).unwrap_or(u32::MAX);
        if let [only] = edges
            && !self.graph.blocks.get(number).is_some_and(|b| b.repeats)
        {
            return (*only).clone();
        }
        if self.tokens.scope() == Scope::Addresses {
            return common(edges);
        }
        let mut groups: FxHashMap<Vec<Token>, Token> = FxHashMap::default();
        let mut merged = |key: Key, tuple: Vec<Token>, tokens: &mut Tokens| -> Token {
            if tuple.contains(&UNKNOWN) {
                return UNKNOWN;
            }
            if let Some(first) = tuple.first().copied()
                && tuple.iter().all(|token| *token == first)
                && !tokens.contains(
                    first,
                    &|node| matches!(node, Node::Merged(of, _) if of == block),
                )
            {
                return first;
            }
            *groups
                .entry(tuple)
                .or_insert_with(|| tokens.of(Node::Merged(block, key)))
        };
        let mut state = self.nothing();
        for (number, register) in (0u8..).zip(state.registers.iter_mut()) {
            let tuple = edges
                .iter()
                .map(|edge| {
                    edge.registers
                        .get(usize::from(number))
                        .copied()
                        .unwrap_or(UNKNOWN)
                })
                .collect();
            *register = merged(Key::Register(number), tuple, &mut self.tokens);
        }
        for (number, name) in (0u32..).zip(state.names.iter_mut()) {
            let tuple = edges
                .iter()
                .map(|edge| edge.names.get(number as usize).copied().unwrap_or(UNKNOWN))
                .collect();
            *name = merged(Key::Name(number), tuple, &mut self.tokens);
        }
        let Some((first, others)) = edges.split_first() else {
            return state;
        };
        for (at, bytes, token) in &first.slots {
            let rest: Option<Vec<Token>> =
                others.iter().map(|edge| edge.slot(*at, *bytes)).collect();
            let Some(rest) = rest else {
                continue;
            };
            let tuple = std::iter::once(*token).chain(rest).collect();
            let token = merged(Key::Slot(*at, *bytes), tuple, &mut self.tokens);
            if token != UNKNOWN {
                state.slots.push((*at, *bytes, token));
            }
        }
        state
    }

    /// Runs a block; `seen` is shown the state before every step.
    fn run(&mut self, number: usize, state: &mut State, seen: &mut dyn FnMut(usize, &State)) {
        let graph = self.graph;
        let Some(block) = graph.blocks.get(number) else {
            return;
        };
        for step in block.steps.clone() {
            let Some(decoded) = graph.steps.get(step) else {
                return;
            };
            self.give_back(step, state);
            self.name(step, step == block.steps.start, state);
            seen(step, state);
            for effect in &decoded.effects {
                self.effect(step, block.repeats, *effect, state);
            }
            if let Way::Call(_) = decoded.way {
                let called = graph.calls.get(&step).copied();
                self.call(step, block.repeats, called, state);
            }
        }
    }

    /// What stands in a place that a name is said to be in; what nothing is known of gets a symbol.
    fn listed(&mut self, step: usize, place: Place, state: &mut State) -> Token {
        let (Place::Slot(at, bytes), Scope::Values) = (place, self.tokens.scope()) else {
            return state.held(place);
        };
        let repeats = self.graph.block_of(step);
        let repeats = repeats.and_then(|block| self.graph.blocks.get(block));
        let repeats = repeats.is_some_and(|block| block.repeats);
        self.loaded(step, repeats, at, bytes, state)
    }

    /// Gives every name that is said to be somewhere at a step what is there.
    fn name(&mut self, step: usize, starts_block: bool, state: &mut State) {
        let names = self.names;
        let Some(addr) = self.graph.steps.get(step).map(|step| step.addr) else {
            return;
        };
        for (number, followed) in names.iter().enumerate() {
            let after = followed.ranges.partition_point(|range| range.begin <= addr);
            let range = after.checked_sub(1).and_then(|at| followed.ranges.get(at));
            let Some(range) = range.filter(|range| addr < range.end) else {
                continue;
            };
            let token = self.listed(step, range.place, state);
            let rest = self.graph.steps.get(step..).unwrap_or_default();
            let left = rest
                .iter()
                .take_while(|later| later.addr < range.end)
                .filter(|later| !later.effects.is_empty() || later.way != Way::On)
                .take(END_OF_RANGE + 1)
                .count();
            let Some(name) = state.names.get_mut(number) else {
                continue;
            };
            if left > END_OF_RANGE || addr == range.begin {
                *name = token;
            } else if starts_block && *name != token {
                *name = UNKNOWN;
            }
        }
    }
}
