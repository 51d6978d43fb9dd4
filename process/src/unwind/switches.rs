//! From one stack to another: the ways in which the runtime and the kernel leave one, and what each leaves behind.

use super::fields::Saved;
use super::frame::{Incomplete, StackKind};
use super::saved;
use super::state::{SavedBy, State};
use super::walk::{End, Stepped, Walk, fail};
use crate::addr::Addr;
use crate::arch::Arch;

/// More switches between stacks than nested signals and calls make; each could otherwise lead back.
const MAX_SWITCHES: u32 = 64;

/// Since 1.22 asmcgocall calls C through it.
const LANDING_PAD: &str = "runtime.asmcgocall_landingpad";

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
