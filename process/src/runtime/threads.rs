//! Which thread is which M, and on whose stack it stood.
//!
//! A thread is its M's by id when the core was made inside the process's own namespace (the kernel always
//! writes such ids). gcore run outside a container writes the host's ids; then the g in thread-local
//! storage, or the register that holds it, or the stack that the stack pointer lies on decides.

use super::{Goroutine, Goroutines, Machine, Machines, Runtime, StackBounds};
use crate::addr::{Addr, GoId};
use crate::arch::Arch;
use crate::image::Thread;
use crate::memory::MemoryExt;

/// Whose stack a thread's stack pointer was on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnStack {
    /// A goroutine's own.
    Goroutine(GoId),
    /// The M's scheduling stack (`g0`): in the scheduler, in C, in the garbage collector.
    G0,
    /// The M's signal stack.
    Gsignal,
    /// None that the runtime knows: a C thread, or g0's bounds are estimates.
    Unknown,
}

/// One thread of the core, as the runtime sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuntimeThread {
    /// Its id in the core.
    pub tid: i32,
    /// Index into the core's list of threads.
    pub index: usize,
    /// Address of its M; `None` for a thread that Go does not know.
    pub m: Option<Addr>,
    /// The goroutine it was running, in Go code, in a system call or in C.
    pub goroutine: Option<GoId>,
    /// Whose stack it stood on.
    pub on: OnStack,
}

/// Matches the threads of a core with Ms.
pub fn match_threads(
    runtime: &Runtime<'_>,
    arch: Arch,
    threads: &[Thread],
    machines: &Machines,
    goroutines: &Goroutines,
) -> Vec<RuntimeThread> {
    let by_id = |tid: i32| {
        let tid = u64::try_from(tid).ok().filter(|tid| *tid != 0)?;
        machines.list.iter().find(|m| m.procid == tid)
    };
    // One id that fits none of the Ms is a C thread; when none fits at all the ids are of another namespace.
    let same_namespace = threads.iter().any(|t| by_id(t.tid).is_some());
    let stacks = MachineStacks::read(runtime, machines);
    let one = |(index, thread): (usize, &Thread)| {
        let sp = thread.registers.sp().map_or(Addr::NULL, Addr);
        let m = if same_namespace {
            by_id(thread.tid)
        } else {
            by_tls(runtime, arch, thread, machines)
                .or_else(|| by_stack(sp, machines, goroutines, &stacks))
        };
        let current = m.and_then(|m| goroutines.by_addr(m.curg));
        RuntimeThread {
            tid: thread.tid,
            index,
            m: m.map(|m| m.addr),
            goroutine: current.map(|g| g.id),
            on: m.map_or(OnStack::Unknown, |m| on_stack(sp, m, current, &stacks)),
        }
    };
    threads.iter().enumerate().map(one).collect()
}

/// The M whose g stands in the thread's local storage (`fs_base - 8`) or in the g register of arm64. In C code
/// the register is garbage; a word is believed only when it is a g of an M that says so too.
fn by_tls<'m>(
    runtime: &Runtime<'_>,
    arch: Arch,
    thread: &Thread,
    machines: &'m Machines,
) -> Option<&'m Machine> {
    let g = current_g(runtime, arch, thread)?;
    machines
        .list
        .iter()
        .find(|m| [m.g0, m.gsignal, m.curg].contains(&g))
}

/// The word that names the thread's current g, unchecked.
pub(super) fn current_g(runtime: &Runtime<'_>, arch: Arch, thread: &Thread) -> Option<Addr> {
    match arch {
        Arch::Amd64 => {
            let tls = thread.tls_base.filter(|base| !base.is_null())?;
            runtime.memory.ptr(tls.offset_signed(-8)).ok()
        }
        Arch::Arm64 => thread.registers.get(arch.g()).map(Addr),
    }
}

fn by_stack<'m>(
    sp: Addr,
    machines: &'m Machines,
    goroutines: &Goroutines,
    stacks: &MachineStacks,
) -> Option<&'m Machine> {
    machines.list.iter().find(|m| {
        let current = goroutines.by_addr(m.curg);
        on_stack(sp, m, current, stacks) != OnStack::Unknown
    })
}

fn on_stack(sp: Addr, m: &Machine, current: Option<&Goroutine>, stacks: &MachineStacks) -> OnStack {
    if let Some(g) = current.filter(|g| g.stack.holds(sp)) {
        return OnStack::Goroutine(g.id);
    }
    let of = |g: Addr| stacks.0.iter().find(|(at, _)| *at == g);
    let holds = |g: Addr| of(g).is_some_and(|(_, stack)| stack.holds(sp));
    if holds(m.gsignal) {
        OnStack::Gsignal
    } else if holds(m.g0) {
        OnStack::G0
    } else {
        OnStack::Unknown
    }
}

/// Stack bounds of every M's g0 and gsignal.
struct MachineStacks(Vec<(Addr, StackBounds)>);

impl MachineStacks {
    fn read(runtime: &Runtime<'_>, machines: &Machines) -> Self {
        let gs = machines.list.iter().flat_map(|m| [m.g0, m.gsignal]);
        let bounds = |g: Addr| {
            let structure = runtime.structure("runtime.g", g);
            let lo = structure.ptr("stack.lo").ok()?;
            let hi = structure.ptr("stack.hi").ok()?;
            Some((g, StackBounds { lo, hi }))
        };
        Self(gs.filter(|g| !g.is_null()).filter_map(bounds).collect())
    }
}
