//! The few fields of `g` and `m` that unwinding reads, with their offsets resolved once.

use crate::addr::Addr;
use crate::layout::{FieldError, Layouts};
use crate::memory::{Memory, MemoryExt, ReadResult};

/// Offsets of fields of `runtime.g` and `runtime.m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    stack_lo: u64,
    stack_hi: u64,
    sched_sp: u64,
    sched_pc: u64,
    sched_lr: u64,
    syscallsp: u64,
    syscallpc: u64,
    stktopsp: u64,
    atomicstatus: u64,
    m: u64,
    /// 1.26+: vector registers of an asynchronously preempted goroutine.
    x_regs: Option<u64>,
    m_g0: u64,
    m_gsignal: u64,
    m_curg: u64,
    m_vdso_sp: Option<u64>,
    m_vdso_pc: Option<u64>,
}

/// A pc and sp that the runtime saved, with the link register where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Saved {
    pub pc: u64,
    pub sp: u64,
    pub lr: u64,
}

impl Fields {
    pub(super) fn resolve(layouts: &dyn Layouts) -> Result<Self, FieldError> {
        let field = |structure: &str, path: &str| {
            layouts
                .field(structure, path)
                .map(|f| f.offset)
                .ok_or_else(|| FieldError::NoSuchField {
                    structure: structure.to_owned(),
                    path: path.to_owned(),
                })
        };
        let g = |path| field("runtime.g", path);
        let m = |path| field("runtime.m", path);
        Ok(Self {
            stack_lo: g("stack.lo")?,
            stack_hi: g("stack.hi")?,
            sched_sp: g("sched.sp")?,
            sched_pc: g("sched.pc")?,
            sched_lr: g("sched.lr")?,
            syscallsp: g("syscallsp")?,
            syscallpc: g("syscallpc")?,
            stktopsp: g("stktopsp")?,
            atomicstatus: g("atomicstatus")?,
            m: g("m")?,
            x_regs: g("xRegs.state").ok(),
            m_g0: m("g0")?,
            m_gsignal: m("gsignal")?,
            m_curg: m("curg")?,
            m_vdso_sp: m("vdsoSP").ok(),
            m_vdso_pc: m("vdsoPC").ok(),
        })
    }

    pub(super) fn status(&self, memory: &dyn Memory, g: Addr) -> ReadResult<u32> {
        // `_Gscan` marks a status that the collector holds still.
        const GSCAN: u32 = 0x1000;
        Ok(memory.u32(g.offset(self.atomicstatus))? & !GSCAN)
    }

    pub(super) fn m(&self, memory: &dyn Memory, g: Addr) -> ReadResult<Addr> {
        memory.ptr(g.offset(self.m))
    }

    pub(super) fn curg(&self, memory: &dyn Memory, m: Addr) -> ReadResult<Addr> {
        memory.ptr(m.offset(self.m_curg))
    }

    pub(super) fn g0(&self, memory: &dyn Memory, m: Addr) -> ReadResult<Addr> {
        memory.ptr(m.offset(self.m_g0))
    }

    pub(super) fn gsignal(&self, memory: &dyn Memory, m: Addr) -> ReadResult<Addr> {
        memory.ptr(m.offset(self.m_gsignal))
    }

    pub(super) fn stack_bounds(&self, memory: &dyn Memory, g: Addr) -> ReadResult<(u64, u64)> {
        Ok((
            memory.u64(g.offset(self.stack_lo))?,
            memory.u64(g.offset(self.stack_hi))?,
        ))
    }

    pub(super) fn stktopsp(&self, memory: &dyn Memory, g: Addr) -> ReadResult<u64> {
        memory.u64(g.offset(self.stktopsp))
    }

    /// `g.sched`.
    pub(super) fn gobuf(&self, memory: &dyn Memory, g: Addr) -> ReadResult<Saved> {
        Ok(Saved {
            pc: memory.u64(g.offset(self.sched_pc))?,
            sp: memory.u64(g.offset(self.sched_sp))?,
            lr: memory.u64(g.offset(self.sched_lr))?,
        })
    }

    /// Where the goroutine entered its system call, when it is in one.
    pub(super) fn syscall(&self, memory: &dyn Memory, g: Addr) -> ReadResult<Option<Saved>> {
        let sp = memory.u64(g.offset(self.syscallsp))?;
        if sp == 0 {
            return Ok(None);
        }
        let pc = memory.u64(g.offset(self.syscallpc))?;
        Ok(Some(Saved { pc, sp, lr: 0 }))
    }

    /// Where the thread called into the vDSO, when it is there.
    pub(super) fn vdso(&self, memory: &dyn Memory, m: Addr) -> Option<Saved> {
        let sp = memory.u64(m.offset(self.m_vdso_sp?)).ok()?;
        let pc = memory.u64(m.offset(self.m_vdso_pc?)).ok()?;
        (sp != 0).then_some(Saved { pc, sp, lr: 0 })
    }

    /// Vector registers saved at an asynchronous preemption (1.26+).
    pub(super) fn x_regs(&self, memory: &dyn Memory, g: Addr) -> Option<Addr> {
        let state = memory.ptr(g.offset(self.x_regs?)).ok()?;
        (!state.is_null()).then_some(state)
    }
}
