//! The goroutines of a core as the model has them.

use super::Postmortem;
use crate::addr::Addr;
use crate::process::{Process, ProcessError};
use crate::runtime::{self, Reached, SystemRule, WaitReasons, labels};
use dumpview_model::goroutine::{
    Creator, Goroutine, Goroutines, Place, Places, Stack, StackId, Stacks,
};
use dumpview_model::value::Address;
use rustc_hash::FxHashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What all goroutines share.
pub(super) struct Facts {
    reasons: Option<WaitReasons>,
    rule: SystemRule,
    now: Option<Reached>,
    /// The runtime's own, where a heap dump says so: what else tells it of the finalizer goroutine is not in one.
    system: Option<FxHashSet<u64>>,
    places: Mutex<Places>,
}

impl Facts {
    /// Reads it.
    pub(super) fn read(process: &Process<'_>) -> Self {
        let runtime = process.runtime();
        Self {
            reasons: runtime.map(|r| WaitReasons::read(&r)),
            rule: runtime.map(|r| SystemRule::read(&r)).unwrap_or_default(),
            now: process.reached(),
            system: process.heap_dump.map(|dump| {
                let own = dump.goroutines.iter().filter(|g| g.record.is_system);
                own.map(|g| g.record.id).collect()
            }),
            places: Mutex::default(),
        }
    }

    /// Why goroutines wait, in the runtime's words.
    pub(super) const fn reasons(&self) -> Option<&WaitReasons> {
        self.reasons.as_ref()
    }

    fn share(&self, place: Place) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.share(place)
    }
}

/// Whether the runtime's own goroutines are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemGoroutines {
    /// They are, as any other.
    Shown,
    /// They are counted only.
    Hidden,
}

/// Whose stack pointers are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StackPointers {
    /// Those of one goroutine of each distinct stack.
    OfOne,
    /// Each goroutine's own, which differ where the pcs are the same: every stack is unwound once more.
    OfEach,
}

/// The goroutines of a core.
#[derive(Debug, Default)]
pub struct Table {
    /// Those wanted, by id.
    pub goroutines: Goroutines,
    /// How many were left out because they are the runtime's own.
    pub hidden: usize,
}

impl Postmortem<'_> {
    /// Whether a goroutine is the runtime's own.
    pub fn is_system(&self, g: &runtime::Goroutine) -> bool {
        if let Some(system) = &self.facts().system {
            return system.contains(&g.id.0);
        }
        let symbols = self.process.symbols().ok();
        let entry = symbols
            .and_then(|symbols| symbols.find(g.startpc))
            .map(|func| func.name());
        self.facts().rule.is_system(g, entry)
    }

    /// Where a goroutine was made: the call at a return address.
    fn creation(&self, pc: Addr) -> Option<Arc<Place>> {
        let func = self.process.symbols().ok()?.find(pc)?;
        let call = func.inline_frames(func.call_pc(pc)).next()?;
        Some(self.facts().share(Place {
            function: call.printed_name().into_owned(),
            file: Some(call.position.file.to_owned()),
            line: Some(call.position.line),
        }))
    }

    /// Where a function begins.
    fn start(&self, pc: Addr) -> Option<Arc<Place>> {
        let func = self.process.symbols().ok()?.find(pc)?;
        let position = func.position(func.entry);
        Some(self.facts().share(Place {
            function: func.printed_name().into_owned(),
            file: Some(func.file().to_owned()),
            line: Some(func.start_line().unwrap_or(position.line)),
        }))
    }

    /// Everything about a goroutine but its calls and first place.
    pub fn describe(&self, g: &runtime::Goroutine) -> Goroutine {
        let (process, facts) = (&self.process, self.facts());
        let reason = facts.reasons.as_ref().filter(|_| g.status.is_blocked());
        let labels = process
            .runtime()
            .and_then(|r| labels(&r, g.labels).ok())
            .unwrap_or_default();
        Goroutine {
            wait_reason: reason
                .and_then(|reasons| reasons.text(g.waitreason))
                .cloned(),
            waiting_ns: facts
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
                .creation(g.gopc)
                .filter(|_| g.id.0 != 1)
                .map(|place| Creator {
                    place,
                    goroutine: g.parent.map(|id| id.0).filter(|id| *id != 0),
                }),
            start: self.start(g.startpc),
            thread: process.thread_running(g.id).map(|t| t.tid),
            addr: Some(Address(g.addr.0)),
            crashed: self.death().goroutine == Some(g.id),
            locked_to_thread: !g.lockedm.is_null(),
            ..Goroutine::new(g.id.0, g.status, StackId::default())
        }
    }

    /// The goroutines with their stacks, each distinct stack once.
    ///
    /// # Errors
    ///
    /// When there is no list of them.
    pub fn goroutines(
        &self,
        system: SystemGoroutines,
        pointers: StackPointers,
    ) -> Result<Table, &ProcessError> {
        let table = self.goroutines_while(system, pointers, &mut |_, _| true);
        table.map(Option::unwrap_or_default)
    }

    /// As [`Self::goroutines`], as long as `goes_on` wants it, which is told now and then how many are done of how many;
    /// `None` when it did not.
    ///
    /// # Errors
    ///
    /// When there is no list of them.
    pub fn goroutines_while(
        &self,
        system: SystemGoroutines,
        pointers: StackPointers,
        goes_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Table>, &ProcessError> {
        if let Some(recorded) = self.recorded() {
            return Ok(Some(self.recorded_table(recorded, system)));
        }
        let all = self.process.goroutines()?.list();
        let mut wanted: Vec<_> = all
            .iter()
            .filter(|g| system == SystemGoroutines::Shown || !self.is_system(g))
            .collect();
        wanted.sort_by_key(|g| g.id);
        let mut goroutines = Goroutines {
            stacks: Stacks::with_own(self.process.own()),
            ..Goroutines::default()
        };
        for (chunk, gs) in (0..).zip(wanted.chunks(CHUNK)) {
            if !goes_on(chunk * CHUNK, wanted.len()) {
                return Ok(None);
            }
            self.add(gs, pointers, &mut goroutines);
        }
        Ok(Some(Table {
            hidden: all.len() - wanted.len(),
            goroutines,
        }))
    }

    fn add(&self, gs: &[&runtime::Goroutine], pointers: StackPointers, out: &mut Goroutines) {
        let process = &self.process;
        let unwound = process.stacks(gs);
        // Each distinct stack with the physical frame that each of its calls belongs to.
        let distinct: Vec<(StackId, Vec<usize>)> = unwound
            .distinct
            .iter()
            .map(|stack| {
                let calls = process.calls(stack);
                let stacks = &mut out.stacks;
                let stack = Stack {
                    frames: calls.iter().map(|call| stacks.frame(&call.frame)).collect(),
                    pcs: calls.iter().map(|call| call.frame.pc).collect(),
                    elided: None,
                    why_incomplete: stack.incomplete.as_ref().map(|why| why.to_string().into()),
                };
                let physical = calls.iter().map(|call| call.physical).collect();
                (stacks.stack(&stack), physical)
            })
            .collect();
        for (g, index) in gs.iter().zip(&unwound.of) {
            let Some((stack, physical)) = distinct.get(*index) else {
                continue;
            };
            let mut goroutine = self.describe(g);
            goroutine.stack = *stack;
            goroutine.location = out.stacks.location(*stack).cloned();
            if pointers == StackPointers::OfEach {
                let own = process.stack(g);
                let sp = |frame: &usize| own.frames.get(*frame).map_or(0, |frame| frame.sp.0);
                goroutine.sps = Some(physical.iter().map(sp).collect());
            }
            out.list.push(goroutine);
        }
    }
}

/// Goroutines that are unwound before it is asked again whether to go on; enough to keep all CPUs busy.
const CHUNK: usize = 8192;
