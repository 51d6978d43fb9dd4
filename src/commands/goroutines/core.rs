//! A core's goroutines as the model has them.

use crate::case::core::Session;
use dumpview_model::frame::is_users_function;
use dumpview_model::goroutine::{Creator, Goroutine, Goroutines, Place, Places, Stack, StackId};
use dumpview_model::value::Address;
use dumpview_process::addr::Addr;
use dumpview_process::frames::Call;
use dumpview_process::runtime::{self, Reached, SystemRule, WaitReasons, labels};
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

/// What all rows share.
pub struct Facts<'s, 'a> {
    session: &'s Session<'a>,
    reasons: Option<WaitReasons>,
    rule: SystemRule,
    now: Option<Reached>,
    crashed: OnceLock<Option<u64>>,
    places: RefCell<Places>,
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
            places: RefCell::default(),
        }
    }

    /// Whether a goroutine is the runtime's own.
    pub fn is_system(&self, g: &runtime::Goroutine) -> bool {
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

    fn place(&self, pc: Addr, return_address: bool) -> Option<Arc<Place>> {
        let symbols = self.session.process.symbols().ok()?;
        let func = symbols.find(pc)?;
        let pc = if return_address { func.call_pc(pc) } else { pc };
        let call = func.inline_frames(pc).next()?;
        Some(self.places.borrow_mut().share(Place {
            function: call.printed_name().into_owned(),
            file: Some(call.position.file.to_owned()),
            line: Some(call.position.line),
        }))
    }

    /// Where a function begins.
    fn start(&self, pc: Addr) -> Option<Arc<Place>> {
        let symbols = self.session.process.symbols().ok()?;
        let func = symbols.find(pc)?;
        let position = func.position(func.entry);
        Some(self.places.borrow_mut().share(Place {
            function: func.printed_name().into_owned(),
            file: Some(func.file().to_owned()),
            line: Some(func.start_line().unwrap_or(position.line)),
        }))
    }

    /// Everything about a goroutine but its calls and first place.
    fn describe(&self, g: &runtime::Goroutine) -> Goroutine {
        let process = &self.session.process;
        let reason = self.reasons.as_ref().filter(|_| g.status.is_blocked());
        let labels = process
            .runtime()
            .and_then(|r| labels(&r, g.labels).ok())
            .unwrap_or_default();
        let thread = process.threads().iter().find(|t| t.goroutine == Some(g.id));
        Goroutine {
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
                .map(|place| Creator {
                    place,
                    goroutine: g.parent.map(|id| id.0).filter(|id| *id != 0),
                }),
            start: self.start(g.startpc),
            thread: thread.map(|t| t.tid),
            addr: Some(Address(g.addr.0)),
            crashed: self.crashed() == Some(g.id.0),
            locked_to_thread: !g.lockedm.is_null(),
            ..Goroutine::new(g.id.0, g.status, StackId::default())
        }
    }
}

/// One goroutine on its own, without its calls.
pub fn describe(session: &Session<'_>, g: &runtime::Goroutine) -> Goroutine {
    Facts::new(session).describe(g)
}

/// The goroutines of a core, by id, and how many were left out because they are the runtime's own.
///
/// # Errors
///
/// When there is no list of them.
pub fn collect(
    session: &Session<'_>,
    system: bool,
    with_stacks: bool,
) -> Result<(Goroutines, usize), String> {
    let process = &session.process;
    let all = process.goroutines().map_err(ToString::to_string)?;
    let facts = Facts::new(session);
    let mut wanted: Vec<_> = all
        .list()
        .iter()
        .filter(|g| system || !facts.is_system(g))
        .collect();
    let hidden = all.list().len() - wanted.len();
    wanted.sort_by_key(|g| g.id);
    let unwound = process.stacks(&wanted);

    let mut goroutines = Goroutines::default();
    // Which physical frame each call belongs to, to find its stack pointer.
    let mut known: Vec<Option<(StackId, Vec<usize>)>> = vec![None; unwound.distinct.len()];
    for (g, distinct) in wanted.iter().zip(&unwound.of) {
        let Some((slot, stack)) = known
            .get_mut(*distinct)
            .zip(unwound.distinct.get(*distinct))
        else {
            continue;
        };
        let (id, physical) = slot.get_or_insert_with(|| {
            let calls = process.calls(stack);
            let stacks = &mut goroutines.stacks;
            let stack = Stack {
                frames: calls.iter().map(|call| stacks.frame(&call.frame)).collect(),
                pcs: calls.iter().map(|call| call.frame.pc).collect(),
                elided: None,
                why_incomplete: stack.incomplete.as_ref().map(|why| why.to_string().into()),
            };
            let id = stacks.stack(&stack);
            (id, calls.iter().map(|call| call.physical).collect())
        });
        let mut goroutine = facts.describe(g);
        goroutine.stack = *id;
        goroutine.location = goroutines.stacks.location(*id).cloned();
        if with_stacks {
            // Goroutines with the same pcs have different stack pointers.
            let own = process.stack(g);
            let sp = |physical: &usize| own.frames.get(*physical).map_or(0, |frame| frame.sp.0);
            goroutine.sps = Some(physical.iter().map(sp).collect());
        }
        goroutines.list.push(goroutine);
    }
    Ok((goroutines, hidden))
}

/// Index of the first call that is the program's own: not the runtime's, nor the library's that leads to it.
pub fn first_user_call(calls: &[Call]) -> usize {
    let users = |call: &Call| !call.frame.runtime && is_users_function(&call.name);
    calls.iter().position(users).unwrap_or(0)
}
