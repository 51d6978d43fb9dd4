//! Which place of a frame holds what a variable held last.
//!
//! A variable's list may end although the value stays: the name is lost when a register is copied, and at every call. Followed
//! as a place of its own, its last symbol tells which other place holds the same value. That place is believed only when
//! the program is still going to read it: what it is going to use is there, and is right. Three more doubts make it silent:
//! the symbol is a constant (another, without a name, may have followed), another variable has it too (the place may be
//! that one's), or it is made of a loop's own variable (names are attached where a value is computed, which may be one round
//! before the assignment).

use super::evaluate::Evaluation;
use super::state::{Followed, Place, State};
use super::token::{Node, Token, Tokens, UNKNOWN};
use super::{Point, Program};

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

impl Point {
    /// For each part the place that holds it, where that is certain. A register is a place only where a frame was interrupted.
    pub fn places(&self, program: Program<'_>, wanted: &Wanted<'_>) -> Vec<Option<Place>> {
        let none = || vec![None; wanted.parts.len()];
        if self.function.graph.steps.len() > MOST_STEPS {
            return none();
        }
        let addr = self
            .function
            .graph
            .steps
            .get(self.step)
            .map(|step| step.addr);
        let Some(func) = addr.and_then(|addr| program.symbols.find(addr)) else {
            return none();
        };
        let names = wanted.names();
        let graph = &self.function.graph;
        let evaluated = Evaluation::of(program, &func, graph, &names, wanted.objects);
        let Some(mut evaluated) = evaluated else {
            return none();
        };
        let Some((before, after)) = evaluated.around(self.step) else {
            return none();
        };
        self.found(&before, &after, evaluated.into_tokens(), wanted)
    }

    fn found(
        &self,
        before: &State,
        after: &State,
        mut tokens: Tokens,
        wanted: &Wanted<'_>,
    ) -> Vec<Option<Place>> {
        let places = if self.interrupted { before } else { after };
        let symbols: Vec<Token> = wanted
            .parts
            .iter()
            .zip(&before.names)
            .map(|((_, bytes), token)| tokens.extended(*token, *bytes, false))
            .collect();
        let mut found = Vec::with_capacity(symbols.len());
        for (number, ((_, bytes), symbol)) in wanted.parts.iter().zip(&symbols).enumerate() {
            let owner = wanted.owners.get(number);
            let shared = symbols
                .iter()
                .zip(wanted.owners)
                .any(|(other, of)| other == symbol && Some(of) != owner);
            let place = if shared || !is_certain(*symbol, &tokens) {
                None
            } else {
                self.live_place(*symbol, *bytes, places, &mut tokens)
            };
            found.push(place);
        }
        found
    }

    fn live_place(
        &self,
        symbol: Token,
        bytes: u8,
        state: &State,
        tokens: &mut Tokens,
    ) -> Option<Place> {
        for (place, token) in state.places() {
            let (size, live) = match place {
                Place::Slot(at, size) => (size, self.is_live(at, u64::from(bytes))),
                Place::Register(reg) => (8, self.interrupted && self.is_register_live(reg)),
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

fn is_certain(symbol: Token, tokens: &Tokens) -> bool {
    symbol != UNKNOWN
        && !matches!(tokens.node(symbol), Node::Const(_) | Node::Frame(_))
        && !is_next_round(symbol, tokens)
}

/// Whether a symbol is computed from what a loop merges.
fn is_next_round(symbol: Token, tokens: &Tokens) -> bool {
    matches!(tokens.node(symbol), Node::Op(..))
        && tokens.contains(symbol, &|node| matches!(node, Node::Merged(..)))
}
