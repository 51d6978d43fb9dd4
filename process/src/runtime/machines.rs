//! Ms, the runtime's view of OS threads: the walk over `runtime.allm`.
//!
//! The list also holds cgo's extra Ms, which wait without a thread (`procid` zero). A cycle, a wild pointer or a
//! length beyond reason ends it with what was had.

use super::{Note, Runtime};
use crate::addr::Addr;
use crate::layout::FieldError;
use crate::memory::MemoryExt;
use rustc_hash::FxHashSet;

/// One M. Null addresses are the runtime's nil, and stand for fields that this release does not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Machine {
    /// Where its `m` stands.
    pub addr: Addr,
    /// Its number, as tracebacks print it (`m=3`).
    pub id: i64,
    /// Id of its thread, in the process's own namespace; zero without one.
    pub procid: u64,
    /// The g of its scheduling stack.
    pub g0: Addr,
    /// The g of its signal stack.
    pub gsignal: Addr,
    /// The goroutine it runs, or null.
    pub curg: Addr,
    /// The goroutine that ran when a fatal signal came.
    pub caughtsig: Addr,
    /// The goroutine locked to it.
    pub lockedg: Addr,
    /// Its P. From 1.26 on one that is set does not mean that it executes Go code.
    pub p: Addr,
    /// The P it had before its system call.
    pub oldp: Addr,
    /// How far its death had come (`runtime.startpanic_m`): 0 alive, 1 began the crash.
    pub dying: i64,
    /// `runtime.throwType`: 0 none, 1 blamed on the program, 2 on the runtime or a signal.
    pub throwing: i64,
    /// It executes C.
    pub incgo: bool,
    /// It is one of cgo's extra Ms (1.20 and later).
    pub isextra: bool,
    /// It sleeps, waiting for work.
    pub blocked: bool,
    /// It looks for work.
    pub spinning: bool,
    /// It is inside the allocator.
    pub mallocing: i64,
    /// Runtime locks it holds.
    pub locks: i64,
    /// In a vDSO call: the stack pointer of its caller, else null.
    pub vdso_sp: Addr,
    /// In a vDSO call: the program counter of its caller.
    pub vdso_pc: Addr,
}

/// All Ms, newest first, as the list links them.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    /// The Ms.
    pub list: Vec<Machine>,
    /// What could not be had.
    pub notes: Vec<Note>,
}

/// `sched.maxmcount` is 10,000 unless the program raised it; a list beyond this is no list.
const MOST: usize = 1 << 20;

impl Machines {
    /// Walks `runtime.allm`.
    ///
    /// # Errors
    ///
    /// When the variable is not known or cannot be read. A list that breaks off is not an error.
    pub fn read(runtime: &Runtime<'_>) -> Result<Self, FieldError> {
        let mut next = runtime.variable("allm", MemoryExt::ptr)?;
        let mut machines = Self::default();
        let mut seen = FxHashSet::default();
        let mut end = None;
        while !next.is_null() {
            if !seen.insert(next) || machines.list.len() >= MOST {
                end = Some(format!("the list of Ms comes back to {next}"));
                break;
            }
            match Machine::read(runtime, next) {
                Ok((machine, link)) => {
                    machines.list.push(machine);
                    next = link;
                }
                Err(error) => {
                    end = Some(format!("the list of Ms breaks off: {error}"));
                    break;
                }
            }
        }
        machines
            .notes
            .extend(end.map(|text| Note { text, count: 1 }));
        Ok(machines)
    }

    /// The M at an address.
    pub fn by_addr(&self, addr: Addr) -> Option<&Machine> {
        self.list.iter().find(|m| m.addr == addr)
    }
}

impl Machine {
    /// Reads the M at an address and the link to the next. Fields that a release does not have stay zero;
    /// those that every release has must be readable.
    fn read(runtime: &Runtime<'_>, addr: Addr) -> Result<(Self, Addr), FieldError> {
        let m = runtime.structure("runtime.m", addr);
        let optional = |path: &str| match m.uint(path) {
            Err(FieldError::NoSuchField { .. }) => Ok(0),
            other => other,
        };
        let signed = |path: &str| {
            let size = runtime
                .layouts
                .field("runtime.m", path)
                .map_or(8, |f| f.size);
            optional(path).map(|v| sign_extend(v, size))
        };
        let flag = |path: &str| optional(path).map(|v| v != 0);
        let pointer = |path: &str| optional(path).map(Addr);
        let machine = Self {
            addr,
            id: signed("id")?,
            procid: m.uint("procid")?,
            g0: m.ptr("g0")?,
            gsignal: m.ptr("gsignal")?,
            curg: m.ptr("curg")?,
            caughtsig: pointer("caughtsig")?,
            lockedg: pointer("lockedg")?,
            p: pointer("p")?,
            oldp: pointer("oldp")?,
            dying: signed("dying")?,
            throwing: signed("throwing")?,
            incgo: flag("incgo")?,
            isextra: flag("isextra")?,
            blocked: flag("blocked")?,
            spinning: flag("spinning")?,
            mallocing: signed("mallocing")?,
            locks: signed("locks")?,
            vdso_sp: pointer("vdsoSP")?,
            vdso_pc: pointer("vdsoPC")?,
        };
        Ok((machine, m.ptr("alllink")?))
    }
}

/// A two's complement integer of `size` bytes.
fn sign_extend(value: u64, size: u64) -> i64 {
    match size {
        1 | 2 | 4 => {
            let unused = 64 - size * 8;
            (value << unused).cast_signed() >> unused
        }
        _ => value.cast_signed(),
    }
}

#[cfg(test)]
mod tests {
    use super::sign_extend;

    #[test]
    fn narrow_integers_keep_their_sign() {
        assert_eq!(sign_extend(0xff, 1), -1);
        assert_eq!(sign_extend(0xffff_fffe, 4), -2);
        assert_eq!(sign_extend(0x7fff_ffff, 4), 0x7fff_ffff);
        assert_eq!(sign_extend(u64::MAX, 8), -1);
    }
}
