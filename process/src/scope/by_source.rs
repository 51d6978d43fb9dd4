//! Values by the program's own text, where the very files are at hand.
//!
//! Constants are given no place by the compiler, and a value may stand somewhere still that the code alone cannot be told to be
//! the variable's: a constant without a name may have followed. Both are settled when the text has one assignment that the
//! value can be from ([`crate::source`]).

use super::abi;
use super::arrange::{Origin, Standing, Variable, is_compilers};
use super::infer::{Part, is_incomplete};
use super::known::{Level, Parts};
use super::lengths::lengths;
use super::variables::{Context, HOME, Raw};
use crate::dwarf::{Location, Piece};
use crate::flow::{Defined, Held, Kept};
use crate::memory::MemoryExt;
use crate::source::{Asked, Fate, Function, Sort};
use crate::types::{Kind, Type, TypeRef};

/// Larger values are not made of nothing.
const LARGEST: u64 = 4096;

const OUTDATED: &str = "by the source it was computed anew since this value was";

/// Copies of copies are followed so far.
const MOST_COPIES: usize = 8;

/// A variable of the frame as the text is asked about it.
struct Named {
    die: u64,
    name: String,
    ty: TypeRef,
    declared: u64,
    is_parameter: bool,
    is_result: bool,
    has_parts: bool,
    /// Nothing but the function itself assigns it.
    is_plain: bool,
}

impl Named {
    fn asked(&self, here: u64) -> Asked<'_> {
        Asked {
            name: &self.name,
            declared: self.declared,
            here,
            is_parameter: self.is_parameter,
            is_result: self.is_result,
            has_parts: self.has_parts,
        }
    }
}

/// What the text tells of a variable, and what the code does.
struct Told<'t, 'a> {
    fate: Fate,
    /// The variable that had the value first, when this one was given its.
    copied: Option<&'t Named>,
    /// Parts of this one and of that one.
    parts: Vec<&'t (Part, Held)>,
    /// Whether the value's assignment is the only one.
    only: &'t dyn Fn() -> bool,
    /// Whether a line assigns one variable only.
    alone: &'t dyn Fn(u64) -> bool,
    /// The variable that had it first.
    raw: Option<&'t Raw<'a>>,
}

/// Where a variable's value at a line is from, and which variable had it first: `b := a` gives one the value of another.
fn origin<'n>(
    function: &Function,
    named: &'n [Named],
    own: &'n Named,
    here: u64,
    depth: usize,
) -> Option<(Fate, &'n Named)> {
    let fate = function.fate(&own.asked(here))?;
    let copied = match &fate {
        Fate::Given(words, line) if depth < MOST_COPIES => match words.as_slice() {
            [word] if word.sort == Sort::Name => Some((&word.text, *line)),
            _ => None,
        },
        _ => None,
    };
    let further = copied.and_then(|(name, line)| {
        let mut of = named.iter().filter(|of| of.name == *name);
        let (of, None) = (of.next()?, of.next()) else {
            return None;
        };
        // Given to a variable of another type it may be converted.
        let is_same = of.ty == own.ty && of.is_plain && of.declared <= line;
        is_same.then(|| origin(function, named, of, line, depth + 1))?
    });
    further.or(Some((fate, own)))
}

impl<'a> Context<'_, 'a> {
    /// Gives variables their values that the text settles; `found` has each with the DIE that it comes from.
    pub(super) fn by_source(
        &self,
        level: &Level<'a>,
        held: &Parts,
        found: &mut [(u64, &mut Variable)],
    ) {
        if self.frame.point.is_none() {
            return;
        }
        let Some((name, file, here)) = self.position() else {
            return;
        };
        let Some(sources) = self.frame.sources else {
            return;
        };
        let Some(source) = sources.of(file) else {
            return;
        };
        let Some(start) = level.line.or(self.frame.start_line) else {
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
        let Some(function) = sources.function(file, name, start) else {
            return;
        };
        let named: Vec<Named> = found
            .iter()
            .map(|(die, variable)| self.named(*die, variable, start))
            .collect();
        self.outdate(&function, here, &named, held, found);
        // The code that makes room on the stack or gives it back has the line of some statement.
        if self.has_no_frame() {
            return;
        }
        for (die, variable) in found {
            let is_known = variable.standing == Standing::Exact && !is_incomplete(variable);
            if is_known || variable.escaped || variable.origin == Origin::Capture {
                continue;
            }
            let Ok(ty) = self.types.resolve(variable.ty) else {
                continue;
            };
            let Some(own) = named.iter().find(|named| named.die == *die) else {
                continue;
            };
            if own.is_plain && !matches!(variable.standing, Standing::Inferred(_)) {
                self.by_use(
                    variable,
                    &function.given(&own.asked(here)),
                    name,
                    &held.handed,
                );
            }
            if matches!(variable.standing, Standing::Inferred(_)) {
                continue;
            }
            let Some((fate, of)) = origin(&function, &named, own, here, 0) else {
                continue;
            };
            let parts: Vec<&(Part, Held)> = held
                .parts
                .iter()
                .filter(|(part, _)| part.place().0 == *die || part.place().0 == of.die)
                .collect();
            let only = || function.is_only(&of.asked(here));
            let alone = |line| function.is_alone(line);
            let told = Told {
                fate,
                copied: (of.die != own.die).then_some(of),
                parts,
                only: &only,
                alone: &alone,
                raw: level.variables.iter().find(|raw| raw.die == of.die),
            };
            self.settle(variable, &ty, &told);
        }
    }

    /// Takes back what was computed anew since: the compiler gives some results no name, and the old value keeps it.
    fn outdate(
        &self,
        function: &Function,
        here: u64,
        named: &[Named],
        held: &Parts,
        found: &mut [(u64, &mut Variable)],
    ) {
        for ((_, variable), own) in found.iter_mut().zip(named) {
            let is_certain = matches!(variable.standing, Standing::Exact | Standing::Inferred(_));
            if !is_certain || !own.is_plain {
                continue;
            }
            let parts = held.parts.iter().filter(|(part, _)| part.owner == own.die);
            let mut lines = parts.map(|(_, held)| match held.defined {
                Defined::At(addr) => self.line_at(addr, self.frame.inline_depth),
                Defined::Entry(_) if own.is_parameter && !own.is_result => Some(own.declared),
                Defined::Entry(_) => None,
                Defined::Elsewhere => {
                    let written = held.written.iter();
                    let mut lines = written.map(|at| self.line_at(*at, self.frame.inline_depth));
                    let last = lines.try_fold(0, |last, line| Some(last.max(line?)));
                    last.filter(|line| *line > 0)
                }
            });
            // Of several parts some may be as they were.
            let last = lines.try_fold(0, |last, line| Some(last.max(line?)));
            let is_old = |line| line > 0 && function.is_computed_again(&own.asked(here), line);
            if last.is_some_and(is_old) {
                variable.standing = Standing::Stale(OUTDATED);
            }
        }
    }

    fn named(&self, die: u64, variable: &Variable, start: u64) -> Named {
        let is_parameter = is_argument(variable);
        let line = variable.line.unwrap_or(start);
        Named {
            die,
            name: variable.name.clone(),
            ty: variable.ty,
            declared: if is_parameter { start } else { line },
            is_parameter,
            is_result: variable.origin == Origin::Result,
            is_plain: !variable.escaped && variable.origin != Origin::Capture,
            has_parts: self
                .types
                .resolve(variable.ty)
                .map_or(true, |ty| has_parts(&ty)),
        }
    }

    fn settle(&self, variable: &mut Variable, ty: &Type, told: &Told<'_, 'a>) {
        let of = told.copied.map_or(String::new(), |of| {
            format!("it was given the value of {}, and ", of.name)
        });
        let stated = match &told.fate {
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
            variable.standing = Standing::Inferred(format!("by the source: {of}{how}"));
            variable.location = Some(Location::Pieces(vec![Piece {
                offset: 0,
                size: ty.size,
                bytes: Ok(bytes),
            }]));
            return;
        }
        let is_entry = told.fate == Fate::Entry;
        if is_entry && told.copied.is_none() && variable.standing == Standing::Stale(HOME) {
            if !self.may_be_freed(variable, ty.size) {
                let how = "by the source: nothing assigns it before this line, and it was stored into its stack slot";
                variable.standing = Standing::Inferred(how.to_owned());
            }
            return;
        }
        let (assigned, is_given) = match told.fate {
            Fate::Once(line) => (Some(line), false),
            Fate::Given(_, line) => (Some(line), told.copied.is_none()),
            _ => (None, false),
        };
        let is_only = || assigned.is_some() && (told.only)();
        let is_alone = || is_given && assigned.is_some_and(told.alone);
        let is_only = is_only();
        if !is_entry && !is_only && !is_alone() {
            return;
        }
        // A list may name a register long after it has another value, and a slot that was written since.
        let fits = |(part, held): &(Part, Held)| {
            !held.is_counter
                && match held.defined {
                    Defined::Entry(_) => is_entry && self.is_own(told, part, held),
                    Defined::At(addr) => {
                        let line = self.line_at(addr, self.frame.inline_depth);
                        !is_entry && line == assigned && (is_only || !held.is_overwritten)
                    }
                    Defined::Elsewhere => false,
                }
        };
        let lengths = match &told.fate {
            Fate::Given(words, _) if ty.kind == Kind::Slice => lengths(words),
            _ => None,
        };
        let is_asked = |part: &Part| lengths.is_none() || part.place().1 == 0;
        let mut parts = told.parts.iter().filter(|(part, _)| is_asked(part));
        // Of a copy either place will do: whatever fits has the value that both had.
        if told.copied.is_none() && !parts.all(|part| fits(part)) {
            return;
        }
        let why =
            format!("by the source: {of}nothing assigns it again before this line, and its value");
        let fitting = told
            .parts
            .iter()
            .filter(|part| is_asked(&part.0) && fits(part));
        let fitting = fitting.map(|(part, held)| part.kept(held.anywhere));
        let lengths = lengths.into_iter().flatten().zip([8, 16]);
        let lengths = lengths.map(|(length, offset)| (offset, 8, Some(Kept::Constant(length))));
        self.assemble(variable, fitting.chain(lengths), &why);
    }

    /// Whether what the function was called with in a register is the variable's that had the value first.
    fn is_own(&self, told: &Told<'_, 'a>, part: &Part, held: &Held) -> bool {
        let Some(raw) = told.raw else {
            return false;
        };
        if told.copied.is_none() {
            return !self.is_of_other(raw, self.frame.inline_depth, held);
        }
        let arch = self.frame.registers.arch();
        let argument = abi::Argument::Die(raw.declaration);
        let of = abi::argument_registers(self.types, self.parameters(), arch, argument);
        let Some((of, Defined::Entry(reg))) = of.zip(Some(held.defined)) else {
            return false;
        };
        let word = usize::try_from(part.place().1 / 8).unwrap_or(usize::MAX);
        self.frame.inline_depth == 0 && of.get(word) == Some(&reg)
    }

    /// Whether a value in memory points to what nothing may keep any more.
    fn may_be_freed(&self, variable: &Variable, size: u64) -> bool {
        let Some(Location::Memory(addr)) = &variable.location else {
            return false;
        };
        let Some((cfa, point)) = self.frame.cfa.zip(self.frame.point) else {
            return true;
        };
        (0..size / 8).map(|word| addr.offset(word * 8)).any(|at| {
            let offset = at.0.wrapping_sub(cfa.0).cast_signed();
            let points = self.frame.memory.u64(at);
            !point.is_live(offset, 8) && points.is_ok_and(|word| self.points_into_heap(word))
        })
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
