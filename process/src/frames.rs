//! The frames of a stack as people read them: calls with their place, and the variables in them.
//!
//! This is where unwinding (which pcs, which registers), pclntab (which calls), DWARF (which variables, where) and
//! values (what they hold) come together. Each of them knows nothing of the others.

use crate::addr::Addr;
use crate::arch::{Reg, Registers};
use crate::callers::Callers;
use crate::dwarf::Location;
use crate::expr::FrameScope;
use crate::flow::{Point, Program, Word};
use crate::layout::{Field, LayoutSource, Layouts};
use crate::process::Process;
use crate::runtime::{LinkedDefers, Variables as _, open_coded_defers};
use crate::scope::{
    Entered as _, Frame as Site, FrameVariables, NilValue, Origin as Declaration, Standing,
    Variable as Declared, VariablesError, range_body_parent,
};
use crate::symbols::{ArgWord, FuncKind, SymbolsError};
use crate::types::{Kind, TypeRef, Types};
use crate::unwind::{Call, Stack, Unwound};
use crate::value::{FunctionNames, Gathered, Globals, Limits, Place, Reader, Sources};
use dumpview_model::value::{self as model, Address, Data, OPTIMIZED_OUT, Origin, Value, Variable};
use std::sync::Arc;

/// The variables of a call, or what there is instead.
#[derive(Clone, PartialEq, Debug)]
pub enum Variables {
    /// By name, from DWARF; arguments and results first.
    Named(Vec<Variable>),
    /// The words of the arguments, as the runtime's traceback prints them, for programs without DWARF.
    Words(Vec<ArgWord>),
    /// Nothing, and why.
    None(NoVariables),
}

/// Why the variables of a call cannot be listed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoVariables {
    /// The call is of another stack.
    #[error("no such frame")]
    NoSuchFrame,
    /// It is of a plugin, whose types are its own.
    #[error("the call is a plugin's")]
    Plugin,
    /// Without function tables there is no pc to look them up by.
    #[error(transparent)]
    Symbols(#[from] SymbolsError),
    /// DWARF does not tell which there are.
    #[error(transparent)]
    Dwarf(#[from] VariablesError),
}

impl<'a> Process<'a> {
    /// The variables in scope in a call: which there are, of which type, and where DWARF has them, if that is to be believed.
    ///
    /// # Errors
    ///
    /// Why they cannot be listed; mostly that the executable has no DWARF. Those of a plugin are of types that
    /// [`Process::types`] does not have.
    pub fn declared(&self, at: &Unwound, call: &Call) -> Result<FrameVariables, NoVariables> {
        if !std::ptr::eq(self.types(), self.types_at(call.lookup_pc)) {
            return Err(NoVariables::Plugin);
        }
        self.listed(at, call, None)
    }

    /// The same, with the places that only the code of `program` still tells: that takes longer.
    fn listed(
        &self,
        at: &Unwound,
        call: &Call,
        program: Option<Program<'_>>,
    ) -> Result<FrameVariables, NoVariables> {
        let mut found = self.at_site(at, call, program, |types, site| {
            self.scopes().variables(types, site)
        })??;
        if let Some(outer) = around_range_body(at, call)
            && let Ok(outer) = self.listed(at, outer, program)
        {
            found.add_outer(outer);
        }
        Ok(found)
    }

    /// The nil value of a call's own through which it went to an address in the first page.
    pub fn nil_dereferenced(&self, at: &Unwound, call: &Call, addr: Addr) -> Option<NilValue> {
        let ask =
            |types: &Types<'a>, site: &Site<'_>| self.scopes().nil_dereferenced(types, site, addr);
        self.at_site(at, call, self.program(), ask).ok()?
    }

    /// The nil map that a call of the runtime's, made here, was to write to.
    pub fn nil_map(&self, at: &Unwound, call: &Call) -> Option<NilValue> {
        let ask = |types: &Types<'a>, site: &Site<'_>| self.scopes().nil_map(types, site);
        self.at_site(at, call, self.program(), ask).ok()?
    }

    /// Asks about a call, with all that is known of its frame.
    fn at_site<T>(
        &self,
        at: &Unwound,
        call: &Call,
        program: Option<Program<'_>>,
        ask: impl FnOnce(&Types<'a>, &Site<'_>) -> T,
    ) -> Result<T, NoVariables> {
        let stack = &at.stack;
        let physical = stack.frames.get(call.physical);
        let physical = physical.ok_or(NoVariables::NoSuchFrame)?;
        let symbols = self.symbols().map_err(Clone::clone)?;
        let entered = Callers::of(self, stack, call.physical);
        let saved = stack.registers(call.physical);
        let unsaved = program.filter(|_| physical.exact && saved.is_none());
        let unsaved = unsaved.map(|program| self.unsaved(program, physical.pc, true));
        let point = self.point(physical.pc, physical.exact);
        let mut unsaved: Vec<(Reg, Word)> = unsaved.map_or_else(Vec::new, |of| of.to_vec());
        let faulted = point.as_ref().filter(|_| saved.is_none());
        if let Some((reg, held)) =
            faulted.and_then(|point| self.faulted(stack, call.physical, point))
        {
            unsaved.retain(|(of, _)| *of != reg);
            unsaved.push((reg, Word::Faulted(held)));
        }
        let registers = saved.cloned().unwrap_or_else(|| {
            let mut known = Registers::new(self.arch());
            for (reg, word) in &unsaved {
                let of_caller = |reg| entered.entered(reg);
                known.set(*reg, word.value(&*self.memory, physical.cfa, &of_caller));
            }
            known.set(self.arch().sp(), Some(physical.sp.0));
            known
        });
        let types = self.types_at(physical.pc);
        let site = Site {
            pc: physical.lookup_pc(symbols).to_file(types.bias()),
            // A frame that nothing lies below has no known extent: its CFA would be a guess.
            cfa: Some(physical.cfa).filter(|cfa| *cfa != physical.sp),
            registers: &registers,
            memory: &*self.memory,
            inline_depth: call.inline_depth,
            line: call.frame.line.map(u64::from),
            start_line: (call.inline_depth == 0)
                .then(|| self.start_line(physical.pc))
                .flatten(),
            closure: None,
            point: point.as_ref(),
            program,
            unsaved: &unsaved,
            entered: Some(&entered),
            sources: program.is_some().then(|| self.sources_of_text()),
        };
        Ok(ask(types, &site))
    }

    /// The register through which the instruction of a frame went to memory that is not there, with what it held: the runtime keeps
    /// the address of the goroutine's last fault.
    fn faulted(&self, stack: &Stack, physical: usize, point: &Point) -> Option<(Reg, u64)> {
        /// `SIGBUS`, `SIGSEGV`.
        const OF_MEMORY: [u32; 2] = [7, 11];
        /// `SEGV_MAPERR`, `SEGV_ACCERR`: of other codes there is no address.
        const WITH_ADDRESS: [u64; 2] = [1, 2];
        let symbols = self.symbols().ok()?;
        let mut frames = stack.frames.iter();
        let last = frames.position(|frame| {
            let func = symbols.find(frame.pc);
            func.is_some_and(|func| FuncKind::of(&func) == FuncKind::Sigpanic)
        })?;
        let frame = frames.next().filter(|_| last + 1 == physical)?;
        let goroutines = self.goroutines().ok()?.list();
        let goroutine = goroutines
            .iter()
            .find(|of| of.sigpc == frame.pc && of.stack.holds(frame.sp))?;
        let has_address =
            OF_MEMORY.contains(&goroutine.sig) && WITH_ADDRESS.contains(&goroutine.sigcode0);
        let addr = Addr(goroutine.sigcode1);
        has_address.then(|| point.faulted(self.arch(), addr))?
    }

    /// The line on which the function that holds a pc starts: that of its first instruction.
    fn start_line(&self, pc: Addr) -> Option<u64> {
        let func = self.symbols().ok()?.find(pc)?;
        let line = func.inline_frames(func.entry).last()?.position.line;
        Some(u64::from(line)).filter(|line| *line != 0)
    }

    /// The variables in scope in a call, with their values.
    pub fn variables(&self, at: &Unwound, call: &Call, limits: Limits) -> Variables {
        self.variables_within(at, call, limits, &mut { usize::MAX })
    }

    /// The same with a budget of nodes for all of them together, from which what they took is taken.
    pub fn variables_within(
        &self,
        at: &Unwound,
        call: &Call,
        limits: Limits,
        left: &mut usize,
    ) -> Variables {
        match self.listed(at, call, self.program()) {
            Ok(found) => {
                let types = self.types_at(call.lookup_pc);
                let mut reader = Reader::new(self.sources_of(types), limits).within(*left);
                let shown = found.variables.into_iter().filter(|v| !v.shadowed);
                let named = shown.map(|v| read(types, &mut reader, v)).collect();
                *left = reader.left();
                Variables::Named(named)
            }
            Err(why) => self
                .words(&at.stack, call)
                .map_or(Variables::None(why), Variables::Words),
        }
    }

    /// The calls that a call has deferred and not made yet, in the order in which they will be made, as func values:
    /// name and captures, which are the arguments. `linked` are the goroutine's defer records; of the budget of nodes for all
    /// values of an answer, what these took is taken.
    pub fn deferred(
        &self,
        stack: &Stack,
        call: &Call,
        linked: &LinkedDefers,
        limits: Limits,
        left: &mut usize,
    ) -> Vec<Value> {
        let frame = stack
            .frames
            .get(call.physical)
            .filter(|_| call.inline_depth == 0);
        let (Some(frame), Ok(symbols), Some(version)) = (frame, self.symbols(), &self.version)
        else {
            return Vec::new();
        };
        let linked = linked.of_frame(frame.sp);
        let open = symbols.find(frame.pc).map_or_else(Vec::new, |func| {
            let (memory, arch) = (&*self.memory, self.arch());
            open_coded_defers(memory, &func, arch, frame.cfa, frame.sp, version.minor)
        });
        let Ok(ty) = self.types().by_name("func()") else {
            return Vec::new();
        };
        let count = linked.len() + open.len();
        let budget = limits.nodes.min(*left);
        let mut reader = Reader::new(self.sources(), limits).within(budget);
        let mut values = Vec::new();
        for deferred in linked.iter().chain(&open) {
            if reader.left() == 0 {
                let more = count - values.len();
                let why = format!("{more} more deferred calls, which are not read");
                values.push(Value::unreadable("func()", why));
                break;
            }
            let word = Gathered::whole(deferred.closure.0.to_le_bytes().to_vec());
            values.push(reader.read(ty, Place::Gathered(&word, 0)));
        }
        *left -= budget - reader.left();
        values
    }

    /// The words of a call's arguments as the runtime's own traceback prints them. Inlined calls have none.
    fn words(&self, stack: &Stack, call: &Call) -> Option<Vec<ArgWord>> {
        let physical = stack
            .frames
            .get(call.physical)
            .filter(|_| call.inline_depth == 0)?;
        let func = self.symbols().ok()?.find(physical.pc)?;
        func.arg_words(call.lookup_pc, physical.argp(self.arch()))
    }

    /// The names an expression can use as seen from a call, or from nowhere. A call whose variables cannot be
    /// listed has only its package's names.
    pub fn scope(&self, at: Option<(&Unwound, &Call)>) -> FrameScope<'_, 'a> {
        let arch = self.arch();
        let Some((unwound, call)) = at else {
            return FrameScope::without_frame(self.types(), arch);
        };
        let types = self.types_at(call.lookup_pc);
        let variables = self
            .listed(unwound, call, self.program())
            .map_or_else(|_| Vec::new(), |found| found.variables);
        FrameScope::new(types, arch, variables, Some(&call.name))
    }

    /// What reading values needs.
    pub fn sources(&self) -> Sources<'_> {
        self.sources_of(self.types())
    }

    /// What reading the values of a call needs, which may be of a plugin's types; see [`Self::scope`].
    pub fn sources_at(&self, call: Option<&Call>) -> Sources<'_> {
        self.sources_of(call.map_or_else(|| self.types(), |call| self.types_at(call.lookup_pc)))
    }

    fn sources_of<'s>(&'s self, types: &'s Types<'a>) -> Sources<'s> {
        Sources {
            memory: &*self.memory,
            types,
            layouts: self.layouts().unwrap_or(&NoLayouts),
            functions: self,
            globals: self,
            shared: self.shared(),
        }
    }
}

/// A variable with its value.
fn read(types: &Types<'_>, reader: &mut Reader<'_>, declared: Declared) -> Variable {
    let known = types.resolve(declared.ty);
    let is_pointer = known.as_ref().is_ok_and(|ty| ty.kind == Kind::Pointer);
    let ty = known.map_or_else(|_| "?".to_owned(), |ty| ty.name.clone());
    let is_stale = matches!(declared.standing, Standing::Stale(_));
    let (mut value, addr) = match &declared.location {
        Some(location) => {
            let unfollowed = is_stale || declared.shaped && is_pointer;
            let (value, addr) = read_at(reader, declared.ty, location, unfollowed);
            (Some(value), addr)
        }
        None => (None, None),
    };
    let mut standing = declared.standing.to_model();
    if is_stale && value.as_ref().is_some_and(cannot_be) {
        standing = model::Standing::OptimizedOut(
            "the place it was last in holds something else by now".to_owned(),
        );
        value = None;
    }
    Variable {
        name: declared.name.into(),
        ty: ty.into(),
        value,
        standing,
        addr,
        origin: match declared.origin {
            Declaration::Local => Origin::Local,
            Declaration::Argument => Origin::Argument,
            Declaration::Result => Origin::Result,
            Declaration::Capture => Origin::Capture,
        },
        escaped: declared.escaped,
    }
    .settled()
}

/// The call around the body of a range-over-func loop: the nearest one further out of the function the body belongs
/// to. It is further out than the body itself, so following it ends.
fn around_range_body<'u>(at: &'u Unwound, body: &Call) -> Option<&'u Call> {
    let parent = range_body_parent(&body.name)?;
    at.calls
        .iter()
        .skip_while(|call| call.physical <= body.physical)
        .find(|call| call.name == parent)
}

/// Whether a part of a value, in its own bytes, is none of its type.
fn cannot_be(value: &Value) -> bool {
    match &value.data {
        Data::Unreadable(why) => why != OPTIMIZED_OUT,
        Data::Struct { fields, .. } => fields.iter().any(|field| cannot_be(&field.value)),
        Data::Array { elements, .. } => elements.iter().any(cannot_be),
        _ => false,
    }
}

/// The value at a location, and its address when it has one. What may be old, or points at a type that is not known, is not
/// followed.
fn read_at(
    reader: &mut Reader<'_>,
    ty: TypeRef,
    location: &Location,
    unfollowed: bool,
) -> (Value, Option<Address>) {
    let mut read = |place: Place<'_>| {
        if unfollowed {
            reader.read_unfollowed(ty, place)
        } else {
            reader.read(ty, place)
        }
    };
    match location {
        Location::Memory(addr) => (read(Place::Memory(*addr)), Some(Address(addr.0))),
        Location::Pieces(pieces) => {
            let gathered = Gathered {
                pieces: pieces.clone(),
            };
            (read(Place::Gathered(&gathered, 0)), None)
        }
    }
}

impl FunctionNames for Process<'_> {
    fn function_name(&self, pc: Addr) -> Option<Arc<str>> {
        self.symbols().ok()?.function_name(pc)
    }
}

impl Globals for Process<'_> {
    fn variable(&self, name: &str) -> Option<Addr> {
        self.address(name)
    }

    fn reached(&self) -> Option<i64> {
        Process::reached(self).map(|reached| reached.0)
    }
}

/// Layouts of a program that nothing is known of: no field exists.
struct NoLayouts;

impl Layouts for NoLayouts {
    fn field(&self, _structure: &str, _path: &str) -> Option<Field> {
        None
    }

    fn size_of(&self, _structure: &str) -> Option<u64> {
        None
    }

    fn constant(&self, _name: &str) -> Option<i64> {
        None
    }

    fn source(&self) -> LayoutSource {
        LayoutSource::NearestTable("none".to_owned())
    }
}
