//! What is said of each goroutine, gathered once for all rows.

use crate::session::Session;
use dumpview_model::frame::Frame;
use dumpview_model::value::Address;
use dumpview_process::addr::Addr;
use dumpview_process::frames::Call;
use dumpview_process::runtime::{Goroutine, Reached, SystemRule, WaitReasons, labels};
use dumpview_process::stacks::Stacks;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A place in the source.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct PlaceDoc {
    /// Function as a traceback prints it.
    pub function: String,
    /// File.
    pub file: String,
    /// Line.
    pub line: u32,
}

/// Who created a goroutine, and where.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct CreatorDoc {
    /// The `go` statement.
    #[serde(flatten)]
    pub place: PlaceDoc,
    /// The goroutine that ran it; known since Go 1.21.
    pub goroutine: Option<u64>,
}

/// One goroutine, as `docs/json.md` has it.
#[derive(Serialize, Clone, Debug)]
pub struct GoroutineDoc {
    /// Its id.
    pub id: u64,
    /// `waiting`, `running`, …
    pub status: &'static str,
    /// What it waits for, in the runtime's words.
    pub wait_reason: Option<Arc<str>>,
    /// For how long, at least; known when a garbage collection saw it blocked.
    pub waiting_ns: Option<u64>,
    /// Belongs to the runtime.
    pub system: bool,
    /// Profiler labels.
    pub labels: BTreeMap<String, String>,
    /// Who created it.
    pub created_by: Option<CreatorDoc>,
    /// The function it started in.
    pub start: Option<PlaceDoc>,
    /// Its first user frame.
    pub location: Option<PlaceDoc>,
    /// The thread that runs it.
    pub thread: Option<i32>,
    /// Address of its `g`.
    pub addr: Address,
    /// It is the one that died.
    pub crashed: bool,
    /// Holds its thread (`runtime.LockOSThread`).
    pub locked_to_thread: bool,
    /// Its frames, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Vec<Frame>>,
    /// Why the outermost frame was not reached, when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_incomplete: Option<String>,
}

impl GoroutineDoc {
    /// As a traceback's header has it: the wait reason of a waiting goroutine, else the status.
    pub fn state(&self) -> String {
        match &self.wait_reason {
            Some(reason) if self.status == "waiting" => reason.to_string(),
            Some(reason) => format!("{reason} ({})", self.status),
            None => self.status.to_owned(),
        }
    }
}

/// What all rows share.
pub struct Facts<'s, 'a> {
    session: &'s Session<'a>,
    reasons: Option<WaitReasons>,
    rule: SystemRule,
    now: Option<Reached>,
    crashed: OnceLock<Option<u64>>,
}

impl<'s, 'a> Facts<'s, 'a> {
    /// Reads the shared part.
    pub fn new(session: &'s Session<'a>) -> Self {
        let runtime = session.process.runtime();
        Self {
            session,
            reasons: runtime.map(|r| WaitReasons::read(&r)),
            rule: runtime.map(|r| SystemRule::read(&r)).unwrap_or_default(),
            now: runtime.and_then(|r| Reached::read(&r)),
            crashed: OnceLock::new(),
        }
    }

    /// Whether a goroutine is the runtime's own.
    pub fn is_system(&self, g: &Goroutine) -> bool {
        let symbols = self.session.process.symbols().ok();
        let entry = symbols
            .and_then(|symbols| symbols.find(g.startpc))
            .map(|func| func.name());
        self.rule.is_system(g, entry)
    }

    fn crashed(&self) -> Option<u64> {
        *self
            .crashed
            .get_or_init(|| self.session.process.death().goroutine.map(|id| id.0))
    }

    fn place(&self, pc: Addr, return_address: bool) -> Option<PlaceDoc> {
        let symbols = self.session.process.symbols().ok()?;
        let func = symbols.find(pc)?;
        let pc = if return_address { func.call_pc(pc) } else { pc };
        let call = func.inline_frames(pc).next()?;
        Some(PlaceDoc {
            function: call.printed_name().into_owned(),
            file: call.position.file.to_owned(),
            line: call.position.line,
        })
    }

    /// Where a function begins.
    fn start(&self, pc: Addr) -> Option<PlaceDoc> {
        let symbols = self.session.process.symbols().ok()?;
        let func = symbols.find(pc)?;
        let position = func.position(func.entry);
        Some(PlaceDoc {
            function: func.printed_name().into_owned(),
            file: func.file().to_owned(),
            line: func.start_line().unwrap_or(position.line),
        })
    }

    /// Everything about a goroutine but its frames and first place.
    pub fn document(&self, g: &Goroutine) -> GoroutineDoc {
        let process = &self.session.process;
        let reason = self.reasons.as_ref().filter(|_| g.status.is_blocked());
        let labels = process
            .runtime()
            .and_then(|r| labels(&r, g.labels).ok())
            .unwrap_or_default();
        let thread = process.threads().iter().find(|t| t.goroutine == Some(g.id));
        GoroutineDoc {
            id: g.id.0,
            status: g.status.as_str(),
            wait_reason: reason
                .and_then(|reasons| reasons.text(g.waitreason))
                .cloned(),
            waiting_ns: self
                .now
                .filter(|_| g.status.is_blocked())
                .and_then(|now| now.since(g.waitsince)),
            system: self.is_system(g),
            labels: labels
                .into_iter()
                .map(|label| (label.key, label.value))
                .collect(),
            // The runtime made main itself, and its tracebacks name no creator for it either.
            created_by: self
                .place(g.gopc, true)
                .filter(|_| g.id.0 != 1)
                .map(|place| CreatorDoc {
                    place,
                    goroutine: g.parent.map(|id| id.0).filter(|id| *id != 0),
                }),
            start: self.start(g.startpc),
            location: None,
            thread: thread.map(|t| t.tid),
            addr: Address(g.addr.0),
            crashed: self.crashed() == Some(g.id.0),
            locked_to_thread: !g.lockedm.is_null(),
            frames: None,
            why_incomplete: None,
        }
    }
}

/// One goroutine on its own, without frames.
pub fn describe(session: &Session<'_>, g: &Goroutine) -> GoroutineDoc {
    Facts::new(session).document(g)
}

/// Goroutines with their stacks; each distinct stack is put into words once.
pub struct Described<'s, 'a> {
    session: &'s Session<'a>,
    facts: &'s Facts<'s, 'a>,
    goroutines: &'s [&'s Goroutine],
    stacks: &'s Stacks,
    calls: Vec<OnceLock<Vec<Call>>>,
}

impl<'s, 'a> Described<'s, 'a> {
    /// Nothing is put into words before it is asked for.
    pub fn new(
        session: &'s Session<'a>,
        facts: &'s Facts<'s, 'a>,
        goroutines: &'s [&'s Goroutine],
        stacks: &'s Stacks,
    ) -> Self {
        let calls = stacks.distinct.iter().map(|_| OnceLock::new()).collect();
        Self {
            session,
            facts,
            goroutines,
            stacks,
            calls,
        }
    }

    /// Which distinct stack a goroutine has.
    pub fn stack_of(&self, index: usize) -> usize {
        self.stacks.of.get(index).copied().unwrap_or(usize::MAX)
    }

    /// The calls of a distinct stack.
    pub fn calls(&self, stack: usize) -> &[Call] {
        let (Some(slot), Some(stack)) = (self.calls.get(stack), self.stacks.distinct.get(stack))
        else {
            return &[];
        };
        slot.get_or_init(|| self.session.process.calls(stack))
    }

    /// Why a distinct stack does not reach its outermost frame.
    pub fn why_incomplete(&self, stack: usize) -> Option<String> {
        self.stacks
            .distinct
            .get(stack)?
            .incomplete
            .as_ref()
            .map(ToString::to_string)
    }

    /// The goroutine itself.
    pub fn goroutine(&self, index: usize) -> Option<&'s Goroutine> {
        self.goroutines.get(index).copied()
    }

    /// Everything but the frames.
    pub fn facts(&self, index: usize) -> Option<GoroutineDoc> {
        let g = self.goroutine(index)?;
        let mut doc = self.facts.document(g);
        doc.location = first_user_place(self.calls(self.stack_of(index)));
        Some(doc)
    }

    /// Everything, with frames when wanted.
    pub fn document(&self, index: usize, with_stack: bool) -> Option<GoroutineDoc> {
        let mut doc = self.facts(index)?;
        let stack = self.stack_of(index);
        if with_stack {
            let mut frames: Vec<Frame> = self
                .calls(stack)
                .iter()
                .map(|call| call.frame.clone())
                .collect();
            self.own_stack_pointers(index, &mut frames);
            doc.frames = Some(frames);
        }
        doc.why_incomplete = self.why_incomplete(stack);
        Some(doc)
    }

    /// Goroutines with the same pcs have different stack pointers: the example's are replaced.
    fn own_stack_pointers(&self, index: usize, frames: &mut [Frame]) {
        let Some(g) = self.goroutine(index) else {
            return;
        };
        let own = self.session.process.stack(g);
        for (frame, call) in frames.iter_mut().zip(self.calls(self.stack_of(index))) {
            frame.sp = own.frames.get(call.physical).map(|f| Address(f.sp.0));
        }
    }
}

/// The first call that is the program's own; the innermost one when there is none.
pub fn first_user_place(calls: &[Call]) -> Option<PlaceDoc> {
    // C frames have no source: the first call that has one is where people look.
    let call = calls
        .iter()
        .skip(first_user_call(calls))
        .find(|call| call.frame.file.is_some())?;
    Some(PlaceDoc {
        function: call.frame.function.clone(),
        file: call.frame.file.clone().unwrap_or_default(),
        line: call.frame.line.unwrap_or(0),
    })
}

/// Index of the first call that is the program's own: not the runtime's, nor the library's that leads to it.
pub fn first_user_call(calls: &[Call]) -> usize {
    let users = |call: &Call| {
        let runtime = [
            "runtime.",
            "internal/runtime/",
            "runtime/internal/",
            "gcWriteBarrier",
        ];
        !call.frame.runtime
            && !call.name.is_empty()
            && !runtime.iter().any(|p| call.name.starts_with(p))
    };
    calls.iter().position(users).unwrap_or(0)
}
