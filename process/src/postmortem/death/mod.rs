//! Why the process died, from the evidence that the runtime leaves in its own memory.
//!
//! A kernel core of a Go program always says SIGABRT, because the runtime raises that on itself after it has
//! printed its traceback. What happened before is in the Ms (`dying`, `throwing`, `caughtsig`), in the panic
//! records of the goroutine, in the frame of the signal that came first, and in the last bytes printed.
//! `runtime.panicking` is no evidence: it is zero again in panic and throw cores.

mod backlog;
mod panics;
mod signal;

pub use panics::{Eface, PanicRecord};
pub use signal::Signal;

use crate::addr::{Addr, GoId};
use crate::arch::Arch;
use crate::image::CoreKind;
use crate::memory::MemoryExt;
use crate::process::Process;
use crate::runtime::{Goroutine, Machine};
use crate::unwind::Stack;
pub use dumpview_model::death_kind::DeathKind;

/// Why the process died, and the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Death {
    /// What kind.
    pub kind: DeathKind,
    /// The goroutine that did it; `None` when none did (deadlock), or it is not known.
    pub goroutine: Option<GoId>,
    /// The thread that did it, by its id in the core.
    pub thread: Option<i32>,
    /// The signal that ended it: the first one for signal deaths, else the one the runtime raised on itself.
    pub signal: Option<Signal>,
    /// The signal that was turned into a panic (a nil dereference), if one was.
    pub fault: Option<Signal>,
    /// Panics in flight, oldest first, without `Goexit` and repeated records.
    pub panics: Vec<PanicRecord>,
    /// The message behind `fatal error: `.
    pub fatal_error: Option<String>,
    /// The last bytes that the runtime printed, oldest first; `None` when they cannot be had.
    pub printed: Option<Vec<u8>>,
}

/// Weighs the evidence.
pub(super) fn explain(process: &Process<'_>) -> Death {
    let kernel_signal = process
        .core
        .signal
        .as_ref()
        .map(Signal::from_info)
        .or_else(|| {
            // qemu writes no siginfo; the first thread's status has the number.
            let number = process
                .core
                .threads
                .first()
                .map(|t| t.status_signal)
                .filter(|n| *n != 0)?;
            Some(Signal {
                number,
                code: 0,
                fault_addr: None,
                sender_pid: None,
            })
        });
    let mut death = Death {
        kind: DeathKind::Unknown,
        goroutine: None,
        thread: process
            .core
            .threads
            .first()
            .map(|t| t.tid)
            .filter(|_| process.core.kind == CoreKind::Kernel),
        signal: kernel_signal.filter(|_| process.core.kind != CoreKind::Gcore),
        fault: None,
        panics: Vec::new(),
        fatal_error: None,
        printed: None,
    };
    let machines = process
        .machines()
        .map(|machines| machines.list.as_slice())
        .unwrap_or_default();
    death.printed = process
        .runtime()
        .and_then(|runtime| backlog::read(&runtime));
    // The M that began to die; later ones (dying 2 and up) died of dying.
    let dying = machines
        .iter()
        .filter(|m| m.dying > 0)
        .min_by_key(|m| m.dying);
    let Some(dying) = dying else {
        death.kind = without_go(process, death.signal, !machines.is_empty());
        return death;
    };
    death.thread = i32::try_from(dying.procid)
        .ok()
        .filter(|tid| *tid != 0)
        .or(death.thread);
    let current = goroutine_of(process, dying.curg);
    death.goroutine = current.map(|g| g.id);
    death.fault = current.and_then(fault_of);
    if dying.throwing == 0 {
        death.kind = DeathKind::Panic;
        death.panics = current.map(|g| panics_of(process, g)).unwrap_or_default();
        if death.panics.iter().all(|p| p.recovered || p.goexit) {
            death.fault = None;
        }
    } else if let Some(signal) = fatal_signal(process, dying) {
        death.kind = match signal.number {
            3 => DeathKind::Quit,
            6 => DeathKind::Abort,
            _ => DeathKind::Signal,
        };
        // A signal that comes while in C catches g0: the goroutine is the one that called C.
        let caught = goroutine_of(process, dying.caughtsig);
        death.goroutine = caught.or(current.filter(|_| dying.incgo)).map(|g| g.id);
        death.fault = None;
        death.signal = Some(signal);
    } else {
        let printed = death.printed.as_deref().unwrap_or_default();
        death.fatal_error = backlog::fatal_error(printed);
        death.kind = death
            .fatal_error
            .as_deref()
            .map_or(DeathKind::Fatal, DeathKind::of_fatal_error);
        if death.kind == DeathKind::Signal {
            death.signal = death.fault.or(death.signal);
        }
        if death.kind != DeathKind::Signal {
            death.fault = None;
        }
    }
    death
}

/// Death that Go's handlers had no part in.
fn without_go(process: &Process<'_>, signal: Option<Signal>, is_go: bool) -> DeathKind {
    let own = process.core.process.as_ref().map(|process| process.pid);
    match (process.core.kind, signal) {
        (CoreKind::Gcore | CoreKind::HeapDump, _) => DeathKind::Alive,
        // Its own C code called abort(3).
        (_, Some(signal)) if signal.number == 6 && signal.sender_pid == own => DeathKind::Abort,
        (_, Some(signal)) if signal.was_sent() && is_go => DeathKind::Killed,
        (_, Some(_)) => DeathKind::Signal,
        (_, None) => DeathKind::Unknown,
    }
}

fn goroutine_of<'p>(process: &'p Process<'_>, g: Addr) -> Option<&'p Goroutine> {
    process.goroutines().ok()?.by_addr(g)
}

/// The signal that a goroutine's `sig` fields record (`preparePanic`). They keep old values after a recovered
/// fault, so this is evidence only together with a panic or throw that came of it.
fn fault_of(goroutine: &Goroutine) -> Option<Signal> {
    let number = i32::try_from(goroutine.sig)
        .ok()
        .filter(|number| *number != 0)?;
    let code = i32::try_from(goroutine.sigcode0.cast_signed()).unwrap_or(0);
    Some(Signal::new(number, code, goroutine.sigcode1))
}

/// The panics of a goroutine, and `Goexit` where it runs the deferred calls.
fn panics_of(process: &Process<'_>, goroutine: &Goroutine) -> Vec<PanicRecord> {
    let (Some(runtime), Ok(symbols)) = (process.runtime(), process.symbols()) else {
        return Vec::new();
    };
    let unwound = process.unwound(goroutine);
    panics::read(
        &runtime,
        goroutine.panics,
        &unwound.stack,
        symbols,
        process.arch(),
    )
}

/// The first signal that the handler of a dying M was called for: the outermost signal frame of its thread.
/// `None` when the M died of something else.
fn fatal_signal(process: &Process<'_>, dying: &Machine) -> Option<Signal> {
    let crashing = process.runtime()?.vars.address("runtime.crashing");
    let crashing = crashing
        .and_then(|addr| process.memory.i32(addr).ok())
        .unwrap_or(0);
    if dying.caughtsig.is_null() && crashing == 0 {
        return None;
    }
    let thread = process.thread_of(dying)?;
    let stack = process.thread_stack(thread, Some(dying.addr));
    signal_frames(process, &stack).last().copied()
}

/// Signals whose handlers are on a stack, the latest first.
fn signal_frames(process: &Process<'_>, stack: &Stack) -> Vec<Signal> {
    let Ok(symbols) = process.symbols() else {
        return Vec::new();
    };
    let entered = stack.frames.iter().filter(|frame| {
        symbols
            .find(frame.pc)
            .is_some_and(|func| matches!(func.name(), "runtime.sigtramp" | "runtime.cgoSigtramp"))
    });
    entered
        .filter_map(|frame| {
            // The kernel's rt_sigframe: amd64 has the ucontext first (304 bytes), arm64 the siginfo.
            let info = match process.arch() {
                Arch::Amd64 => frame.cfa.offset(304),
                Arch::Arm64 => frame.cfa,
            };
            let number = process.memory.i32(info).ok()?;
            let code = process.memory.i32(info.offset(8)).ok()?;
            let word = process.memory.u64(info.offset(16)).ok()?;
            Some(Signal::new(number, code, word))
        })
        .collect()
}
