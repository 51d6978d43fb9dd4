//! Where a walk stands: the stacks of its thread, and the state of the frame it has come to.

use super::fields::Saved;
use super::frame::{StackKind, Trust};
use crate::addr::Addr;
use crate::arch::Registers;

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
    pub(super) fn classify(&self, sp: u64) -> StackKind {
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

/// Who recorded where a goroutine goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SavedBy {
    /// The scheduler, in its gobuf; the vDSO's caller, in its m.
    Switch,
    /// The entry to a system call or to C.
    Entersyscall,
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
    pub(super) fn from_saved(saved: Saved, by: SavedBy) -> Self {
        Self {
            pc: saved.pc,
            sp: saved.sp,
            lr: (saved.lr != 0).then_some(saved.lr),
            exact: false,
            innermost: true,
            syscall: by == SavedBy::Entersyscall,
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
