//! The variables of one logical frame: what is in scope, of which type, and where it is.
//!
//! In: a [`Frame`], which is all that unwinding knows of one (possibly inlined) call. Out: a [`Variable`] for each
//! name in scope, with a location or the reason why there is none. Nothing is read of the values themselves
//! but what leads to them: the pointer of a variable that moved to the heap, the closure object, the generic
//! dictionary.
//!
//! What shapes this room: a location is only as good as the registers it needs ([`crate::dwarf`]); an argument
//! without one may still stand in its spill home, which is shown as stale ([`super::abi`]); a variable that
//! escaped is shown as itself and not as the compiler's pointer to it; a name is not shown before its
//! declaration.

use super::abi::{self, Argument, Home};
use super::arrange::{Origin, Standing, Variable, arrange, is_compilers};
use super::generics::Dictionary;
use super::known::{Known, Level};
use crate::addr::{Addr, FileAddr};
use crate::arch::{Reg, Registers};
use crate::dwarf::{
    Dwarf, DwarfError, Found, Located, Location, NoLocation, Piece, Site, UnitEntry,
};
use crate::flow::{Point, Program, Word};
use crate::memory::{Memory, MemoryExt};
use crate::source::Sources;
use crate::types::{Shape, TypeRef, Types};
use std::cmp::Ordering;
use std::sync::Arc;

/// Knows what a frame's function was called with.
pub trait Entered {
    /// In a register, where the caller's frame has it still.
    fn entered(&self, reg: Reg) -> Option<u64>;
}

/// One logical frame, as unwinding knows it.
#[derive(Clone, Copy)]
pub struct Frame<'f> {
    /// The pc to look up: the call instruction's for a caller (return address - 1), the exact one for the
    /// innermost frame and for one that a signal or preemption interrupted.
    pub pc: FileAddr,
    /// The physical frame's CFA: the stack pointer before the call that made it.
    pub cfa: Option<Addr>,
    /// The registers known in this frame; in most Go frames none but sp and pc.
    pub registers: &'f Registers,
    /// The process's memory.
    pub memory: &'f dyn Memory,
    /// Which of the calls inlined at the pc this is: 0 is the physical function, 1 the call inlined into it,
    /// 2 the one inlined into that.
    pub inline_depth: usize,
    /// The frame's line, for the rule that a variable is visible from the line after its declaration.
    pub line: Option<u64>,
    /// The line on which the function starts, by pclntab: Go 1.19 has none on a function's DIE, and captured
    /// variables are told by being declared before it.
    pub start_line: Option<u64>,
    /// The closure object this function was called through, when the caller knows it (a deferred call's
    /// `_defer.fn`, the func value of a goroutine that has not run yet).
    pub closure: Option<Addr>,
    /// What the function's code does from here on, when it could be followed.
    pub point: Option<&'f Point>,
    /// Where that code is, for values that only it still has.
    pub program: Option<Program<'f>>,
    /// Those of the registers that nobody saved, with what they held by the function's code.
    pub unsaved: &'f [(Reg, Word)],
    /// What the function was called with, when its caller can be asked.
    pub entered: Option<&'f dyn Entered>,
    /// The program's text, where it is at hand.
    pub sources: Option<&'f Sources>,
}

/// The variables of a frame, and what was found on the way to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameVariables {
    /// Arguments, results, captures, locals; each group in order of declaration.
    pub variables: Vec<Variable>,
    /// The dictionary with the real type arguments, in an instantiated generic function. Its symbol
    /// (`main..dict.sum[main.Celsius]`) spells them.
    pub dictionary: Option<Addr>,
    /// The function was compiled with `-N`.
    pub unoptimized: bool,
    /// The function was written in Go.
    pub is_go: bool,
}

/// Why a frame's variables could not be listed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VariablesError {
    /// There is no DWARF at all.
    #[error("the executable has no DWARF (built with -ldflags=-w or stripped)")]
    NoDwarf,
    /// DWARF has no function there.
    #[error("DWARF describes no function at {0}")]
    NoFunction(FileAddr),
    /// DWARF has fewer calls inlined at the pc than pclntab.
    #[error("DWARF describes no inlined call there")]
    NoInlinedCall,
    /// DWARF could not be read.
    #[error(transparent)]
    Dwarf(#[from] DwarfError),
}

/// What a DIE says about a variable before it is located.
pub(super) struct Raw<'a> {
    pub(super) name: String,
    pub(super) type_die: u64,
    /// Which word of the dictionary has the real type, where the declared one is a stand-in.
    pub(super) dictionary_index: Option<u64>,
    pub(super) line: Option<u64>,
    pub(super) is_parameter: bool,
    pub(super) is_result: bool,
    pub(super) closure_offset: Option<u64>,
    pub(super) block: usize,
    pub(super) die: u64,
    /// The DIE that declares it: its own, or that of the abstract instance.
    pub(super) declaration: u64,
    pub(super) found: Option<Found<'a>>,
}

impl Raw<'_> {
    /// Whether its location at the pc is from a list, so that the value is there at this pc.
    pub(super) fn is_listed(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|found| found.listed_from.is_some())
    }
}

pub(super) const HOME: &str =
    "what was stored last into the argument's stack slot; it may have changed since";

/// Whether a declaration has been executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Declared {
    Yes,
    Perhaps,
    No,
}

/// An argument's own slot.
struct AtHome {
    location: Location,
    /// Its address was handed out: then it is the variable itself.
    is_taken: bool,
}

/// A frame with all that belongs to it in DWARF.
pub(super) struct Context<'r, 'a> {
    pub(super) dwarf: &'r Dwarf<'a>,
    pub(super) types: &'r Types<'a>,
    pub(super) unit: &'r UnitEntry<'a>,
    pub(super) known: Arc<Known<'a>>,
    pub(super) frame: Frame<'r>,
}

impl<'a> Context<'_, 'a> {
    /// The variables of a level.
    pub(super) fn variables(&self, level: &Level<'a>) -> FrameVariables {
        let raw = level.variables.as_slice();
        let homes = if self.frame.inline_depth == 0 && self.unit.is_go {
            self.homes()
        } else {
            &[][..]
        };
        let closure = self.closure(raw);
        let dictionary = self.dictionary(raw, homes, closure);
        let first_line = level.line.or(self.frame.start_line);

        let mut found: Vec<(usize, Variable)> = Vec::new();
        let mut dies: Vec<u64> = Vec::new();
        let shown = |raw: &&Raw<'a>| !is_compilers(&raw.name) && !self.is_part(raw);
        for variable in raw.iter().filter(shown) {
            let origin = self.origin(variable, first_line);
            let declared = match origin {
                Origin::Local if self.unit.unoptimized && self.has_no_frame() => Declared::No,
                Origin::Local => self.is_declared(variable, first_line),
                _ => Declared::Yes,
            };
            if declared == Declared::No {
                continue;
            }
            let home = homes
                .iter()
                .find(|(argument, _)| *argument == Argument::Die(variable.declaration))
                .map(|(_, home)| *home);
            let mut located =
                self.locate_variable(variable, raw, origin, closure, dictionary.as_ref(), home);
            if declared == Declared::Perhaps && located.standing == Standing::Exact {
                located.standing =
                    Standing::Stale("declared on the line being executed, perhaps not yet set");
            }
            dies.push(variable.die);
            found.push((variable.block, located));
        }
        let variables = found.iter_mut().map(|(_, variable)| variable);
        let mut variables: Vec<(u64, &mut Variable)> = dies.into_iter().zip(variables).collect();
        if self.unit.is_go && !self.unit.unoptimized {
            let held = self.held();
            let doubted = self.doubt(&held.parts, &mut variables);
            self.infer(&held.parts, &doubted, &mut variables);
            self.by_source(level, &held, &mut variables);
            self.mark_unsaved(raw, &mut variables);
        }
        FrameVariables {
            variables: arrange(found),
            dictionary: dictionary.map(|d| d.addr),
            unoptimized: self.unit.unoptimized,
            is_go: self.unit.is_go,
        }
    }

    fn origin(&self, raw: &Raw<'a>, first_line: Option<u64>) -> Origin {
        // Without go_closure_offset (up to Go 1.22) only a declaration before the function tells a capture.
        let before = raw
            .line
            .zip(first_line)
            .is_some_and(|(line, first)| line < first);
        if raw.closure_offset.is_some() || before && !raw.is_parameter && self.unit.is_go {
            Origin::Capture
        } else if raw.is_result {
            Origin::Result
        } else if raw.is_parameter {
            Origin::Argument
        } else {
            Origin::Local
        }
    }

    /// Whether a local variable's declaration has been executed, as far as lines tell. A declaration on the
    /// frame's own line counts when a location list covers the pc: then the variable has been assigned. In a
    /// function on one line everything is on that line, and it cannot be told.
    fn is_declared(&self, raw: &Raw<'a>, first_line: Option<u64>) -> Declared {
        let Some((declared, line)) = raw.line.zip(self.frame.line) else {
            return Declared::Yes;
        };
        let from_list = raw.is_listed();
        match declared.cmp(&line) {
            Ordering::Less => Declared::Yes,
            // What moved to the heap has its place before it has its value.
            Ordering::Equal if from_list && self.is_moved(raw) => Declared::Perhaps,
            Ordering::Equal if from_list => Declared::Yes,
            Ordering::Equal if first_line == Some(line) => Declared::Perhaps,
            _ => Declared::No,
        }
    }

    /// Whether the function has no frame, as where it waits for more stack.
    pub(super) fn has_no_frame(&self) -> bool {
        let pc = self.frame.pc.to_process(self.types.bias());
        let func = self.frame.program.and_then(|of| of.symbols.find(pc));
        func.is_some_and(|func| func.sp_delta(pc) == Some(0))
            || self.frame.point.is_some_and(Point::has_no_frame)
    }

    pub(super) fn site(&self) -> Site<'_> {
        Site {
            bias: self.types.bias(),
            cfa: self.frame.cfa,
            registers: self.frame.registers,
            memory: self.frame.memory,
        }
    }

    /// The place that a DIE's location gives for a value of `size` bytes.
    pub(super) fn place(&self, raw: &Raw<'a>, size: u64) -> Result<Located, NoLocation> {
        let found = raw.found.as_ref().ok_or(NoLocation::OptimizedOut)?;
        self.dwarf.locate(
            self.unit,
            self.known.frame_base,
            found.expression,
            size,
            &self.site(),
            raw.die,
        )
    }

    /// The word that a DIE's location gives.
    pub(super) fn word(&self, raw: &Raw<'a>) -> Result<u64, NoLocation> {
        match self.place(raw, 8)?.location {
            Location::Memory(addr) => Ok(self.frame.memory.u64(addr)?),
            Location::Pieces(pieces) => match pieces.as_slice() {
                [
                    Piece {
                        size: 8,
                        bytes: Ok(bytes),
                        ..
                    },
                ] => Ok(bytes.as_slice().try_into().map_or(0, u64::from_le_bytes)),
                _ => Err(NoLocation::OptimizedOut),
            },
        }
    }

    fn locate_variable(
        &self,
        raw: &Raw<'a>,
        all: &[Raw<'a>],
        origin: Origin,
        closure: Option<Addr>,
        dictionary: Option<&Dictionary>,
        home: Option<Home>,
    ) -> Variable {
        let (mut ty, shaped) = self.type_of(raw, dictionary);
        let is_pointer_to = raw.name.starts_with('&');
        let mut escaped = self.is_moved(raw);
        let size = self.types.resolve(ty).map(|ty| ty.size);
        let located = match &size {
            // What has no bytes needs no place.
            Ok(0) => Ok(self.place(raw, 0).unwrap_or(Located {
                location: Location::Pieces(Vec::new()),
                sources: Vec::new(),
            })),
            Ok(size) => self.place(raw, *size),
            Err(_) => Err(NoLocation::Unknown("its type could not be read")),
        };
        let judged = located.and_then(|located| {
            let standing = self.judge(raw, &located.sources, home)?;
            Ok((located.location, standing))
        });
        let (mut place, mut standing) = match judged {
            Ok((location, standing)) => (Ok(location), standing),
            Err(why) => (Err(why), Standing::Exact),
        };
        if is_pointer_to {
            place = place.and_then(|_| self.follow(raw)).map(Location::Memory);
            ty = self.elem(ty).unwrap_or(ty);
        }
        if place.is_err()
            && let Some(offset) = raw.closure_offset
        {
            match self.captured(all, offset, ty, is_pointer_to, closure) {
                Ok(slot) => {
                    place = Ok(Location::Memory(slot.addr));
                    standing = Standing::Exact;
                    escaped = slot.by_reference;
                }
                Err(why) => place = place.or(Err(why)),
            }
        }
        let incomplete = match &place {
            Ok(Location::Pieces(pieces)) => pieces.iter().any(|piece| piece.bytes.is_err()),
            Ok(Location::Memory(_)) => false,
            Err(_) => true,
        };
        if incomplete
            && !is_pointer_to
            && let (Some(home), Ok(size)) = (home, &size)
            && let Some(stale) = self.at_home(home, *size)
        {
            place = Ok(stale.location);
            standing = if stale.is_taken {
                Standing::Exact
            } else {
                Standing::Stale(HOME)
            };
        } else if let Ok(size) = size
            && standing == Standing::Exact
            && self.may_be_merged(raw, ty, origin, size)
        {
            standing = Standing::Stale(
                "optimized code may have reused its stack slot for another variable",
            );
        }
        let location = match place {
            Ok(location) => Some(location),
            Err(NoLocation::OptimizedOut) => {
                standing = Standing::NO_COPY;
                None
            }
            Err(why) => {
                standing = Standing::Unreadable(why.to_string());
                None
            }
        };
        Variable {
            name: raw.name.trim_start_matches('&').to_owned(),
            ty,
            line: raw.line,
            origin,
            escaped,
            shadowed: false,
            standing,
            location,
            shaped,
        }
    }

    /// Since Go 1.23 optimised code gives locals of disjoint lives one stack slot, while DWARF keeps naming the slot
    /// to the end of the function (`cmd/compile/internal/liveness/mergelocals.go`; candidates are locals kept in
    /// memory of more than three words, `ssa.IsMergeCandidate`). Only a value that the compiler takes apart has
    /// a location list that follows its life.
    fn may_be_merged(&self, raw: &Raw<'a>, ty: TypeRef, origin: Origin, size: u64) -> bool {
        const LARGEST_UNMERGED: u64 = 24;
        let follows_life = raw.is_listed() && abi::is_taken_apart(self.types, ty);
        origin == Origin::Local
            && size > LARGEST_UNMERGED
            && !follows_life
            && self.unit.is_go
            && !self.unit.unoptimized
            && self.types.at_least(23)
    }

    /// The pointer that a `&x` variable holds.
    fn follow(&self, raw: &Raw<'a>) -> Result<Addr, NoLocation> {
        /// No mapping starts below this on Linux (`vm.mmap_min_addr`).
        const LOWEST: u64 = 4096;
        match self.word(raw)? {
            0..LOWEST => Err(NoLocation::Unknown("not yet moved to the heap")),
            addr => Ok(Addr(addr)),
        }
    }

    /// Whether a variable is on the heap, and in the frame is a pointer to it.
    fn is_moved(&self, raw: &Raw<'a>) -> bool {
        raw.name.starts_with('&') || self.is_indirect(raw)
    }

    /// Since Go 1.25 a parameter that moved to the heap keeps its own name and type, and its location ends in a
    /// dereference (`cmd/compile/internal/ssa/debug.go`).
    pub(super) fn is_indirect(&self, raw: &Raw<'a>) -> bool {
        let Some(found) = &raw.found else {
            return false;
        };
        let mut operations = found.expression.operations(self.unit.unit.encoding());
        let mut last = None;
        while let Ok(Some(operation)) = operations.next() {
            last = Some(operation);
        }
        matches!(last, Some(gimli::Operation::Deref { .. }))
    }

    pub(super) fn elem(&self, pointer: TypeRef) -> Option<TypeRef> {
        match self.types.resolve(pointer).ok()?.shape {
            Shape::Pointer { elem } => elem,
            _ => None,
        }
    }

    /// What stands in an argument's home, when the whole argument was stored there.
    fn at_home(&self, home: Home, size: u64) -> Option<AtHome> {
        let area = abi::argument_area(self.frame.registers.arch());
        let mut is_taken = false;
        let offset = match home {
            Home::Stack(offset) => area + offset,
            Home::Spill(offset) => {
                let at = i64::try_from(area + offset).ok()?;
                let point = self.frame.point.filter(|_| !self.unit.unoptimized);
                if point.is_some_and(|point| !point.is_argument_stored(at, size))
                    || point.is_none() && !self.unit.unoptimized
                {
                    return None;
                }
                is_taken = point.is_some_and(|point| point.is_taken(at, size));
                area + offset
            }
        };
        let addr = self.frame.cfa?.offset(offset);
        self.frame.memory.bytes(addr, size).ok()?;
        let location = Location::Memory(addr);
        Some(AtHome { location, is_taken })
    }
}
