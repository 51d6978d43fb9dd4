//! From one stack to another: the ways in which the runtime and the kernel leave one, and what each leaves behind.

use super::fields::Saved;
use super::frame::{Incomplete, PhysicalFrame, StackKind};
use super::saved;
use super::state::{SavedBy, State};
use super::walk::{End, Stepped, Walk, fail};
use crate::addr::Addr;
use crate::arch::Arch;
use crate::symbols::{Func, FuncKind};

/// More switches between stacks than nested signals and calls make; each could otherwise lead back.
const MAX_SWITCHES: u32 = 64;

/// Since 1.22 asmcgocall calls C through it.
const LANDING_PAD: &str = "runtime.asmcgocall_landingpad";

/// What C calls Go through: it keeps the registers that C wants back.
const CROSSCALL: &str = "crosscall2";

/// What became of the frame that a function switching stacks has.
pub(super) enum Switched {
    /// It goes on with another stack pointer.
    SameFrame,
    /// It was recorded; the state is another frame's.
    NewFrame,
}

impl Walk<'_, '_> {
    pub(super) fn switch(&mut self) -> Stepped {
        self.switches += 1;
        if self.switches > MAX_SWITCHES {
            return fail(Incomplete::Circle {
                sp: Addr(self.state.sp),
            });
        }
        Ok(())
    }

    pub(super) fn gobuf(&self, g: Addr) -> Result<Saved, End> {
        let memory = self.unwinder.memory;
        self.unwinder.fields.gobuf(memory, g).map_err(|error| {
            End::Incomplete(Incomplete::Unreadable {
                what: "the goroutine's saved state",
                error,
            })
        })
    }

    /// morestack saved in the gobuf where the function that needed stack stands.
    pub(super) fn leave_morestack(&mut self, g: Addr) -> Stepped {
        let gobuf = self.gobuf(g)?;
        let sp = self.state.sp;
        self.push(sp);
        self.switch()?;
        self.state = State::from_saved(gobuf, SavedBy::Switch);
        self.state.innermost = false;
        self.last_go = None;
        Ok(())
    }

    /// asmcgocall left, where it stands on the system stack, the goroutine and how deep in its stack it was (the
    /// stack may have moved since). Without a goroutine it was on the system stack already.
    pub(super) fn leave_asmcgocall(&mut self) -> Result<Switched, End> {
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
            self.state = State::from_saved(call, SavedBy::Entersyscall);
            self.last_go = None;
            return Ok(Switched::NewFrame);
        }
        self.state.sp = hi - depth;
        self.state.stack = StackKind::Goroutine;
        Ok(Switched::SameFrame)
    }

    /// Beyond the outermost frame of a goroutine on which C called Go: to that C code, by the frame that cgocallback has on
    /// the system stack. What it calls on the goroutine's stack saved the frame pointer that it had there
    /// (`runtime/asm_amd64.s:cgocallback`).
    pub(super) fn leave_to_c(&mut self) -> Stepped {
        let callback = self.last_go.filter(|frame| {
            let info = self.cache.get(self.unwinder.symbols, frame.pc.0);
            info.is_some_and(|info| info.kind == FuncKind::Cgocallback)
        });
        let Some(callback) = callback.filter(|_| self.unwinder.arch == Arch::Amd64) else {
            return Err(End::Complete);
        };
        let frame_pointer = self.words.read(callback.sp.0.wrapping_sub(16));
        let Some(frame_pointer) = frame_pointer.ok().filter(|fp| *fp < u64::MAX - 16) else {
            return Err(End::Complete);
        };
        let called = frame_pointer + 16;
        // crosscall2 makes its frame once, and that is what cgocallback was called from.
        let crosscall = self.unwinder.symbols.by_name(CROSSCALL);
        let deltas = crosscall.as_ref().and_then(Func::sp_deltas);
        let delta = deltas.into_iter().flatten().map(|range| range.value).max();
        let Some((crosscall, delta)) = crosscall.zip(delta.and_then(|d| u64::try_from(d).ok()))
        else {
            return Err(End::Complete);
        };
        let cfa = called.wrapping_add(delta).wrapping_add(8);
        // A panic gives the system stack back to what called Go before (`runtime/cgocall.go:unwindm`), and what the runtime
        // does last overwrites the frames below that.
        let free = self.system_sp().unwrap_or(0);
        let is_intact = free <= cfa.wrapping_sub(16);
        let is_crosscall = free >= called
            || self.words.read(called - 8).is_ok_and(|pc| {
                let caller = self.unwinder.symbols.find(Addr(pc));
                caller.is_some_and(|func| func.entry == crosscall.entry)
            });
        let pc = self.words.read(cfa.wrapping_sub(8)).ok();
        let in_c = |pc: &u64| {
            self.unwinder.symbols.find(Addr(*pc)).is_none()
                && self
                    .unwinder
                    .natives
                    .is_some_and(|natives| natives.is_code(Addr(*pc)))
        };
        let Some(pc) = pc.filter(in_c).filter(|_| is_intact && is_crosscall) else {
            return fail(Incomplete::CallersInC);
        };
        self.switch()?;
        self.state = State::from_saved(Saved { pc, sp: cfa, lr: 0 }, SavedBy::Switch);
        self.state.innermost = false;
        self.state.stack = StackKind::System;
        // Where C's frame pointer was kept is told by its frame.
        self.last_go = Some(PhysicalFrame {
            pc: crosscall.entry,
            sp: Addr(called),
            cfa: Addr(cfa),
            stack: StackKind::System,
            ..callback
        });
        Ok(())
    }

    /// Where the thread's system stack is free from.
    fn system_sp(&self) -> Option<u64> {
        let (memory, fields) = (self.unwinder.memory, &self.unwinder.fields);
        let g0 = fields.g0(memory, self.stacks.m?).ok()?;
        Some(fields.gobuf(memory, g0).ok()?.sp)
    }

    /// Through the frame that the kernel pushed for a signal, to what it interrupted.
    pub(super) fn leave_signal(&mut self, cfa: u64) -> Stepped {
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
    pub(super) fn vdso(&mut self) -> Result<bool, End> {
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
        self.state = State::from_saved(call, SavedBy::Switch);
        self.state.stack = self.stacks.classify(call.sp);
        self.last_go = None;
        Ok(true)
    }
}
