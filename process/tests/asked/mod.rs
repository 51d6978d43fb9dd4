//! Everything that can be asked of a core but its heap, whatever state core and executable are in; and where in their bytes the
//! structures are that damage would hurt most. For the fuzz targets of the process.

use dumpview_process::addr::Addr;
use dumpview_process::image::{CoreFile, Executable, NoFiles, SectionArena};
use dumpview_process::layout::Layouts;
use dumpview_process::mapped::OpenOptions;
use dumpview_process::memory::{MemoryExt, RegionSource};
use dumpview_process::postmortem::{
    BacktraceOptions, CountedFrom, Locals, Postmortem, StackPointers, SystemGoroutines,
};
use dumpview_process::process::Process;
use dumpview_process::value::Limits;

/// Stacks whose variables are read.
const STACKS: usize = 12;
/// Nodes of all values of one run.
const NODES: usize = 20_000;

/// Opens a core, with its executable if that is one, and asks.
pub fn opened<T>(core: &[u8], exe: &[u8], ask: impl FnOnce(Process<'_>) -> T) -> Option<T> {
    let arena = SectionArena::default();
    let core = CoreFile::parse(core).ok()?;
    let exe = Executable::parse(exe, &arena).ok();
    let options = OpenOptions {
        trust_executable: true,
    };
    Some(ask(Process::open(&core, exe.as_ref(), &NoFiles, options)))
}

/// Why it died, its goroutines, who waits for whom, and stacks with their variables; says how many frames there were.
pub fn everything(process: Process<'_>) -> usize {
    let postmortem = Postmortem::new(process);
    let _ = postmortem.summary();
    let _ = postmortem.waits();
    let table = postmortem.goroutines(SystemGoroutines::Shown, StackPointers::OfEach);
    let Ok(table) = table else { return 0 };
    let (mut left, mut frames) = (NODES, 0);
    for goroutine in table.goroutines.list.iter().take(STACKS) {
        let Ok(at) = postmortem.at(Some(dumpview_process::addr::GoId(goroutine.id))) else {
            continue;
        };
        let options = BacktraceOptions {
            depth: 12,
            counted_from: CountedFrom::Innermost,
            locals: Locals::All,
            limits: Limits {
                depth: 3,
                len: 8,
                string: 64,
                nodes: 500,
            },
        };
        frames += postmortem
            .backtrace_within(&at, options, &mut left)
            .frames
            .len();
    }
    frames
}

/// Where in a core's own bytes an address stands, and how many bytes follow it there.
pub fn place(process: &Process<'_>, addr: Addr) -> Option<(usize, usize)> {
    let regions = process.memory.regions();
    let region = regions
        .iter()
        .find(|region| region.start <= addr && addr < region.end)?;
    let RegionSource::Core(bytes) = region.source else {
        return None;
    };
    let inside = usize::try_from(addr.0 - region.start.0).ok()?;
    let rest = bytes.get(inside..).filter(|rest| rest.len() >= 8)?;
    let file = process.core.bytes;
    let offset = rest.as_ptr().addr().checked_sub(file.as_ptr().addr())?;
    Some((offset, rest.len()))
}

/// Stretches of a sound core by kind, as offset and size: what every g, every m, the live part of every stack, and
/// whatever those refer to (channels, sudogs, deferred calls, panics, timers, arguments) has.
pub fn structures(process: &Process<'_>) -> Option<Vec<Vec<(usize, usize)>>> {
    let layouts: &dyn Layouts = process.layouts()?;
    let g = usize::try_from(layouts.size_of("runtime.g")?).ok()?;
    let m = usize::try_from(layouts.size_of("runtime.m")?).ok()?;
    let (mut gs, mut ms, mut stacks, mut near) = (vec![], vec![], vec![], vec![]);
    let stretch = |addr: Addr, size: usize| {
        let (offset, rest) = place(process, addr)?;
        Some((offset, size.min(rest)))
    };
    for goroutine in process.goroutines().ok()?.list() {
        gs.extend(stretch(goroutine.addr, g));
        let live = goroutine.stack.hi.0.saturating_sub(goroutine.sched.sp.0);
        stacks.extend(stretch(
            goroutine.sched.sp,
            usize::try_from(live).ok()?.min(4096),
        ));
        for word in 0..g as u64 / 8 {
            let target = process.memory.ptr(goroutine.addr.offset(word * 8)).ok()?;
            near.extend(stretch(target, 128));
        }
    }
    for machine in &process.machines().ok()?.list {
        ms.extend(stretch(machine.addr, m));
    }
    let stretches = |of: &[(usize, usize)]| {
        let mut of = of.to_vec();
        of.retain(|(_, size)| *size >= 8);
        of.sort_unstable();
        of.dedup();
        of
    };
    Some(
        [gs, ms, stacks, near]
            .iter()
            .map(|of| stretches(of))
            .collect(),
    )
}
