//! Logical frames: physical ones with the calls inlined into them, named and placed as people know them.

use super::frame::{PhysicalFrame, Stack};
use super::native::Natives;
use crate::addr::Addr;
use crate::arch::Arch;
use crate::symbols::{
    ArgWord, Func, FuncKind, Generation, InlineFrame, Symbols, is_exported_runtime,
};
use dumpview_model::frame::{Frame, Trust};
use dumpview_model::value::Address;
use std::borrow::Cow;

/// A logical frame of a stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogicalFrame<'s> {
    /// Index into [`Stack::frames`] of the physical frame it is part of.
    pub physical: usize,
    /// Function as a traceback prints it.
    pub function: Cow<'s, str>,
    /// Function as the linker stores it; the same for C.
    pub name: &'s str,
    /// Source file, when known.
    pub file: Option<&'s str>,
    /// Line, when known.
    pub line: Option<u32>,
    /// Line of the `func` keyword, when known.
    pub start_line: Option<u32>,
    /// The pc that was looked up: inside the call, not after it.
    pub lookup_pc: Addr,
    /// Pc of the physical frame.
    pub pc: Addr,
    /// Stack pointer of the physical frame.
    pub sp: Addr,
    /// CFA of the physical frame.
    pub cfa: Addr,
    /// Inlined into the next logical frame.
    pub inlined: bool,
    /// How it was found.
    pub trust: Trust,
    /// Whether a traceback leaves it out unless asked for system frames.
    pub runtime: bool,
}

impl LogicalFrame<'_> {
    /// As the source-independent model.
    pub fn to_model(&self) -> Frame {
        Frame {
            function: self.function.clone().into_owned(),
            file: self.file.map(str::to_owned),
            line: self.line,
            pc: Some(Address(self.pc.0)),
            sp: Some(Address(self.sp.0)),
            inlined: self.inlined,
            trust: self.trust,
            runtime: self.runtime,
        }
    }
}

impl PhysicalFrame {
    /// The pc whose line-table entry is the one to show.
    pub fn lookup_pc(&self, symbols: &Symbols<'_>) -> Addr {
        match symbols.find(self.pc) {
            Some(func) if !self.exact => func.call_pc(self.pc),
            None if !self.exact => Addr(self.pc.0.saturating_sub(1)),
            _ => self.pc,
        }
    }

    /// Argument words of the function itself (of no call inlined into it), as a traceback prints them; `None`
    /// where the function records none.
    pub fn arg_words(&self, symbols: &Symbols<'_>, arch: Arch) -> Option<Vec<ArgWord>> {
        let func = symbols.find(self.pc)?;
        func.arg_words(self.lookup_pc(symbols), self.argp(arch))
    }
}

impl Stack {
    /// The logical frames, innermost first, with those marked that a traceback leaves out.
    pub fn logical<'s>(
        &'s self,
        symbols: &'s Symbols<'s>,
        natives: Option<&'s Natives<'s>>,
    ) -> Vec<LogicalFrame<'s>> {
        let mut out = Vec::with_capacity(self.frames.len());
        let mut shown = Shown::default();
        let mut preempted = false;
        for (physical, frame) in self.frames.iter().enumerate() {
            let mut lookup = frame.lookup_pc(symbols);
            let func = symbols.find(frame.pc);
            if preempted && let Some(func) = func.filter(shows_last_executed) {
                lookup = func.call_pc(frame.pc);
            }
            preempted = func.is_some_and(|f| FuncKind::of(&f) == FuncKind::AsyncPreempt);
            let Some(func) = func else {
                let name = natives
                    .and_then(|n| n.symbol_at(lookup))
                    .unwrap_or_default();
                let place = natives.and_then(|n| n.place_at(lookup));
                shown.callee = FuncKind::Normal;
                out.push(LogicalFrame {
                    physical,
                    function: Cow::Borrowed(name),
                    name,
                    file: place.map(|(file, _)| file),
                    line: place.map(|(_, line)| line),
                    start_line: None,
                    lookup_pc: lookup,
                    pc: frame.pc,
                    sp: frame.sp,
                    cfa: frame.cfa,
                    inlined: false,
                    trust: frame.trust,
                    runtime: false,
                });
                continue;
            };
            for call in func.inline_frames(lookup) {
                let wrapper = func.table().is_wrapper_id(call.func_id);
                let runtime = !shown.shows(&call, wrapper);
                let known = call.position.file != "?";
                out.push(LogicalFrame {
                    physical,
                    function: call.printed_name(),
                    name: call.name,
                    file: known.then_some(call.position.file),
                    line: known.then_some(call.position.line),
                    start_line: call.start_line,
                    lookup_pc: call.pc,
                    pc: frame.pc,
                    sp: frame.sp,
                    cfa: frame.cfa,
                    inlined: call.inlined,
                    trust: frame.trust,
                    runtime,
                });
            }
        }
        out
    }
}

/// 1.19 tracebacks show an asynchronously preempted frame at the last instruction it executed, later ones at the
/// one it stood before; people compare with what was printed.
fn shows_last_executed(func: &Func<'_>) -> bool {
    func.table().pcln().generation == Generation::Go118
}

/// Which frames a traceback shows at GOTRACEBACK=single and all (`runtime/traceback.go:showfuncinfo`).
struct Shown {
    callee: FuncKind,
    any: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            callee: FuncKind::Normal,
            any: false,
        }
    }
}

impl Shown {
    fn shows(&mut self, call: &InlineFrame<'_>, wrapper: bool) -> bool {
        let kind = if wrapper {
            FuncKind::Wrapper
        } else {
            FuncKind::by_name(call.name)
        };
        let callee = std::mem::replace(&mut self.callee, kind);
        let show = if wrapper && !callee.shows_wrapper() {
            false
        } else if matches!(kind, FuncKind::RunFinalizers | FuncKind::RunCleanups) {
            true
        } else if kind == FuncKind::Gopanic && self.any {
            // In the middle of a stack it is where deferred calls begin.
            true
        } else {
            call.name.contains('.')
                && (!call.name.starts_with("runtime.") || is_exported_runtime(call.name))
        };
        self.any |= show;
        show
    }
}
