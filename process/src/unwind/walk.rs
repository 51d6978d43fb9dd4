//! The walk itself: from one frame to the next, across stacks, until the outermost.
//!
//! It does what `runtime/traceback.go:unwinder` does (1.19 and 1.20: `gentraceback`), and goes on where the
//! runtime, which only ever unwinds from within, has no need to: from a signal handler into what it
//! interrupted, from C back into the goroutine that called it. Every rule is about one *state*: pc, stack
//! pointer, and on arm64 the link register while it is not yet on the stack.
//!
//! ```text
//! signal stack ── signal frame ──▶ whatever it interrupted
//! system stack ── systemstack, morestack, asmcgocall ──▶ the goroutine's own stack
//! goroutine ── return addresses ──▶ goexit
//! ```

use super::frame::{Elided, Incomplete, PhysicalFrame, Stack, StackKind, Trust};
use super::saved;
use super::state::{Stacks, State};
use super::switches::Switched;
use super::words::{PcCache, PcInfo, Words};
use super::{Limits, Unwinder};
use crate::addr::Addr;
use crate::arch::{Arch, Registers};
use crate::memory::ReadError;
use crate::symbols::FuncKind;
use std::collections::VecDeque;

/// How a step ended the walk.
pub(super) enum End {
    Complete,
    Incomplete(Incomplete),
}

pub(super) type Stepped = Result<(), End>;

pub(super) fn fail<T>(why: Incomplete) -> Result<T, End> {
    Err(End::Incomplete(why))
}

/// Whether a function's stack deltas tell where its frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deltas {
    /// They do.
    True,
    /// It writes the stack pointer in ways that no table describes.
    Doubtful,
}

/// One walk in progress.
pub(super) struct Walk<'w, 'p> {
    pub(super) unwinder: &'w Unwinder<'p>,
    pub(super) words: Words<'w>,
    pub(super) cache: &'w mut PcCache,
    pub(super) stacks: Stacks,
    limits: Limits,
    pub(super) state: State,
    /// The Go frame before the current one, whose saved frame pointer a C frame may need.
    pub(super) last_go: Option<PhysicalFrame>,
    pub(super) switches: u32,
    stack: Stack,
    tail: VecDeque<PhysicalFrame>,
    count: u64,
}

impl<'w, 'p> Walk<'w, 'p> {
    pub(super) fn new(
        unwinder: &'w Unwinder<'p>,
        cache: &'w mut PcCache,
        stacks: Stacks,
        state: State,
    ) -> Self {
        Self {
            unwinder,
            words: Words::new(unwinder.memory),
            cache,
            stacks,
            limits: unwinder.limits,
            state,
            last_go: None,
            switches: 0,
            stack: Stack::default(),
            tail: VecDeque::new(),
            count: 0,
        }
    }

    /// Walks to the end.
    pub(super) fn run(mut self) -> Stack {
        self.skip_null_pc();
        let end = loop {
            if self.count >= self.limits.most {
                break End::Incomplete(Incomplete::Limit {
                    limit: self.limits.most,
                });
            }
            if let Err(end) = self.step() {
                break end;
            }
        };
        let kept = self.stack.frames.len() as u64 + self.tail.len() as u64;
        if self.count > kept {
            self.stack.elided = Some(Elided {
                before: self.stack.frames.len(),
                count: self.count - kept,
            });
        }
        self.stack.frames.extend(self.tail);
        self.stack.incomplete = match end {
            End::Complete => None,
            End::Incomplete(why) => Some(why),
        };
        self.stack
    }

    /// A call of a nil function: start in the caller, as the runtime does.
    pub(super) fn skip_null_pc(&mut self) {
        if self.state.pc != 0 {
            return;
        }
        match self.unwinder.arch {
            Arch::Amd64 => {
                if let Ok(pc) = self.words.read(self.state.sp) {
                    self.state.pc = pc;
                    self.state.sp = self.state.sp.wrapping_add(8);
                }
            }
            Arch::Arm64 => {
                let saved = self.state.lr.take();
                if let Some(pc) = saved.or_else(|| self.words.read(self.state.sp).ok()) {
                    self.state.pc = pc;
                }
            }
        }
        self.state.registers = None;
        self.state.exact = false;
    }

    fn frame(&self, cfa: u64) -> PhysicalFrame {
        PhysicalFrame {
            pc: Addr(self.state.pc),
            sp: Addr(self.state.sp),
            cfa: Addr(cfa),
            exact: self.state.exact,
            trust: self.state.trust,
            stack: self.state.stack,
        }
    }

    pub(super) fn push(&mut self, cfa: u64) {
        let frame = self.frame(cfa);
        self.count += 1;
        if self.stack.frames.len() < self.limits.head {
            if let Some(registers) = self.state.registers.take() {
                let at = self.stack.frames.len();
                self.stack.registers.push((at, *registers));
            }
            self.stack.frames.push(frame);
            return;
        }
        self.state.registers = None;
        if self.tail.len() >= self.limits.tail {
            self.tail.pop_front();
        }
        if self.limits.tail > 0 {
            self.tail.push_back(frame);
        }
    }

    pub(super) fn read(&mut self, addr: u64, what: &'static str) -> Result<u64, End> {
        self.words
            .read(addr)
            .map_err(|error: ReadError| End::Incomplete(Incomplete::Unreadable { what, error }))
    }

    /// One frame: recorded, and the state moved to its caller.
    fn step(&mut self) -> Stepped {
        if self.vdso()? {
            return Ok(());
        }
        let Some(info) = self.cache.get(self.unwinder.symbols, self.state.pc) else {
            return self.foreign();
        };
        if !info.has_deltas {
            return self.foreign();
        }
        let mut deltas = if info.flags.sp_write() {
            Deltas::Doubtful
        } else {
            Deltas::True
        };
        if self.state.stack == StackKind::System
            && let Some((g, ..)) = self.stacks.curg
        {
            match info.kind {
                FuncKind::Morestack => return self.leave_morestack(g),
                FuncKind::Systemstack => {
                    // On arm64 a delta of zero is the prologue: no switch happened.
                    if self.unwinder.arch == Arch::Arm64 && info.sp_delta == Some(0) {
                        deltas = Deltas::True;
                    } else {
                        let gobuf = self.gobuf(g)?;
                        self.switch()?;
                        self.state.sp = gobuf.sp;
                        self.state.stack = StackKind::Goroutine;
                        deltas = Deltas::True;
                    }
                }
                FuncKind::Asmcgocall if !self.state.exact => match self.leave_asmcgocall()? {
                    Switched::SameFrame => deltas = Deltas::True,
                    Switched::NewFrame => return Ok(()),
                },
                _ => {}
            }
        }
        if info.kind == FuncKind::Cgocallback || self.state.syscall {
            deltas = Deltas::True;
        }
        self.go_frame(info, deltas)
    }

    /// A frame of Go code, by its stack size at the pc.
    fn go_frame(&mut self, info: PcInfo, deltas: Deltas) -> Stepped {
        let (pc, sp) = (self.state.pc, self.state.sp);
        self.check_bounds()?;
        let Some(delta) = info.sp_delta.and_then(|d| u64::try_from(d).ok()) else {
            self.push(sp);
            return fail(Incomplete::NoFrameSize { pc: Addr(pc) });
        };
        let amd64 = self.unwinder.arch == Arch::Amd64;
        // On amd64 the call itself pushed the return address.
        let cfa = sp
            .wrapping_add(delta)
            .wrapping_add(if amd64 { 8 } else { 0 });
        if cfa < sp {
            self.push(sp);
            return fail(Incomplete::Circle { sp: Addr(sp) });
        }
        if info.kind == FuncKind::Sigtramp {
            return self.leave_signal(cfa);
        }
        if info.flags.top_frame() {
            self.push(cfa);
            return self.leave_to_c();
        }
        if deltas == Deltas::Doubtful {
            return self.stopped_by_sp_write(info, cfa);
        }
        let stored = if amd64 { cfa.wrapping_sub(8) } else { sp };
        let in_register = (!(amd64 || self.state.innermost && sp < cfa))
            .then_some(self.state.lr)
            .flatten();
        let return_address = match in_register {
            Some(lr) => Ok(lr),
            None => self.read(stored, "a return address"),
        };
        let callee = self.frame(cfa);
        let vectors_of = (info.kind == FuncKind::AsyncPreempt)
            .then(|| self.preempted_registers(sp, cfa))
            .flatten();
        self.push(cfa);
        let return_address = return_address?;
        if return_address == 0 {
            return self.outermost_without_mark(sp, cfa);
        }
        if return_address == pc && cfa == sp {
            return fail(Incomplete::Circle { sp: Addr(sp) });
        }
        self.last_go = Some(callee);
        let injected = info.kind.is_injected_call();
        self.state.pc = return_address;
        self.state.sp = cfa;
        self.state.lr = None;
        self.state.exact = injected;
        self.state.innermost = false;
        self.state.syscall = false;
        self.state.trust = Trust::Pclntab;
        if injected && !amd64 {
            self.below_injected_call()?;
        }
        if let Some(mut registers) = vectors_of {
            registers.set(self.unwinder.arch.pc(), Some(self.state.pc));
            registers.set(self.unwinder.arch.sp(), Some(self.state.sp));
            if let Some(lr) = self.unwinder.arch.lr() {
                registers.set(lr, self.state.lr);
            }
            self.state.registers = Some(Box::new(registers));
        }
        Ok(())
    }

    /// On arm64 a call injected by a signal handler saved the link register in two words of its own.
    fn below_injected_call(&mut self) -> Stepped {
        let saved = self.read(self.state.sp, "the link register saved by a signal")?;
        self.state.sp = self.state.sp.wrapping_add(16);
        match self.cache.get(self.unwinder.symbols, self.state.pc) {
            None => self.state.pc = saved,
            Some(info) if info.sp_delta == Some(0) => self.state.lr = Some(saved),
            Some(_) => {}
        }
        Ok(())
    }

    fn preempted_registers(&mut self, sp: u64, cfa: u64) -> Option<Registers> {
        let memory = self.unwinder.memory;
        let x_regs = self
            .stacks
            .curg
            .and_then(|(g, ..)| self.unwinder.fields.x_regs(memory, g));
        let arch = self.unwinder.arch;
        saved::from_async_preempt(&mut self.words, memory, arch, (sp, cfa), x_regs)
    }

    /// A return address of zero ends a goroutine's stack only where the runtime says that its top is.
    fn outermost_without_mark(&self, sp: u64, cfa: u64) -> Stepped {
        let top = self.stacks.curg.and_then(|(g, ..)| {
            let memory = self.unwinder.memory;
            self.unwinder.fields.stktopsp(memory, g).ok()
        });
        if self.state.stack == StackKind::Goroutine && (top == Some(sp) || top == Some(cfa)) {
            return Err(End::Complete);
        }
        fail(Incomplete::NoReturnAddress { sp: Addr(sp) })
    }

    fn check_bounds(&self) -> Stepped {
        let sp = self.state.sp;
        let outside =
            |bounds: Option<(Addr, u64, u64)>| bounds.is_some_and(|(_, lo, hi)| sp < lo || sp > hi);
        // Bounds of the other stacks are estimates when C made the thread.
        if self.state.stack == StackKind::Goroutine && outside(self.stacks.curg) {
            return fail(Incomplete::OutsideStack { sp: Addr(sp) });
        }
        Ok(())
    }

    /// A function whose stack deltas do not tell the whole truth.
    fn stopped_by_sp_write(&mut self, info: PcInfo, cfa: u64) -> Stepped {
        let pc = self.state.pc;
        self.push(cfa);
        let never_returns = matches!(info.kind, FuncKind::Mcall | FuncKind::Morestack);
        if never_returns && self.state.stack == StackKind::System {
            // The goroutine it came from, if the thread still has it, is described by its own gobuf.
            return Err(End::Complete);
        }
        let function = self.unwinder.symbols.find(Addr(pc));
        fail(Incomplete::SpWrite {
            function: function.map_or_else(String::new, |f| f.name().to_owned()),
        })
    }
}
