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

use super::fields::Saved;
use super::frame::{Elided, Incomplete, PhysicalFrame, Stack, StackKind, Trust};
use super::native::Step;
use super::saved;
use super::words::{PcCache, PcInfo, Words};
use super::{Limits, Unwinder};
use crate::addr::Addr;
use crate::arch::{Arch, Registers};
use crate::memory::ReadError;
use crate::symbols::FuncKind;
use std::collections::VecDeque;

/// More switches between stacks than nested signals and calls make; each could otherwise lead back.
const MAX_SWITCHES: u32 = 64;

/// Since 1.22 asmcgocall calls C through it.
const LANDING_PAD: &str = "runtime.asmcgocall_landingpad";

/// What became of the frame that a function switching stacks has.
enum Switched {
    /// It goes on with another stack pointer.
    SameFrame,
    /// It was recorded; the state is another frame's.
    NewFrame,
}

/// How a step ended the walk.
pub(super) enum End {
    Complete,
    Incomplete(Incomplete),
}

type Stepped = Result<(), End>;

fn fail<T>(why: Incomplete) -> Result<T, End> {
    Err(End::Incomplete(why))
}

/// The stacks that one thread may be on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stacks {
    /// The goroutine the thread runs, with the bounds of its stack.
    pub curg: Option<(Addr, u64, u64)>,
    /// g0.
    pub g0: Option<(Addr, u64, u64)>,
    /// gsignal.
    pub gsignal: Option<(Addr, u64, u64)>,
    /// The thread's m.
    pub m: Option<Addr>,
}

impl Stacks {
    /// Which stack a stack pointer is on. With cgo the bounds of g0 are estimates and signals may use the C
    /// library's stack, so what is on no stack of the runtime is the system's if there is an m.
    fn classify(&self, sp: u64) -> StackKind {
        let on =
            |stack: Option<(Addr, u64, u64)>| stack.is_some_and(|(_, lo, hi)| lo < sp && sp <= hi);
        if on(self.curg) {
            StackKind::Goroutine
        } else if on(self.gsignal) {
            StackKind::Signal
        } else if on(self.g0) || self.m.is_some() {
            StackKind::System
        } else {
            StackKind::Foreign
        }
    }
}

/// Where a frame stands, before it is known what it is.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub pc: u64,
    pub sp: u64,
    /// Return address not yet stored, on arm64.
    pub lr: Option<u64>,
    /// The pc is that of an instruction, not a return address.
    pub exact: bool,
    /// First frame on its stack that was not reached by a return address.
    pub innermost: bool,
    /// Saved by entersyscall: an assembly function's later writes to sp do not matter.
    pub syscall: bool,
    pub trust: Trust,
    pub stack: StackKind,
    pub registers: Option<Box<Registers>>,
}

impl State {
    /// From a goroutine's own record.
    pub(super) fn from_saved(saved: Saved, syscall: bool) -> Self {
        Self {
            pc: saved.pc,
            sp: saved.sp,
            lr: (saved.lr != 0).then_some(saved.lr),
            exact: false,
            innermost: true,
            syscall,
            trust: Trust::Pclntab,
            stack: StackKind::Goroutine,
            registers: None,
        }
    }

    /// From a thread's registers; `None` when pc or sp is not among them.
    pub(super) fn from_registers(registers: Registers, stacks: &Stacks) -> Option<Self> {
        let (pc, sp) = (registers.pc()?, registers.sp()?);
        let arch = registers.arch();
        Some(Self {
            pc,
            sp,
            lr: arch.lr().and_then(|lr| registers.get(lr)),
            exact: true,
            innermost: true,
            syscall: false,
            trust: Trust::Registers,
            stack: stacks.classify(sp),
            registers: Some(Box::new(registers)),
        })
    }
}

/// One walk in progress.
pub(super) struct Walk<'w, 'p> {
    unwinder: &'w Unwinder<'p>,
    words: Words<'w>,
    cache: &'w mut PcCache,
    stacks: Stacks,
    limits: Limits,
    state: State,
    /// The Go frame before the current one, whose saved frame pointer a C frame may need.
    last_go: Option<PhysicalFrame>,
    switches: u32,
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
    fn skip_null_pc(&mut self) {
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

    fn push(&mut self, cfa: u64) {
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

    fn read(&mut self, addr: u64, what: &'static str) -> Result<u64, End> {
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
        let mut sp_write = info.flags.sp_write();
        if self.state.stack == StackKind::System
            && let Some((g, ..)) = self.stacks.curg
        {
            match info.kind {
                FuncKind::Morestack => return self.leave_morestack(g),
                FuncKind::Systemstack => {
                    // On arm64 a delta of zero is the prologue: no switch happened.
                    if self.unwinder.arch == Arch::Arm64 && info.sp_delta == Some(0) {
                        sp_write = false;
                    } else {
                        let gobuf = self.gobuf(g)?;
                        self.switch()?;
                        self.state.sp = gobuf.sp;
                        self.state.stack = StackKind::Goroutine;
                        sp_write = false;
                    }
                }
                FuncKind::Asmcgocall if !self.state.exact => match self.leave_asmcgocall()? {
                    Switched::SameFrame => sp_write = false,
                    Switched::NewFrame => return Ok(()),
                },
                _ => {}
            }
        }
        if info.kind == FuncKind::Cgocallback || self.state.syscall {
            sp_write = false;
        }
        self.go_frame(info, sp_write)
    }

    /// A frame of Go code, by its stack size at the pc.
    fn go_frame(&mut self, info: PcInfo, sp_write: bool) -> Stepped {
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
            return Err(End::Complete);
        }
        if sp_write {
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

    fn switch(&mut self) -> Stepped {
        self.switches += 1;
        if self.switches > MAX_SWITCHES {
            return fail(Incomplete::Circle {
                sp: Addr(self.state.sp),
            });
        }
        Ok(())
    }

    fn gobuf(&self, g: Addr) -> Result<Saved, End> {
        let memory = self.unwinder.memory;
        self.unwinder.fields.gobuf(memory, g).map_err(|error| {
            End::Incomplete(Incomplete::Unreadable {
                what: "the goroutine's saved state",
                error,
            })
        })
    }

    /// morestack saved in the gobuf where the function that needed stack stands.
    fn leave_morestack(&mut self, g: Addr) -> Stepped {
        let gobuf = self.gobuf(g)?;
        let sp = self.state.sp;
        self.push(sp);
        self.switch()?;
        self.state = State::from_saved(gobuf, false);
        self.state.innermost = false;
        self.last_go = None;
        Ok(())
    }

    /// asmcgocall left, where it stands on the system stack, the goroutine and how deep in its stack it was (the
    /// stack may have moved since). Without a goroutine it was on the system stack already.
    fn leave_asmcgocall(&mut self) -> Result<Switched, End> {
        let sp = self.state.sp;
        // {depth, g} from the stack pointer. Up to 1.21 amd64 left space for Windows below them; the landing
        // pad that came with 1.22 took its place.
        let (depth_at, g_at) = match self.unwinder.arch {
            Arch::Arm64 => (8, 0),
            Arch::Amd64 if self.unwinder.symbols.by_name(LANDING_PAD).is_some() => (0, 8),
            Arch::Amd64 => (40, 48),
        };
        let depth = self.read(sp.wrapping_add(depth_at), "asmcgocall's frame")?;
        let g = self.read(sp.wrapping_add(g_at), "asmcgocall's frame")?;
        if g == 0 {
            if depth < sp {
                return fail(Incomplete::Circle { sp: Addr(sp) });
            }
            self.switch()?;
            self.state.sp = depth;
            return Ok(Switched::SameFrame);
        }
        let Some((_, _, hi)) = self
            .stacks
            .curg
            .filter(|(curg, lo, hi)| curg.0 == g && depth <= hi - lo)
        else {
            return fail(Incomplete::Circle { sp: Addr(sp) });
        };
        self.switch()?;
        // A call that entersyscall knows of goes on where that was told, as in the runtime's own traceback.
        let memory = self.unwinder.memory;
        if let Ok(Some(call)) = self.unwinder.fields.syscall(memory, Addr(g)) {
            self.push(sp);
            self.state = State::from_saved(call, true);
            self.last_go = None;
            return Ok(Switched::NewFrame);
        }
        self.state.sp = hi - depth;
        self.state.stack = StackKind::Goroutine;
        Ok(Switched::SameFrame)
    }

    /// Through the frame that the kernel pushed for a signal, to what it interrupted.
    fn leave_signal(&mut self, cfa: u64) -> Stepped {
        self.push(cfa);
        self.switch()?;
        let arch = self.unwinder.arch;
        let ucontext = saved::ucontext_addr(arch, Addr(cfa));
        let registers = saved::from_ucontext(self.unwinder.memory, arch, ucontext);
        let state = match registers {
            Ok(registers) => State::from_registers(registers, &self.stacks),
            Err(error) => {
                return fail(Incomplete::Unreadable {
                    what: "the signal frame",
                    error,
                });
            }
        };
        let Some(state) = state else {
            return fail(Incomplete::NoRegisters);
        };
        self.state = state;
        self.last_go = None;
        self.skip_null_pc();
        Ok(())
    }

    /// In the vDSO, and in the functions around it that move to the system stack, the thread's m says where the
    /// call came from.
    fn vdso(&mut self) -> Result<bool, End> {
        if !self.state.exact || !self.state.innermost {
            return Ok(false);
        }
        let Some(m) = self.stacks.m else {
            return Ok(false);
        };
        let go = self.cache.get(self.unwinder.symbols, self.state.pc);
        if go.is_some_and(|info| !info.flags.sp_write()) {
            return Ok(false);
        }
        let Some(call) = self.unwinder.fields.vdso(self.unwinder.memory, m) else {
            return Ok(false);
        };
        if self.cache.get(self.unwinder.symbols, call.pc).is_none() {
            return Ok(false);
        }
        let sp = self.state.sp;
        self.push(sp);
        self.switch()?;
        self.state = State::from_saved(call, false);
        self.state.stack = self.stacks.classify(call.sp);
        self.last_go = None;
        Ok(true)
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

    /// Code that pclntab does not know: C, the vDSO, or nonsense.
    fn foreign(&mut self) -> Stepped {
        let (pc, sp) = (self.state.pc, self.state.sp);
        let registers = self.foreign_registers();
        let step = self
            .unwinder
            .natives
            .and_then(|natives| natives.step(self.unwinder.memory, &registers, self.state.exact));
        let Some(Step {
            caller,
            cfa,
            trust,
            exact,
        }) = step
        else {
            return self.lost_in_c(&registers);
        };
        self.state.registers = Some(Box::new(registers));
        self.push(cfa);
        let (Some(next_pc), Some(next_sp)) = (caller.pc(), caller.sp()) else {
            return Err(End::Complete);
        };
        if next_pc == 0 {
            return Err(End::Complete);
        }
        if next_sp <= sp && !(self.state.innermost && next_sp == sp && next_pc != pc) {
            return fail(Incomplete::Circle { sp: Addr(sp) });
        }
        self.last_go = None;
        self.state.pc = next_pc;
        self.state.sp = next_sp;
        self.state.lr = None;
        self.state.exact = exact;
        self.state.innermost = false;
        self.state.syscall = false;
        self.state.trust = trust;
        let in_go = self.cache.get(self.unwinder.symbols, next_pc).is_some();
        self.state.registers = (!in_go || exact).then(|| Box::new(caller));
        Ok(())
    }

    /// The registers known where Go code was called from, or called into, C.
    fn foreign_registers(&mut self) -> Registers {
        if let Some(registers) = &self.state.registers {
            return (**registers).clone();
        }
        let arch = self.unwinder.arch;
        let mut registers = Registers::new(arch);
        registers.set(arch.pc(), Some(self.state.pc));
        registers.set(arch.sp(), Some(self.state.sp));
        // A Go frame keeps its caller's frame pointer next to the return address.
        if let Some(go) = self.last_go {
            let at = match arch {
                Arch::Amd64 => go.cfa.0.wrapping_sub(16),
                Arch::Arm64 => go.sp.0.wrapping_sub(8),
            };
            registers.set(arch.fp(), self.words.read(at).ok());
        }
        registers
    }

    /// C code without unwind tables at hand. The goroutine that called it has its own record of where.
    fn lost_in_c(&mut self, registers: &Registers) -> Stepped {
        let pc = self.state.pc;
        let sp = self.state.sp;
        if self.state.registers.is_some() || self.state.innermost || self.known_code(pc) {
            self.state.registers = Some(Box::new(registers.clone()));
            self.push(sp);
        }
        if let Some((g, ..)) = self.stacks.curg
            && self.state.stack != StackKind::Goroutine
            && let Ok(Some(call)) = self.unwinder.fields.syscall(self.unwinder.memory, g)
        {
            self.switch()?;
            self.state = State::from_saved(call, true);
            self.last_go = None;
            return Ok(());
        }
        fail(Incomplete::UnknownPc { pc: Addr(pc) })
    }

    fn known_code(&self, pc: u64) -> bool {
        self.unwinder
            .natives
            .is_some_and(|natives| natives.is_code(Addr(pc)))
    }
}
