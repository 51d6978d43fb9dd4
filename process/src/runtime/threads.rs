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
use rustc_hash::FxHashMap;

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
    let index = MachineIndex::new(runtime, machines, goroutines);
    // One id that fits none of the Ms is a C thread; when none fits at all the ids are of another namespace.
    let same_namespace = threads.iter().any(|t| index.by_id(t.tid).is_some());
    let one = |(number, thread): (usize, &Thread)| {
        let sp = thread.registers.sp().map_or(Addr::NULL, Addr);
        let m = if same_namespace {
            index.by_id(thread.tid)
        } else {
            index
                .by_tls(runtime, arch, thread)
                .or_else(|| index.by_stack(sp))
        };
        let current = m.and_then(|m| goroutines.by_addr(m.curg));
        RuntimeThread {
            tid: thread.tid,
            index: number,
            m: m.map(|m| m.addr),
            goroutine: current.map(|g| g.id),
            on: m.map_or(OnStack::Unknown, |m| index.on_stack(sp, m, current)),
        }
    };
    threads.iter().enumerate().map(one).collect()
}

/// The Ms by what a thread may know of its own. A core may claim a million of each, so nothing is searched for twice;
/// of Ms that claim the same the first in the list is meant.
struct MachineIndex<'m> {
    machines: &'m [Machine],
    by_id: FxHashMap<u64, usize>,
    /// By g0, gsignal and the current goroutine.
    by_g: FxHashMap<Addr, usize>,
    /// Stack bounds of every g0 and gsignal.
    stacks: FxHashMap<Addr, StackBounds>,
    /// Stacks that an M may stand on, by their lowest address.
    bounds: Vec<(StackBounds, usize)>,
}

impl<'m> MachineIndex<'m> {
    fn new(runtime: &Runtime<'_>, machines: &'m Machines, goroutines: &Goroutines) -> Self {
        let mut index = Self {
            machines: &machines.list,
            by_id: FxHashMap::default(),
            by_g: FxHashMap::default(),
            stacks: FxHashMap::default(),
            bounds: Vec::new(),
        };
        for (number, m) in machines.list.iter().enumerate() {
            index.by_id.entry(m.procid).or_insert(number);
            for g in [m.g0, m.gsignal] {
                if g.is_null() {
                    continue;
                }
                let structure = runtime.structure("runtime.g", g);
                if let (Ok(lo), Ok(hi)) = (structure.ptr("stack.lo"), structure.ptr("stack.hi")) {
                    let stack = StackBounds { lo, hi };
                    index.stacks.insert(g, stack);
                    index.bounds.push((stack, number));
                }
            }
            for g in [m.g0, m.gsignal, m.curg] {
                index.by_g.entry(g).or_insert(number);
            }
            let current = goroutines.by_addr(m.curg);
            index.bounds.extend(current.map(|g| (g.stack, number)));
        }
        index.bounds.retain(|(stack, _)| stack.lo < stack.hi);
        index
            .bounds
            .sort_by_key(|(stack, number)| (stack.lo, *number));
        index
    }

    fn by_id(&self, tid: i32) -> Option<&'m Machine> {
        let tid = u64::try_from(tid).ok().filter(|tid| *tid != 0)?;
        self.machines.get(*self.by_id.get(&tid)?)
    }

    /// The M whose g stands in the thread's local storage (`fs_base - 8`) or in the g register of arm64. In C code
    /// the register is garbage; a word is believed only when it is a g of an M that says so too.
    fn by_tls(&self, runtime: &Runtime<'_>, arch: Arch, thread: &Thread) -> Option<&'m Machine> {
        let g = current_g(runtime, arch, thread)?;
        self.machines.get(*self.by_g.get(&g)?)
    }

    /// The M on one of whose stacks a stack pointer stands. Stacks do not overlap, but where one begins the other may end.
    fn by_stack(&self, sp: Addr) -> Option<&'m Machine> {
        let after = self.bounds.partition_point(|(stack, _)| stack.lo <= sp);
        let nearest = self.bounds.get(..after)?.iter().rev().take(2);
        let mut holding = nearest.filter(|(stack, _)| stack.holds(sp));
        self.machines.get(holding.next()?.1)
    }

    fn on_stack(&self, sp: Addr, m: &Machine, current: Option<&Goroutine>) -> OnStack {
        if let Some(g) = current.filter(|g| g.stack.holds(sp)) {
            return OnStack::Goroutine(g.id);
        }
        let holds = |g: Addr| self.stacks.get(&g).is_some_and(|stack| stack.holds(sp));
        if holds(m.gsignal) {
            OnStack::Gsignal
        } else if holds(m.g0) {
            OnStack::G0
        } else {
            OnStack::Unknown
        }
    }
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
