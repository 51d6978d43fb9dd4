//! Values by the program's own text, where the very files are at hand.
//!
//! Constants are given no place by the compiler, and a value may stand somewhere still that the code alone cannot be told to be
//! the variable's: a constant without a name may have followed. Both are settled when the text has one assignment that the
//! value can be from ([`crate::source`]).

use super::arrange::{Origin, Standing, Variable, is_compilers};
use super::infer::{Part, is_incomplete};
use super::levels::Level;
use super::variables::{Context, HOME};
use crate::dwarf::{Location, Piece};
use crate::flow::{Defined, Held};
use crate::source::{Asked, Fate, Function};
use crate::types::{Kind, Type};
use gimli::constants as dw;

/// Larger values are not made of nothing.
const LARGEST: u64 = 4096;

impl Context<'_, '_> {
    /// Gives variables their values that the text settles; `found` has each with the DIE that it comes from.
    pub(super) fn by_source(
        &self,
        level: &Level,
        held: &[(Part, Held)],
        found: &mut [(u64, &mut Variable)],
    ) {
        // The code that makes room on the stack or gives it back has the line of some statement.
        if self.frame.point.is_none() || self.has_no_frame() {
            return;
        }
        let Some((name, file, here)) = self.position() else {
            return;
        };
        let Some(source) = self.frame.sources.and_then(|sources| sources.of(file)) else {
            return;
        };
        let declared = self
            .dwarf
            .ask(level.die, |a| a.unsigned(dw::DW_AT_decl_line))
            .or(self.frame.start_line);
        let Some(start) = declared else {
            return;
        };
        // A file that was changed since has other names on these lines.
        let fits = |variable: &Variable| {
            let is_named = !is_compilers(&variable.name) && !variable.name.starts_with('~');
            let is_own = variable.origin != Origin::Capture && is_named;
            let line = variable
                .line
                .or_else(|| is_argument(variable).then_some(start));
            !is_own || line.is_some_and(|line| source.names(&variable.name, line))
        };
        if !found.iter().all(|(_, variable)| fits(variable)) {
            return;
        }
        let Some(function) = Function::of(&source, name, start) else {
            return;
        };
        for (die, variable) in found {
            let is_known = variable.standing == Standing::Exact && !is_incomplete(variable);
            if is_known || variable.escaped || variable.origin == Origin::Capture {
                continue;
            }
            let Ok(ty) = self.types.resolve(variable.ty) else {
                continue;
            };
            let is_parameter = is_argument(variable);
            let asked = Asked {
                name: &variable.name.clone(),
                declared: if is_parameter {
                    start
                } else {
                    variable.line.unwrap_or(start)
                },
                here,
                is_parameter,
                is_result: variable.origin == Origin::Result,
                has_parts: has_parts(&ty),
            };
            let Some(fate) = function.fate(&asked) else {
                continue;
            };
            let own: Vec<&(Part, Held)> = held
                .iter()
                .filter(|(part, _)| part.place().0 == *die)
                .collect();
            let only = || function.is_only(&asked);
            let scoped = level.variables.iter().find(|scoped| scoped.die == *die);
            let is_of_other = scoped
                .and_then(|scoped| self.raw(*scoped))
                .is_some_and(|raw| {
                    let depth = self.frame.inline_depth;
                    own.iter()
                        .any(|(_, held)| self.is_of_other(&raw, depth, held))
                });
            self.settle(variable, &ty, &fate, &own, (&only, is_of_other));
        }
    }

    fn settle(
        &self,
        variable: &mut Variable,
        ty: &Type,
        fate: &Fate,
        own: &[&(Part, Held)],
        (only, is_of_other): (&dyn Fn() -> bool, bool),
    ) {
        let stated = match fate {
            Fate::Zero(line) if ty.size <= LARGEST => usize::try_from(ty.size).ok().map(|size| {
                let how = format!("line {line} declares it without a value, and nothing assigns one before this line");
                (vec![0; size], how)
            }),
            Fate::Given(words, line) => self.literal(ty, words).map(|bytes| {
                let how = format!("line {line} gives it this value, and nothing assigns another before this line");
                (bytes, how)
            }),
            _ => None,
        };
        if let Some((bytes, how)) = stated {
            variable.standing = Standing::Inferred(format!("by the source: {how}"));
            variable.location = Some(Location::Pieces(vec![Piece {
                offset: 0,
                size: ty.size,
                bytes: Ok(bytes),
            }]));
            return;
        }
        let is_entry = *fate == Fate::Entry;
        if is_entry && variable.standing == Standing::Stale(HOME) {
            let how = "by the source: nothing assigns it before this line, and it was stored into its stack slot";
            variable.standing = Standing::Inferred(how.to_owned());
            return;
        }
        let is_once = matches!(fate, Fate::Once(_) | Fate::Given(..)) && only();
        if !is_entry && !is_once {
            return;
        }
        let assigned = match fate {
            Fate::Once(line) | Fate::Given(_, line) => Some(*line),
            _ => None,
        };
        // A list may name a register long after it has another value.
        let fits = |held: &Held| match held.defined {
            Defined::Entry(_) => is_entry,
            Defined::At(addr) => {
                is_once
                    && assigned.is_some()
                    && self.line_at(addr, self.frame.inline_depth) == assigned
            }
            Defined::Elsewhere => false,
        };
        if own
            .iter()
            .all(|(_, held)| !is_of_other && fits(held) && !held.is_counter)
        {
            let why = "by the source: nothing assigns it again before this line, and its value";
            self.assemble(
                variable,
                own.iter().map(|(part, held)| (part, held.anywhere)),
                why,
            );
        }
    }

    /// Function, file and line of the call whose variables these are.
    fn position(&self) -> Option<(&str, &str, u64)> {
        let pc = self.frame.pc.to_process(self.types.bias());
        let func = self.frame.program?.symbols.find(pc)?;
        let frames: Vec<_> = func.inline_frames(pc).collect();
        let frame = frames.iter().rev().nth(self.frame.inline_depth)?;
        let line = self
            .frame
            .line
            .unwrap_or_else(|| u64::from(frame.position.line));
        Some((frame.name, frame.position.file, line))
    }
}

const fn is_argument(variable: &Variable) -> bool {
    matches!(variable.origin, Origin::Argument | Origin::Result)
}

/// Whether a value may change in part, or by a method of its own.
fn has_parts(ty: &Type) -> bool {
    let is_named = ty.name.contains('.') && !ty.name.starts_with(['*', '[', '(']);
    let has_methods = is_named
        && !ty.name.starts_with("map[")
        && !ty.name.starts_with("func(")
        && !ty.name.starts_with("chan ")
        && ty.kind != Kind::Interface;
    has_methods || matches!(ty.kind, Kind::Struct | Kind::Array | Kind::Foreign)
}
