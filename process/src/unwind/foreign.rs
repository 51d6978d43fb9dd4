//! Frames of code that pclntab does not know, in the middle of a walk.

use super::frame::{Incomplete, StackKind};
use super::native::Step;
use super::state::{SavedBy, State};
use super::walk::{End, Stepped, Walk, fail};
use crate::addr::Addr;
use crate::arch::{Arch, Registers};

impl Walk<'_, '_> {
    /// Code that pclntab does not know: C, the vDSO, or nonsense.
    pub(super) fn foreign(&mut self) -> Stepped {
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
            self.state = State::from_saved(call, SavedBy::Entersyscall);
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
