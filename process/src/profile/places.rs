//! From the return addresses of a stack to the locations of a profile, as the runtime makes them.
//!
//! `runtime/pprof/proto.go:appendLocsForStack`: a stack has an address for each call, inlined ones among them; those that are
//! inlined into one function become one location with several lines.

use crate::addr::Addr;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::symbols::{FuncKind, InlineFrame, Symbols};
use crate::unwind::Stack;
use dumpview_parsers::pprof::{Builder, Function, Line, Location};
use rustc_hash::FxHashMap;

/// A call, as people see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The function, as a traceback prints it.
    pub function: String,
    /// Its file, when known.
    pub file: Option<String>,
    /// The line of the call, when known.
    pub line: Option<u32>,
}

/// The calls of a stack of return addresses, innermost first. An address that is no Go code is named by itself.
pub fn calls(symbols: &Symbols<'_>, stack: &[Addr]) -> Vec<Call> {
    let one = |pc: &Addr| {
        let func = symbols.find(*pc)?;
        func.inline_frames(func.call_pc(*pc)).next()
    };
    let call = |pc: &Addr| match one(pc) {
        Some(frame) => Call {
            function: frame.printed_name().into_owned(),
            file: Some(frame.position.file.to_owned()),
            line: Some(frame.position.line),
        },
        None => Call {
            function: pc.to_string(),
            file: None,
            line: None,
        },
    };
    let stack = expanded_at_the_end(symbols, stack);
    let all = stack.iter().filter(|pc| !is_goexit(symbols, **pc));
    all.map(call).collect()
}

/// What one address of a stack stands for.
#[derive(Clone)]
struct Frame<'p> {
    pc: u64,
    /// Of the function that it is inlined into, or itself; `None` for what is not Go.
    entry: Option<Addr>,
    inlined: bool,
    name: &'p str,
    file: &'p str,
    line: i64,
    start_line: i64,
}

/// A location that was made, by the address that it was made for.
struct Known<'p> {
    location: u32,
    /// How many addresses of a stack it takes.
    takes: usize,
    first: Frame<'p>,
}

/// Makes locations, each once.
pub struct Places<'p, 'a> {
    process: &'p Process<'a>,
    symbols: &'p Symbols<'a>,
    pub builder: Builder,
    known: FxHashMap<Addr, Known<'p>>,
    deck: Vec<(Addr, Frame<'p>)>,
}

/// Stacks up to 1.22 have so many calls at most, later ones as many as `GODEBUG=profstackdepth` says.
const SHORT: usize = 32;
const LONG: usize = 128;
const LONGEST: usize = 1024;

impl<'p, 'a> Places<'p, 'a> {
    pub fn new(process: &'p Process<'a>, symbols: &'p Symbols<'a>) -> Self {
        Self {
            process,
            symbols,
            builder: Builder::default(),
            known: FxHashMap::default(),
            deck: Vec::new(),
        }
    }

    /// How many calls a stack has at most.
    pub fn depth(&self) -> usize {
        let minor = self.process.version.as_ref().map_or(u32::MAX, |v| v.minor);
        if minor < 23 {
            return SHORT;
        }
        let set = self.process.runtime().and_then(|runtime| {
            let at = runtime.vars.address("runtime.debug")?;
            let field = runtime.layouts.field("runtime.debug", "profstackdepth")?;
            runtime.memory.u32(at.offset(field.offset)).ok()
        });
        let set = set.and_then(|depth| usize::try_from(depth).ok());
        set.filter(|depth| (1..=LONGEST).contains(depth))
            .unwrap_or(LONG)
    }

    /// Locations of an allocation: the runtime's own calls at the inner end are left out, unless there are no others.
    pub fn of_allocation(&mut self, stack: &[Addr]) -> Vec<u32> {
        let is_runtime = |pc: &Addr| {
            // The function at the return address itself, not at the call before it: so the runtime asks.
            let func = self.symbols.find(*pc);
            let name = func.and_then(|func| func.inline_frames(*pc).next());
            name.is_some_and(|frame| {
                let internal = self.hides_internal() && frame.name.starts_with("internal/runtime/");
                frame.name.starts_with("runtime.") || internal
            })
        };
        let first = stack.iter().position(|pc| !is_runtime(pc)).unwrap_or(0);
        let locations = self.of_stack(stack.get(first..).unwrap_or_default());
        if locations.is_empty() {
            return self.of_stack(stack);
        }
        locations
    }

    fn hides_internal(&self) -> bool {
        self.process
            .version
            .as_ref()
            .is_none_or(|version| version.minor >= 24)
    }

    /// Locations of a stack that was taken by frame pointers: the inlined calls are put in first.
    pub fn of_frame_pointers(&mut self, stack: &[Addr]) -> Vec<u32> {
        let expanded = expanded(self.symbols, stack, self.depth());
        self.of_stack(&expanded)
    }

    /// Locations of a stack.
    pub fn of_stack(&mut self, stack: &[Addr]) -> Vec<u32> {
        let stack = expanded_at_the_end(self.symbols, stack);
        let mut locations = Vec::new();
        self.deck.clear();
        let mut at = 0;
        while let Some(pc) = stack.get(at).copied() {
            if let Some(known) = self.known.get(&pc) {
                let (location, takes) = (known.location, known.takes);
                let first = known.first.clone();
                if !self.deck.is_empty() && self.adds(&first) {
                    self.deck.push((pc, first));
                    at += 1;
                    continue;
                }
                locations.extend(self.emit());
                locations.push(location);
                at += takes;
                continue;
            }
            let Some(frame) = self.frame(pc) else {
                locations.extend(self.emit());
                at += 1;
                continue;
            };
            if !self.adds(&frame) {
                // What was emitted may be the place that this address belongs to: so it is asked for again.
                locations.extend(self.emit());
                continue;
            }
            self.deck.push((pc, frame));
            at += 1;
        }
        locations.extend(self.emit());
        locations
    }

    /// Whether a call is one that the call before it in the deck was inlined into.
    fn adds(&self, frame: &Frame<'_>) -> bool {
        let Some((_, last)) = self.deck.last() else {
            return true;
        };
        let same_function = last.entry.is_some() && last.entry == frame.entry;
        last.inlined && same_function && last.name != frame.name
    }

    /// The location of what is in the deck.
    fn emit(&mut self) -> Option<u32> {
        let (pc, first) = self.deck.first().cloned()?;
        let lines = self.deck.iter().map(|(_, frame)| Line {
            function: self.builder.function(Function {
                name: frame.name.to_owned(),
                file: frame.file.to_owned(),
                start_line: frame.start_line,
                ..Function::default()
            }),
            line: frame.line,
            ..Line::default()
        });
        let lines = lines.collect();
        let location = self.builder.location(Location {
            address: first.pc,
            lines,
            ..Location::default()
        });
        let takes = self.deck.len();
        self.known.insert(
            pc,
            Known {
                location,
                takes,
                first,
            },
        );
        self.deck.clear();
        Some(location)
    }

    /// What an address stands for; `None` for the end of a goroutine's stack, which is in no profile.
    fn frame(&self, pc: Addr) -> Option<Frame<'p>> {
        let Some(func) = self.symbols.find(pc) else {
            let before = Addr(pc.0.wrapping_sub(1));
            let name = self.process.natives().symbol_at(before);
            return Some(Frame {
                pc: before.0,
                entry: None,
                inlined: true,
                name: name.unwrap_or_default(),
                file: "",
                line: 0,
                start_line: 0,
            });
        };
        let call = func.call_pc(pc);
        let frame = func.inline_frames(call).next()?;
        (FuncKind::by_name(frame.name) != FuncKind::Goexit).then(|| Frame {
            pc: call.0,
            entry: Some(func.entry),
            inlined: frame.inlined,
            name: frame.name,
            file: frame.position.file,
            line: i64::from(frame.position.line),
            start_line: frame.start_line.map_or(0, i64::from),
        })
    }

    /// The return addresses of a stack that was unwound, as `runtime/traceback.go:tracebackPCs` gives them.
    pub fn return_addresses(&self, stack: &Stack, most: usize) -> Vec<Addr> {
        let mut pcs = Vec::new();
        let mut callee = FuncKind::Normal;
        for frame in &stack.frames {
            let Some(func) = self.symbols.find(frame.pc) else {
                continue;
            };
            for call in func.inline_frames(frame.lookup_pc(self.symbols)) {
                let kind = kind(&func, &call);
                if kind != FuncKind::Wrapper || callee.shows_wrapper() {
                    pcs.push(call.pc.offset(1));
                }
                callee = kind;
            }
        }
        pcs.truncate(most);
        pcs
    }
}

fn is_goexit(symbols: &Symbols<'_>, pc: Addr) -> bool {
    let func = symbols.find(pc);
    func.is_some_and(|func| FuncKind::of(&func) == FuncKind::Goexit)
}

pub(super) fn kind(func: &crate::symbols::Func<'_>, call: &InlineFrame<'_>) -> FuncKind {
    if func.table().is_wrapper_id(call.func_id) {
        return FuncKind::Wrapper;
    }
    FuncKind::by_name(call.name)
}

/// A stack that ends in an inlined call was cut there: those that it is inlined into are put in
/// (`runtime/symtab.go:runtime_expandFinalInlineFrame`).
fn expanded_at_the_end(symbols: &Symbols<'_>, stack: &[Addr]) -> Vec<Addr> {
    let mut all = stack.to_vec();
    let Some(last) = all.pop() else {
        return all;
    };
    let before = Addr(last.0.wrapping_sub(1));
    let Some(func) = symbols.find(before) else {
        return stack.to_vec();
    };
    let mut callee = FuncKind::Normal;
    for call in func.inline_frames(before) {
        let kind = kind(&func, &call);
        if kind != FuncKind::Wrapper || callee.shows_wrapper() {
            all.push(call.pc.offset(1));
        }
        callee = kind;
    }
    all
}

/// A stack with the inlined calls that its addresses imply, which it may have already in part
/// (`runtime/symtab.go:Frames.Next`).
fn expanded(symbols: &Symbols<'_>, stack: &[Addr], most: usize) -> Vec<Addr> {
    let mut all = Vec::new();
    let mut rest = stack.iter().copied();
    let mut implied = None;
    while all.len() < most
        && let Some(pc) = implied.take().or_else(|| rest.next())
    {
        let Some(func) = symbols.find(pc) else {
            continue;
        };
        let call = func.call_pc(pc);
        all.push(call.offset(1));
        let mut frames = func.inline_frames(call);
        let Some(innermost) = frames.next().filter(|frame| frame.inlined) else {
            continue;
        };
        let callee = kind(&func, &innermost);
        for outer in frames {
            let following = outer.pc.offset(1);
            if rest.clone().next().is_none_or(|next| next == following) {
                break;
            }
            if kind(&func, &outer) == FuncKind::Wrapper && !callee.shows_wrapper() {
                continue;
            }
            implied = Some(following);
            break;
        }
    }
    all
}
