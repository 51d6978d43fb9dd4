//! Goroutines as a heap dump records them, for one without its executable: functions without lines, no inlined calls.

use super::goroutines::{SystemGoroutines, Table};
use super::{Backtrace, BacktraceFrame, NoPlace, Postmortem};
use crate::addr::GoId;
use crate::heap::Recorded;
use crate::heapdump::DumpGoroutine;
use crate::symbols::{is_exported_runtime, printed_name};
use dumpview_model::frame::{Frame, Trust};
use dumpview_model::goroutine::{
    Creator, Goroutine, Goroutines, Place, Stack, StackId, Stacks, Status,
};
use dumpview_model::value::Address;
use std::sync::Arc;

/// `g.atomicstatus` while the collector scans the stack.
const SCAN: u64 = 0x1000;

/// `runtime._G…`, the same in 1.5–1.27 as far as a dump may have them.
const fn status(code: u64) -> Status {
    match code & !SCAN {
        1 => Status::Runnable,
        2 => Status::Running,
        3 => Status::Syscall,
        4 => Status::Waiting,
        8 => Status::Copystack,
        9 => Status::Preempted,
        10 => Status::Leaked,
        _ => Status::Idle,
    }
}

impl Postmortem<'_> {
    /// The goroutines of a heap dump, when the process does not know them by itself.
    pub(super) fn recorded(&self) -> Option<Recorded<'_>> {
        Recorded::of(&self.process)
    }

    /// As a table.
    pub(super) fn recorded_table(&self, recorded: Recorded<'_>, system: SystemGoroutines) -> Table {
        let mut wanted: Vec<&DumpGoroutine<'_>> = recorded
            .list()
            .iter()
            .filter(|g| system == SystemGoroutines::Shown || !g.record.is_system)
            .collect();
        wanted.sort_by_key(|g| g.record.id);
        let mut goroutines = Goroutines {
            stacks: Stacks::with_own(self.process.own()),
            ..Goroutines::default()
        };
        for g in &wanted {
            let frames = frames(g);
            let stacks = &mut goroutines.stacks;
            let stack = Stack {
                frames: frames.iter().map(|frame| stacks.frame(frame)).collect(),
                pcs: frames.iter().map(|frame| frame.pc).collect(),
                elided: None,
                why_incomplete: None,
            };
            let id = stacks.stack(&stack);
            let sps = frames.iter().map(|frame| frame.sp.map_or(0, |sp| sp.0));
            goroutines.list.push(Goroutine {
                stack: id,
                sps: Some(sps.collect()),
                ..self.recorded_goroutine(g)
            });
        }
        Table {
            hidden: recorded.list().len() - wanted.len(),
            goroutines,
        }
    }

    fn recorded_goroutine(&self, g: &DumpGoroutine<'_>) -> Goroutine {
        let record = &g.record;
        let status = status(record.status);
        let reason = Some(record.wait_reason).filter(|reason| !reason.is_empty());
        let reason = reason.filter(|_| status.is_blocked());
        let calls = frames(g);
        let own = self.process.own().first(calls.iter());
        Goroutine {
            wait_reason: reason.map(|reason| String::from_utf8_lossy(reason).into()),
            system: record.is_system,
            created_by: self.creator(record.gopc),
            start: start(g),
            location: own.and_then(|at| calls.get(at)).map(place),
            addr: Some(Address(record.addr)),
            ..Goroutine::new(record.id, status, StackId::default())
        }
    }

    /// Where a goroutine was made, by the executable; a dump alone has the pc only.
    fn creator(&self, pc: u64) -> Option<Creator> {
        let pc = crate::addr::Addr(pc);
        let func = self.process.symbols().ok()?.find(pc)?;
        let call = func.inline_frames(func.call_pc(pc)).next()?;
        let place = Arc::new(Place {
            function: call.printed_name().into_owned(),
            file: Some(call.position.file.to_owned()),
            line: Some(call.position.line),
        });
        Some(Creator {
            place,
            goroutine: None,
        })
    }

    /// The stacks of goroutines as a heap dump records them: of the one asked for, or of the first that is the program's
    /// own; of all. `None` when the process knows its goroutines by itself.
    ///
    /// # Errors
    ///
    /// When there is no such goroutine.
    pub fn recorded_backtraces(
        &self,
        all: bool,
        goroutine: Option<GoId>,
        depth: usize,
    ) -> Option<Result<Vec<Backtrace>, NoPlace>> {
        let recorded = self.recorded()?;
        let mut wanted: Vec<&DumpGoroutine<'_>> = recorded.list().iter().collect();
        wanted.sort_by_key(|g| g.record.id);
        if let Some(id) = goroutine.filter(|_| !all) {
            wanted.retain(|g| g.record.id == id.0);
            if wanted.is_empty() {
                return Some(Err(NoPlace::NoGoroutine(id)));
            }
        } else if !all {
            wanted.truncate(1);
        }
        if wanted.is_empty() {
            return Some(Err(NoPlace::NoGoroutines));
        }
        let stacks = wanted.iter().map(|g| self.recorded_backtrace(g, depth));
        Some(Ok(stacks.collect()))
    }

    fn recorded_backtrace(&self, g: &DumpGoroutine<'_>, depth: usize) -> Backtrace {
        let frames = frames(g);
        let left_out = frames.len().saturating_sub(depth);
        let complete = g.frames.last().is_some_and(|f| f.function == OUTERMOST);
        let shown = frames.into_iter().take(depth).enumerate();
        Backtrace {
            goroutine: g.record.id,
            frames: shown
                .map(|(index, frame)| BacktraceFrame {
                    index,
                    frame,
                    args: Vec::new(),
                    arg_words: None,
                    locals: None,
                    deferred: Vec::new(),
                    why_no_variables: Some(NO_VARIABLES.to_owned()),
                })
                .collect(),
            complete,
            why_incomplete: (!complete).then(|| "the dump has no frame further out".to_owned()),
            frames_left_out: left_out as u64,
            state: self.recorded_goroutine(g),
        }
    }
}

/// Why a frame has no variables.
const NO_VARIABLES: &str = "a heap dump names no variables; its executable does";
/// The outermost frame of every goroutine.
const OUTERMOST: &[u8] = b"runtime.goexit";

/// The frames, as the runtime named them.
fn frames(g: &DumpGoroutine<'_>) -> Vec<Frame> {
    let frames = g.frames.iter().map(|frame| {
        let name = String::from_utf8_lossy(frame.function);
        let exported = is_exported_runtime(&name);
        Frame {
            function: printed_name(&name).into_owned(),
            file: None,
            line: None,
            pc: Some(Address(frame.pc)),
            sp: Some(Address(frame.sp)),
            inlined: false,
            trust: Trust::Printed,
            runtime: name.starts_with("runtime.") && !exported,
        }
    });
    frames.collect()
}

/// The function that a goroutine started in: the one that `goexit` stands behind.
fn start(g: &DumpGoroutine<'_>) -> Option<Arc<Place>> {
    let frames = frames(g);
    let at = frames.len().checked_sub(2)?;
    frames.get(at).map(place)
}

fn place(frame: &Frame) -> Arc<Place> {
    Arc::new(Place {
        function: frame.function.clone(),
        file: None,
        line: None,
    })
}
