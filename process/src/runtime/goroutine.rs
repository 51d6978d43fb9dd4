//! One goroutine as the runtime's `g` states it, read in one piece.
//!
//! A program may have hundreds of thousands; so the places of the fields are worked out once ([`GReader`]),
//! each g is one read of its bytes, and a [`Goroutine`] owns no heap memory. What a pointer leads to (labels,
//! sudogs, ancestors, names of functions) is read when asked for, elsewhere.

use super::Runtime;
use crate::addr::{Addr, GoId};
use crate::layout::{Field, FieldError};
use crate::memory::ReadError;
use dumpview_model::goroutine::Status;

/// A stack, `[lo, hi)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StackBounds {
    /// Lowest address.
    pub lo: Addr,
    /// First address above.
    pub hi: Addr,
}

impl StackBounds {
    /// Whether an address lies on this stack. The very top counts: a stack pointer may stand there.
    pub fn holds(&self, addr: Addr) -> bool {
        self.lo <= addr && addr <= self.hi && self.lo < self.hi
    }
}

/// `runtime.gobuf`: where a goroutine that is not running goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gobuf {
    /// Stack pointer; zero or stale while the goroutine runs.
    pub sp: Addr,
    /// Program counter.
    pub pc: Addr,
    /// Closure of a goroutine that has never run.
    pub ctxt: Addr,
    /// Link register, on arm64.
    pub lr: Addr,
    /// Frame pointer.
    pub bp: Addr,
}

/// The fields of a `g` that say what the goroutine is and does. Null addresses are the runtime's nil; a field
/// that this release does not have is null or zero too, which is what its absence means.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Goroutine {
    /// Where its `g` stands.
    pub addr: Addr,
    /// Its id; zero for g0 and gsignal.
    pub id: GoId,
    /// Status without the scan bit.
    pub status: Status,
    /// The garbage collector was scanning its stack (`_Gscan`).
    pub scan: bool,
    /// Its stack.
    pub stack: StackBounds,
    /// Where it goes on, unless running.
    pub sched: Gobuf,
    /// In a system or cgo call: stack pointer to unwind from; else null.
    pub syscallsp: Addr,
    /// In a system or cgo call: program counter to unwind from.
    pub syscallpc: Addr,
    /// In a system or cgo call: frame pointer (1.23 and later).
    pub syscallbp: Addr,
    /// Stack pointer its outermost frame must have.
    pub stktopsp: Addr,
    /// The M that runs it, or null.
    pub m: Addr,
    /// The M it is locked to, or null.
    pub lockedm: Addr,
    /// Innermost `_panic`.
    pub panics: Addr,
    /// Innermost `_defer`.
    pub defers: Addr,
    /// `runtime.waitReason`; stale unless waiting.
    pub waitreason: u8,
    /// When a garbage collection first found it blocked, in nanotime; zero: not since the last one.
    pub waitsince: i64,
    /// Stopped by a preemption signal at any instruction; frames have no precise pointer maps.
    pub async_safe_point: bool,
    /// It runs a cleanup of the program's (1.25 and later).
    pub running_cleanups: bool,
    /// Program counter of its `go` statement.
    pub gopc: Addr,
    /// Entry of its function; null for threads that C made.
    pub startpc: Addr,
    /// Id of the goroutine that created it; `None` before Go 1.21, which does not record it.
    pub parent: Option<GoId>,
    /// `[]runtime.ancestorInfo`, with `GODEBUG=tracebackancestors` only.
    pub ancestors: Addr,
    /// Profiler labels.
    pub labels: Addr,
    /// First `sudog` it waits with.
    pub waiting: Addr,
    /// Its timer for `time.Sleep`.
    pub timer: Addr,
    /// When its sleep ends, in nanotime (1.23 and later); meaningful only while it sleeps.
    pub sleep_when: i64,
    /// The testing/synctest bubble it belongs to, or null.
    pub bubble: Addr,
    /// The signal that is being turned into a panic, or was.
    pub sig: u32,
    /// That signal's code.
    pub sigcode0: u64,
    /// Its fault address.
    pub sigcode1: u64,
    /// Where it struck.
    pub sigpc: Addr,
    /// Next in the run queue it is in.
    pub schedlink: Addr,
}

/// The status of a `g` whose number is known, or that number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum GState {
    /// Alive, in one of the states people see.
    Live(Status),
    /// On a free list, or an unused extra M's.
    Dead,
    /// A number that no release uses.
    Unknown(u32),
}

/// `_Gscan` (`runtime/runtime2.go`), 1.19 to 1.27.
const GSCAN: u32 = 0x1000;

/// A `g` that could not be taken as one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GError {
    /// The layouts do not know gs.
    #[error(transparent)]
    Layout(#[from] FieldError),
    /// Its bytes are not to be had.
    #[error("g at {0}")]
    Unreadable(ReadError),
    /// Its status is none of the runtime's.
    #[error("g at {addr}: status {status:#x} is not one of the runtime's")]
    Status {
        /// Where it stands.
        addr: Addr,
        /// What stands there.
        status: u32,
    },
}

/// Knows where the fields stand; reads any number of gs.
pub(super) struct GReader<'r> {
    runtime: Runtime<'r>,
    /// Bytes to read per g.
    pub size: u64,
    /// Status numbers to states, by index.
    states: Vec<Option<GState>>,
    has_parent: bool,
    fields: Places,
}

macro_rules! places {
    ($($name:ident = $path:literal $($or:literal)?),* $(,)?) => {
        /// Where each field stands in a `g`; `None` where the release has no such field.
        struct Places { $($name: Option<Field>),* }

        impl Places {
            fn find(runtime: &Runtime<'_>) -> Self {
                let at = |path| runtime.layouts.field("runtime.g", path);
                Self { $($name: at($path)$(.or_else(|| at($or)))?),* }
            }
        }
    };
}

places! {
    stack_lo = "stack.lo",
    stack_hi = "stack.hi",
    panics = "_panic",
    defers = "_defer",
    m = "m",
    sched_sp = "sched.sp",
    sched_pc = "sched.pc",
    sched_ctxt = "sched.ctxt",
    sched_lr = "sched.lr",
    sched_bp = "sched.bp",
    syscallsp = "syscallsp",
    syscallpc = "syscallpc",
    syscallbp = "syscallbp",
    stktopsp = "stktopsp",
    atomicstatus = "atomicstatus",
    goid = "goid",
    schedlink = "schedlink",
    waitsince = "waitsince",
    waitreason = "waitreason",
    async_safe_point = "asyncSafePoint",
    running_cleanups = "runningCleanups",
    lockedm = "lockedm",
    sig = "sig",
    sigcode0 = "sigcode0",
    sigcode1 = "sigcode1",
    sigpc = "sigpc",
    parent = "parentGoid",
    gopc = "gopc",
    ancestors = "ancestors",
    startpc = "startpc",
    waiting = "waiting",
    labels = "labels",
    timer = "timer",
    sleep_when = "sleepWhen",
    // Named syncGroup in 1.24.
    bubble = "bubble" "syncGroup",
}

impl<'r> GReader<'r> {
    /// Works out the places of the fields of a `g` in this release.
    ///
    /// # Errors
    ///
    /// When the layout lacks a field without which no g can be read.
    pub fn new(runtime: Runtime<'r>) -> Result<Self, FieldError> {
        let missing = |path: &str| FieldError::NoSuchField {
            structure: "runtime.g".to_owned(),
            path: path.to_owned(),
        };
        let fields = Places::find(&runtime);
        for (field, path) in [
            (fields.goid, "goid"),
            (fields.atomicstatus, "atomicstatus"),
            (fields.stack_lo, "stack.lo"),
            (fields.sched_pc, "sched.pc"),
        ] {
            field.ok_or_else(|| missing(path))?;
        }
        // Far more than any release's; a layout from hostile DWARF must not make each read huge.
        let size = runtime
            .layouts
            .size_of("runtime.g")
            .filter(|size| *size <= 1 << 16)
            .ok_or_else(|| missing("its size"))?;
        Ok(Self {
            runtime,
            size,
            states: states(&runtime),
            has_parent: fields.parent.is_some(),
            fields,
        })
    }

    /// The g at an address; `Ok(None)` when it is dead.
    pub fn read(&self, addr: Addr) -> Result<Option<Goroutine>, GError> {
        let bytes = self
            .runtime
            .memory
            .bytes(addr, self.size)
            .map_err(GError::Unreadable)?;
        let word = |field: Option<Field>| field.map_or(0, |f| uint(&bytes, f));
        let at = |field| Addr(word(field));
        let f = &self.fields;
        let raw = u32::try_from(word(f.atomicstatus)).unwrap_or(u32::MAX);
        let status = match self.state(raw & !GSCAN) {
            GState::Live(status) => status,
            GState::Dead => return Ok(None),
            GState::Unknown(_) => return Err(GError::Status { addr, status: raw }),
        };
        Ok(Some(Goroutine {
            addr,
            id: GoId(word(f.goid)),
            status,
            scan: raw & GSCAN != 0,
            stack: StackBounds {
                lo: at(f.stack_lo),
                hi: at(f.stack_hi),
            },
            sched: Gobuf {
                sp: at(f.sched_sp),
                pc: at(f.sched_pc),
                ctxt: at(f.sched_ctxt),
                lr: at(f.sched_lr),
                bp: at(f.sched_bp),
            },
            syscallsp: at(f.syscallsp),
            syscallpc: at(f.syscallpc),
            syscallbp: at(f.syscallbp),
            stktopsp: at(f.stktopsp),
            m: at(f.m),
            lockedm: at(f.lockedm),
            panics: at(f.panics),
            defers: at(f.defers),
            waitreason: u8::try_from(word(f.waitreason)).unwrap_or(0),
            waitsince: word(f.waitsince).cast_signed(),
            async_safe_point: word(f.async_safe_point) != 0,
            running_cleanups: word(f.running_cleanups) != 0,
            gopc: at(f.gopc),
            startpc: at(f.startpc),
            parent: self.has_parent.then(|| GoId(word(f.parent))),
            ancestors: at(f.ancestors),
            labels: at(f.labels),
            waiting: at(f.waiting),
            timer: at(f.timer),
            sleep_when: word(f.sleep_when).cast_signed(),
            bubble: at(f.bubble),
            sig: u32::try_from(word(f.sig)).unwrap_or(0),
            sigcode0: word(f.sigcode0),
            sigcode1: word(f.sigcode1),
            sigpc: at(f.sigpc),
            schedlink: at(f.schedlink),
        }))
    }

    fn state(&self, number: u32) -> GState {
        usize::try_from(number)
            .ok()
            .and_then(|index| self.states.get(index).cloned().flatten())
            .unwrap_or(GState::Unknown(number))
    }
}

/// The little-endian integer in a field; zero when the field lies outside the bytes (a damaged layout).
fn uint(bytes: &[u8], field: Field) -> u64 {
    let (Ok(start), Ok(size)) = (
        usize::try_from(field.offset),
        usize::try_from(field.size.min(8)),
    ) else {
        return 0;
    };
    let Some(bytes) = bytes.get(start..).and_then(|tail| tail.get(..size)) else {
        return 0;
    };
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

/// Status numbers as this release's constants give them; the numbers of 1.19 to 1.27 (which never moved)
/// where the layouts know no constants.
fn states(runtime: &Runtime<'_>) -> Vec<Option<GState>> {
    let names = [
        ("runtime._Gidle", 0, GState::Live(Status::Idle)),
        ("runtime._Grunnable", 1, GState::Live(Status::Runnable)),
        ("runtime._Grunning", 2, GState::Live(Status::Running)),
        ("runtime._Gsyscall", 3, GState::Live(Status::Syscall)),
        ("runtime._Gwaiting", 4, GState::Live(Status::Waiting)),
        ("runtime._Gdead", 6, GState::Dead),
        ("runtime._Gcopystack", 8, GState::Live(Status::Copystack)),
        ("runtime._Gpreempted", 9, GState::Live(Status::Preempted)),
        ("runtime._Gleaked", 10, GState::Live(Status::Leaked)),
        ("runtime._Gdeadextra", 11, GState::Dead),
    ];
    let known = runtime.layouts.constant("runtime._Gwaiting").is_some();
    let mut states = vec![None; 16];
    for (name, number, state) in names {
        let number = if known {
            runtime.layouts.constant(name)
        } else {
            Some(number)
        };
        let slot = number
            .and_then(|n| usize::try_from(n).ok())
            .and_then(|n| states.get_mut(n));
        if let Some(slot) = slot {
            *slot = Some(state);
        }
    }
    states
}
